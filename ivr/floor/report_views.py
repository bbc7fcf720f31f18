"""Reports: figures of a day, week, month or any days, by queue and language; tables as files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask import Response, abort, render_template, request

from ivr.desk import texts
from ivr.desk.roles import language, requires, settings
from ivr.floor import figures, periods, records, tables
from ivr.floor.blueprint import FLOOR_ROLES, blueprint, hours
from ivr.floor.board_views import KEPT, WALL, csv_file
from ivr.floor.figures import Data
from ivr.floor.periods import Period, PeriodError
from ivr.floor.words import number, tile
from ivr.queueing import callqueue
from ivr.store import alerts
from ivr.store.engine import engine, reading

NAMES = ("intervals", "queues", "languages", "agents", "promises", "alerts")
MOST_PROMISES = 200
"""Shown on the page; the file has all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is about. ``problem``: a word for what is wrong with what was asked; then it is today."""

    period: Period
    queue: str
    language: str
    problem: str


@blueprint.get("/supervisor/reports")
@requires(*FLOOR_ROLES)
def reports() -> str:
    """Query: ``period`` (day, week, month, custom), ``date``, ``until`` (ISO days), ``queue``, ``language``."""
    asked = _asked()
    words, configured, now, zone = texts.texts(language()), settings(), datetime.now(UTC), hours().zone()
    earlier = periods.before(asked.period, zone)
    with reading(engine()) as conn:
        everything = records.data(conn, asked.period.start, asked.period.end)
        before = records.data(conn, earlier.start, earlier.end).of(asked.queue, asked.language)
    data = everything.of(asked.queue, asked.language)
    if asked.period.start <= now < asked.period.end:
        # So far against so far.
        before = before.within(earlier.start, earlier.start + (now - asked.period.start))
    whole = figures.figures(data, now, configured.service_level_seconds)
    was = figures.figures(before, now, configured.service_level_seconds)
    return render_template(
        "floor/reports.html",
        asked=asked,
        kinds=periods.KINDS,
        today=now.astimezone(zone).date(),
        earlier_day=periods.neighbour(asked.period, -1),
        later_day=periods.neighbour(asked.period, 1),
        queues=sorted({row.queue for row in everything.came} | {row.queue for row in everything.promises}),
        spoken=sorted({row.language for row in everything.came} | {row.language for row in everything.phoned} - {""}),
        tiles=[tile(key, whole, was, words, configured) for key in ("came", *WALL)],
        kept=[tile(key, whole, was, words, configured) for key in KEPT],
        plot=plot(data, before, asked.period, earlier, now),
        zone=str(zone),
        sheets=[sheet(name, data, asked, now, MOST_PROMISES) for name in NAMES],
        seconds=configured.service_level_seconds,
        target=configured.service_level_target,
    )


@blueprint.get("/supervisor/reports/<name>.csv")
@requires(*FLOOR_ROLES)
def report_csv(name: str) -> Response:
    """A table of the report as a file; the same query."""
    if name not in NAMES:
        abort(404)
    asked = _asked()
    with reading(engine()) as conn:
        data = records.data(conn, asked.period.start, asked.period.end).of(asked.queue, asked.language)
    first, last = asked.period.first.isoformat(), asked.period.last.isoformat()
    days = first if first == last else f"{first}--{last}"
    return csv_file(sheet(name, data, asked, datetime.now(UTC)), f"hotline-{name}-{days}.csv")


def sheet(name: str, data: Data, asked: Asked, now: datetime, most: int | None = None) -> tables.Sheet:
    """One table of the report."""
    words, configured = texts.texts(language()), settings()
    match name:
        case "intervals":
            return tables.by_interval(data, asked.period, now, words, configured)
        case "queues":
            return tables.by_group("queues", figures.by_queue(data), now, words, configured)
        case "languages":
            return tables.by_group("languages", figures.by_language(data), now, words, configured)
        case "agents":
            return tables.by_agent(figures.by_agent(data), _names(), words)
        case "promises":
            return tables.promises(data.promises[:most], _names(), words)
    with reading(engine()) as conn:
        return tables.alerts(alerts.between(conn, asked.period.start, asked.period.end), words)


def plot(data: Data, before: Data, period: Period, earlier: Period, now: datetime) -> dict[str, list[Any]]:
    """Callers by part of the period, beside the period before."""
    seconds = settings().service_level_seconds
    parts = [figures.figures(part, now, seconds) for part in figures.intervals(data, period.edges)]
    olds = [len(part.came) for part in figures.intervals(before, earlier.edges)]
    if not any(part.came for part in parts) and not any(olds):
        return {"x": []}
    begun = [edge <= now for edge in period.edges]
    return {
        "x": [edge.timestamp() for edge in period.edges[:-1]],
        "answered": [part.answered if past else None for part, past in zip(parts, begun, strict=False)],
        "lost": [part.abandoned if past else None for part, past in zip(parts, begun, strict=False)],
        "before": [olds[index] if index < len(olds) else None for index in range(len(parts))],
        "level": [number(part.service_level) if past else None for part, past in zip(parts, begun, strict=False)],
    }


def _asked() -> Asked:
    zone = hours().zone()
    today = datetime.now(UTC).astimezone(zone).date()
    query = request.args
    problem = ""
    try:
        first = date.fromisoformat(query.get("date") or today.isoformat())
        last = date.fromisoformat(query["until"]) if query.get("until") else None
        chosen = periods.period(query.get("period", "day"), first, last or first, zone)
    except PeriodError as error:
        problem, chosen = str(error), periods.period("day", today, None, zone)
    except (ValueError, OverflowError):
        problem, chosen = "bad_period", periods.period("day", today, None, zone)
    return Asked(chosen, query.get("queue", "")[:64], query.get("language", "")[:10], problem)


def _names() -> dict[int, str]:
    return {row.id: row.name for row in callqueue().agents()}
