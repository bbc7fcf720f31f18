"""The switchboard: the next call goes by it, and so does the hand-off of one that is going on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from redis import Redis
from twiml import CALLED, Kit, kit

from ivr.admin.staff import COMMAND
from ivr.calls.board import Board
from ivr.commands.switchboard import command
from ivr.store import audit
from ivr.store.engine import engine, reading
from ivr.studio import switchboard
from ivr.studio.refused import Refused

LATER = datetime.now(UTC) + timedelta(hours=2)


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch, HOURS="flow") as made:
        made.queue.register_agent(1, "Anna")
        yield made


def test_an_announcement_comes_before_the_greeting_and_ends_by_itself(line: Kit) -> None:
    switchboard.announce(COMMAND, {"en": "Deliveries are late today.", "ru": "Доставка задерживается."}, LATER)
    said = line.phone().dial().said
    assert said.index("Deliveries are late today.") < said.index("Order, one.")
    assert "задерживается" in line.phone("+79161234568").dial().said
    board = Board(texts={"en": "Late."}, texts_until=100.0)
    assert board.announcement("ru", 99.0) == ("Late.", "en"), "better in another language than not at all"
    assert board.announcement("en", 100.0) is None
    switchboard.off(COMMAND, "announcement")
    assert "late" not in line.phone().dial().said
    with reading(engine()) as conn:
        told = audit.page(conn, audit.Filter(kind="switch"))[0]
    assert [one.action for one in told] == ["switch.off", "switch.put"]
    assert told[1].after["texts"]["en"] == "Deliveries are late today."


def test_forced_closed_holds_for_calls_that_are_going_on(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    switchboard.force(COMMAND, "closed", LATER)
    assert "Nobody is free." in phone.press("0").said
    switchboard.force(COMMAND, "flow")
    assert switchboard.shown() == []


def test_a_queue_is_closed(line: Kit) -> None:
    switchboard.close(COMMAND, "support")
    phone = line.phone()
    phone.dial()
    assert "Nobody is free." in phone.press("0").said


def test_everything_to_voicemail(line: Kit) -> None:
    switchboard.force(COMMAND, "voicemail")
    heard = line.phone().dial()
    assert "Record" not in heard.verbs, "this flow records complaints only, so it answers as when it is closed"
    assert line.settings.flow is not None
    text = line.settings.flow.read_text().replace("purpose: complaint", "purpose: message")
    line.settings.flow = line.settings.data_dir / "flow.yaml"
    line.settings.flow.write_text(text)
    assert "Record" in line.phone().dial().verbs


def test_numbers_have_a_language_and_hours_of_their_own(line: Kit) -> None:
    never = {"timezone": "Europe/Moscow", "open": [{"days": "mon", "from": "03:00", "to": "03:01"}], "closed": []}
    switchboard.calendar(COMMAND, "kazan", never | {"holidays": "RU"})
    switchboard.number(COMMAND, CALLED, language="ru", calendar="kazan")
    phone = line.phone()
    assert "Заказ, один." in phone.dial().said
    assert "Никого нет." in phone.press("0").said
    with pytest.raises(Refused, match="number:"):
        switchboard.off(COMMAND, "calendar:kazan")


def test_what_is_refused(line: Kit) -> None:
    for why, act in (
        ("no_texts", lambda: switchboard.announce(COMMAND, {"en": " "})),
        ("no_texts", lambda: switchboard.announce(COMMAND, {})),
        ("bad_language", lambda: switchboard.announce(COMMAND, {"english": "x"})),
        ("bad_moment", lambda: switchboard.force(COMMAND, "open", datetime.now(UTC))),
        ("bad_mode", lambda: switchboard.force(COMMAND, "ajar")),
        ("no_queue", lambda: switchboard.close(COMMAND, "suport")),
        ("bad_number", lambda: switchboard.number(COMMAND, "12")),
        ("no_flow", lambda: switchboard.number(COMMAND, CALLED, flow="other")),
        ("no_calendar", lambda: switchboard.number(COMMAND, CALLED, calendar="other")),
        ("bad_calendar", lambda: switchboard.calendar(COMMAND, "x", {"timezone": "Mars/X", "open": []})),
        ("not_switched", lambda: switchboard.off(COMMAND, "announcement")),
    ):
        with pytest.raises(Refused) as told:
            act()
        assert told.value.why == why


def test_on_the_command_line(line: Kit) -> None:
    run = CliRunner().invoke
    assert run(command, []).output == "nothing is switched: calls go as their flow says\n"
    assert run(command, ["announce", "en=Late.", "--until", "2099-01-01 18:00"]).exit_code == 0
    assert (
        run(command, ["calendar", "kazan", "--timezone", "Europe/Moscow", "--open", "mon-fri 09:00-21:00"]).output == ""
    )
    shown = run(command, []).output
    assert "announcement  texts: {'en': 'Late.'}, until 2099-01-01" in shown
    assert "calendar:kazan  timezone: Europe/Moscow" in shown
    assert run(command, ["off", "announcement"]).exit_code == 0
    assert run(command, ["close", "nobody"]).exit_code == 1
