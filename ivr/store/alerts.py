"""Alerts: what supervisors must know at once. Opened, closed, seen by whom, and told to the webhook.

At most one alert of a kind and subject is open: raising it again changes its data and nothing else, so whoever finds a
trouble may raise it as often as they look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from ivr.store.tables import metadata
from ivr.store.types import UtcDateTime

Kind = Literal["service_level", "fallback", "promise_overdue", "queue_full"]
"""What an alert is about. ``fallback``: a caller went to the fallback number or recorder because we could not serve."""
Event = Literal["opened", "closed"]

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(64), nullable=False, comment="What it is about: a queue; empty for the whole"),
    Column("data", JSON, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False, index=True),
    Column("raised_at", UtcDateTime, nullable=False, comment="Last time it was found to be so"),
    Column("closed_at", UtcDateTime),
    Index(
        "uq_alerts_open",
        "kind",
        "subject",
        unique=True,
        sqlite_where=text("closed_at IS NULL"),
        postgresql_where=text("closed_at IS NULL"),
    ),
)

alert_seen = Table(
    "alert_seen",
    metadata,
    Column("alert", Integer, nullable=False),
    Column("person", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("alert", "person"),
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert", Integer, nullable=False),
    Column("event", String(8), nullable=False),
    Column("state", String(10), nullable=False, comment="pending, sent, given_up"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("done_at", UtcDateTime),
    Column("error", String(200)),
    Index("ix_alert_deliveries_state_due_at", "state", "due_at"),
)

CLAIM = timedelta(seconds=30)
"""A claimed delivery about which nothing is written by then is due again: its worker died."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert; ``seen``: ids of the people who pressed *Seen*."""

    id: int
    kind: Kind
    subject: str
    data: Mapping[str, Any]
    opened_at: datetime
    closed_at: datetime | None
    seen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to the webhook, claimed. ``tries`` counts this one."""

    id: int
    event: Event
    tries: int
    alert: Alert


def open_alert(
    conn: Connection, kind: Kind, subject: str, data: Mapping[str, Any], now: datetime, tell: bool
) -> int | None:
    """Open it; the id when it is new, None when it was open already (its data is brought up to date). ``tell``: a
    delivery to the webhook belongs to it."""
    still = (alerts.c.kind == kind) & (alerts.c.subject == subject) & alerts.c.closed_at.is_(None)
    values = {"data": dict(data), "raised_at": now}
    if conn.execute(update(alerts).where(still).values(**values)).rowcount:
        return None
    try:
        with conn.begin_nested():
            made = conn.execute(insert(alerts).values(kind=kind, subject=subject, opened_at=now, **values))
    except IntegrityError:
        return None  # another process found the same a moment ago
    assert made.inserted_primary_key is not None
    alert: int = made.inserted_primary_key[0]
    if tell:
        _add_delivery(conn, alert, "opened", now)
    return alert


def close_alert(conn: Connection, kind: Kind, subject: str, now: datetime, tell: bool) -> int | None:
    """Close it; its id, None when none was open."""
    still = (alerts.c.kind == kind) & (alerts.c.subject == subject) & alerts.c.closed_at.is_(None)
    alert: int | None = conn.execute(select(alerts.c.id).where(still)).scalar()
    if alert is None:
        return None
    if not conn.execute(
        update(alerts).where(alerts.c.id == alert, alerts.c.closed_at.is_(None)).values(closed_at=now)
    ).rowcount:
        return None
    if tell:
        _add_delivery(conn, alert, "closed", now)
    return alert


def quiet_since(conn: Connection, kind: Kind, moment: datetime) -> list[str]:
    """Subjects of open alerts of a kind that nobody raised after ``moment``."""
    query = select(alerts.c.subject).where(
        alerts.c.kind == kind, alerts.c.closed_at.is_(None), alerts.c.raised_at < moment
    )
    return list(conn.execute(query).scalars())


def open_subjects(conn: Connection, kind: Kind) -> frozenset[str]:
    """What open alerts of a kind are about."""
    return frozenset(
        conn.execute(select(alerts.c.subject).where(alerts.c.kind == kind, alerts.c.closed_at.is_(None))).scalars()
    )


def mark_seen(conn: Connection, alert: int, person: int, now: datetime) -> bool:
    """This person has seen it. False: no such alert. Twice is once."""
    if conn.execute(select(alerts.c.id).where(alerts.c.id == alert)).first() is None:
        return False
    mine = (alert_seen.c.alert == alert) & (alert_seen.c.person == person)
    if conn.execute(select(alert_seen.c.alert).where(mine)).first() is None:
        try:
            with conn.begin_nested():
                conn.execute(insert(alert_seen).values(alert=alert, person=person, at=now))
        except IntegrityError:
            pass  # two clicks at once: one is enough
    return True


def recent(conn: Connection, since: datetime, limit: int = 20) -> list[Alert]:
    """Open ones and those opened after ``since``; open first, newest first."""
    query = (
        select(alerts)
        .where(or_(alerts.c.closed_at.is_(None), alerts.c.opened_at >= since))
        .order_by(alerts.c.closed_at.is_not(None), alerts.c.id.desc())
        .limit(limit)
    )
    rows = conn.execute(query).all()
    seen: dict[int, list[int]] = {}
    if rows:
        looked = select(alert_seen).where(alert_seen.c.alert.in_([row.id for row in rows])).order_by(alert_seen.c.at)
        for row in conn.execute(looked):
            seen.setdefault(row.alert, []).append(row.person)
    return [_alert(row, tuple(seen.get(row.id, ()))) for row in rows]


def between(conn: Connection, since: datetime, until: datetime) -> list[Alert]:
    """Alerts opened in a period, oldest first."""
    query = select(alerts).where(alerts.c.opened_at >= since, alerts.c.opened_at < until).order_by(alerts.c.id)
    return [_alert(row, ()) for row in conn.execute(query)]


# Telling the webhook.


def _add_delivery(conn: Connection, alert: int, event: Event, now: datetime) -> None:
    conn.execute(insert(alert_deliveries).values(alert=alert, event=event, state="pending", due_at=now, tries=0))


def due_deliveries(conn: Connection, now: datetime, limit: int = 20) -> list[int]:
    """Ids of deliveries to be tried now."""
    query = (
        select(alert_deliveries.c.id)
        .where(alert_deliveries.c.state == "pending", alert_deliveries.c.due_at <= now)
        .order_by(alert_deliveries.c.due_at)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def claim_delivery(conn: Connection, delivery: int, now: datetime) -> Delivery | None:
    """Take it for :data:`CLAIM`; None: not due, or done."""
    row = alert_deliveries.c
    taken = conn.execute(
        update(alert_deliveries)
        .where(row.id == delivery, row.state == "pending", row.due_at <= now)
        .values(due_at=now + CLAIM, tries=row.tries + 1)
    ).rowcount
    if not taken:
        return None
    found = conn.execute(select(alert_deliveries).where(row.id == delivery)).one()
    about = conn.execute(select(alerts).where(alerts.c.id == found.alert)).one()
    return Delivery(found.id, found.event, found.tries, _alert(about, ()))


def delivered(conn: Connection, delivery: int, now: datetime) -> None:
    """The webhook took it."""
    _settle(conn, delivery, state="sent", done_at=now, error=None)


def put_off(conn: Connection, delivery: int, error: str, until: datetime | None, now: datetime) -> None:
    """It failed: again at ``until``; None: given up."""
    if until is None:
        _settle(conn, delivery, state="given_up", done_at=now, error=error[:200])
    else:
        _settle(conn, delivery, due_at=until, error=error[:200])


def _settle(conn: Connection, delivery: int, **values: Any) -> None:
    conn.execute(update(alert_deliveries).where(alert_deliveries.c.id == delivery).values(**values))


def _alert(row: Row[Any], seen: tuple[int, ...]) -> Alert:
    return Alert(row.id, row.kind, row.subject, row.data, row.opened_at, row.closed_at, seen)
