"""Agents: their skills, their own choice of status, signs of life, and what they answer to offers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update

from callqueue import states, todo
from callqueue.model import AgentStatus, OfferState, TicketState
from callqueue.store import agents, offers, tickets
from callqueue.work import Tx

NAME = re.compile(r"\w[\w -]{0,63}")

USUAL_LEVEL = 5
"""How well an agent can do what is listed without a level."""

Skills = Mapping[str, int] | Iterable[str]


def leveled(skills: Skills) -> dict[str, int]:
    """Skills with their levels, by name. Raises ``ValueError`` for a name or a level that is none."""
    given = skills if isinstance(skills, Mapping) else dict.fromkeys(skills, USUAL_LEVEL)
    for name, level in given.items():
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a skill: letters, digits, spaces, _ and -, at most 64")
        if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= 10:
            raise ValueError(f"{name}: a level is a whole number from 1 to 10, not {level!r}")
    return {name: given[name] for name in sorted(given)}


def register(tx: Tx, agent: int, name: str, skills: Skills | None, phone: str | None) -> None:
    """Make the agent, off duty; or change what is given of one who exists."""
    given: dict[str, Any] = {"name": name}
    if skills is not None:
        given["skills"] = leveled(skills)
    if phone is not None:
        given["phone"] = phone or None
    if not tx.conn.execute(update(agents).where(agents.c.id == agent).values(**given)).rowcount:
        new = {"skills": {}, "phone": None, "reason": "", "since": tx.now, "alive_at": tx.now, "paused": "", **given}
        tx.conn.execute(agents.insert().values(id=agent, status=AgentStatus.OFF, **new))
    tx.push("desk", "agents")


def set_skills(tx: Tx, agent: int, skills: Skills) -> bool:
    """What they can do from now on; a call or an offer in hand is not touched. False: no such agent."""
    given = leveled(skills)
    if not tx.conn.execute(update(agents).where(agents.c.id == agent).values(skills=given)).rowcount:
        return False
    tx.push("desk", "agents")
    tx.match()
    return True


def set_status(tx: Tx, agent: int, status: AgentStatus, reason: str) -> None:
    """The agent's choice, always obeyed: it ends a pause, and an offer to one who is not ready moves on."""
    held = tx.conn.execute(select(agents.c.ticket).where(agents.c.id == agent)).scalar()
    ticket = states.lock(tx, held)
    offered = ticket is not None and ticket["state"] == TicketState.OFFERED and ticket["agent"] == agent
    if status != AgentStatus.READY and ticket is not None and offered:
        states.back_to_line(tx, ticket, "agent not ready", offer=OfferState.WITHDRAWN, head=states.PASSED_OVER)
    chosen = {"status": status, "reason": reason, "since": tx.now, "alive_at": tx.now, "paused": ""}
    tx.conn.execute(update(agents).where(agents.c.id == agent).values(**chosen))
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
            states.back_to_line(tx, ticket, reason, offer=OfferState.WITHDRAWN, head=states.PASSED_OVER)
        elif ticket["state"] == TicketState.CONNECTING:
            states.lose_agent(tx, ticket, reason, head=states.PASSED_OVER)
    todo.let_go(tx, agent)
    tx.push("desk", "agents")
    tx.tell(agent, "state", ticket=None, state=AgentStatus.OFF.value, reason=reason)
    return True


def _in_call(ticket: RowMapping) -> bool:
    joined = ticket["state"] == TicketState.CONNECTING and ticket["agent_leg"] is not None
    return joined or ticket["state"] == TicketState.CONNECTED


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
    states.back_to_line(tx, ticket, reason, offer=outcome, pause=pause, head=states.PASSED_OVER)
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
    states.lose_agent(tx, ticket, "not joined", pause="missed", head=states.PASSED_OVER)
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
