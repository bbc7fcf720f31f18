"""Sessions that versions before this one wrote: a call in progress during a deploy goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from session_cases import CASES, given, said

from flows.engine import Session

KEPT = sorted((Path(__file__).parent / "flows" / "sessions").glob("*.json"))
SESSIONS = [(path.stem, one) for path in KEPT for one in json.loads(path.read_text("utf-8"))]


def test_every_kind_of_wait_is_kept() -> None:
    assert {one["waits"] for _, one in SESSIONS} == set(CASES)


@pytest.mark.parametrize(("version", "kept"), SESSIONS, ids=[f"{name}: {one['waits']}" for name, one in SESSIONS])
def test_a_session_of_a_version_before_goes_on(version: str, kept: dict[str, Any]) -> None:
    session = Session.from_json(json.dumps(kept["session"]))
    after = given(session, kept["input"])
    assert (after.session.step, said(after)) == (kept["step"], kept["says"])
    assert Session.from_json(after.session.to_json()) == after.session


def test_what_a_newer_version_added_is_left_out() -> None:
    _, kept = SESSIONS[0]
    newer = {**kept["session"], "version": 99, "mood": "cheerful"}
    after = given(Session.from_json(json.dumps(newer)), kept["input"])
    assert after.session.step == kept["step"]
