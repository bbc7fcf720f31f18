"""What a turn means to the flow: the carrier's words turned into the engine's input, by what the call waits for."""

from __future__ import annotations

import logging
import time

from flows.engine import Session
from flows.engine.inputs import Digits, Input, NoInput, RecordingDone, Speech, StreamEnded, TransferEnded
from ivr.calls import entries, lookups, rescue
from ivr.calls.model import Arrival, Awaits, Effect
from ivr.calls.outbox import Outbox
from ivr.calls.passage import Passage
from ivr.calls.store import Stored
from ivr.calls.words import words

log = logging.getLogger(__name__)

DOUBT_SECONDS = 40.0
"""How long a change that a worker has begun is waited for, before the caller is told that we will check."""


def taken(outbox: Outbox, found: Stored, session: Session, arrival: Arrival, passage: Passage) -> Input | None:
    """What the flow is told; None: its answer is not there yet."""
    wait = found.wait
    match wait.kind:
        case Awaits.LISTEN:
            if arrival.deaf:
                return StreamEnded()
            if arrival.digits:
                return Digits(arrival.digits)
            return Speech(arrival.said) if arrival.said else NoInput()
        case Awaits.LOOKUP:
            if found.answer is None and time.time() - wait.since < lookups.GIVE_UP_SECONDS:
                return None
            done = lookups.done(wait.id, found.answer)
            passage.journal.append(entries.lookup(wait.action, done, passage.now))
            return done
        case Awaits.CHANGE:
            return _changed(outbox, found, session, passage)
        case Awaits.RECORD:
            recording = arrival.recording
            if recording is None or not recording.seconds:
                return RecordingDone("", 0)
            passage.effects.append(rescue.message(found.facts, passage.n, wait, recording))
            return RecordingDone(recording.name, recording.seconds)
        case _:
            return _transferred(outbox, found, arrival, passage)


def _changed(outbox: Outbox, found: Stored, session: Session, passage: Passage) -> Input | None:
    """A change is spoken of only when it is committed, or will never be (see :mod:`ivr.calls.outbox`)."""
    wait, waited = found.wait, time.time() - found.wait.since
    answer = found.answer
    if answer is None:
        if waited < lookups.GIVE_UP_SECONDS:
            return None
        fate, answer = outbox.expire(wait.key, give_up=waited > DOUBT_SECONDS)
        if fate == "started":
            return None
        if fate == "doubtful":
            log.error("change %s of call %s is in doubt: the shop has not answered", wait.key, found.facts.call)
            passage.journal.append(entries.trouble(f"{wait.action} in doubt", passage.now, session.step))
            passage.says += words("doubt", session.language)
    done = lookups.done(wait.id, answer)
    passage.journal.append(entries.lookup(wait.action, done, passage.now))
    return done


def _transferred(outbox: Outbox, found: Stored, arrival: Arrival, passage: Passage) -> Input:
    call = found.facts.call
    if arrival.dialled:
        return TransferEnded("connected")
    if found.left == "callback":
        return TransferEnded("callback")
    # Whatever else let the caller go: no ticket may stay behind, not even one that is about to be made.
    outbox.expire(found.wait.key, give_up=False)
    passage.effects.append(Effect(f"{call}:{passage.n}:left", "left", call, {"reason": "leave"}))
    if found.left == "nobody":
        return TransferEnded("nobody")
    return TransferEnded("full" if "full" in (found.left, arrival.left.removeprefix("queue-")) else "failed")
