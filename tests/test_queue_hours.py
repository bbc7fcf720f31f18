"""The queue's hours from the settings: what `HOURS` means to promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callqueue.hours import in_hours
from callqueue.model import AttemptOutcome
from ivr.queueing import rules
from ivr.settings import Settings

MOSCOW = "+74951234567"
NOON = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATE = datetime(2026, 3, 2, 3, tzinfo=UTC)
"""Six in the morning in Moscow: within nobody's hours."""


@pytest.mark.parametrize(("hours", "late"), [("flow", False), ("closed", False), ("open", True)])
def test_promises_are_dialled_in_hours_unless_forced_open(
    hours: str, late: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOURS", hours)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    configured = rules(Settings())
    assert (configured.opens is None) == (hours == "open"), "the flow's hours hold too"
    assert in_hours(MOSCOW, "support", NOON, configured)
    assert in_hours(MOSCOW, "support", LATE, configured) == late


def test_what_the_settings_say_of_callbacks_is_what_the_queue_goes_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    for name, value in (
        ("CALLBACK_SPACING", "busy=7,gone=90"),
        ("CALLBACK_DAY", "10-20"),
        ("CALLBACKS_PER_SECOND", "4"),
        ("CALLBACK_ATTEMPTS", "5"),
        ("CALLBACKS_PER_SLOT", "3"),
        ("CALLBACK_SLOT_MINUTES", "30"),
        ("CALLBACK_FIRST", "customer"),
        ("CALLBACK_ABANDONED", "call"),
        ("CALLBACK_MISSED", "off"),
    ):
        monkeypatch.setenv(name, value)
    configured = rules(Settings())
    promises = configured.callbacks
    assert (configured.day_starts, configured.day_ends, configured.max_attempts) == (10, 20, 5)
    assert configured.dial_every == timedelta(seconds=0.25)
    assert promises.spacing[AttemptOutcome.BUSY] == timedelta(minutes=7)
    assert promises.spacing[AttemptOutcome.GONE] == timedelta(minutes=90)
    assert promises.spacing[AttemptOutcome.MACHINE] == timedelta(minutes=60), "what is left out stays"
    assert (promises.per_slot, promises.slot_minutes, promises.first) == (3, 30, "customer")
    assert (promises.abandoned, promises.missed) == ("call", "off")
    assert set(promises.spacing) == set(AttemptOutcome) - {AttemptOutcome.ANSWERED}
