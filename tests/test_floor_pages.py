"""The supervisors' pages: figures equal a straight count of the records, on the page and in files; who may what."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk_world import World, shown, world
from floor_world import abandoned, answered, busy_day, floor_now, on_duty, phoned, promise, question, ticket
from sqlalchemy import func, select, text

from callqueue import store as queue
from callqueue.model import HandOffRequest
from callqueue.rules import QueueRules
from ivr.desk import texts
from ivr.floor import blueprint as floor_blueprint
from ivr.floor import periods, records, tables, words
from ivr.floor.alerts import raise_alert
from ivr.floor.board import Floor, Fresh
from ivr.floor.figures import figures
from ivr.store.engine import engine, reading
from ivr.store.people import ROLES


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    def forget() -> None:
        floor_blueprint.floor.cache_clear()
        floor_blueprint.hours.cache_clear()

    forget()
    with world(tmp_path, valkey_url, monkeypatch) as made:
        yield made
    forget()


def today_at(hours: float) -> datetime:
    """A moment of today by the shop's clock."""
    zone = floor_blueprint.hours().zone()
    return periods.midnight(datetime.now(UTC).astimezone(zone).date(), zone) + timedelta(hours=hours)


def morning(here: World) -> None:
    """What can be counted on paper: the shop's night, so that it is over whenever the test runs."""
    at = today_at(0)
    with engine().begin() as made:
        first = answered(made, "a", at, 4, 100, 30, 7, 20)
        answered(made, "b", at, 20, 200, 10, 8, queue="orders", language="en")
        answered(made, "c", at, 21, 60, 20, 7)
        abandoned(made, "d", at, 3)
        abandoned(made, "e", at, 25, language="uk")
        ticket(made, "f", at, "callback", kind="callback")
        ticket(made, "g", at, "abandoned", closed_at=at + timedelta(seconds=50), outcome="leave")
        ticket(made, "h", at, "closed", closed_at=at + timedelta(seconds=5), outcome="moved")
        ticket(made, "callback:1:0", at, "closed", kind="callback", connected_at=at, closed_at=at)
        question(made, first, "one", at, at + timedelta(seconds=60))
        question(made, first, "two", at, None)
        question(made, first, "three", at, at + timedelta(hours=5))
        phoned(made, "CA-r1", at, helped=True)
        phoned(made, "CA-r2", at, outcome="done")
        phoned(made, "CA-r3", at, outcome="caller")
        phoned(made, "CA-r4", at, helped=True, asked_human=True)
        phoned(made, "CA-p", at, helped=True)  # and a callback was promised to it
        phoned(made, "CA-r6", at, seconds=None)
        promise(made, "p", None, at, "kept", state_at=at + timedelta(seconds=100))
        on_duty(made, 7, "=Anna", "off", 5, datetime.now(UTC))
        on_duty(made, 8, "Boris", "off", 5, datetime.now(UTC))


def test_the_records_are_read_as_they_are_counted_by_hand(here: World) -> None:
    morning(here)
    with reading(engine()) as conn:
        data = records.data(conn, today_at(0), today_at(24))
    got = figures(data, datetime.now(UTC), 20)
    assert (got.came, got.answered, got.abandoned, got.took_callback, got.diverted, got.in_line) == (7, 3, 2, 1, 1, 0)
    assert (got.service_level.part, got.service_level.whole) == (2, 4)
    assert (got.abandonment.part, got.abandonment.whole) == (2, 6)
    assert (got.answer.total, got.answer.count) == (45, 3)
    assert (got.conversations, got.talk.total, got.hold.total, got.wrap_up.total) == (3, 360, 20, 60)
    assert got.handle.mean == pytest.approx(440 / 3)
    assert (got.first_call.part, got.first_call.whole) == (1, 3)
    assert (got.calls, got.served_alone.part, got.served_alone.whole) == (6, 2, 5)
    assert (got.kept_5_minutes.part, got.kept_5_minutes.whole) == (1, 1)


def numbers(page: str, key: str) -> str:
    """The text of a figure's tile."""
    tile = next(part for part in page.split("<article")[1:] if f'id="help-{key}"' in part)
    return shown("<" + tile.split("</article>")[0].replace("formula-", ""))


def test_the_page_shows_what_was_counted(here: World) -> None:
    morning(here)
    page = here.page("sofia", "supervisor").get("/supervisor")
    assert page.status_code == 200
    assert "50%" in numbers(page.text, "service_level")
    assert "2 of 4" in numbers(page.text, "service_level")
    assert "0:15" in numbers(page.text, "answer")
    assert "2:27" in numbers(page.text, "handle")
    assert "33%" in numbers(page.text, "abandonment")
    assert "Answered within 20 s ÷ (answered + abandoned after 20 s)" in page.text
    report = here.page("sofia", "supervisor").get("/supervisor/reports")
    assert "50%" in numbers(report.text, "service_level")
    assert "7" in numbers(report.text, "came")


def sheet(here: World, path: str) -> list[list[str]]:
    answer = here.page("sofia", "supervisor").get(path)
    assert answer.status_code == 200, path
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_files_hold_the_same_numbers_as_a_straight_count(here: World) -> None:
    made = engine()
    zone = floor_blueprint.hours().zone()
    with made.begin() as conn:
        busy_day(conn, [7, 8], today_at(-24), today_at(0), "yesterday")
    day = datetime.now(UTC).astimezone(zone).date() - timedelta(days=1)
    start, end = today_at(-24), today_at(0)
    with reading(made) as conn:
        row = queue.tickets.c
        mine = (row.created_at >= start) & (row.created_at < end)
        came = conn.execute(select(func.count()).where(mine)).scalar_one()
        hung_up = conn.execute(select(func.count()).where(mine, row.state == "abandoned")).scalar_one()
        spoken = conn.execute(select(func.count()).where(mine, row.connected_at.is_not(None))).scalar_one()
        by_queue = dict(conn.execute(select(row.queue, func.count()).where(mine).group_by(row.queue)).all())
        rows = conn.execute(select(row.created_at, row.connected_at).where(mine, row.connected_at.is_not(None))).all()
        quick = sum((one.connected_at - one.created_at).total_seconds() <= 20 for one in rows)
        late = conn.execute(select(row.created_at, row.closed_at).where(mine, row.state == "abandoned")).all()
        too_late = sum((one.closed_at - one.created_at).total_seconds() > 20 for one in late)
    assert came > 150
    query = f"period=day&date={day}"
    head, *parts = sheet(here, f"/supervisor/reports/intervals.csv?{query}")
    assert head[1:4] == ["Callers in line", "Answered", "Abandoned"]
    assert [sum(int(part[column]) for part in parts) for column in (1, 2, 3)] == [came, spoken, hung_up]
    assert len(parts) == 48
    _, *queues = sheet(here, f"/supervisor/reports/queues.csv?{query}")
    names = here.queue.queue_names("en")
    assert {line[0]: int(line[1]) for line in queues} == {names.get(one, one): n for one, n in by_queue.items()}
    level = here.page("sofia", "supervisor").get(f"/supervisor/reports?{query}")
    assert f"{quick} of {spoken + too_late}" in numbers(level.text, "service_level")
    _, *people = sheet(here, f"/supervisor/reports/agents.csv?{query}")
    assert sum(int(line[5]) for line in people) == spoken
    _, *promised = sheet(here, f"/supervisor/reports/promises.csv?{query}")
    assert all(line[1].startswith("'+7") for line in promised)
    one_queue = sheet(here, f"/supervisor/reports/intervals.csv?{query}&queue=orders&language=uk")
    assert sum(int(part[1]) for part in one_queue[1:]) < by_queue["orders"]


def test_no_cell_is_a_formula(here: World) -> None:
    morning(here)
    _, *people = sheet(here, "/supervisor/reports/agents.csv")
    assert people[-1][0] == "Boris" or people[0][0] == "'=Anna"
    assert "'=Anna" in [line[0] for line in people]
    made = tables.Sheet("x", (tables.Column("@title", "text"),), ((("=1+1"),), ("\tx",), ("-5",), ("ok",), ('a"b,c',)))
    assert tables.as_csv(made, UTC) == "\ufeff'@title\r\n'=1+1\r\n'\tx\r\n'-5\r\nok\r\n\"a\"\"b,c\"\r\n"


def test_the_floor_now(here: World) -> None:
    with engine().begin() as conn:
        floor_now(conn, [1, 2, 3, 4, 5, 6])
    page = here.page("sofia", "supervisor").get("/supervisor").text
    text_ = shown(page)
    for expected in ("+380 67 123 4567", "Number withheld", "over 30 min", "on hold", "did not answer", "overdue 1"):
        assert expected in text_, expected
    assert text_.index("+380 67 123 4567") < text_.index("+7 916 555-02-00"), "priority first, as they are served"
    assert page.count("/call-back") == 2, "only those on a break can be called back"
    assert {line[1] for line in sheet(here, "/supervisor/now/staff.csv")[1:]} >= {
        "In a call",
        "Break",
        "Paused",
        "Free",
    }
    assert len(sheet(here, "/supervisor/now/line.csv")) == 5
    assert len(sheet(here, "/supervisor/now/talks.csv")) == 3


def test_only_what_has_changed_is_sent(here: World) -> None:
    with engine().begin() as conn:
        floor_now(conn, [1, 2, 3, 4, 5, 6])
    page = here.page("sofia", "supervisor")
    first = page.get("/supervisor/now?have={}").json
    assert set(first["panels"]) == {"alerts", "tiles", "line", "staff", "talks", "promises", "today"}
    have = json.dumps({name: one["key"] for name, one in first["panels"].items()})
    same = page.get("/supervisor/now", query_string={"have": have, "since": time.time()}).json
    assert same["panels"] == {}
    here.caller("CA77", "+79160000077")
    later = page.get("/supervisor/now", query_string={"have": have, "since": time.time()}).json
    assert set(later["panels"]) >= {"line", "tiles"}
    assert "talks" not in later["panels"]
    assert "000-00-77" in later["panels"]["line"]["html"]
    assert page.get("/supervisor/now?have=[").status_code == 400


def test_one_reading_serves_all_pages_that_ask_about_the_same_event(here: World) -> None:
    reads = []
    kept = Fresh(lambda: reads.append(1) or len(reads))
    asked = time.time()
    assert [kept.get(asked) for _ in range(20)] == [1] * 20
    assert kept.get(time.time()) == 2
    board = Floor(here.queue, here.settings, floor_blueprint.hours().zone)
    event = time.time()
    assert board.board(event) is board.board(event) is board.board(event - 5)
    assert board.board(time.time() + 3600) is not board.board(time.time() + 3600), "a clock that is ahead reads anew"


def test_an_agent_is_called_back_from_a_break(here: World) -> None:
    from ivr.redis_client import client

    with engine().begin() as conn:
        floor_now(conn, [1, 2, 3, 4, 5, 6])
    channel = client().pubsub(ignore_subscribe_messages=True)
    channel.subscribe("push:agent:4", "push:agent:3")
    channel.get_message(timeout=1)
    sofia = here.page("sofia", "supervisor")
    assert "asked to come back" in sofia.post("/supervisor/agents/4/call-back").text
    told = next(one for one in (channel.get_message(timeout=1) for _ in range(5)) if one)
    assert json.loads(told["data"]) == {"event": "called_back", "data": {"by": sofia.person.name}}
    assert "not on a break" in sofia.post("/supervisor/agents/3/call-back").text
    assert sofia.post("/supervisor/agents/99/call-back").status_code == 404
    view = here.queue.agent_view(4)
    assert view is not None
    assert view.status == "break", "their status stays theirs"


def test_a_caller_is_moved_to_another_queue_with_the_time_waited(here: World) -> None:
    named = {"support": QueueRules({"en": "Support"}), "orders": QueueRules({"en": "Orders"})}
    here.queue.records.rules = replace(here.queue.records.rules, queues=named)
    sofia = here.page("sofia", "supervisor")
    ticket = here.caller()
    names, other = here.queue.queue_names("en"), "orders"
    page = sofia.get("/supervisor").text
    assert f'data-move="/supervisor/tickets/{ticket}/move"' in page
    assert f'<option value="{other}">{names[other]}</option>' in page
    assert names[other] in sofia.post(f"/supervisor/tickets/{ticket}/move", queue=other).text
    moved = here.queue.ticket(ticket)
    assert moved is not None
    assert moved.queue == other
    assert "Not moved" in sofia.post(f"/supervisor/tickets/{ticket}/move", queue=other).text
    assert "Not moved" in sofia.post("/supervisor/tickets/99/move", queue=other).text
    assert sofia.post(f"/supervisor/tickets/{ticket}/move", queue="nowhere").status_code == 400
    with reading(engine()) as conn:
        lines = [line for (line,) in conn.execute(text("SELECT action FROM audit ORDER BY id"))]
    assert lines.count("ticket.move") == 1


def test_a_supervisor_listens_whispers_and_leaves(here: World) -> None:
    anna = here.page()
    ticket = here.talking(anna, call="CA5")
    sofia = here.page("sofia", "supervisor")
    assert f"/supervisor/tickets/{ticket}/supervise" in sofia.get("/supervisor").text
    listening = sofia.post(f"/supervisor/tickets/{ticket}/supervise", mode="listen")
    join = json.loads(listening.headers["X-Floor-Events"])["join"]
    assert (join["ticket"], join["mode"]) == (ticket, "listen")
    entry = here.queue.supervisor_for(join["supervision"], sofia.person.id)
    assert entry is not None
    assert entry.room == ticket
    whispering = sofia.post(f"/supervisor/tickets/{ticket}/supervise", mode="whisper")
    assert json.loads(whispering.headers["X-Floor-Events"])["join"]["supervision"] == join["supervision"]
    assert "X-Floor-Events" not in sofia.post(f"/supervisor/tickets/{ticket}/supervise", mode="leave").headers
    assert here.queue.supervisor_for(join["supervision"], sofia.person.id) is None
    assert "cannot join" in sofia.post("/supervisor/tickets/99/supervise", mode="barge").text
    assert sofia.post(f"/supervisor/tickets/{ticket}/supervise", mode="shout").status_code == 400


def test_an_alert_is_on_the_page_until_it_is_over_and_says_who_saw_it(here: World) -> None:
    raise_alert("service_level", data={"percent": 61, "part": 11, "whole": 18, "minutes": 30, "seconds": 20})
    sofia = here.page("sofia", "supervisor")
    page = sofia.get("/supervisor").text
    assert "Service level 61 %: 11 of 18 callers of the last 30 minutes" in page
    (id,) = set(re.findall(r"/supervisor/alerts/(\d+)/seen", page))
    assert sofia.post(f"/supervisor/alerts/{id}/seen").status_code == 200
    assert sofia.post("/supervisor/alerts/99/seen").status_code == 404
    later = sofia.get("/supervisor/now", query_string={"since": time.time()}).json["panels"]["alerts"]["html"]
    assert sofia.person.name in later
    assert "/seen" not in later


def routes(here: World) -> list[tuple[str, str]]:
    found = []
    for rule in here.app.url_map.iter_rules():
        if rule.endpoint.startswith("floor."):
            with here.app.test_request_context():
                values = {name: "line" if "now" in rule.rule else "queues" for name in rule.arguments if name == "name"}
                values |= {name: 1 for name in rule.arguments if name != "name"}
                address = str(here.app.url_map.bind("localhost").build(rule.endpoint, values))
            found += [(method, address) for method in sorted({"GET", "POST"} & (rule.methods or set()))]
    return found


def test_every_role_against_every_route(here: World) -> None:
    pages = {role: here.page(f"a-{role}", role) for role in ROLES}
    checked = 0
    for method, address in routes(here):
        for role, page in pages.items():
            status = page.client.open(address, method=method, headers={"X-CSRF-Token": "token"}).status_code
            assert status != 500, f"{role} {method} {address}"
            assert (status == 403) == (role not in ("supervisor", "admin")), f"{role} {method} {address}: {status}"
            checked += 1
    assert checked >= 4 * 7
    client = here.app.test_client()
    with client.session_transaction() as session:
        session["csrf_token"] = "token"
    for method, address in routes(here):
        assert client.open(address, method=method, headers={"X-CSRF-Token": "token"}).status_code in (302, 401)


def test_an_act_without_the_token_or_from_elsewhere_is_refused(here: World) -> None:
    page = here.page("sofia", "supervisor")
    assert page.client.post("/supervisor/agents/1/call-back").status_code == 403
    headers = {"X-CSRF-Token": "token", "Origin": "https://elsewhere.example"}
    assert page.client.post("/supervisor/agents/1/call-back", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("period=week", "By queue"),
        ("period=month", "By queue"),
        ("period=custom&date=2026-01-01&until=2026-01-31", "By queue"),
        ("period=custom&date=2026-01-31&until=2026-01-01", "before the first"),
        ("period=custom&date=2020-01-31&until=2026-01-01", "At most 92 days"),
        ("period=day&date=yesterday", "could not be read"),
        ("period=day&date=9999-12-31", "could not be read"),
        ("queue=%3Cscript%3E&language=zz", "By queue"),
    ],
)
def test_reports_of_any_period(here: World, query: str, says: str) -> None:
    answer = here.page("sofia", "supervisor").get(f"/supervisor/reports?{query}")
    assert answer.status_code == 200
    assert says in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
def test_every_figure_has_its_name_and_formula(here: World, language: str) -> None:
    for one in words.SHOWN:
        assert words.name(one, texts.texts(language), here.settings)
        assert words.formula(one, texts.texts(language), here.settings)


def test_a_thousand_calls_in_progress_are_read_in_a_moment_by_indexes(here: World) -> None:
    made = engine()
    at = datetime.now(UTC) - timedelta(minutes=5)
    with made.begin() as conn:
        conn.execute(
            queue.tickets.insert(),
            [
                {
                    "key": f"k{n}",
                    "call": f"CA{n}",
                    "kind": "call",
                    "number": None,
                    "language": "ru",
                    "queue": "support",
                    "priority": 0,
                    "reason": "asked",
                    "summary": "",
                    "context": {},
                    "state": "connected" if n % 2 else "waiting",
                    "state_at": at,
                    "since": at,
                    "created_at": at,
                    "checked_at": at,
                    "connected_at": at if n % 2 else None,
                    "head": 0,
                    "caller_in": False,
                    "leaving": False,
                    "notes": "",
                    "notes_version": 0,
                }
                for n in range(2000)
            ],
        )
    floor = Floor(here.queue, here.settings, floor_blueprint.hours().zone)
    board = floor.read()
    assert (board.waiting, board.talking, len(board.line)) == (1000, 1000, 60)
    took = []
    for _ in range(5):  # the machine may be busy with something else
        begun = time.perf_counter()
        floor.read()
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.5, "2 s are allowed from the event to the page"
    with reading(made) as conn:
        for where in ("created_at >= '2026-01-01' AND created_at < '2026-01-02'", "state IN ('waiting', 'offered')"):
            plan = str(conn.execute(text(f"EXPLAIN QUERY PLAN SELECT queue FROM tickets WHERE {where}")).all())
            assert "INDEX ix_tickets_" in plan, plan


def test_hand_offs_by_the_queue_itself_are_counted(here: World) -> None:
    anna = here.page()
    ticket = here.wrapping_up(anna, call="CA5")
    anna.post(f"/desk/tickets/{ticket}/wrap-up", outcome="resolved")
    here.queue.hand_off(HandOffRequest("CA6:1", "CA6", None, "en", "support", 0, "asked", ""))
    here.queue.left("CA6", "hangup")
    board = Floor(here.queue, here.settings, floor_blueprint.hours().zone).read()
    assert (board.today.came, board.today.answered, board.today.abandoned) == (2, 1, 1)
    assert board.today.conversations == 1
    assert board.today.service_level.share == 1.0
