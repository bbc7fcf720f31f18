"""When the service level is an alert and when it is one no more. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ivr.floor.figures import Ratio
from ivr.settings import Settings

Verdict = Literal["open", "close", "stay"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """An alert opens below ``fall`` and closes at ``recover`` or above (shares); ``calls``: fewer decide nothing."""

    fall: float
    recover: float
    calls: int

    @classmethod
    def of(cls, settings: Settings) -> Threshold:
        fall = settings.alert_service_level / 100
        return cls(fall, min(fall + settings.alert_recovery / 100, 1.0), settings.alert_calls)


def verdict(level: Ratio, is_open: bool, threshold: Threshold) -> Verdict:
    """What to do about a service level. An open alert closes also when nobody called for the whole window."""
    if level.share is None:
        return "close" if is_open else "stay"
    if is_open:
        return "close" if level.share >= threshold.recover else "stay"
    return "open" if level.whole >= threshold.calls and level.share < threshold.fall else "stay"
