"""The switchboard: what is changed without publishing anything. Each change is in the records and the audit list, and
in the copy that the next call brings along (:mod:`ivr.calls.board`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from flows.engine.hours import days_in
from flows.language.days_off import is_holiday
from flows.language.model import Hours
from ivr.admin.staff import By
from ivr.calls.board import ANNOUNCEMENT, CALENDAR, HOURS, NUMBER, QUEUE
from ivr.desk.formats import is_number
from ivr.queues import load_queues
from ivr.settings import settings
from ivr.store import audit, flows, switches
from ivr.store.engine import engine, reading
from ivr.store.switches import Switch
from ivr.studio import drafts
from ivr.studio.publishing import tell
from ivr.studio.refused import Refused

LONGEST_TEXT = 750
MODES = ("open", "closed", "voicemail")
LANGUAGE = r"[a-z]{2,3}(-[A-Z]{2})?"


def shown(now: datetime | None = None) -> list[Switch]:
    """What is switched now. Raises ``SQLAlchemyError``."""
    at = now or datetime.now(UTC)
    with reading(engine()) as conn:
        return [one for one in switches.everything(conn) if one.until is None or one.until > at]


def announce(by: By, texts: Mapping[str, str], until: datetime | None = None) -> None:
    """Say this before the greeting, by language; a caller of another language hears the first."""
    said = {language: " ".join(text.split()) for language, text in texts.items()}
    if not said or any(not 1 <= len(text) <= LONGEST_TEXT for text in said.values()):
        raise Refused("no_texts")
    for language in said:
        _language(language)
    _put(by, ANNOUNCEMENT, {"texts": said}, until)


def force(by: By, mode: str, until: datetime | None = None) -> None:
    """``open``, ``closed`` or ``voicemail``, whatever the hours say; ``flow``: as the hours say."""
    if mode == "flow":
        _drop(by, HOURS)
    elif mode not in MODES:
        raise Refused("bad_mode")
    else:
        _put(by, HOURS, {"mode": mode}, until)


def close(by: By, queue: str, until: datetime | None = None) -> None:
    """Nobody joins this queue: callers get what the flow has for a closed one."""
    if queue not in load_queues(settings().queues).queues:
        raise Refused("no_queue")
    _put(by, QUEUE + queue, {"closed": True}, until)


def number(by: By, called: str, flow: str = "", language: str = "", calendar: str = "") -> None:
    """What answers calls to one of our numbers: a flow, the language it begins in, hours; '' for what is usual."""
    called = "".join(c for c in called if c not in " ()-.")
    if not is_number(called):
        raise Refused("bad_number")
    if language:
        _language(language)
    with reading(engine()) as conn:
        if flow and not _answers(conn, flow):
            raise Refused("no_flow")
        if calendar and switches.by_name(conn, CALENDAR + calendar) is None:
            raise Refused("no_calendar")
    _put(by, NUMBER + called, {"flow": flow, "language": language, "calendar": calendar}, None)


def calendar(by: By, name: str, hours: Mapping[str, Any]) -> None:
    """Hours of a shop, as a flow file writes them (``timezone``, ``open``, ``closed``, ``holidays``): numbers may go
    by them in the place of the flow's."""
    if not drafts.NAME.fullmatch(name):
        raise Refused("bad_calendar", "its name has small Latin letters, digits and _")
    try:
        made = Hours.model_validate(hours)
        for period in made.open:
            days_in(period.days)
        if made.holidays:
            is_holiday(made.holidays, datetime.now(UTC).date())
        ZoneInfo(made.timezone)
    except ValidationError as error:
        raise Refused(
            "bad_calendar", *(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        ) from None
    except (ValueError, KeyError, OSError, NotImplementedError) as error:
        raise Refused("bad_calendar", str(error)) from None
    _put(by, CALENDAR + name, made.model_dump(by_alias=True, exclude_defaults=True), None)


def off(by: By, name: str) -> None:
    """Take a switch back, by its name as :func:`shown` has it."""
    kind, _, subject = name.partition(":")
    if f"{kind}:" == CALENDAR:
        used = [one for one in shown() if one.name.startswith(NUMBER) and one.value.get("calendar") == subject]
        if used:
            raise Refused("calendar_used", *(one.name for one in used))
    if not _drop(by, name):
        raise Refused("not_switched")


def _put(by: By, name: str, value: Mapping[str, Any], until: datetime | None) -> None:
    now = datetime.now(UTC)
    if until is not None and until <= now:
        raise Refused("bad_moment")
    with engine().begin() as conn:
        before = switches.by_name(conn, name)
        switches.put(conn, name, value, until, by.person, now)
        old = before.shown() if before else {}
        audit.record(conn, by.person, "switch.put", name, old, {**value, "until": until}, via=by.via)
        switches.count(conn, now)
    tell()


def _drop(by: By, name: str) -> bool:
    with engine().begin() as conn:
        before = switches.by_name(conn, name)
        if before is None:
            return False
        switches.drop(conn, name)
        audit.record(conn, by.person, "switch.off", name, before.shown(), {}, via=by.via)
        switches.count(conn, datetime.now(UTC))
    tell()
    return True


def _answers(conn: Any, flow: str) -> bool:
    row = flows.by_name(conn, flow)
    return (row is not None and row.live is not None) or drafts.file_text()[0] == flow


def _language(language: str) -> None:
    if not re.fullmatch(LANGUAGE, language):
        raise Refused("bad_language")
