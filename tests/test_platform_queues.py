"""The queues' file: what it says, what is wrong with it, and its hours in the place of the flow's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callqueue.callback_rules import CallbackRules
from callqueue.rules import Overflow, QueueRules, Rules
from flows.engine.hours import is_open
from flows.language import read_flow
from flows.library import PATH, QUEUES
from ivr.actions import CATALOGUE
from ivr.queueing import rules
from ivr.queues import Queues, QueuesError, check_against, load_queues, with_hours, with_queues
from ivr.settings import Settings
from ivr.supervisor.prepare import check_flow
from ivr.trouble import Trouble

GOOD = """\
version: 1
point_seconds: 20
familiar: {days: 7, wait: 10}
queues:
  support:
    name: {ru: Поддержка}
  cards:
    skills: {cards: 5}
    priority: 10
    max_waiting: 40
    prefer: level
    hours:
      timezone: Europe/Moscow
      open:
        - {days: sat, from: "10:00", to: "12:00"}
    overflow:
      - {after: 300, move: support}
      - {after: 60, skills: {cards: 1}}
      - {after: 120, also: support}
  round:
    hours: always
    callbacks: {per_slot: 3, first: customer}
"""


def load(folder: Path, text: str) -> Queues:
    path = folder / "queues.yaml"
    path.write_text(text, "utf-8")
    return load_queues(path)


def test_what_the_file_says_is_what_the_rules_have(tmp_path: Path) -> None:
    made = with_queues(Rules(), load(tmp_path, GOOD))
    assert (made.point_seconds, made.familiar_days, made.familiar_seconds) == (20, 7, 10)
    assert made.queue("support") == QueueRules(names={"ru": "Поддержка"})
    assert made.queue("cards") == QueueRules(
        needs={"cards": 5},
        priority=10,
        max_waiting=40,
        prefer="level",
        overflow=(Overflow(60, needs={"cards": 1}), Overflow(120, also="support"), Overflow(300, move="support")),
    )


def test_promises_of_one_queue_differ_from_the_settings(tmp_path: Path) -> None:
    numbers = Rules(callbacks=CallbackRules(per_slot=10, first="agent"))
    made = with_queues(numbers, load(tmp_path, GOOD)).callbacks
    assert (made.per_slot_of("round"), made.first_of("round")) == (3, "customer")
    assert (made.per_slot_of("support"), made.first_of("support")) == (10, "agent")
    only = with_queues(
        numbers, load(tmp_path, GOOD.replace("{per_slot: 3, first: customer}", "{per_slot: 0}"))
    ).callbacks
    assert (only.per_slot_of("round"), only.first_of("round")) == (0, "agent")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            "cards: 5}",
            "cards: 11}",
            "queues.yaml:8: queues.cards.skills.cards: Input should be less than or equal to 10",
        ),
        ("priority: 10", "priority: 101", "queues.yaml:9: queues.cards.priority: "),
        ("prefer: level", "prefer: best", "queues.yaml:11: queues.cards.prefer: "),
        ("prefer: level", "prefers: level", "queues.yaml:11: queues.cards.prefers: there is no such field"),
        ("Europe/Moscow", "Europe/Muscovy", ":13: queues.cards.hours.timezone: there is no time zone 'Europe/Muscovy'"),
        ("days: sat", "days: caturday", ":15: queues.cards.hours.open.0.days: days 'caturday' are written mon-fri"),
        (
            "also: support",
            "also: suport",
            ":19: queues.cards.overflow.2.also: it names suport; other queues in this file: round, support",
        ),
        ("move: support", "move: cards", ":17: queues.cards.overflow.0.move: it names cards; other queues"),
        ("after: 300", "after: 90", ":19: queues.cards.overflow.2: it stands after move"),
        ("also: support", "move: round", "queues.cards.overflow: a ticket moves once only"),
        ("{after: 60, skills: {cards: 1}}", "{after: 60}", "queues.cards.overflow.1: say exactly one of also"),
        ("callbacks: {per_slot: 3, first: customer}", "overflow: [{after: 9, move: round}]", "0.move: it names round"),
        (
            "    name: {ru: Поддержка}",
            "    overflow: [{after: 5, move: cards}]",
            ":6: queues.support.overflow.0.move: tickets move in a circle, back to support",
        ),
        ("per_slot: 3", "per_slot: -1", ":22: queues.round.callbacks.per_slot: Input should be greater than"),
        ("first: customer", "first: robot", ":22: queues.round.callbacks.first: Input should be 'agent' or 'customer'"),
        ("first: customer", "slots: 4", ":22: queues.round.callbacks.slots: there is no such field"),
        ("version: 1", "version: 2", "queues.yaml:1: version: "),
        ("version: 1", "", "version: it is missing. Add it"),
        ("{cards: 5}", "&a {cards: 5}", "queues.yaml:8: anchors and aliases"),
        ("skills: {cards: 5}", "skills: {cards: 5", "queues.yaml:"),
    ],
)
def test_what_is_wrong_is_told_with_place_and_mend(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert before in GOOD
    with pytest.raises(QueuesError) as error:
        load(tmp_path, GOOD.replace(before, after, 1))
    assert told in str(error.value)


def test_a_file_that_cannot_be_read_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(QueuesError, match="Set QUEUES to a file that can be read"):
        load_queues(tmp_path)


def test_the_shipped_file_fits_the_shipped_flow_and_names_every_queue_in_every_language() -> None:
    queues = load_queues()
    check_against(queues, read_flow(PATH, CATALOGUE), QUEUES)
    assert [set(queue.name) for queue in queues.queues.values()] == [{"ru", "uk", "en"}] * len(queues.queues)


def test_a_flow_whose_queue_is_not_in_the_file_does_not_start(tmp_path: Path) -> None:
    path = tmp_path / "queues.yaml"
    path.write_text("version: 1\nqueues: {sales: {}}\n")
    with pytest.raises(Trouble, match=r"QUEUES: .*queues.yaml: queues: the flow hotline .* support\. Add it here"):
        check_flow(Settings(queues=path))


SATURDAY_MORNING = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)  # 11:00 in Moscow
MONDAY_MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)


def test_hours_of_the_file_stand_in_the_place_of_the_flows(tmp_path: Path) -> None:
    flow = with_hours(read_flow(PATH, CATALOGUE), load(tmp_path, GOOD))
    assert is_open(flow, "support", MONDAY_MORNING), "as the flow says"
    assert not is_open(flow, "support", NIGHT)
    assert is_open(flow, "cards", SATURDAY_MORNING), "a queue that the flow does not know"
    assert not is_open(flow, "cards", MONDAY_MORNING)
    closed = with_hours(flow, load(tmp_path, GOOD.replace("name: {ru: Поддержка}", "hours: always")))
    assert is_open(closed, "support", NIGHT)
    assert flow.revision == closed.revision


def test_promises_go_by_the_files_hours_too(tmp_path: Path) -> None:
    path = tmp_path / "queues.yaml"
    path.write_text(GOOD, "utf-8")
    opens = rules(Settings(queues=path, hours="flow")).opens
    assert opens is not None
    assert [opens("cards", at) for at in (SATURDAY_MORNING, MONDAY_MORNING)] == [True, False]
    assert [opens("support", at) for at in (MONDAY_MORNING, NIGHT)] == [True, False]
    assert rules(Settings(queues=path, hours="open")).opens is None
