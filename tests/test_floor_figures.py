"""Figures against hand-made data: each number below can be counted on paper."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callqueue.model import CallbackState, Promise
from ivr.floor import periods
from ivr.floor.figures import (
    AgentFigures,
    Asked,
    Average,
    Came,
    Data,
    Fate,
    Offered,
    Phoned,
    Ratio,
    Share,
    as_promised,
    by_agent,
    by_language,
    by_queue,
    change,
    figures,
    intervals,
    kept_within,
    overdue,
    service_level,
)

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOON = NINE + timedelta(hours=3)
MOSCOW = ZoneInfo("Europe/Moscow")


def came(fate: Fate, wait: float = 0, after: float = 0, queue: str = "support", language: str = "ru") -> Came:
    at = NINE + timedelta(seconds=after)
    return Came(queue, language, at, fate, None if fate == "in_line" else at + timedelta(seconds=wait))


def share(agent: int, talk: float, hold: int, wrap_up: float | None, after: float = 0) -> Share:
    at = NINE + timedelta(seconds=after)
    until = at + timedelta(seconds=talk + hold)
    over = until + timedelta(seconds=wrap_up) if wrap_up is not None else None
    return Share(agent, "support", "ru", at, until, over, hold)


def promise(
    state: CallbackState,
    *,
    at: datetime | None = None,
    kept: float | None = None,
    dialled: float | None = None,
    made: datetime = NINE,
) -> Promise:
    """``kept``, ``dialled``: seconds after the promised time."""
    promised = at or made
    return Promise(
        id=1,
        state=state,
        origin="asked",
        number="+79161234567",
        language="ru",
        queue="support",
        summary="",
        at=at,
        promised_for=promised,
        due_at=promised,
        created_at=made,
        first_dial_at=promised + timedelta(seconds=dialled) if dialled is not None else None,
        kept_at=promised + timedelta(seconds=kept) if kept is not None else None,
        attempt=0,
        last_outcome=None,
        reason="",
        ticket=None,
        agent=None,
    )


LINE = (
    came("answered", 4),
    came("answered", 20),  # the second itself is in time
    came("answered", 21),
    came("answered", 95),
    came("abandoned", 3),  # hung up at once: not our failure by this formula
    came("abandoned", 20),
    came("abandoned", 41),
    came("callback", 60),
    came("diverted", 62),
    came("moved", 7),
    came("in_line"),
)


def test_a_morning_counted_by_hand() -> None:
    data = Data(
        came=LINE,
        shares=(share(7, 100, 20, 30), share(8, 200, 0, 10), share(7, 50, 0, None)),
        promises=(promise(CallbackState.KEPT, kept=200), promise(CallbackState.FAILED)),
        asked=(Asked("support", "ru", NINE, True), Asked("support", "ru", NINE, False), Asked("s", "ru", NINE, None)),
        phoned=(
            Phoned("ru", NINE, True),
            Phoned("ru", NINE, True),
            Phoned("en", NINE, False),
            Phoned("en", NINE, None),
        ),
    )
    got = figures(data, NOON, 20)
    assert (got.came, got.in_line, got.answered, got.abandoned, got.took_callback, got.diverted) == (10, 1, 4, 3, 1, 1)
    # 2 of (4 answered + 1 that hung up after 20 s)
    assert got.service_level == Ratio(2, 5)
    assert got.service_level.share == 0.4
    # 3 of (4 answered + 3 abandoned + 1 who chose a callback)
    assert got.abandonment == Ratio(3, 8)
    assert got.answer == Average(4 + 20 + 21 + 95, 4)
    assert got.answer.mean == 35
    assert got.longest_wait == 95
    # Two conversations are over; the third is in wrap-up.
    assert (got.conversations, got.talk, got.hold) == (2, Average(300, 2), Average(20, 2))
    assert got.wrap_up == Average(40, 2)
    assert got.handle.mean == 180
    assert (got.calls, got.served_alone) == (4, Ratio(2, 3))
    assert got.first_call == Ratio(1, 2)
    assert (got.promises, got.promises_open, got.kept_5_minutes, got.kept_hour) == (2, 0, Ratio(1, 2), Ratio(1, 2))
    assert got.kept_as_promised == Ratio(1, 2)


def test_nothing_happened_is_no_number_and_no_zero() -> None:
    got = figures(Data(), NOON, 20)
    assert (got.service_level.share, got.answer.mean, got.handle.mean, got.abandonment.share) == (None,) * 4
    assert (got.came, got.longest_wait) == (0, 0)
    assert change(None, 0.5) is None
    assert change(0.5, 0.25) == 0.25


@pytest.mark.parametrize(
    ("seconds", "expected"), [(3, Ratio(0, 6)), (20, Ratio(2, 5)), (30, Ratio(3, 5)), (100, Ratio(4, 4))]
)
def test_the_service_level_by_its_target(seconds: int, expected: Ratio) -> None:
    assert service_level([row for row in LINE if row.fate != "moved"], seconds) == expected


KEPT, FAILED, LATER, CANCELLED = (
    CallbackState.KEPT,
    CallbackState.FAILED,
    CallbackState.DUE_LATER,
    CallbackState.CANCELLED,
)


@pytest.mark.parametrize(
    ("one", "within_5", "within_hour", "promised"),
    [
        (promise(KEPT, kept=300), (1, 1), (1, 1), (1, 1)),
        (promise(KEPT, kept=301), (0, 1), (1, 1), (1, 1)),
        (promise(KEPT, kept=3601), (0, 1), (0, 1), (1, 1)),
        (promise(FAILED), (0, 1), (0, 1), (0, 1)),
        (promise(CANCELLED), (0, 0), (0, 0), (0, 0)),
        (promise(CallbackState.PROPOSED), None, None, None),
        # Open: made just now, ten minutes ago, two hours ago.
        (promise(LATER, made=NOON - timedelta(seconds=10)), (0, 0), (0, 0), (0, 0)),
        (promise(LATER, made=NOON - timedelta(minutes=10)), (0, 1), (0, 0), (0, 0)),
        (promise(LATER, made=NOON - timedelta(hours=2)), (0, 1), (0, 1), (0, 0)),
        # At a time: as promised when dialled within a quarter of an hour, whatever came of it.
        (promise(KEPT, at=NINE, dialled=899, kept=950), (0, 1), (1, 1), (1, 1)),
        (promise(LATER, at=NINE, dialled=60), (0, 1), (0, 1), (1, 1)),
        (promise(KEPT, at=NINE, dialled=901, kept=950), (0, 1), (1, 1), (0, 1)),
        (promise(LATER, at=NINE), (0, 1), (0, 1), (0, 1)),
        (promise(LATER, at=NOON + timedelta(hours=1)), (0, 0), (0, 0), (0, 0)),
    ],
)
def test_promises_kept_in_time(
    one: Promise,
    within_5: tuple[int, int] | None,
    within_hour: tuple[int, int] | None,
    promised: tuple[int, int] | None,
) -> None:
    got = figures(Data(promises=(one,)), NOON, 20)
    expected = [Ratio(*pair) if pair else Ratio() for pair in (within_5, within_hour, promised)]
    assert [got.kept_5_minutes, got.kept_hour, got.kept_as_promised] == expected
    if within_5:
        assert kept_within([one], NOON, 300) == Ratio(*within_5)
        assert as_promised([one], NOON) == expected[2]


def test_overdue_counts_open_promises_past_their_time_and_not_those_put_off() -> None:
    late = promise(LATER, at=NINE)
    assert overdue([late, promise(KEPT, at=NINE, kept=5000), promise(LATER, at=NOON)], NOON) == 1
    assert overdue([late], NINE + timedelta(minutes=15)) == 0
    put_off = promise(LATER, at=NINE)
    object.__setattr__(put_off, "due_at", NOON + timedelta(hours=20))
    assert overdue([put_off], NOON) == 0


def test_by_queue_language_and_agent_add_up_to_the_whole() -> None:
    data = Data(
        came=(*LINE, came("answered", 5, queue="orders", language="en")),
        shares=(share(7, 100, 20, 30), share(8, 200, 0, 10)),
        offered=(Offered(7, NINE, "accepted"), Offered(7, NINE, "missed"), Offered(8, NINE, "withdrawn")),
        phoned=(Phoned("uk", NINE, True),),
    )
    queues = by_queue(data, ("empty",))
    assert list(queues) == ["empty", "orders", "support"]
    assert sum(figures(one, NOON, 20).came for one in queues.values()) == figures(data, NOON, 20).came == 11
    assert figures(queues["orders"], NOON, 20).service_level == Ratio(1, 1)
    assert {name: len(one.phoned) for name, one in by_language(data).items()} == {"en": 0, "ru": 0, "uk": 1}
    assert by_agent(data) == [
        AgentFigures(7, 2, 1, 0, 1, 1, Average(100, 1), Average(20, 1), Average(30, 1), Average(150, 1)),
        AgentFigures(8, 0, 0, 0, 0, 1, Average(200, 1), Average(0, 1), Average(10, 1), Average(210, 1)),
    ]


def test_intervals_put_each_row_into_one_part() -> None:
    edges = [NINE, NINE + timedelta(minutes=30), NINE + timedelta(hours=1)]
    data = Data(
        came=(came("answered", 1), came("answered", 1, 1799), came("answered", 1, 1800), came("answered", 1, 3600))
    )
    assert [len(part.came) for part in intervals(data, edges)] == [2, 1]
    assert len(data.within(edges[0], edges[-1]).came) == 3


# Periods.


def test_a_day_week_and_month_begin_at_midnight_of_the_shop() -> None:
    day = periods.period("day", date(2026, 3, 4), None, MOSCOW)
    assert (day.start, day.end) == (datetime(2026, 3, 3, 21, tzinfo=UTC), datetime(2026, 3, 4, 21, tzinfo=UTC))
    assert (len(day.edges), day.step) == (49, "half_hour")
    week = periods.period("week", date(2026, 3, 4), None, MOSCOW)
    assert (week.first, week.last, len(week.edges)) == (date(2026, 3, 2), date(2026, 3, 8), 8)
    month = periods.period("month", date(2026, 2, 17), None, MOSCOW)
    assert (month.first, month.last, len(month.edges), month.step) == (date(2026, 2, 1), date(2026, 2, 28), 29, "day")
    assert periods.before(week, MOSCOW).first == date(2026, 2, 23)
    assert periods.before(month, MOSCOW).first == date(2026, 1, 1)
    assert [periods.neighbour(week, -1), periods.neighbour(week, 1)] == [date(2026, 3, 1), date(2026, 3, 9)]


def test_the_day_of_the_change_to_summer_time_has_23_hours() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    day = periods.period("day", date(2026, 3, 29), None, berlin)
    assert (day.end - day.start, len(day.edges)) == (timedelta(hours=23), 47)
    noon = datetime(2026, 3, 29, 10, tzinfo=UTC)  # 12:00 in summer time
    today, last_week, until = periods.so_far(noon, berlin)
    assert today.first == date(2026, 3, 29)
    assert last_week.first == date(2026, 3, 22)
    assert until == datetime(2026, 3, 22, 11, tzinfo=UTC)  # 12:00 in winter time


@pytest.mark.parametrize(
    ("kind", "first", "last", "why"),
    [
        ("custom", date(2026, 3, 4), date(2026, 3, 3), "period_backwards"),
        ("custom", date(2026, 1, 1), date(2026, 4, 3), "period_long"),
        ("custom", date(2026, 1, 1), None, "bad_period"),
        ("century", date(2026, 1, 1), None, "bad_period"),
    ],
)
def test_a_period_that_is_none_is_refused(kind: str, first: date, last: date | None, why: str) -> None:
    with pytest.raises(periods.PeriodError, match=why):
        periods.period(kind, first, last, MOSCOW)


def test_custom_periods_and_what_they_are_compared_with() -> None:
    ten = periods.period("custom", date(2026, 3, 2), date(2026, 3, 11), MOSCOW)
    assert periods.before(ten, MOSCOW).first == date(2026, 2, 16)
    assert periods.neighbour(ten, -1) == date(2026, 2, 20)
    long = periods.period("custom", date(2026, 1, 1), date(2026, 4, 2), MOSCOW)
    assert (long.step, long.edges[-1]) == ("week", long.end)
