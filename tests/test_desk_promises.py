"""Promises on the desk: opened, moved, taken back, dialled now, refused; and each in the audit list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from desk_world import World, world
from sqlalchemy import select

from callqueue.model import CallbackRequest, CallbackState
from callqueue.proposals import MissedCall
from ivr.cli import group
from ivr.store.audit import audit
from ivr.store.engine import engine

NUMBER = "+79161234567"


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("HOURS", "open")
    with world(tmp_path, valkey_url, monkeypatch) as made:
        yield made


def promised(here: World) -> int:
    at = datetime.now(UTC) + timedelta(hours=5)
    return here.queue.promise(CallbackRequest("k", "CA1", NUMBER, "ru", "support", "about a kettle", at)).callback or 0


def lines() -> list[str]:
    with engine().connect() as conn:
        return list(conn.execute(select(audit.c.action).where(audit.c.action.like("callback.%"))).scalars())


def state(here: World, id: int) -> CallbackState:
    view = here.queue.callback(id)
    assert view is not None
    return view.state


def test_a_promise_is_listed_opened_and_moved(here: World) -> None:
    page, id = here.page(), promised(here)
    assert f'data-open="callbacks/{id}"' in page.get("/desk/panel/callbacks").text
    opened = page.get(f"/desk/callbacks/{id}").text
    assert "about a kettle" in opened
    assert 'class="field when"' not in opened, "hidden until a choice that is not on this page"
    at = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    assert page.post(f"/desk/callbacks/{id}/move", at=at.isoformat()).status_code == 200
    assert here.queue.callback(id).at == at  # type: ignore[union-attr]
    past = page.post(f"/desk/callbacks/{id}/move", at="2020-01-01T10:00+00:00")
    assert "That time has passed" in past.text
    assert lines() == ["callback.move"], "what was refused changed nothing"


def test_a_suggestion_is_taken_up_once(here: World) -> None:
    page = here.page()
    id = here.queue.missed(MissedCall("CA2", NUMBER, "ru", "support", "")) or 0
    assert "Suggested" in page.get("/desk/panel/callbacks").text
    assert page.post(f"/desk/callbacks/{id}/call-now").status_code == 200
    assert state(here, id) is CallbackState.DUE
    assert "no promise any more" in page.post(f"/desk/callbacks/{id}/call-now").text
    assert lines() == ["callback.call_now"]


def test_cancelled_and_refused(here: World) -> None:
    page, id = here.page(), promised(here)
    page.post(f"/desk/callbacks/{id}/cancel")
    assert state(here, id) is CallbackState.CANCELLED
    assert "no promise any more" in page.post(f"/desk/callbacks/{id}/cancel").text
    page.post(f"/desk/callbacks/{id}/refuse")
    assert here.queue.promise(CallbackRequest("k2", "CA1", NUMBER, "ru", "support", "")).reason == "opt_out"
    assert lines() == ["callback.cancel", "callback.refuse"]


def test_the_command_line_refuses_and_allows(here: World) -> None:
    id = promised(here)
    run = CliRunner().invoke
    assert NUMBER in run(group, ["callbacks", "list"]).output
    assert run(group, ["callbacks", "refuse", "+7 916 123-45-67"]).exit_code == 0
    assert state(here, id) is CallbackState.CANCELLED
    assert "may be dialled again" in run(group, ["callbacks", "allow", NUMBER]).output
    assert "nothing forbade it" in run(group, ["callbacks", "allow", NUMBER]).output
    assert "international form" in run(group, ["callbacks", "refuse", "12"]).output
