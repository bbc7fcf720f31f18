"""The working copy of a flow: saved with its author's name, over the version that they had before them.

Two people may edit the same flow: whoever saves second over a version that is no longer the last is told so, with the
other's text, and nothing is lost or merged behind their back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from flows.language.changes import count_lines
from flows.language.source import MAX_BYTES
from flows.library import PATH
from ivr.admin.staff import By
from ivr.settings import settings
from ivr.store import audit, flows
from ivr.store.engine import engine, reading
from ivr.store.flows import Draft
from ivr.studio.refused import Refused

NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_FLOW = re.compile(r"^flow:[ \t]*[\"']?([a-z][a-z0-9_]{0,47})[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)


class Conflict(Exception):
    """Somebody saved the flow meanwhile. ``theirs`` is the draft as it is now."""

    def __init__(self, theirs: Draft) -> None:
        super().__init__(f"version {theirs.version} of the draft of {theirs.flow} was saved meanwhile")
        self.theirs = theirs


@dataclass(frozen=True, slots=True)
class Listed:
    """A flow as a list shows it. ``live`` None: the flow file answers. ``changed``: the draft has what is not live."""

    name: str
    live: int | None
    candidate: int | None
    share: int
    draft: int
    changed: bool


def name_in(text: str) -> str | None:
    """The flow's name as the text has it, whatever else is wrong with it."""
    found = _FLOW.search(text)
    return found[1] if found else None


def file_text() -> tuple[str, str, str]:
    """The flow file (``FLOW``, or the shipped one): its name, text and scenarios. Raises ``OSError``."""
    path = settings().flow or PATH
    text = path.read_bytes().decode("utf-8")
    beside = path.with_name(f"{path.stem}.scenarios.yaml")
    scenarios = beside.read_bytes().decode("utf-8") if beside.exists() else ""
    return name_in(text) or path.stem, text, scenarios


def listed() -> list[Listed]:
    """Every flow: the file's, and those that were edited or published here."""
    found: dict[str, Listed] = {}
    file_name = file_text()[0]
    with reading(engine()) as conn:
        rows = {row.name: row for row in flows.everything(conn)}
        for name in sorted({file_name, *rows}):
            row, draft = rows.get(name), flows.draft_of(conn, name)
            _, *live = answers(conn, name)
            found[name] = Listed(
                name,
                row.live if row else None,
                row.candidate if row else None,
                row.share if row else 0,
                draft.version if draft else 0,
                draft is not None and [draft.text, draft.scenarios] != live,
            )
    return list(found.values())


def working(name: str) -> Draft:
    """The draft; what is live, or the flow file, as version 0 of one that nobody has saved yet. Raises
    :class:`Refused`, ``SQLAlchemyError``."""
    with reading(engine()) as conn:
        draft = flows.draft_of(conn, name)
        if draft is not None:
            return draft
        number, text, scenarios = answers(conn, name)
    if not text:
        raise Refused("no_flow")
    return Draft(name, 0, number, text, scenarios, None, None)


def answers(conn: Connection, name: str) -> tuple[int | None, str, str]:
    """What answers calls: the live revision's number, text and scenarios; the file's without a number; empty texts of
    a flow that nothing answers with."""
    row = flows.by_name(conn, name)
    if row is not None and row.live is not None:
        live = flows.numbered(conn, name, row.live)
        if live is not None:
            return live.number, live.text, live.scenarios
    file_name, text, scenarios = file_text()
    return (None, text, scenarios) if name == file_name else (None, "", "")


def save(by: By, name: str, version: int, text: str, scenarios: str) -> Draft:
    """Save the draft over the ``version`` that the author had before them (0: nobody had saved one). Saved is whatever
    they wrote: a draft may be wrong. Raises :class:`Conflict` when it was saved by somebody else meanwhile, and
    :class:`Refused`."""
    if not NAME.fullmatch(name):
        raise Refused("bad_name")
    if (name_in(text) or name) != name:
        raise Refused("other_name")
    for part in (text, scenarios):
        if len(part.encode("utf-8", "replace")) > MAX_BYTES:
            raise Refused("too_large")
        if "\x00" in part or not _encodable(part):
            raise Refused("bad_text")
    now = datetime.now(UTC)
    try:
        with engine().begin() as conn:
            before = flows.draft_of(conn, name)
            row = flows.by_name(conn, name) or flows.point(conn, name, now)
            base = before.base if before is not None else row.live
            values = {"text": text, "scenarios": scenarios, "author": by.person, "base": base}
            if not flows.put_draft(conn, name, version, now, **values):
                assert before is not None
                raise Conflict(before)
            old = {"version": version}
            added, removed = count_lines(before.text if before else "", text)
            new = {"version": version + 1, "lines_added": added, "lines_removed": removed}
            audit.record(conn, by.person, "flow.save", name, old, new, via=by.via)
            saved = flows.draft_of(conn, name)
    except IntegrityError:
        # Two at once made the first draft: the other one's is there now.
        raise Conflict(working(name)) from None
    assert saved is not None
    return saved


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
