"""Blocking callers: agents propose, supervisors and admins decide. Each change is in the records, in the audit list,
and at the door at once."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from redis.exceptions import RedisError

from ivr.admin.staff import By, Refused
from ivr.calls import door
from ivr.desk.formats import is_number
from ivr.settings import settings
from ivr.store import audit, blocks
from ivr.store.blocks import LONGEST_REASON, Answer, Block
from ivr.store.engine import engine, reading

log = logging.getLogger(__name__)

DAYS = (1, 7, 30, 365, 0)
"""For how long; 0: until it is lifted."""


def block(by: By, number: str, reason: str, answer: str = "sentence", days: int = 0) -> Block:
    """Block a number from now on. Raises :class:`ivr.admin.staff.Refused`."""
    until = datetime.now(UTC) + timedelta(days=days) if days else None
    return _put(by, "block.put", number, state="active", answer=_answer(answer), reason=_reason(reason), until=until)


def propose(by: By, number: str, reason: str) -> Block:
    """An agent would have it blocked; one that is blocked stays so. Raises :class:`ivr.admin.staff.Refused`."""
    with reading(engine()) as conn:
        there = blocks.of_number(conn, _number(number))
    if there is not None and there.state == "active":
        return there
    return _put(by, "block.propose", number, state="proposed", answer="sentence", reason=_reason(reason), until=None)


def approve(by: By, id: int, answer: str = "sentence", days: int = 0) -> Block:
    """Decide as proposed. Raises ``LookupError`` when it is gone."""
    until = datetime.now(UTC) + timedelta(days=days) if days else None
    found = _found(id)
    return _put(
        by, "block.approve", found.number, state="active", answer=_answer(answer), reason=found.reason, until=until
    )


def lift(by: By, id: int) -> Block:
    """Serve the number again; also: reject what was proposed. Raises ``LookupError`` when it is gone."""
    with engine().begin() as conn:
        found = blocks.by_id(conn, id)
        if found is None:
            raise LookupError(id)
        blocks.lift(conn, id)
        audit.record(conn, by.person, "block.lift", _subject(found), found.shown(), {}, via=by.via)
    _at_the_door()
    return found


def everything() -> list[Block]:
    """All there are, proposed ones first."""
    with reading(engine()) as conn:
        return blocks.everything(conn)


def _put(by: By, action: str, number: str, **values: object) -> Block:
    number = _number(number)
    with engine().begin() as conn:
        before = blocks.of_number(conn, number)
        after = blocks.put(conn, number, by.person, datetime.now(UTC), **values)
        old = before.shown() if before else {}
        audit.record(conn, by.person, action, _subject(after), old, after.shown(), via=by.via)
    _at_the_door()
    return after


def _found(id: int) -> Block:
    with reading(engine()) as conn:
        found = blocks.by_id(conn, id)
    if found is None:
        raise LookupError(id)
    return found


def _at_the_door() -> None:
    try:
        door.copy_blocked()
    except RedisError as error:
        log.warning("the blocked callers are not at the door yet (%s); the clock brings them", type(error).__name__)


def _subject(block: Block) -> str:
    return f"{block.id} {block.number}"


def _number(number: str) -> str:
    number = "".join(c for c in number if c not in " ()-.")
    if not is_number(number):
        raise Refused("bad_number")
    if number in (settings().phone_number, settings().fallback_number):
        raise Refused("own_number")
    return number


def _reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise Refused("bad_reason")
    return reason


def _answer(answer: str) -> Answer:
    return next((known for known in blocks.ANSWERS if known == answer), "sentence")
