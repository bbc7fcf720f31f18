"""When the flow cannot go on: a human without it, a number outside, or a recorded message. Needs no session."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from callqueue.service import CallQueue
from flows.engine.events import Record
from ivr.calls import alarm, entries
from ivr.calls.door import Welcome
from ivr.calls.hints import language_of
from ivr.calls.model import Arrival, Awaits, DialOut, Effect, Facts, Outcome, Over, Park, Recording, Wait
from ivr.calls.store import Stored
from ivr.calls.words import words
from ivr.settings import Settings

log = logging.getLogger(__name__)

QUEUE = "support"
"""Where callers go whose flow cannot say."""

ENDED_WELL = frozenset({"completed", "answered"})


def human(
    settings: Settings,
    queue: Callable[[], CallQueue],
    facts: Facts,
    n: int,
    reason: str,
    languages: tuple[str, ...],
) -> Outcome:
    """To the line, without the flow. Nobody there, or the records away: :func:`sorry`."""
    try:
        admitted = queue().admit(QUEUE, True)
    except (SQLAlchemyError, OSError) as error:
        log.error("the records are away (%s): call %s cannot be handed off", type(error).__name__, facts.call)
        return sorry(settings, facts, languages)
    if admitted != "admitted":
        return sorry(settings, facts, languages)
    key = f"{facts.call}:{n}:human"
    language = languages[0]
    now = datetime.now(UTC)
    return Outcome(
        facts=facts,
        session="",
        revision="",
        says=words("connecting", *languages),
        end=Park(QUEUE),
        wait=Wait(Awaits.LINE, time.time(), key=key, queue=QUEUE, language=language),
        journal=[entries.trouble("the flow could not go on", now)],
        effects=[hand_off(facts, key, QUEUE, language, 0, reason, "")],
    )


def turned_away(settings: Settings, facts: Facts, welcome: Welcome, languages: tuple[str, ...]) -> Outcome:
    """A call that does not come in. Blocked: a polite sentence and the end, or a message. Too many at once: a sentence,
    then the fallback number or a message. Spoken in the caller's likely language, when the flow has it."""
    hint = language_of(facts.caller)
    languages = (hint,) if hint in languages else languages
    now = datetime.now(UTC)
    outcome = "blocked" if welcome in ("sentence", "message") else "full"
    journal = [entries.started(facts, languages[0], "", "", now), entries.trouble(f"turned away: {outcome}", now)]
    if welcome == "sentence":
        end, wait = Over(), Wait(Awaits.NOTHING, time.time())
        journal.append(entries.ended(outcome, now))
        return Outcome(facts, "", "", words("blocked", *languages), end, wait, journal)
    if welcome == "message":
        return replace(_message(facts, languages), journal=journal)
    if settings.fallback_number:
        alarm.fallback_used("more calls at once than MAX_CALLS", facts.call)
        says, dial = words("full_connecting", *languages), DialOut(settings.fallback_number)
        return Outcome(facts, "", "", says, dial, Wait(Awaits.SORRY_DIAL, time.time(), language=languages[0]), journal)
    return replace(_message(facts, languages), says=words("full", *languages), journal=journal)


def sorry(settings: Settings, facts: Facts, languages: tuple[str, ...]) -> Outcome:
    """The fallback number; without one, a recorded message. Promises nothing."""
    alarm.fallback_used("a call could not be served", facts.call)
    if settings.fallback_number:
        says, end = words("connecting", *languages), DialOut(settings.fallback_number)
        wait = Wait(Awaits.SORRY_DIAL, time.time(), language=languages[0])
        return Outcome(facts, "", "", says, end, wait)
    return _message(facts, languages)


def go_on(
    settings: Settings, found: Stored, n: int, arrival: Arrival, languages: tuple[str, ...], *, promised: bool = False
) -> Outcome:
    """The next turn of a call that goes without its flow. ``promised``: we phoned them, and will again."""
    facts, wait, now = found.facts, found.wait, datetime.now(UTC)
    effects: list[Effect] = []
    if wait.kind is Awaits.LINE and not arrival.dialled:
        if found.left != "callback":
            effects.append(Effect(f"{facts.call}:{n}:left", "left", facts.call, {"reason": "leave"}))
        if promised:
            nothing = Wait(Awaits.NOTHING, time.time())
            again = words("nobody_again", *languages)
            outcome = Outcome(facts, "", "", again, Over(), nothing, [entries.ended("nobody", now)])
        else:
            outcome = sorry(settings, facts, languages)
    elif wait.kind is Awaits.SORRY_DIAL and arrival.dialled not in ENDED_WELL:
        outcome = _message(facts, languages)
    else:
        said = "goodbye"
        recording = arrival.recording
        if wait.kind is Awaits.SORRY_RECORD and recording and recording.seconds:
            effects.append(message(facts, n, wait, recording))
            said = "thanks"
        nothing = Wait(Awaits.NOTHING, time.time())
        outcome = Outcome(facts, "", "", words(said, *languages), Over(), nothing, [entries.ended("done", now)])
    return Outcome(
        facts=facts,
        session=found.session,
        revision=found.revision,
        says=outcome.says,
        end=outcome.end,
        wait=outcome.wait,
        journal=outcome.journal,
        effects=effects,
    )


def _message(facts: Facts, languages: tuple[str, ...]) -> Outcome:
    record = Record("sorry", "message", 120, 5, "#", languages[0], "", QUEUE)
    wait = Wait(Awaits.SORRY_RECORD, time.time(), id=record.id, queue=QUEUE, purpose="message", language=languages[0])
    return Outcome(facts, "", "", words("message", *languages), record, wait)


def recording(event: Record) -> Wait:
    """What a recording is for, kept until it is done."""
    return Wait(
        Awaits.RECORD,
        time.time(),
        id=event.id,
        queue=event.queue,
        purpose=event.purpose,
        summary=event.summary,
        language=event.language,
    )


def record_data(wait: Wait) -> str:
    """The same for the recording's own status callback, which comes even when the caller hung up; '' for none."""
    if wait.kind not in (Awaits.RECORD, Awaits.SORRY_RECORD):
        return ""
    return json.dumps(
        {"purpose": wait.purpose, "language": wait.language, "queue": wait.queue, "summary": wait.summary},
        ensure_ascii=False,
    )


def message(facts: Facts, n: int, wait: Wait, made: Recording) -> Effect:
    """A recording becomes a message on the desk; the turn and the status callback name it alike."""
    body = {
        "number": facts.caller,
        "language": wait.language,
        "purpose": wait.purpose,
        "recording": made.name,
        "seconds": made.seconds,
        "summary": wait.summary,
        "queue": wait.queue,
    }
    return Effect(f"{facts.call}:{n}:message", "message", facts.call, body)


def hand_off(facts: Facts, key: str, queue: str, language: str, priority: int, reason: str, summary: str) -> Effect:
    body = {
        "number": facts.caller,
        "language": language,
        "queue": queue,
        "priority": priority,
        "reason": reason,
        "summary": summary,
    }
    return Effect(key, "hand_off", facts.call, body)
