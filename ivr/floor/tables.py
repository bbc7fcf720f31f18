"""Tables as values: the same rows on the page and in the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from callqueue.model import Promise
from ivr.desk.texts import Texts
from ivr.floor import figures
from ivr.floor.board import Board
from ivr.floor.figures import AgentFigures, Data, Figures
from ivr.floor.periods import Period
from ivr.floor.queues import name as queue_name
from ivr.floor.words import SHOWN, Shown, formula, name, number
from ivr.settings import Settings
from ivr.store.alerts import Alert

Value = str | float | datetime | None
Kind = Literal["text", "number", "moment", "count", "percent", "seconds"]
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text that begins so is a formula to a spreadsheet."""


@dataclass(frozen=True, slots=True)
class Column:
    """``title`` for people; ``help``: the formula."""

    title: str
    kind: Kind
    help: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. ``rows`` hold a value for each column: shares as shares, times in seconds, moments aware."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def as_csv(sheet: Sheet, zone: tzinfo) -> str:
    """RFC 4180 with a byte order mark, without which a spreadsheet takes Cyrillic for something else. Shares become
    percent, seconds whole, moments local with their offset; no text can become a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    units = {"percent": ", %", "seconds": ", s"}
    writer.writerow([_safe(column.title + units.get(column.kind, "")) for column in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_cell(value, column.kind, zone) for value, column in zip(row, sheet.columns, strict=True)])
    return BOM + out.getvalue()


def _cell(value: Value, kind: Kind, zone: tzinfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, str):
        return _safe(value)
    if kind == "percent":
        return f"{value * 100:.2f}"
    return str(round(value))


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(RISKY) else text


# Reports.


def _columns(words: Texts, settings: Settings, shown: Iterable[Shown] = SHOWN) -> tuple[Column, ...]:
    return tuple(Column(name(one, words, settings), one.form, formula(one, words, settings)) for one in shown)


def _values(of: Figures) -> tuple[Value, ...]:
    return tuple(number(one.take(of)) for one in SHOWN)


def by_interval(data: Data, period: Period, now: datetime, words: Texts, settings: Settings) -> Sheet:
    """A row for each part of the period, and the whole."""
    parts = figures.intervals(data, period.edges)
    rows = [
        (edge, *_values(figures.figures(part, now, settings.service_level_seconds)))
        for edge, part in zip(period.edges, parts, strict=False)
    ]
    return Sheet("intervals", (Column(words.column_from, "moment"), *_columns(words, settings)), tuple(rows))


def by_group(
    sheet: Literal["queues", "languages"], groups: Mapping[str, Data], now: datetime, words: Texts, settings: Settings
) -> Sheet:
    """A row for each queue or language."""
    of_language = sheet == "languages"
    title = words.column_language if of_language else words.queue
    rows = [
        (
            words.get(f"lang_{key}", key) if of_language else queue_name(key, words.code),
            *_values(figures.figures(part, now, settings.service_level_seconds)),
        )
        for key, part in groups.items()
    ]
    return Sheet(sheet, (Column(title, "text"), *_columns(words, settings)), tuple(rows))


def by_agent(found: Sequence[AgentFigures], names: Mapping[int, str], words: Texts) -> Sheet:
    """A row for each agent."""
    columns = (
        Column(words.column_agent, "text"),
        Column(words.column_offers, "count"),
        Column(words.column_accepted, "count"),
        Column(words.column_declined, "count"),
        Column(words.column_missed, "count"),
        Column(words.figure_conversations, "count"),
        Column(words.figure_talk, "seconds"),
        Column(words.figure_hold, "seconds"),
        Column(words.figure_wrap_up, "seconds"),
        Column(words.figure_handle, "seconds"),
    )
    rows = [
        (
            names.get(one.agent, str(one.agent)),
            one.offers,
            one.accepted,
            one.declined,
            one.missed,
            one.conversations,
            one.talk.mean,
            one.hold.mean,
            one.wrap_up.mean,
            one.handle.mean,
        )
        for one in found
    ]
    return Sheet("agents", columns, tuple(sorted(rows, key=lambda row: str(row[0]))))


def promises(found: Iterable[Promise], names: Mapping[int, str], words: Texts) -> Sheet:
    """Every promise with when it was for, first dialled and kept."""
    columns = (
        Column(words.column_promised_for, "moment"),
        Column(words.column_number, "text"),
        Column(words.queue, "text"),
        Column(words.column_language, "text"),
        Column(words.column_state, "text"),
        Column(words.column_first_dial, "moment"),
        Column(words.column_kept_at, "moment"),
        Column(words.column_after, "seconds"),
        Column(words.attempts, "count"),
        Column(words.column_agent, "text"),
    )
    rows = [
        (
            one.promised_for,
            one.number,
            queue_name(one.queue, words.code),
            words.get(f"lang_{one.language}", one.language),
            words.get(f"cb_{one.state.value}", one.state.value),
            one.first_dial_at,
            one.kept_at,
            (one.kept_at - one.promised_for).total_seconds() if one.kept_at else None,
            one.attempt,
            names.get(one.agent, "") if one.agent is not None else "",
        )
        for one in found
    ]
    return Sheet("promises", columns, tuple(rows))


def alerts(found: Iterable[Alert], words: Texts) -> Sheet:
    """Alerts of the period."""
    columns = (
        Column(words.column_opened, "moment"),
        Column(words.column_closed, "moment"),
        Column(words.alert, "text"),
    )
    return Sheet("alerts", columns, tuple((one.opened_at, one.closed_at, alert_text(one, words)) for one in found))


def alert_text(one: Alert, words: Texts) -> str:
    """An alert in a sentence."""
    data = {"subject": queue_name(one.subject, words.code), "percent": "–", **one.data}
    pattern = words.get(f"alert_{one.kind}", one.kind)
    try:
        said = pattern.format(**data)
    except (KeyError, IndexError):
        said = words.get(f"alert_{one.kind}_short", one.kind)
    extra = str(one.data.get("text") or "")
    return f"{said} {extra}".strip() if extra else said


# Now.


def line(board: Board, words: Texts) -> Sheet:
    """Who waits."""
    columns = (
        Column(words.column_number, "text"),
        Column(words.queue, "text"),
        Column(words.column_language, "text"),
        Column(words.column_since, "moment"),
        Column(words.column_waits, "seconds"),
        Column(words.column_priority, "count"),
        Column(words.column_state, "text"),
    )
    rows = [
        (
            one.number or words.withheld,
            queue_name(one.queue, words.code),
            words.get(f"lang_{one.language}", one.language),
            one.since,
            (board.at - one.since).total_seconds(),
            one.priority,
            words.callback_short if one.callback else one.agent,
        )
        for one in board.line
    ]
    return Sheet("line", columns, tuple(rows))


def staff(board: Board, words: Texts) -> Sheet:
    """Agents and their states."""
    columns = (
        Column(words.column_agent, "text"),
        Column(words.column_state, "text"),
        Column(words.column_reason, "text"),
        Column(words.column_since, "moment"),
        Column(words.column_time, "seconds"),
    )
    rows = [
        (
            one.name,
            words.get(f"state_of_{one.state}"),
            words.get(f"reason_{one.reason}", one.reason) if one.state == "break" else "",
            one.since,
            (board.at - one.since).total_seconds(),
        )
        for one in board.agents
    ]
    return Sheet("staff", columns, tuple(rows))


def talks(board: Board, words: Texts) -> Sheet:
    """Calls in progress."""
    columns = (
        Column(words.column_agent, "text"),
        Column(words.column_number, "text"),
        Column(words.queue, "text"),
        Column(words.column_language, "text"),
        Column(words.column_since, "moment"),
        Column(words.column_time, "seconds"),
    )
    rows = [
        (
            one.name,
            one.number or words.withheld,
            queue_name(one.queue, words.code),
            words.get(f"lang_{one.language}", one.language),
            one.since,
            (board.at - one.since).total_seconds(),
        )
        for one in board.talks
    ]
    return Sheet("talks", columns, tuple(rows))
