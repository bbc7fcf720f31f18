"""Who changed what: one line for each change that a person, a command or the program itself made, before and after.

:func:`record` is the only way to write the list, and nothing changes a line once it is written (the database refuses
it). So it holds nothing that would have to be taken out again: secrets are masked, and of a telephone number only the
last four digits are kept.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import JSON, Column, Connection, Integer, Select, String, Table, func, insert, select

from ivr.store.tables import metadata
from ivr.store.types import UtcDateTime

Via = Literal["page", "command", "program"]

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("person", Integer, index=True, comment="people.id; null when no person did it"),
    Column("via", String(16), nullable=False, comment="page, command or program"),
    Column("action", String(64), nullable=False, index=True),
    Column("subject", String(128), nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
)

MASK = "•••"
SECRET = re.compile(r"pass(word|wd)?|hash|token|secret|\bpin\b|pin_|cvv|cvc|authorization|cookie", re.IGNORECASE)
"""Names whose values are never written."""
_NUMBER = re.compile(r"(?<![A-Za-z0-9])\+?\d(?:[\s().\-]{0,2}\d){6,}")
_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\+00:00$")
LONGEST = 500
"""Characters kept of a text."""
PAGE = 50

_written: ContextVar[int] = ContextVar("audit_lines_written", default=0)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list. ``before`` and ``after`` hold only what differs between them."""

    id: int
    at: datetime
    person: int | None
    via: str
    action: str
    subject: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What sort of thing was changed: the action's first part (``person`` of ``person.role``)."""
        return self.action.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines: by a person, of a kind, about a subject, from ``since`` on and before ``until``. None: all."""

    person: int | None = None
    kind: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def record(
    conn: Connection,
    person: int | None,
    action: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    via: Via = "page",
) -> None:
    """Add a line in the caller's transaction, so that a change and its line are one.

    ``action`` is ``kind.verb`` (``person.role``), ``subject`` what it was done to (``anna``, ``queue:support``).
    ``before`` and ``after`` are JSON data; what is the same in both is left out.
    """
    old, new = dict(before or {}), dict(after or {})
    same = {key for key in old.keys() & new.keys() if old[key] == new[key]}
    conn.execute(
        insert(audit).values(
            at=datetime.now(UTC),
            person=person,
            via=via,
            action=action[:64],
            subject=masked(subject)[:128],
            before=_clean({key: value for key, value in old.items() if key not in same}),
            after=_clean({key: value for key, value in new.items() if key not in same}),
        )
    )
    _written.set(_written.get() + 1)


def written() -> int:
    """How many lines this thread (or task) has written: two looks tell whether what happened between left one."""
    return _written.get()


def page(conn: Connection, wanted: Filter, number: int = 1, size: int = PAGE) -> tuple[list[Line], int]:
    """Lines of a page (from 1), newest first, and how many there are in all."""
    total: int = conn.execute(_filtered(select(func.count()).select_from(audit), wanted)).scalar_one()
    rows = _filtered(select(audit), wanted).order_by(audit.c.id.desc()).limit(size).offset(max(number - 1, 0) * size)
    return [_line(row) for row in conn.execute(rows).mappings()], total


def every(conn: Connection, wanted: Filter) -> Iterable[Line]:
    """All lines, newest first, without holding them all."""
    rows = conn.execution_options(yield_per=500).execute(_filtered(select(audit), wanted).order_by(audit.c.id.desc()))
    for row in rows.mappings():
        yield _line(row)


def kinds(conn: Connection) -> list[str]:
    """The kinds there are, in order."""
    found = conn.execute(select(audit.c.action).distinct()).scalars()
    return sorted({action.partition(".")[0] for action in found})


def as_csv(lines: Iterable[Line], names: Mapping[int, str]) -> Iterable[str]:
    """The lines as CSV, a row at a time, with a heading. A cell that a spreadsheet would take for a formula is
    written with an apostrophe before it."""
    yield _row(["id", "at", "person", "via", "action", "subject", "before", "after"])
    for line in lines:
        who = "" if line.person is None else names.get(line.person, str(line.person))
        told = [line.via, line.action, line.subject, shown(line.before), shown(line.after)]
        yield _row([str(line.id), line.at.isoformat(timespec="seconds"), who, *told])


def shown(values: Mapping[str, Any]) -> str:
    """``before`` or ``after`` in a line of text: ``role: agent; name: Anna``."""
    return "; ".join(f"{key}: {text(value)}" for key, value in values.items())


def masked(text: str) -> str:
    """``text`` with only the last four digits of each telephone or card number in it."""
    return _NUMBER.sub(lambda found: MASK + re.sub(r"\D", "", found.group())[-4:], text)


def _clean(value: Any, name: str = "") -> Any:
    if name and SECRET.search(name) and value not in (None, "", False, True):
        return MASK
    if isinstance(value, Mapping):
        return {str(key): _clean(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        several = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_clean(one, name) for one in several]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if value is None or isinstance(value, bool | int | float):
        return value
    return masked(str(value))[:LONGEST]


def text(value: Any) -> str:
    """One value in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {text(one)}" for key, one in value.items()) or "—"
    if isinstance(value, list):
        return ", ".join(map(text, value)) or "—"
    return "—" if value in (None, "") else _MOMENT.sub(r"\1 \2 UTC", str(value))


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell for cell in cells])
    return out.getvalue()


def _filtered(query: Select[Any], wanted: Filter) -> Select[Any]:
    if wanted.person is not None:
        query = query.where(audit.c.person == wanted.person)
    if wanted.kind:
        query = query.where(audit.c.action.startswith(f"{wanted.kind}.", autoescape=True))
    if wanted.subject:
        query = query.where(audit.c.subject == wanted.subject)
    if wanted.since is not None:
        query = query.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(audit.c.at < wanted.until)
    return query


def _line(row: Any) -> Line:
    return Line(**{name: row[name] for name in Line.__slots__})
