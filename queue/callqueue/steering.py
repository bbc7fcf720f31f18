"""What the jobs do inside conferences: seats, added numbers and supervisors, keys.

As :mod:`callqueue.acting`: claim, talk to the carrier with no transaction open, write down what came of it; killed
between any two lines, nothing is lost.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from callqueue import chores, recording, seats, states, transfers
from callqueue.chores import Chore
from callqueue.incall_model import SupervisionState
from callqueue.model import TicketState
from callqueue.ports import CarrierRefused, CarrierUnknown, Telephone
from callqueue.recording import Wish
from callqueue.seats import Place
from callqueue.store import agents, keys, supervisions
from callqueue.work import Records, Tx

log = logging.getLogger(__name__)

SOON = timedelta(seconds=1)

SEATINGS = 20
"""Tries to seat one leg; by then it is not the carrier's haste."""


def seat(records: Records, telephone: Telephone, call: str, now: datetime | None = None) -> None:
    """Have a leg sit as it is wanted, and again while that changes meanwhile."""
    for _ in range(SEATINGS):
        place = records.write(now, _claim_seat, call)
        if place is None:
            return
        try:
            telephone.seat(place.conference, place.leg, place.seat)
        except CarrierRefused as error:
            if error.again:
                records.write(now, chores.put_off, Chore.SEAT, call, SOON)
                return
            # Not there (yet, or any more): who joins is seated anew.
        except CarrierUnknown:
            records.write(now, chores.put_off, Chore.SEAT, call, SOON)
            return
        if records.write(now, _seated, place):
            return


def _claim_seat(tx: Tx, call: str) -> Place | None:
    tries = chores.claim(tx, Chore.SEAT, call)
    if tries is None:
        return None
    place = seats.wanted(tx, call)
    if place is None or tries > SEATINGS:
        chores.drop(tx, Chore.SEAT, call)
        return None
    return place


def _seated(tx: Tx, place: Place) -> bool:
    """Done, if it is still what is wanted."""
    if seats.wanted(tx, place.leg) in (None, place):
        chores.drop(tx, Chore.SEAT, place.leg)
        return True
    chores.put_off(tx, Chore.SEAT, place.leg, timedelta(0))
    return False


def call_out(records: Records, telephone: Telephone, ticket: int, now: datetime | None = None) -> None:
    """Ring the number that a call is transferred to, once."""
    number = records.write(now, _claim_call_out, ticket)
    if number is None:
        return
    try:
        leg = telephone.call_outside(number, ticket)
    except CarrierRefused as error:
        if error.again:
            records.write(now, chores.add, Chore.CALL_OUT, ticket, SOON)
        else:
            log.warning("the number of ticket %d cannot be rung: the carrier refused", ticket)
            records.write(now, transfers.not_placed, ticket)
    except CarrierUnknown:
        # It may ring: whoever answers is told where to go by the records, and its deadline ends the wait.
        log.warning("the number of ticket %d may not ring: the carrier did not answer", ticket)
    else:
        records.write(now, transfers.placed, ticket, leg)


def _claim_call_out(tx: Tx, ticket_id: int) -> str | None:
    if chores.claim(tx, Chore.CALL_OUT, ticket_id) is None:
        return None
    # Placing a call is not repeated: the chore goes before it is placed.
    chores.drop(tx, Chore.CALL_OUT, ticket_id)
    ticket = states.lock(tx, ticket_id)
    if ticket is None or ticket["state"] != TicketState.CONNECTING or ticket["outside_leg"] is not None:
        return None
    number: str | None = ticket["outside"]
    return number


def call_supervisor(records: Records, telephone: Telephone, supervision: int, now: datetime | None = None) -> None:
    """Ring a supervisor's telephone, once; their page may join as well."""
    asked = records.write(now, _claim_call_supervisor, supervision)
    if asked is None:
        return
    number, agent = asked
    try:
        leg = telephone.call_supervisor(number, supervision, agent)
    except CarrierRefused as error:
        if error.again:
            records.write(now, chores.add, Chore.CALL_SUPERVISOR, supervision, SOON)
        else:
            log.warning("supervisor %d's telephone cannot be rung: the carrier refused", agent)
    except CarrierUnknown:
        log.warning("supervisor %d's telephone may not ring: the carrier did not answer", agent)
    else:
        records.write(now, _rings, supervision, leg)


def _claim_call_supervisor(tx: Tx, supervision: int) -> tuple[str, int] | None:
    if chores.claim(tx, Chore.CALL_SUPERVISOR, supervision) is None:
        return None
    chores.drop(tx, Chore.CALL_SUPERVISOR, supervision)
    row = tx.conn.execute(
        select(agents.c.phone, agents.c.id)
        .join(supervisions, supervisions.c.agent == agents.c.id)
        .where(
            supervisions.c.id == supervision,
            supervisions.c.state == SupervisionState.ASKED,
            supervisions.c.leg.is_(None),
        )
    ).first()
    return (row.phone, row.id) if row is not None and row.phone else None


def _rings(tx: Tx, supervision: int, leg: str) -> None:
    asked = (supervisions.c.id == supervision) & (supervisions.c.state == SupervisionState.ASKED)
    written = tx.conn.execute(update(supervisions).where(asked, supervisions.c.leg.is_(None)).values(leg=leg)).rowcount
    if not written:
        known = tx.conn.execute(select(supervisions.c.leg).where(supervisions.c.id == supervision)).scalar()
        if known != leg:
            # They came by their page, or not at all, while it was being placed.
            chores.add(tx, Chore.HANG_UP, leg)


def play_keys(records: Records, telephone: Telephone, id: int, now: datetime | None = None) -> None:
    """Play an agent's keys, at most once: twice would be another entry."""
    place = records.write(now, _claim_keys, id)
    if place is None:
        return
    try:
        telephone.play_keys(place.conference, place.leg, id)
    except CarrierRefused as error:
        if error.again:
            records.write(now, chores.add, Chore.PLAY_KEYS, id, SOON)
            return
        log.warning("keys could not be played: the leg is not in its conference")
    except CarrierUnknown:
        log.warning("keys may not have been played: the carrier did not answer")


def _claim_keys(tx: Tx, id: int) -> Place | None:
    if chores.claim(tx, Chore.PLAY_KEYS, id) is None:
        return None
    chores.drop(tx, Chore.PLAY_KEYS, id)
    row = tx.conn.execute(select(keys).where(keys.c.id == id)).mappings().first()
    if row is None:
        return None
    place = seats.wanted(tx, row["leg"])
    if place is None or row["made_at"] < tx.now - seats.KEYS_KEPT:
        tx.conn.execute(delete(keys).where(keys.c.id == id))
        return None
    return place


def record(records: Records, telephone: Telephone, id: int, now: datetime | None = None) -> None:
    """Have the carrier record a conversation, paused or not as it is wanted; once, also when an answer was lost."""
    done: Wish | None = None
    for _ in range(SEATINGS):
        claimed = records.write(now, _claim_record, id, done)
        if claimed is None:
            return
        wanted, tries = claimed
        try:
            if wanted.sid is None:
                sid = telephone.find_recording(wanted.call) if tries > 1 else None
                sid = sid or telephone.start_recording(wanted.call, id)
                records.write(now, recording.began, id, sid)
                # A recording begins unpaused.
                done = Wish(id, wanted.call, sid, paused=False)
            else:
                telephone.pause_recording(wanted.call, wanted.sid, wanted.paused)
                done = wanted
        except CarrierRefused as error:
            if error.again:
                records.write(now, chores.put_off, Chore.RECORD, id, SOON)
            else:
                records.write(now, _not_recorded, id, wanted.sid is None)
            return
        except CarrierUnknown:
            records.write(now, chores.put_off, Chore.RECORD, id, SOON)
            return
        records.write(now, chores.put_off, Chore.RECORD, id, timedelta(0))


def _claim_record(tx: Tx, id: int, done: Wish | None) -> tuple[Wish, int] | None:
    """What is to be done; None when nothing is (any more), or another job is at it."""
    wanted = recording.wish(tx, id)
    if wanted is None or wanted == done:
        chores.drop(tx, Chore.RECORD, id)
        return None
    tries = chores.claim(tx, Chore.RECORD, id)
    return (wanted, tries) if tries is not None else None


def _not_recorded(tx: Tx, id: int, begun: bool) -> None:
    chores.drop(tx, Chore.RECORD, id)
    if begun:
        log.warning("recording %d was not begun: the carrier refused", id)
        recording.failed(tx, id)
