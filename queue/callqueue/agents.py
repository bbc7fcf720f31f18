"""Agents: their own choice of status, signs of life, offers to them and what they answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update

from callqueue import chores, states, todo
from callqueue.chores import Chore
from callqueue.hours import in_hours
from callqueue.model import AgentStatus, CallbackState, OfferState, TicketState
from callqueue.rules import FreeAgent, InLine, Rules, pick, serves
from callqueue.store import agents, callbacks, offers, tickets
from callqueue.work import Records, Tx, moment

LINE_LIMIT = 500
"""Tickets looked at in one match; more are looked at when these are served."""


def register(tx: Tx, agent: int, name: str, skills: Iterable[str] | None, phone: str | None) -> None:
    """Make the agent, off duty; or change what is given of one who exists."""
    given: dict[str, Any] = {"name": name}
    if skills is not None:
        given["skills"] = sorted(set(skills))
    if phone is not None:
        given["phone"] = phone or None
    if not tx.conn.execute(update(agents).where(agents.c.id == agent).values(**given)).rowcount:
        new = {"skills": [], "phone": None, "reason": "", "since": tx.now, "alive_at": tx.now, "paused": "", **given}
        tx.conn.execute(agents.insert().values(id=agent, status=AgentStatus.OFF, **new))
    tx.push("desk", "agents")


def set_status(tx: Tx, agent: int, status: AgentStatus, reason: str) -> None:
    """The agent's choice, always obeyed: it ends a pause, and an offer to one who is not ready moves on."""
    held = tx.conn.execute(select(agents.c.ticket).where(agents.c.id == agent)).scalar()
    ticket = states.lock(tx, held)
    offered = ticket is not None and ticket["state"] == TicketState.OFFERED and ticket["agent"] == agent
    if status != AgentStatus.READY and ticket is not None and offered:
        states.back_to_line(tx, ticket, "agent not ready", offer=OfferState.WITHDRAWN)
    tx.conn.execute(
        update(agents)
        .where(agents.c.id == agent)
        .values(status=status, reason=reason, since=tx.now, alive_at=tx.now, paused="")
    )
    tx.push("desk", "agents")
    tx.tell(agent, "state", ticket=None, state=status.value, reason=reason)
    if status == AgentStatus.OFF:
        todo.let_go(tx, agent)
    if status == AgentStatus.READY:
        tx.match()


def alive(tx: Tx, agent: int) -> None:
    """The page answered a ping."""
    tx.conn.execute(update(agents).where(agents.c.id == agent, agents.c.alive_at < tx.now).values(alive_at=tx.now))


def off_duty(tx: Tx, agent: int, reason: str, silent_since: datetime | None = None) -> bool:
    """The agent's page is gone: OFF, and an open offer moves on at once. Nothing while they are on a call.

    With ``silent_since`` only if there was no sign of life after it.
    """
    row = tx.conn.execute(select(agents).where(agents.c.id == agent)).mappings().first()
    if row is None:
        return False
    ticket = states.lock(tx, row["ticket"])
    if ticket is not None and ticket["agent"] == agent and _in_call(ticket):
        return False
    still = [agents.c.id == agent, agents.c.status != AgentStatus.OFF]
    if silent_since is not None:
        still.append(agents.c.alive_at < silent_since)
    gone = {"status": AgentStatus.OFF, "reason": reason, "since": tx.now, "paused": ""}
    if not tx.conn.execute(update(agents).where(*still).values(**gone)).rowcount:
        return False
    if ticket is not None and ticket["agent"] == agent:
        if ticket["state"] == TicketState.OFFERED:
            states.back_to_line(tx, ticket, reason, offer=OfferState.WITHDRAWN)
        elif ticket["state"] == TicketState.CONNECTING:
            states.lose_agent(tx, ticket, reason)
    todo.let_go(tx, agent)
    tx.push("desk", "agents")
    tx.tell(agent, "state", ticket=None, state=AgentStatus.OFF.value, reason=reason)
    return True


def _in_call(ticket: RowMapping) -> bool:
    joined = ticket["state"] == TicketState.CONNECTING and ticket["agent_leg"] is not None
    return joined or ticket["state"] == TicketState.CONNECTED


def line(conn: Connection, queue: str | None = None) -> list[RowMapping]:
    """Tickets to be served, in order: in line (offered ones too), and callbacks that are due."""
    live = select(tickets).where(tickets.c.state.in_(states.IN_LINE), tickets.c.leaving.is_(False))
    due = (
        select(tickets)
        .join(callbacks, callbacks.c.ticket == tickets.c.id)
        .where(callbacks.c.state == CallbackState.DUE, tickets.c.state == TicketState.CALLBACK)
    )
    if queue is not None:
        live, due = live.where(tickets.c.queue == queue), due.where(tickets.c.queue == queue)
    ordered = (tickets.c.head.desc(), tickets.c.priority.desc(), tickets.c.since, tickets.c.id)
    rows = [
        *conn.execute(live.order_by(*ordered).limit(LINE_LIMIT)).mappings(),
        *conn.execute(due.order_by(*ordered).limit(LINE_LIMIT)).mappings(),
    ]
    unique = {row["id"]: row for row in rows}
    return sorted(unique.values(), key=lambda row: (-row["head"], -row["priority"], row["since"], row["id"]))


def ready(conn: Connection, now: datetime, rules: Rules) -> list[RowMapping]:
    """Agents on duty: ready, alive, not paused; those in a call included."""
    return list(
        conn.execute(
            select(agents).where(
                agents.c.status == AgentStatus.READY,
                agents.c.paused == "",
                agents.c.alive_at >= now - timedelta(seconds=rules.alive_seconds),
            )
        ).mappings()
    )


def on_duty(conn: Connection, queue: str, now: datetime, rules: Rules) -> int:
    """How many agents on duty take this queue's calls."""
    return sum(serves(frozenset(row["skills"]), queue, rules) for row in ready(conn, now, rules))


def match(records: Records, now: datetime | None) -> int:
    """Offer until nothing fits; each offer is a transaction of its own. Returns how many were made."""
    made = 0
    while pairs := _pairs(records, moment(now)):
        offered = sum(records.write(now, offer, ticket, agent) for ticket, agent in pairs)
        made += offered
        if not offered:
            # Others matched the same pairs meanwhile; what is left they, or the clock, will see.
            break
    return made


def _pairs(records: Records, now: datetime) -> tuple[tuple[int, int], ...]:
    rules = records.rules
    with records.reading() as conn:
        free = [
            FreeAgent(row["id"], frozenset(row["skills"]), max(row["since"], row["last_call_at"] or row["since"]))
            for row in ready(conn, now, rules)
            if row["ticket"] is None
        ]
        if not free:
            return ()
        in_line = [row for row in line(conn) if row["state"] != TicketState.OFFERED]
        # Given to one agent, for a while: to nobody else.
        meant = {row["target"]: row["id"] for row in reversed(in_line) if row["target"] is not None}
        direct = tuple((meant[agent.id], agent.id) for agent in free if agent.id in meant)
        if direct:
            return direct
        open_tickets = [
            row
            for row in in_line
            if row["target"] is None
            and (row["state"] != TicketState.CALLBACK or in_hours(row["number"], row["queue"], now, rules))
        ]
        if not open_tickets:
            return ()
        declined: dict[int, dict[int, datetime]] = {}
        for row in conn.execute(
            select(offers.c.ticket, offers.c.agent, offers.c.ended_at).where(
                offers.c.ticket.in_([row["id"] for row in open_tickets]), offers.c.state == OfferState.DECLINED
            )
        ):
            latest = declined.setdefault(row.ticket, {})
            latest[row.agent] = max(row.ended_at, latest.get(row.agent, row.ended_at))
    waiting = [
        InLine(row["id"], row["queue"], row["head"], row["priority"], row["since"], declined.get(row["id"], {}))
        for row in open_tickets
    ]
    return pick(free, waiting, now, rules)


def offer(tx: Tx, ticket: int, agent: int) -> bool:
    """Offer a ticket to an agent, if it still waits and they are still free."""
    row = states.lock(tx, ticket)
    if row is None or row["leaving"]:
        return False
    if row["state"] == TicketState.CALLBACK:
        due = select(callbacks.c.id).where(callbacks.c.id == row["callback"], callbacks.c.state == CallbackState.DUE)
        if tx.conn.execute(due).first() is None:
            return False
    elif row["state"] != TicketState.WAITING:
        return False
    taken = tx.conn.execute(
        update(agents)
        .where(
            agents.c.id == agent,
            agents.c.ticket.is_(None),
            agents.c.status == AgentStatus.READY,
            agents.c.paused == "",
            agents.c.alive_at >= tx.now - timedelta(seconds=tx.rules.alive_seconds),
        )
        .values(ticket=ticket)
    ).rowcount
    if not taken:
        return False
    phone = tx.conn.execute(select(agents.c.phone).where(agents.c.id == agent)).scalar()
    seconds = tx.rules.ring_seconds + (tx.rules.phone_extra_seconds if phone else 0)
    deadline = tx.now + timedelta(seconds=seconds)
    made = tx.conn.execute(
        offers.insert().values(
            ticket=ticket, agent=agent, state=OfferState.OFFERED, made_at=tx.now, deadline=deadline, ended_at=None
        )
    ).inserted_primary_key
    assert made is not None
    before = TicketState(row["state"])
    states.move(tx, ticket, (before,), TicketState.OFFERED, agent=agent, offer=made[0], deadline=deadline)
    if phone:
        chores.add(tx, Chore.RING, made[0])
    tx.tell(agent, "offer", offer=made[0], ticket=ticket, kind=row["kind"], deadline=deadline.isoformat())
    tx.push("desk", "agents")
    return True


def accept(tx: Tx, offer_id: int, agent: int, leg: str | None = None) -> int | None:
    """The compare-and-set of an acceptance: the ticket for the first, None for any later."""
    found = tx.conn.execute(select(offers).where(offers.c.id == offer_id)).mappings().first()
    ticket = states.lock(tx, found["ticket"]) if found is not None and found["agent"] == agent else None
    if ticket is None or ticket["offer"] != offer_id or ticket["agent"] != agent:
        return None
    won = tx.conn.execute(
        update(offers)
        .where(offers.c.id == offer_id, offers.c.agent == agent, offers.c.state == OfferState.OFFERED)
        .values(state=OfferState.ACCEPTED, ended_at=tx.now)
    ).rowcount
    join_by = tx.now + timedelta(seconds=tx.rules.join_seconds)
    if not won or not states.move(
        tx, ticket["id"], (TicketState.OFFERED,), TicketState.CONNECTING, deadline=join_by, agent_leg=None
    ):
        return None
    if leg is None:
        states.stop_ringing(tx, offer_id)
    tx.tell(agent, "state", ticket=ticket["id"], state=TicketState.CONNECTING.value, reason="accepted")
    tx.push("desk", "agents")
    taken: int = ticket["id"]
    return taken


def decline(tx: Tx, offer_id: int, agent: int) -> bool:
    """The offer moves on; its agent is not paused."""
    return _end(tx, offer_id, agent, OfferState.DECLINED, "declined")


def missed(tx: Tx, offer_id: int) -> bool:
    """Nobody answered in time: the agent is paused until they press Ready."""
    due = select(offers.c.agent).where(offers.c.id == offer_id, offers.c.deadline <= tx.now)
    agent = tx.conn.execute(due).scalar()
    return agent is not None and _end(tx, offer_id, agent, OfferState.MISSED, "missed", pause="missed")


def _end(tx: Tx, offer_id: int, agent: int, outcome: OfferState, reason: str, pause: str = "") -> bool:
    found = tx.conn.execute(select(offers.c.ticket).where(offers.c.id == offer_id, offers.c.agent == agent)).scalar()
    ticket = states.lock(tx, found)
    if ticket is None or ticket["state"] != TicketState.OFFERED or ticket["offer"] != offer_id:
        return False
    states.back_to_line(tx, ticket, reason, offer=outcome, pause=pause)
    return True


def not_joined(tx: Tx, ticket_id: int) -> bool:
    """Accepted, but the agent's leg did not come in time: back to its place, the agent paused."""
    ticket = states.lock(tx, ticket_id)
    if (
        ticket is None
        or ticket["state"] != TicketState.CONNECTING
        or ticket["agent_leg"] is not None
        or ticket["deadline"] is None
        or ticket["deadline"] > tx.now
    ):
        return False
    states.lose_agent(tx, ticket, "not joined", pause="missed")
    return True


def for_offer(conn: Connection, offer_id: int, agent: int) -> int | None:
    """The ticket whose conference this agent may join through this accepted offer; for a consultation, that of the one
    who asked."""
    found: int | None = conn.execute(
        select(func.coalesce(tickets.c.room, tickets.c.id)).where(
            tickets.c.offer == offer_id,
            tickets.c.agent == agent,
            tickets.c.state.in_((TicketState.CONNECTING, TicketState.CONNECTED)),
        )
    ).scalar()
    return found


def ringing(tx: Tx, offer_id: int) -> None:
    """The agent's telephone rings: they have the whole ring time from now."""
    deadline = tx.now + timedelta(seconds=tx.rules.ring_seconds)
    still = (offers.c.id == offer_id) & (offers.c.state == OfferState.OFFERED)
    if tx.conn.execute(update(offers).where(still).values(deadline=deadline)).rowcount:
        tx.conn.execute(
            update(tickets)
            .where(tickets.c.offer == offer_id, tickets.c.state == TicketState.OFFERED)
            .values(deadline=deadline)
        )


def answered(tx: Tx, offer_id: int, leg: str) -> int | None:
    """ "1" pressed on the agent's telephone."""
    agent = tx.conn.execute(select(offers.c.agent).where(offers.c.id == offer_id)).scalar()
    if agent is None:
        return None
    tx.conn.execute(update(offers).where(offers.c.id == offer_id).values(leg=leg))
    accept(tx, offer_id, agent, leg)
    # Also the same key told twice, or accepted on the page a moment ago: the telephone may still come in.
    return for_offer(tx.conn, offer_id, agent)


def phone_gone(tx: Tx, leg: str) -> bool:
    """The telephone that rang for an offer hung up unanswered."""
    found = (
        tx.conn.execute(select(offers).where(offers.c.leg == leg, offers.c.state == OfferState.OFFERED))
        .mappings()
        .first()
    )
    return found is not None and _end(tx, found["id"], found["agent"], OfferState.MISSED, "missed", pause="missed")
