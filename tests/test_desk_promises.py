"""Promises on the desk: opened, moved, taken back, dialled now, refused; and each in the audit list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from desk_world import Page, World, world
from sqlalchemy import select, update

from callqueue.model import CallbackRequest, CallbackState
from callqueue.proposals import MissedCall
from callqueue.store import callbacks
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


def ids(page: Page, asked: str = "") -> list[int]:
    """Promises on the list, as the address asks for them."""
    return [
        int(id) for id in re.findall(r'data-open="callbacks/(\d+)"', page.get(f"/desk/panel/callbacks?{asked}").text)
    ]


def test_the_address_says_which_are_listed(here: World) -> None:
    page = here.page()
    spoken = here.talking(page, number="+79161112277")
    later = promised(here)
    now, cards = (
        here.queue.promise(CallbackRequest(key, "CA2", number, "ru", queue, "", None)).callback
        for key, number, queue in (("now", "+79161112233", "support"), ("cards", "+79161112244", "cards"))
    )
    gone = here.queue.promise(CallbackRequest("gone", "CA3", "+79161112255", "ru", "support", "", None)).callback
    here.queue.cancel_callback(gone or 0)
    suggested = here.queue.missed(MissedCall("CA4", "+79161112266", "ru", "support", ""))
    assert set(ids(page)) == {later, now, cards, gone, suggested}
    assert set(ids(page, "promises=open")) == {later, now, cards}
    assert set(ids(page, "promises=due")) == {now, cards}
    assert set(ids(page, "promises=due&queue=cards")) == {cards}
    assert ids(page, "promises=over") == [gone]
    assert ids(page, "promises=mine") == []
    with engine().begin() as conn:
        conn.execute(update(callbacks).where(callbacks.c.id == later).values(ticket=spoken))
    assert ids(page, "promises=mine") == [later]
    assert set(ids(page, "promises=nonsense&queue=nowhere")) == {later, now, cards, gone, suggested}
    shown = page.get("/desk?promises=due&queue=cards").text
    assert '<option value="due" selected>' in shown
    assert '<option value="cards" selected>' in shown
    assert f'data-open="callbacks/{later}"' not in shown


def test_the_command_line_refuses_and_allows(here: World) -> None:
    id = promised(here)
    run = CliRunner().invoke
    assert NUMBER in run(group, ["callbacks", "list"]).output
    assert run(group, ["callbacks", "refuse", "+7 916 123-45-67"]).exit_code == 0
    assert state(here, id) is CallbackState.CANCELLED
    assert "may be dialled again" in run(group, ["callbacks", "allow", NUMBER]).output
    assert "nothing forbade it" in run(group, ["callbacks", "allow", NUMBER]).output
    assert "international form" in run(group, ["callbacks", "refuse", "12"]).output
