"""What a caller hears while waiting for an agent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flows.engine.events import Say
from flows.engine.run import Run
from flows.engine.session import Session
from flows.language.flow import Flow
from flows.language.steps import TransferStep
from flows.language.texts import TextError


@dataclass(frozen=True, slots=True)
class Unserved:
    """A caller who wanted a human of ``queue``; ``summary`` is what the human would have read."""

    queue: str
    language: str
    summary: str


_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def announcement(
    flow: Flow, session: Session, position: int, wait_minutes: int | None, first: bool, again: bool
) -> tuple[Say, ...]:
    """Position, expected wait and the callback offer. ``position`` counts from 1; ``wait_minutes`` None: unknown.
    ``first``: on entry (said alike: the offer follows the first position already); ``again``: back in line after
    an agent's leg was lost. Reads no clock, so only texts without dates belong here. Never raises: a text that can't
    be filled in is left out."""
    waiting = flow.document.waiting
    run = Run(flow, session, _EPOCH)
    known = {"position": position, "minutes": wait_minutes}
    texts = []
    if again and waiting.returned is not None:
        texts.append(waiting.returned)
    else:
        texts.append(waiting.position)
        if wait_minutes is not None:
            texts.append(waiting.wait)
        elif waiting.wait_unknown is not None:
            texts.append(waiting.wait_unknown)
    if waiting.callback_key is not None and waiting.callback_offer is not None:
        texts.append(waiting.callback_offer)
    for text in texts:
        try:
            run.say(text, known)
        except TextError:
            continue
    return tuple(event for event in run.events if isinstance(event, Say))


def unserved(flow: Flow, session: Session) -> Unserved | None:
    """Whom the caller wanted and did not get, now that the call is over; None when they were served, left something,
    or were in line (that is for the queue to tell)."""
    if not session.wanted or (session.pending or "").startswith("h"):
        return None
    step = flow.steps.get(flow.transfer)
    run = Run(flow, session, _EPOCH)
    summary = run.loosely(step.summary) if isinstance(step, TransferStep) else ""
    return Unserved(session.wanted, session.language, summary)


def callback_key(flow: Flow) -> str | None:
    """The key that asks for a callback while waiting, if the flow offers one."""
    return flow.document.waiting.callback_key
