"""The queue's hours from the settings: what `HOURS` means to promises."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callqueue.hours import in_hours
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
