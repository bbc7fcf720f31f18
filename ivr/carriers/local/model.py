"""The carrier's records as values: states, addresses to ask, numbers, recordings, and the errors of its REST API."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

API_VERSION = "2010-04-01"

ANONYMOUS = "anonymous"
"""The calling number of a caller who withholds it."""


class CallStatus(StrEnum):
    """Where a call is. The last five are final."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def over(self) -> bool:
        return self in _OVER


_OVER = {CallStatus.COMPLETED, CallStatus.BUSY, CallStatus.NO_ANSWER, CallStatus.FAILED, CallStatus.CANCELED}


class RestError(Exception):
    """An error of the REST API, in Twilio's words: HTTP status, error code, message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Hook:
    """An address of the application and how to ask it."""

    url: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Request:
    """What a call does next: ask ``url``, or run ``twiml`` given outright."""

    url: str = ""
    method: str = "POST"
    form: dict[str, str] = field(default_factory=dict)
    twiml: str | None = None


@dataclass(slots=True)
class IncomingNumber:
    """A number of the account, and where its calls go; changed through the REST API."""

    phone_number: str
    voice: Hook
    fallback: Hook | None = None
    status: Hook | None = None
    friendly_name: str = ""
    sid: str = field(default_factory=lambda: sid("PN"))
    created: datetime = field(default_factory=lambda: now())
    updated: datetime = field(default_factory=lambda: now())


@dataclass(slots=True)
class Recording:
    """What a caller said into ``<Record>``, or a recorded call. ``transcript`` is what was typed; the audio is in
    ``wav``."""

    call_sid: str
    seconds: int
    transcript: str
    wav: bytes
    sid: str = field(default_factory=lambda: sid("RE"))
    started: datetime = field(default_factory=lambda: now())


def sid(prefix: str) -> str:
    """A new identifier in Twilio's shape: two letters and 32 hexadecimal digits."""
    return prefix + uuid.uuid4().hex


def now() -> datetime:
    return datetime.now(UTC)
