"""The buttons of a call on the desk: what they do, what they show, and who may press them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk_world import Page, World, shown, world
from sqlalchemy import insert, select
from werkzeug.wrappers import Response

from callqueue.model import AgentStatus, TicketState
from callqueue.store import chores, keys, recordings
from ivr.floor import recordings as floor
from ivr.store import audit
from ivr.store.engine import engine


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(tmp_path, valkey_url, monkeypatch) as made:
        yield made


def ready(here: World, login: str, name: str) -> Page:
    page = here.page(login)
    here.queue.register_agent(page.person.id, name)
    here.queue.set_status(page.person.id, AgentStatus.READY)
    return page


def consulting(here: World) -> tuple[Page, Page, int, int]:
    """Anna's caller waits while she asks Boris: both pages and both tickets."""
    anna = here.page("anna")
    ticket = here.talking(anna)
    boris = ready(here, "boris", "Boris")
    shows = anna.post(f"/desk/tickets/{ticket}/transfer", target=f"agent:{boris.person.id}", how="warm").text
    assert "Calling Boris" in shown(shows)
    here.queue.match()
    offer = here.view(boris.person).offer
    assert offer is not None
    assert "Another agent asks you" in shown(boris.get("/desk/panel/call").text)
    assert boris.post(f"/desk/offers/{offer.id}/accept").status_code == 200
    here.queue.agent_joined(ticket, boris.person.id, "boris-leg")
    return anna, boris, ticket, offer.ticket.id


def test_hold_and_resume(here: World) -> None:
    page = here.page()
    ticket = here.talking(page)
    assert "Hold" in shown(page.get("/desk/controls").text)
    held = shown(page.post(f"/desk/tickets/{ticket}/hold", on="1").text)
    assert "On hold" in held
    assert "Resume" in held
    assert here.queue.in_call(page.person.id).held_at is not None
    assert "On hold" not in shown(page.post(f"/desk/tickets/{ticket}/hold", on="0").text)
    assert page.post("/desk/tickets/999/hold", on="1").status_code == 404


def test_keys(here: World) -> None:
    page = here.page()
    ticket = here.talking(page)
    assert "Keys are" not in shown(page.post(f"/desk/tickets/{ticket}/keys", digits="1 2#").text)
    assert "Keys are" in shown(page.post(f"/desk/tickets/{ticket}/keys", digits="hello").text)
    with engine().connect() as connection:
        assert connection.execute(select(keys.c.digits)).scalars().all() == ["12#"]


def test_ask_and_hand_over(here: World) -> None:
    anna, boris, ticket, other = consulting(here)
    assert "Consulting Boris" in shown(anna.get("/desk/controls").text)
    asked = shown(boris.get("/desk/panel/call").text)
    assert "The caller hears music and does not hear you" in asked
    anna.post(f"/desk/tickets/{ticket}/notes", notes="wants a blue kettle")
    answer = anna.post(f"/desk/tickets/{ticket}/hand-over")
    assert "call" in answer.headers["X-Desk-Events"]
    assert "How did the call end?" in shown(anna.get("/desk/panel/call").text)
    theirs = shown(boris.get("/desk/panel/call").text)
    assert "Hold" in theirs
    assert "wants a blue kettle" in theirs
    assert "Nobody has come yet" in shown(anna.post(f"/desk/tickets/{ticket}/hand-over").text)
    view = here.queue.ticket(other)
    assert view is not None
    assert view.state is TicketState.CONNECTED


def test_ask_and_take_back(here: World) -> None:
    anna, boris, ticket, other = consulting(here)
    assert "Transfer" in shown(anna.post(f"/desk/tickets/{ticket}/take-back").text)
    assert here.view(boris.person).state == "free"
    with engine().connect() as connection:
        assert "boris-leg" in connection.execute(select(chores.c.subject)).scalars().all()
    assert other != ticket


def test_transfers_that_cannot_be(here: World) -> None:
    page = here.page()
    ticket = here.talking(page)
    to = f"/desk/tickets/{ticket}/transfer"
    assert "may not be dialled" in shown(page.post(to, target="number", number="+49 30 123456", how="cold").text)
    assert "Choose whom" in shown(page.post(to, target="number", number="12", how="cold").text)
    assert "Choose whom" in shown(page.post(to, target="queue:nowhere", how="warm").text)
    assert "That is you" in shown(page.post(to, target=f"agent:{page.person.id}", how="warm").text)
    assert "nobody like that" in shown(page.post(to, target="agent:999", how="cold").text)
    assert here.view(page.person).state == "connected"


def test_a_cold_transfer_leads_to_wrap_up(here: World) -> None:
    page = here.page()
    ticket = here.talking(page)
    answer = page.post(f"/desk/tickets/{ticket}/transfer", target="queue:support", how="cold")
    assert "call" in answer.headers["X-Desk-Events"]
    assert here.view(page.person).state == "wrap_up"


def test_only_supervisors_go_into_others_calls(here: World) -> None:
    anna = here.page("anna")
    ticket = here.talking(anna)
    boris = ready(here, "boris", "Boris")
    assert boris.post(f"/desk/supervise/{ticket}", mode="listen").status_code == 404
    assert boris.post(f"/desk/take-over/{ticket}").status_code == 404
    vera = here.page("vera", "supervisor")
    assert vera.post(f"/desk/supervise/{ticket}", mode="shout").status_code == 400
    assert "You are listening" in shown(vera.post(f"/desk/supervise/{ticket}", mode="listen").text)
    assert "You whisper to the agent" in shown(vera.post(f"/desk/supervise/{ticket}", mode="whisper").text)
    supervision = here.queue.in_call(vera.person.id).supervising
    assert supervision is not None
    here.queue.supervisor_joined(supervision.id, "vera-leg")
    assert "Take the call over" in shown(vera.get("/desk/panel/call").text)
    assert vera.post(f"/desk/take-over/{ticket}").status_code == 200
    assert here.view(vera.person).state == "connected"
    assert here.view(anna.person).state == "wrap_up"


def test_every_listening_is_written_down(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = here.page("anna")
    ticket = here.talking(anna)
    with engine().begin() as connection:
        values = {"ticket": ticket, "call": "CA1", "sid": "RE1", "state": "kept", "seconds": 42}
        connection.execute(insert(recordings).values(made_at=datetime.now(UTC), **values))
    asked: list[tuple[str, str | None]] = []

    def sound(name: str, range: str | None) -> Response:
        asked.append((name, range))
        return Response(b"RIFF", mimetype="audio/wav")

    monkeypatch.setattr(floor, "sound", sound)
    vera = here.page("vera", "supervisor")
    assert "0:42" in shown(vera.get("/supervisor/recordings").text)
    assert anna.get("/supervisor/recordings").status_code == 403
    assert anna.get("/supervisor/recordings/1/audio").status_code == 403
    assert vera.get("/supervisor/recordings/9/audio").status_code == 404
    assert vera.get("/supervisor/recordings?before=yesterday").status_code == 400
    assert vera.get("/supervisor/recordings/1/audio").data == b"RIFF"
    assert vera.get("/supervisor/recordings/1/audio", headers={"Range": "bytes=0-"}).status_code == 200
    assert vera.get("/supervisor/recordings/1/audio", headers={"Range": "bytes=900-"}).status_code == 200
    assert [name for name, _ in asked] == ["RE1"] * 3
    with engine().connect() as connection:
        lines = connection.execute(select(audit.audit.c.person, audit.audit.c.action)).all()
    assert lines == [(vera.person.id, "recording.listen")] * 2
