"""What goes on in an agent's call, as its buttons show it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, RowMapping, select

from callqueue import recording, states
from callqueue.incall_model import Before, Consult, InCall, RecordingState, SuperviseMode, Supervision, SupervisionState
from callqueue.model import TicketState
from callqueue.rules import Rules
from callqueue.store import agents, supervisions, tickets

CHAIN = 5
"""Transfers looked back over."""


def view(conn: Connection, agent: int, rules: Rules) -> InCall:
    """The agent's call and the call they supervise."""
    held = conn.execute(select(agents.c.ticket).where(agents.c.id == agent)).scalar()
    row = conn.execute(select(tickets).where(tickets.c.id == held)).mappings().first() if held is not None else None
    listening = supervision(conn, agent)
    if row is None:
        return InCall(supervising=listening)
    before = _before(conn, row)
    if row["state"] not in (TicketState.CONNECTING, TicketState.CONNECTED):
        return InCall(before=before, supervising=listening)
    consult, asked_by = None, None
    if states.consults(row):
        parent = conn.execute(select(tickets).where(tickets.c.id == row["parent"])).mappings().first()
        asked_by = _consult(conn, parent) if parent is not None else None
    else:
        asked = select(tickets).where(
            tickets.c.parent == row["id"], tickets.c.kind == "consult", tickets.c.state.in_(states.ON_THE_LINE)
        )
        found = conn.execute(asked).mappings().first()
        consult = _consult(conn, found) if found is not None else None
    recorded = recording.of_call(conn, row["leg"]) if row["leg"] else None
    paused_at = recorded["paused_at"] if recorded is not None else None
    lasts = timedelta(seconds=rules.pause_seconds) if rules.pause_seconds else None
    return InCall(
        ticket=row["id"],
        recording=RecordingState(recorded["state"]) if recorded is not None else None,
        paused_at=paused_at,
        paused_until=paused_at + lasts if paused_at is not None and lasts is not None else None,
        held_at=row["held_at"],
        muted=row["muted"],
        consult=consult,
        asked_by=asked_by,
        before=before,
        supervising=listening,
    )


def supervision(conn: Connection, agent: int) -> Supervision | None:
    """The call that this supervisor is in, or on the way to."""
    row = conn.execute(states.open_supervisions().where(supervisions.c.agent == agent)).mappings().first()
    if row is None:
        return None
    talks = select(tickets.c.agent).where(tickets.c.id == row["ticket"]).scalar_subquery()
    return _supervision(row, _name(conn, conn.execute(select(talks)).scalar()))


def _supervision(row: RowMapping, name: str) -> Supervision:
    return Supervision(
        id=row["id"],
        ticket=row["ticket"],
        agent=row["agent"],
        mode=SuperviseMode(row["mode"]),
        state=SupervisionState(row["state"]),
        name=name,
    )


def _consult(conn: Connection, row: RowMapping) -> Consult:
    meant = row["agent"] if row["agent"] is not None else row["target"]
    return Consult(
        ticket=row["id"],
        state=TicketState(row["state"]),
        since=row["state_at"],
        name=_name(conn, meant),
        number=row["outside"],
        queue=row["queue"],
    )


def _name(conn: Connection, agent: int | None) -> str:
    if agent is None:
        return ""
    return conn.execute(select(agents.c.name).where(agents.c.id == agent)).scalar() or ""


def _before(conn: Connection, row: RowMapping) -> tuple[Before, ...]:
    """The tickets this one goes on from, newest first."""
    found: list[Before] = []
    parent = row["parent"]
    while parent is not None and len(found) < CHAIN:
        one = conn.execute(select(tickets).where(tickets.c.id == parent)).mappings().first()
        if one is None:
            break
        found.append(Before(one["id"], _name(conn, one["agent"]), one["notes"]))
        parent = one["parent"]
    return tuple(found)
