"""Calls stopped at each kind of wait, for sessions that are kept to be read by later versions.

``.venv/bin/python tests/session_cases.py > tests/flows/sessions/DATE.json`` writes them as this checkout does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.engine import CallFacts, Session, Step, advance, start
from flows.engine.events import Say
from flows.engine.inputs import Digits, Input, LookupDone, NoInput, RecordingDone, TransferEnded
from flows.language import load_flow
from ivr.actions import CATALOGUE

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday, noon in Moscow
FLOW = load_flow((Path(__file__).parent / "flows" / "small.yaml").read_text("utf-8"), "small.yaml", CATALOGUE)
ORDER = {"number": "4217", "state": "new", "sum": "1250.50", "can_cancel": True}
FOUND: dict[str, Any] = {"found": ORDER}

CASES: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "at the menu": ([], {"digits": "1"}),
    "asked for an order's number, after one silence": ([{"digits": "1"}, {"digits": ""}], {"digits": "4217"}),
    "a proof is asked for": ([{"digits": "1"}, {"digits": "4217"}], {"digits": "4567"}),
    "the shop is being asked": ([{"digits": "1"}, {"digits": "4217"}, {"digits": "4567"}], FOUND),
    "a yes or no about the order": (
        [{"digits": "1"}, {"digits": "4217"}, {"digits": "4567"}, FOUND],
        {"digits": "1"},
    ),
    "a change is being made": (
        [{"digits": "1"}, {"digits": "4217"}, {"digits": "4567"}, FOUND, {"digits": "1"}],
        {"found": {}},
    ),
    "in line for a human": ([{"digits": "0"}], {"transfer": "nobody"}),
    "the card's PIN is asked for": ([{"digits": "2"}, {"digits": "12345678"}], {"digits": "1234"}),
    "a complaint is being recorded": ([{"digits": "3"}], {"recording": "RE1"}),
    "in English, at the menu": ([{"digits": "8"}], {"digits": "2"}),
}
"""What is awaited: the inputs that lead there, and the one that comes next."""

MADE: dict[str, Callable[[Session, Any], Input]] = {
    "digits": lambda _, keys: Digits(keys) if keys else NoInput(),
    "found": lambda session, value: LookupDone(session.pending or "", "found", value),
    "transfer": lambda _, outcome: TransferEnded(outcome),
    "recording": lambda _, name: RecordingDone(name, 7),
}


def given(session: Session, what: dict[str, Any]) -> Step:
    """What comes of an input."""
    ((kind, value),) = what.items()
    return advance(FLOW, session, MADE[kind](session, value), NOW)


def said(step: Step) -> list[str]:
    return [event.text for event in step.events if isinstance(event, Say)]


def written() -> list[dict[str, Any]]:
    """Each case: its session, the next input, and what comes of it."""
    found = []
    for waits, (inputs, then) in CASES.items():
        step = start(FLOW, CallFacts("CA1", "+79161234567", "+74950000000"), NOW)
        for one in inputs:
            step = given(step.session, one)
        after = given(step.session, then)
        session = json.loads(step.session.to_json())
        found.append(
            {"waits": waits, "session": session, "input": then, "says": said(after), "step": after.session.step}
        )
    return found


if __name__ == "__main__":
    print("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in written()) + "\n]")
