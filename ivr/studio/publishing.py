"""Publishing: a numbered revision that never changes, and the pointer that says which one answers calls.

Calls in progress finish on their revision; the next call hears the new one, in every process: the pointer is part of
the switchboard's copy in Redis (:mod:`ivr.calls.board`). Taking a revision back moves the pointer and deletes nothing.
Every change is in the audit list, with what it was before.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from redis.exceptions import RedisError
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from flows.language import changes
from flows.language.flow import Flow
from ivr.admin.staff import By
from ivr.calls.board import copy_board
from ivr.store import audit, flows, people, switches
from ivr.store.engine import engine, reading
from ivr.store.flows import LONGEST_WHY, Draft, Revision, Row
from ivr.studio import drafts
from ivr.studio.checking import look
from ivr.studio.drafts import Conflict
from ivr.studio.refused import Refused

log = logging.getLogger(__name__)

OVERRULES = frozenset({"supervisor", "admin"})
"""Roles that may publish what fails. A command may too: whoever has a shell on the machine has the records."""

BEFORE_LIVE: list[Callable[[Flow], None]] = []
"""Called with the flow before it is live, outside any transaction: prompts are rendered here, so that no caller waits
for a voice. What one raises is logged, and hinders nobody."""


def publish(
    by: By, name: str, version: int, why: str, *, overrule: bool = False, candidate_share: int | None = None
) -> Revision:
    """Publish the draft, as it is in that version, and make it live; with ``candidate_share`` (1 to 99) it becomes the
    candidate that so many calls of a hundred get. ``overrule``: although a check or a scenario fails. Raises
    :class:`Refused`, :class:`Conflict`, ``SQLAlchemyError``."""
    why = _why(why)
    draft = drafts.working(name)
    if draft.version != version:
        raise Conflict(draft)
    seen = look(name, draft.text, draft.scenarios)
    if seen.flow is None:
        raise Refused("not_a_flow", *seen.errors)
    if seen.flow.name != name:
        raise Refused("other_name")
    overruled = _overruled(by, seen.errors, overrule)
    if candidate_share is not None:
        _share(candidate_share)
    _prepare(seen.flow)
    now = datetime.now(UTC)
    try:
        with engine().begin() as conn:
            made = _write(conn, by, draft, why, overruled, candidate_share, now)
    except IntegrityError:
        # Two published at once: the other one's is there now.
        raise Conflict(drafts.working(name)) from None
    tell()
    return made


def _write(
    conn: Connection, by: By, draft: Draft, why: str, overruled: list[str], share: int | None, now: datetime
) -> Revision:
    name, texts = draft.flow, (draft.text, draft.scenarios)
    number, *live = drafts.answers(conn, name)
    if tuple(live) == texts and number is not None:
        raise Refused("same")
    before = _first(conn, name, live, texts, now)
    values = {"text": draft.text, "scenarios": draft.scenarios, "author": by.person}
    revision = revision_of(draft.text)
    made = flows.add_revision(conn, name, now, **values, revision=revision, why=why, overruled="\n".join(overruled))
    if not flows.put_draft(conn, name, draft.version, now, **values, base=made.number):
        raise Conflict(flows.draft_of(conn, name) or draft)
    if share is None:
        after = flows.point(conn, name, now, live=made.number, candidate=None, share=0)
    else:
        after = flows.point(conn, name, now, candidate=made.number, share=share)
    added, removed = changes.count_lines(live[0], draft.text)
    told = {"revision": made.number, "why": why, "lines_added": added, "lines_removed": removed}
    action = "flow.publish" if share is None else "flow.candidate"
    audit.record(conn, by.person, action, name, _shown(before), {**after.shown(), **told}, via=by.via)
    if overruled:
        wrong = {"revision": made.number, "wrong": overruled}
        audit.record(conn, by.person, "flow.overrule", name, {}, wrong, via=by.via)
    switches.count(conn, now)
    return made


def rollback(by: By, name: str, why: str, number: int | None = None) -> Revision:
    """Make an earlier revision live again: that number, or the one before the live one. The candidate, if any, is
    withdrawn. Also the way to make any other revision live, such as a candidate that proved itself. Raises
    :class:`Refused`."""
    why = _why(why)
    with reading(engine()) as conn:
        wanted = _wanted(conn, name, number)
    flow = look(name, wanted.text, "").flow
    if flow is not None:
        _prepare(flow)
    now = datetime.now(UTC)
    with engine().begin() as conn:
        before = flows.by_name(conn, name)
        after = flows.point(conn, name, now, live=wanted.number, candidate=None, share=0)
        audit.record(conn, by.person, "flow.rollback", name, _shown(before), {**after.shown(), "why": why}, via=by.via)
        switches.count(conn, now)
    tell()
    return wanted


def candidate(by: By, name: str, number: int | None, share: int = 0) -> Row:
    """Give so many calls of a hundred to that revision; ``number`` None: to none any more. Raises :class:`Refused`."""
    now = datetime.now(UTC)
    with engine().begin() as conn:
        before = flows.by_name(conn, name)
        if before is None:
            raise Refused("no_flow")
        if number is None:
            if before.candidate is None:
                raise Refused("no_candidate")
            after = flows.point(conn, name, now, candidate=None, share=0)
        else:
            _share(share)
            if flows.numbered(conn, name, number) is None:
                raise Refused("no_revision")
            if number == before.live:
                raise Refused("live_already")
            after = flows.point(conn, name, now, candidate=number, share=share)
        audit.record(conn, by.person, "flow.candidate", name, before.shown(), after.shown(), via=by.via)
        switches.count(conn, now)
    tell()
    return after


def revision_of(text: str) -> str:
    """The hash by which calls name a text; as :func:`flows.language.loader.parse_flow` makes it."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _wanted(conn: Connection, name: str, number: int | None) -> Revision:
    row = flows.by_name(conn, name)
    if row is None:
        raise Refused("no_flow")
    if number is None:
        earlier = [one for one in flows.revisions_of(conn, name) if row.live is not None and one.number < row.live]
        if not earlier:
            raise Refused("no_revision")
        return earlier[0]
    found = flows.numbered(conn, name, number)
    if found is None:
        raise Refused("no_revision")
    if found.number == row.live:
        raise Refused("same")
    return found


def _first(conn: Connection, name: str, file: Sequence[str], new: tuple[str, str], now: datetime) -> Row | None:
    """Before the first publication of a flow that its file answers, the file's text becomes revision 1: there is
    something to go back to."""
    row = flows.by_name(conn, name)
    if (row is not None and row.live is not None) or not file[0] or tuple(file) == new:
        return row
    values = {"text": file[0], "scenarios": file[1], "author": None, "why": "as the flow file had it", "overruled": ""}
    kept = flows.add_revision(conn, name, now, revision=revision_of(file[0]), **values)
    return flows.point(conn, name, now, live=kept.number)


def _overruled(by: By, errors: list[str], overrule: bool) -> list[str]:
    if not errors:
        return []
    if not overrule:
        raise Refused("wrong", *errors)
    if by.person is not None:
        person = people.by_id(by.person)
        if person is None or person.role not in OVERRULES:
            raise Refused("may_not_overrule")
    return errors


def _why(why: str) -> str:
    why = " ".join(why.split())
    if not 1 <= len(why) <= LONGEST_WHY:
        raise Refused("no_why")
    return why


def _share(share: int) -> None:
    if not 1 <= share <= 99:
        raise Refused("bad_share")


def _shown(row: Row | None) -> dict[str, object]:
    return dict(row.shown()) if row else {}


def _prepare(flow: Flow) -> None:
    for prepare in BEFORE_LIVE:
        try:
            prepare(flow)
        except Exception:
            log.exception("revision %s of %s goes live without %s", flow.revision, flow.name, prepare)


def tell() -> None:
    """Bring what changed to the next call."""
    try:
        copy_board()
    except RedisError as error:
        log.warning("the switchboard is not copied yet (%s); the clock brings it", type(error).__name__)
