"""What a flow may ask about the caller's own promise of a call back: the queue's records answer, not the shop.

The calling number is a hint, not a proof: it tells when we promised to phone it, never about what.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from callqueue.hours import zones
from callqueue.service import CallQueue
from flows.language.actions import Action, Catalogue
from ivr.shop.port import Answer, Caller

MINE = "callbacks.mine"

ACTIONS = Catalogue(
    Action(
        MINE,
        result={"at": "moment", "late": "yes_no"},
        about="The promise to phone this number back that is open: at (a moment; nothing: when it is their turn), and "
        "whether that moment has passed. missing: none is open.",
    ),
    Action(
        "callbacks.cancel",
        changes=True,
        about="Takes that promise back. missing: none is open, or we are speaking for it already.",
    ),
)


def perform(queue: Callable[[], CallQueue], action: str, caller: Caller, now: datetime | None = None) -> Answer:
    """Run one of :data:`ACTIONS`. Raises ``SQLAlchemyError`` when the records are away."""
    if caller.number is None:
        return Answer("missing")
    if action == "callbacks.cancel":
        return Answer("found" if queue().cancel_mine(caller.number, now=now) else "missing")
    promised = queue().promise_of(caller.number)
    if promised is None or promised.origin in ("abandoned", "missed"):
        # What a rule means to do was promised to nobody.
        return Answer("missing")
    late = promised.at is not None and promised.at < (now or datetime.now(UTC)) and promised.attempt == 0
    return Answer("found", {"at": _said(promised.at, caller.number), "late": late})


def _said(at: datetime | None, number: str) -> str | None:
    """The moment on the caller's own clock."""
    return at.astimezone(zones(number)[0]).isoformat(timespec="minutes") if at is not None else None
