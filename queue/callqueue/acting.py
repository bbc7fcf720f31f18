"""What the jobs do: claim a chore, talk to the carrier with no transaction open, write down what came of it.

The carrier may be slow, refuse, or do it and lose the answer; each function may be killed between any two lines. What
is left then is a chore that is due again, and a row to look at first.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, select, update

from callqueue import callbacks, calls, chores, conference, dialling, states
from callqueue.chores import Chore
from callqueue.dialling import Order
from callqueue.model import AttemptOutcome, CallbackState, OfferState, TicketState
from callqueue.ports import CarrierRefused, CarrierUnknown, Telephone
from callqueue.store import agents, attempts, offers
from callqueue.work import Records, Tx, moment

log = logging.getLogger(__name__)

REFUSALS = 3
"""So many refusals to connect a caller who lives: they are in no queue (an answer was lost), and are put into one."""

NOTICE_SECONDS = 15
"""A caller who hears first that the conversation is recorded, and may refuse, comes within this."""

HANG_UPS = 20
"""Tries to end a leg; by then the carrier has ended it itself."""

SOON = timedelta(seconds=1)


def connect(records: Records, telephone: Telephone, ticket_id: int, now: datetime | None = None) -> None:
    """Bring the waiting caller to their agent. Stays a chore until the conference says that they came."""
    claimed = records.write(now, _claim_connect, ticket_id)
    if claimed is None:
        return
    row, tries = claimed
    leg: str = row["leg"]
    try:
        if row["queue_sid"] is not None:
            telephone.connect_waiting(leg, row["queue_sid"], ticket_id)
            # The notice that they are recorded takes its time before they come.
            coming = timedelta(seconds=4 if records.rules.record == "off" else NOTICE_SECONDS)
            records.write(now, chores.put_off, Chore.CONNECT, ticket_id, coming)
            return
        # The carrier has not told yet that its queue holds them.
        refused = False
    except CarrierRefused as error:
        if error.again:
            records.write(now, chores.put_off, Chore.CONNECT, ticket_id, SOON)
            return
        refused = True
    except CarrierUnknown:
        records.write(now, chores.put_off, Chore.CONNECT, ticket_id, SOON)
        return
    try:
        live = telephone.is_live(leg)
    except (CarrierRefused, CarrierUnknown):
        live = True
    if not live:
        records.write(now, _caller_is_gone, ticket_id, leg)
    elif refused and tries >= REFUSALS:
        records.write(now, _astray, ticket_id)
    else:
        records.write(now, chores.put_off, Chore.CONNECT, ticket_id, SOON)


def _claim_connect(tx: Tx, ticket_id: int) -> tuple[RowMapping, int] | None:
    tries = chores.claim(tx, Chore.CONNECT, ticket_id)
    if tries is None:
        return None
    row = states.lock(tx, ticket_id)
    wanted = row is not None and row["state"] == TicketState.CONNECTING and row["agent_leg"] and row["leg"]
    if row is None or not wanted or row["caller_in"]:
        chores.drop(tx, Chore.CONNECT, ticket_id)
        return None
    return row, tries


def _caller_is_gone(tx: Tx, ticket_id: int, leg: str) -> None:
    row = states.lock(tx, ticket_id)
    if row is not None and row["leg"] == leg:
        calls.lose_caller(tx, row, "hangup", gone=leg)


def _astray(tx: Tx, ticket_id: int) -> None:
    """The caller lives, but where the carrier's queue cannot give them to us: into the line anew, first."""
    row = states.lock(tx, ticket_id)
    if row is not None and row["state"] == TicketState.CONNECTING and not row["caller_in"]:
        states.lose_agent(tx, row, "caller astray", head=states.CUT_OFF)
        chores.add(tx, Chore.REQUEUE, ticket_id)


def dial(records: Records, telephone: Telephone, callback: int, now: datetime | None = None) -> None:
    """Place the call of a callback whose agent waits: committed first, asked once."""
    order = records.write(now, _claim_dial, callback)
    if order is None:
        return
    try:
        call = telephone.call_customer(order.number, order.callback, order.attempt)
    except CarrierRefused as error:
        if error.again:
            records.write(now, dialling.throttled, callback, order.attempt)
        else:
            log.warning("callback %d attempt %d refused by the carrier", callback, order.attempt)
            records.write(now, dialling.ended, callback, order.attempt, AttemptOutcome.PROVIDER_ERROR)
    except CarrierUnknown:
        records.write(now, dialling.unsure, callback, order.attempt)
    else:
        records.write(now, dialling.dialed, callback, order.attempt, call)


def _claim_dial(tx: Tx, callback: int) -> Order | None:
    if chores.claim(tx, Chore.DIAL, callback) is None:
        return None
    return dialling.begin_dial(tx, callback)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to look into; ``leg`` None: whether the carrier has a call for it is not known."""

    attempt: int
    number: str
    leg: str | None
    started_at: datetime


def trace(records: Records, telephone: Telephone, callback: int, now: datetime | None = None) -> None:
    """Find out what became of an attempt: its call if the answer was lost, its end if that was never told."""
    row = records.write(now, _claim_trace, callback)
    if row is None:
        return
    at, attempt = moment(now), row.attempt
    try:
        if row.leg is None:
            found = telephone.find_callback_call(row.number, callback, attempt, row.started_at)
            if found is not None:
                records.write(now, dialling.dialed, callback, attempt, found)
            elif row.started_at + timedelta(seconds=records.rules.unknown_seconds) <= at:
                records.write(now, dialling.ended, callback, attempt, AttemptOutcome.PROVIDER_ERROR)
            else:
                records.write(now, chores.put_off, Chore.TRACE, callback, timedelta(seconds=5))
        elif telephone.is_live(row.leg):
            records.write(now, chores.put_off, Chore.TRACE, callback, timedelta(seconds=15))
        else:
            records.write(now, dialling.ended, callback, attempt, AttemptOutcome.NO_ANSWER)
    except (CarrierRefused, CarrierUnknown):
        records.write(now, _cannot_trace, callback, row.started_at)


def _claim_trace(tx: Tx, callback: int) -> Attempt | None:
    if chores.claim(tx, Chore.TRACE, callback) is None:
        return None
    locked = callbacks.lock(tx, callback)
    row = locked[0] if locked is not None else None
    if row is None or row["state"] not in callbacks.IN_THE_AIR:
        chores.drop(tx, Chore.TRACE, callback)
        return None
    if row["leg"] is None:
        # Killed between the commit and the carrier's answer: as good as an answer lost.
        callbacks.move(tx, callback, (CallbackState.DIALING,), CallbackState.UNKNOWN)
    started = tx.conn.execute(
        select(attempts.c.started_at).where(attempts.c.callback == callback, attempts.c.attempt == row["attempt"])
    ).scalar_one()
    return Attempt(row["attempt"], row["number"], row["leg"], started)


def _cannot_trace(tx: Tx, callback: int, started_at: datetime) -> None:
    """The carrier cannot be asked: keep asking, but do not keep the agent for it."""
    chores.put_off(tx, Chore.TRACE, callback, timedelta(seconds=10))
    locked = callbacks.lock(tx, callback)
    ticket = locked[1] if locked is not None else None
    late = started_at + timedelta(seconds=tx.rules.unknown_seconds) <= tx.now
    if ticket is not None and late and ticket["leg"] is None:
        states.without_agent(tx, ticket, "carrier away")


def requeue(records: Records, telephone: Telephone, ticket_id: int, now: datetime | None = None) -> None:
    """The agent's leg is gone: the caller, if they live, hears a sentence and is first in line."""
    claimed = records.write(now, _claim_requeue, ticket_id)
    if claimed is None:
        return
    row, tries = claimed
    leg: str = row["leg"]
    try:
        live = telephone.is_live(leg)
    except (CarrierRefused, CarrierUnknown):
        # Cannot tell; after a few tries rather one sentence too many than a caller in a silent conference.
        if tries < REFUSALS:
            records.write(now, chores.put_off, Chore.REQUEUE, ticket_id, SOON)
            return
        live = True
    if not live:
        records.write(now, _caller_is_gone, ticket_id, leg)
        return
    moving = records.write(now, conference.returning, ticket_id)
    if moving is None:
        records.write(now, chores.drop, Chore.REQUEUE, ticket_id)
        return
    try:
        telephone.return_to_line(moving, ticket_id, row["parent"] is None or row["connected_at"] is not None)
    except CarrierRefused as error:
        if error.again:
            records.write(now, chores.put_off, Chore.REQUEUE, ticket_id, SOON)
        else:
            records.write(now, _caller_is_gone, ticket_id, moving)
    except CarrierUnknown:
        records.write(now, chores.put_off, Chore.REQUEUE, ticket_id, SOON)
    else:
        records.write(now, chores.drop, Chore.REQUEUE, ticket_id)


def _claim_requeue(tx: Tx, ticket_id: int) -> tuple[RowMapping, int] | None:
    tries = chores.claim(tx, Chore.REQUEUE, ticket_id)
    if tries is None:
        return None
    row = states.lock(tx, ticket_id)
    if row is None or row["leg"] is None:
        chores.drop(tx, Chore.REQUEUE, ticket_id)
        return None
    return row, tries


def hang_up(records: Records, telephone: Telephone, call: str, now: datetime | None = None) -> None:
    """End a leg, until the carrier says it is over."""
    tries = records.write(now, chores.claim, Chore.HANG_UP, call)
    if tries is None:
        return
    try:
        telephone.hang_up(call)
    except CarrierUnknown:
        if tries < HANG_UPS:
            records.write(now, chores.put_off, Chore.HANG_UP, call, SOON)
            return
    except CarrierRefused as error:
        if error.again:
            records.write(now, chores.put_off, Chore.HANG_UP, call, SOON)
            return
    records.write(now, chores.drop, Chore.HANG_UP, call)


def ring(records: Records, telephone: Telephone, offer: int, now: datetime | None = None) -> None:
    """Ring the agent's telephone for an offer, once; their page shows it all the same."""
    asked = records.write(now, _claim_ring, offer)
    if asked is None:
        return
    number, ticket, agent = asked
    try:
        leg = telephone.call_agent(number, ticket, agent, offer)
    except CarrierRefused as error:
        if error.again:
            records.write(now, chores.add, Chore.RING, offer, SOON)
        else:
            log.warning("agent %d's telephone cannot be rung: the carrier refused", agent)
    except CarrierUnknown:
        log.warning("agent %d's telephone may not ring: the carrier did not answer", agent)
    else:
        records.write(now, _rings, offer, leg)


def _claim_ring(tx: Tx, offer: int) -> tuple[str, int, int] | None:
    if chores.claim(tx, Chore.RING, offer) is None:
        return None
    # Placing a call is not repeated: the chore goes before it is placed.
    chores.drop(tx, Chore.RING, offer)
    row = tx.conn.execute(
        select(agents.c.phone, offers.c.ticket, offers.c.agent)
        .join(agents, agents.c.id == offers.c.agent)
        .where(offers.c.id == offer, offers.c.state == OfferState.OFFERED, offers.c.leg.is_(None))
    ).first()
    return (row.phone, row.ticket, row.agent) if row is not None and row.phone else None


def _rings(tx: Tx, offer: int, leg: str) -> None:
    written = tx.conn.execute(
        update(offers).where(offers.c.id == offer, offers.c.leg.is_(None)).values(leg=leg)
    ).rowcount
    state = tx.conn.execute(select(offers.c.state).where(offers.c.id == offer)).scalar()
    if written and state != OfferState.OFFERED:
        # Taken on the page, or withdrawn, while it was being placed. (Not written: it answered faster than we write.)
        chores.add(tx, Chore.HANG_UP, leg)


def reconcile(records: Records, telephone: Telephone, ticket_id: int, now: datetime | None = None) -> None:
    """Ask which legs of an open ticket live: an end that was never told is found here."""
    row = records.write(now, _claim_reconcile, ticket_id)
    if row is None:
        return
    dead: list[str] = []
    for leg in (row["leg"], row["agent_leg"]):
        try:
            if leg and not telephone.is_live(leg):
                dead.append(leg)
        except (CarrierRefused, CarrierUnknown):
            log.warning("the carrier does not say whether the legs of ticket %d live", ticket_id)
    for leg in dead:
        records.write(now, conference.call_gone, leg)
    records.write(now, chores.drop, Chore.RECONCILE, ticket_id)
    if row["state"] == TicketState.WAITING:
        # An agent may have been kept for them until this was known.
        records.write(now, Tx.match)


def _claim_reconcile(tx: Tx, ticket_id: int) -> RowMapping | None:
    if chores.claim(tx, Chore.RECONCILE, ticket_id) is None:
        return None
    row = states.lock(tx, ticket_id)
    if row is not None and row["state"] in states.ON_THE_LINE:
        return row
    chores.drop(tx, Chore.RECONCILE, ticket_id)
    return None
