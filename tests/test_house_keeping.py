"""Retention by kind of data, and forgetting a customer: what goes, what stays, and that no table is overlooked."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from desk_world import World, world
from sqlalchemy import String, Table, Text, func, select, update

from callqueue import store as queue
from callqueue.model import CallbackRequest, MessageRequest
from ivr.calls import door
from ivr.commands.customer import command
from ivr.house import forget, recordings, retention
from ivr.house.rounds import Rounds
from ivr.store import audit, blocks, calls, house, links, people, tables
from ivr.store.engine import engine, reading

NUMBER, OTHER = "+79161234567", "+79167654321"
NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=400)


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(tmp_path, valkey_url, monkeypatch) as made:
        yield made


@pytest.fixture
def deleted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of recordings that the carrier was asked to delete."""
    asked: list[str] = []
    monkeypatch.setattr(recordings, "delete", asked.append)
    return asked


def count(table: Table, *where: Any) -> int:
    with reading(engine()) as conn:
        found: int = conn.execute(select(func.count()).select_from(table).where(*where)).scalar_one()
    return found


def known_customer(here: World, number: str, call: str) -> int:
    """A customer with a bit of everything, all of it over; their ticket."""
    page = here.page("anna")
    ticket = here.wrapping_up(page, call=call, number=number, summary="Wants the red one", context={"name": "Мария"})
    here.queue.add_question(ticket, "Is there a red one?")
    here.queue.wrap_up(ticket, page.person.id, "resolved", "Lives at Tverskaya 1")
    with engine().begin() as conn:
        entries = [
            calls.Entry(call, 1, "started", NOW, {"number": number}),
            calls.Entry(call, 2, "heard", NOW, {"text": "my name is Maria"}),
            calls.Entry(call, 3, "ended", NOW, {"reason": "caller"}),
        ]
        calls.record_entries(conn, entries)
    message = f"RE{call}"
    here.queue.message(
        MessageRequest(f"{call}:m", call, number, "ru", "message", message, 5, "About the red one", "support")
    )
    here.queue.promise(
        CallbackRequest(f"{call}:p", call, number, "ru", "support", "the red one", NOW + timedelta(days=1))
    )
    return ticket


def everything(*but: str) -> str:
    """All that the records hold, in one text."""
    told = []
    with reading(engine()) as conn:
        for metadata in (tables.metadata, queue.metadata):
            for table in metadata.sorted_tables:
                if table.name not in but:
                    told += [f"{table.name} {dict(row)}" for row in conn.execute(select(table)).mappings()]
    return "\n".join(told)


def test_a_forgotten_customer_is_nowhere_and_the_figures_stay(here: World, deleted: list[str]) -> None:
    known_customer(here, NUMBER, "CA1")
    known_customer(here, OTHER, "CA2")
    figures = (calls.calls, queue.tickets, queue.questions, queue.messages)
    before = [count(table) for table in figures]
    redis = door.client()
    redis.hset("call:CA1", "facts", NUMBER)
    redis.set("lookup:CA1:3", NUMBER)
    redis.hset("effect:CA1:2:c1", "body", NUMBER)
    redis.set("lookup:CA2:3", OTHER)

    told_twice = everything("audit")
    found = forget.find(NUMBER)
    assert found.counts()["redis"] == 3
    told = forget.forget(NUMBER)
    assert told == found.counts()
    assert deleted == ["RECA1"]
    text = everything("audit", "opt_outs", "blocked_callers")
    for personal in (NUMBER[1:], "RECA1"):
        assert personal not in text
    for personal in ("Мария", "red one", "Tverskaya", "Maria"):
        assert text.count(personal) == told_twice.count(personal) / 2, personal
    assert OTHER in text
    assert [count(table) for table in figures] == before
    assert count(queue.callbacks, queue.callbacks.c.number == "", queue.callbacks.c.state == "cancelled") == 1
    assert not redis.keys("*CA1*")
    assert redis.exists("lookup:CA2:3")
    with reading(engine()) as conn:
        (line,) = audit.page(conn, audit.Filter(kind="customer"))[0]
    assert line.subject == "•••4567"
    assert line.after["messages"] == 1
    assert forget.find(NUMBER).counts() == {}


def test_an_opt_out_and_a_block_stay(here: World, deleted: list[str]) -> None:
    known_customer(here, NUMBER, "CA1")
    here.queue.opt_out(NUMBER)
    with engine().begin() as conn:
        blocks.put(conn, NUMBER, None, NOW, state="active", answer="sentence", reason="x", until=None)
    forget.forget(NUMBER)
    assert forget.kept(NUMBER) == ["opt_outs", "blocked_callers"]
    again = CallbackRequest("CA9:p", "CA9", NUMBER, "ru", "support", "", None)
    assert here.queue.promise(again).kind != "promised"


def test_nobody_is_forgotten_in_a_call_or_while_the_carrier_is_away(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = here.page("anna")
    ticket = here.talking(page, number=NUMBER)
    with pytest.raises(forget.InACall):
        forget.forget(NUMBER)
    here.queue.conference_ended(ticket)
    here.queue.wrap_up(ticket, page.person.id, "resolved", "notes")
    here.queue.message(MessageRequest("CA1:m", "CA1", NUMBER, "ru", "message", "RE1", 5, "", "support"))

    def away(name: str) -> None:
        raise recordings.CarrierAway("no answer")

    monkeypatch.setattr(recordings, "delete", away)
    with pytest.raises(recordings.CarrierAway):
        forget.forget(NUMBER)
    assert NUMBER in everything()


def test_every_table_that_holds_a_number_or_words_is_known(here: World) -> None:
    """A new table with a number or free text must be emptied by ``forget``, or be named here as none of theirs."""
    not_theirs = {
        "people", "sign_in_failures", "agents", "audit", "alerts", "alert_deliveries", "password_links", "house_marks",
        "leases", "chores", "offers", "segments", "attempts", "promises", "supervisions", "flows", "flow_revisions",
        "flow_drafts", "switches",
    }  # fmt: skip
    found = set()
    for metadata in (tables.metadata, queue.metadata):
        for table in metadata.sorted_tables:
            if any(isinstance(column.type, String | Text) or "JSON" in str(column.type) for column in table.columns):
                found.add(table.name)
    assert found - not_theirs == forget.EMPTIED | set(forget.KEPT)
    for metadata in (tables.metadata, queue.metadata):
        for name in not_theirs & set(metadata.tables):
            number = metadata.tables[name].c.get("number")
            assert number is None or not isinstance(number.type, String), name


def test_the_command_tells_first_and_asks(here: World, deleted: list[str]) -> None:
    known_customer(here, NUMBER, "CA1")
    run = CliRunner().invoke
    told = run(command, ["forget", "+7 916 123-45-67", "--dry-run"])
    assert told.exit_code == 0, told.output
    assert "1  messages" in told.output
    assert run(command, ["forget", NUMBER], input="n\n").exit_code == 1
    assert NUMBER in everything()
    assert "forgotten" in run(command, ["forget", NUMBER, "--yes"]).output
    assert "nothing of this number" in run(command, ["forget", NUMBER]).output
    assert "international form" in run(command, ["forget", "12"]).output


def age(table: Table, *columns: str) -> None:
    with engine().begin() as conn:
        conn.execute(update(table).values(dict.fromkeys(columns, OLD)))


def test_each_kind_goes_after_its_days_and_nothing_open(
    here: World, deleted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = known_customer(here, NUMBER, "CA1")
    here.queue.opt_out(NUMBER)  # the promise is over
    with engine().begin() as conn:
        audit.record(conn, None, "person.role", "anna")
    waiting = here.caller("CA3", OTHER)
    here.queue.promise(CallbackRequest("CA4:p", "CA4", OTHER, "ru", "support", "", NOW + timedelta(days=2)))
    age(calls.calls, "started_at")
    age(calls.call_entries, "at")
    age(queue.tickets, "created_at")
    age(queue.messages, "created_at")
    age(queue.callbacks, "created_at")
    monkeypatch.setenv("KEEP_TICKETS_DAYS", "399")
    monkeypatch.setenv("KEEP_CALLBACKS_DAYS", "401")
    kinds = {kind.name: kind for kind in retention.kinds(type(here.settings)())}

    def sweep(*names: str) -> dict[str, int]:
        went, whole = retention.round_of(tuple(kinds[name] for name in names), NOW, time.monotonic() + 60)
        assert whole
        return went

    assert sweep("recordings") == {"recordings": 1}
    assert deleted == ["RECA1"]
    assert sweep("transcripts") == {"transcripts": 3}
    assert sweep("messages") == {}, "an open message stays"
    (message,) = here.queue.messages()
    here.queue.close_message(message.id, 1, "no_need")
    assert sweep("messages") == {"messages": 1}
    assert sweep("promises") == {}, "not before its days"
    assert sweep("tickets", "audit", "links", "alerts") == {}, "a ticket with a task to do stays"
    with engine().begin() as conn:
        conn.execute(update(queue.tasks).values(state="closed"))
    assert sweep("tickets", "calls") == {"tickets": 1, "calls": 1}
    assert here.queue.ticket(ticket) is None
    assert here.queue.ticket(waiting) is not None, "who is in line stays"
    for table in retention.belonging():
        assert count(table, table.c.ticket == ticket) == 0, table.name
    assert count(queue.callbacks) == 2


def test_in_small_batches_and_on_when_time_is_up(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    with engine().begin() as conn:
        calls.record_entries(conn, [calls.Entry("CA1", n, "said", OLD, {"text": "x"}) for n in range(35)])
    woken: list[str] = []
    monkeypatch.setattr(retention, "wake", lambda queue, job: woken.append(job))
    monkeypatch.setattr(retention, "SECONDS", 0.0)
    assert retention.run() == {"transcripts": 10}
    assert woken == [retention.JOB]
    assert retention.due(datetime.now(UTC)), "not done yet"
    monkeypatch.setattr(retention, "SECONDS", 60.0)
    assert retention.run()["transcripts"] == 25
    assert len(woken) == 1
    assert not retention.due(datetime.now(UTC))
    assert retention.run() == {}, "once a day"
    with reading(engine()) as conn:
        lines = audit.page(conn, audit.Filter(kind="house"))[0]
    assert [line.after["transcripts"] for line in lines] == [25, 10]


def test_the_clock_wakes_it_once_a_day(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr("ivr.house.rounds.wake", lambda queue, job: woken.append(job))
    rounds = Rounds()
    rounds.look()
    rounds.look()
    assert woken == [retention.JOB]
    with engine().begin() as conn:
        house.mark(conn, retention.MARK, NOW)
    Rounds().look()
    assert len(woken) == 1


def test_sounds_links_and_blocks_that_are_over(here: World) -> None:
    folder = here.settings.data_dir / "audio" / "speech"
    folder.mkdir(parents=True)
    for name, days in (("old.wav", 40), ("new.wav", 1)):
        (folder / name).write_bytes(b"RIFF")
        os.utime(folder / name, (time.time() - days * 86_400,) * 2)
    anna = here.person("anna")
    with engine().begin() as conn:
        links.make(conn, anna.id, "reset", OLD)
        blocks.put(conn, NUMBER, None, OLD, state="active", answer="sentence", reason="x", until=OLD)
        blocks.put(conn, OTHER, None, OLD, state="active", answer="sentence", reason="x", until=None)
    retention.run()
    assert [path.name for path in folder.iterdir()] == ["new.wav"]
    assert count(links.links) == 0
    assert count(blocks.blocked) == 1
    assert count(people.people) == 1
