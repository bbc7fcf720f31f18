"""One call leg: its states, who is told of them, and the task that runs its TwiML until somebody hangs up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Protocol

import phonenumbers

from ivr.carriers.local.chaos import Chaos
from ivr.carriers.local.handset import Handset, Phone
from ivr.carriers.local.interpreter import Interpreter
from ivr.carriers.local.model import API_VERSION, CallStatus, Hook, Request, now, sid
from ivr.carriers.local.webhooks import Events

if TYPE_CHECKING:
    from ivr.carriers.local.exchange import Exchange
    from ivr.carriers.local.queues import Member
    from ivr.carriers.local.recorder import Recorder

log = logging.getLogger(__name__)

DEFAULT_EVENTS = frozenset({"completed"})


class Room(Protocol):
    """Where a call talks with others: a conference or a bridge."""

    def said(self, call: Call, text: str) -> None: ...


class Call:
    """A leg, alive or over. ``first`` is what it asks once it is answered (outbound) or at once (inbound)."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        from_: str,
        to: str,
        direction: str,
        first: Request,
        fallback: Hook | None = None,
        status_hook: Hook | None = None,
        status_events: frozenset[str] = DEFAULT_EVENTS,
        parent: Call | None = None,
        chaos: Chaos | None = None,
        timeout: float = 60,
        detect_machine: bool = False,
    ) -> None:
        self.exchange = exchange
        self.sid = sid("CA")
        self.from_, self.to, self.direction = from_, to, direction
        self.first, self.fallback = first, fallback
        self.status_hook, self.status_events = status_hook, status_events
        self.parent = parent
        self.chaos = chaos or Chaos()
        self.timeout = timeout
        self.detect_machine = detect_machine
        self.answered_by: str | None = None
        self.forwarded_params: dict[str, str] = {}
        self.status = CallStatus.QUEUED
        self.created = now()
        self.started: datetime | None = None
        self.ended: datetime | None = None
        self.handset: Handset | None = None
        self.room: Room | None = None
        self.member: Member | None = None
        self.trouble: str | None = None
        self.over = asyncio.Event()
        self.events = Events(exchange.webhooks)
        self._asked = 0
        self._sequence = 0
        self._reason: str | None = None
        self._next: Request | None = None
        self._body: asyncio.Task[str] | None = None
        self._answer: asyncio.Future[bool] | None = None
        self.recorders: list[Recorder] = []
        self.after_answer: Callable[[Call], Any] | None = None

    # -- facts ----------------------------------------------------------------------------------------------

    @property
    def duration(self) -> int:
        """Whole seconds from answer to end, rounded up as a bill is; 0 when never answered."""
        if self.started is None:
            return 0
        return max(1, round(((self.ended or now()) - self.started).total_seconds()))

    def form(self) -> dict[str, str]:
        """The fields that go with every webhook about this call."""
        fields = {
            "CallSid": self.sid,
            "AccountSid": self.exchange.account_sid,
            "From": self.from_,
            "To": self.to,
            "Caller": self.from_,
            "Called": self.to,
            "CallStatus": str(self.status),
            "Direction": self.direction,
            "ApiVersion": API_VERSION,
        }
        for name in ("From", "To", "Caller", "Called"):
            country = _country(fields[name])
            if country:
                fields[f"{name}Country"] = country
        if self.parent is not None:
            fields["ParentCallSid"] = self.parent.sid
        if self.answered_by:
            fields["AnsweredBy"] = self.answered_by
        if self.handset is not None and not self.handset.mic:
            # As a telephone of SIP may: a header of its own, which the carrier passes on.
            fields["SipHeader_X-Sound"] = "none"
        return fields

    def next_index(self) -> int:
        """The number of the call's next webhook: what chaos decides by."""
        self._asked += 1
        return self._asked - 1

    # -- states ---------------------------------------------------------------------------------------------

    def set_status(self, status: CallStatus) -> None:
        """Forward only; tells whoever wanted to be told."""
        if self.status.over or status is self.status:
            return
        self.status = status
        if status is CallStatus.IN_PROGRESS:
            self.started = now()
        if status.over:
            self.ended = now()
        name = {"in-progress": "answered"}.get(status, "completed" if status.over else str(status))
        if self.status_hook is None or name not in self.status_events:
            return
        fields = self.form() | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._sequence),
            "Timestamp": format_datetime(now()),
        }
        self._sequence += 1
        if status.over:
            fields["CallDuration"] = str(self.duration)
            fields["Duration"] = str(-(-self.duration // 60))
        self.events.tell(self.status_hook.url, self.status_hook.method, fields, self.chaos)

    def answer(self) -> None:
        """An incoming call is taken: by the first verb that needs somebody at the other end."""
        if self.status is CallStatus.RINGING and self.direction == "inbound":
            self.set_status(CallStatus.IN_PROGRESS)
            if self.handset:
                self.handset.phone.send({"type": "answered", "sid": self.sid})

    def attach(self, phone: Phone, *, audio: bool, language: str, mic: bool = False) -> None:
        self.handset = Handset(phone, self.exchange.sound, self.sid, audio, language, self.heard, mic=mic)

    def heard(self, text: str, language: str) -> None:
        """What its person says or hears: recordings in progress take it in."""
        for recorder in self.recorders:
            recorder.add(text, language)

    # -- life -----------------------------------------------------------------------------------------------

    def start_inbound(self, phone: Phone, *, audio: bool, language: str, mic: bool = False) -> None:
        """The phone has dialled us."""
        self.attach(phone, audio=audio, language=language, mic=mic)
        self.status = CallStatus.RINGING
        phone.send({"type": "ringing", "sid": self.sid})
        self.exchange.webhooks.spawn(self._run())

    def start_outbound(self) -> None:
        """Ring ``to``; runs ``first`` when it is answered."""
        self.exchange.webhooks.spawn(self._run())

    async def _run(self) -> None:
        try:
            if self.direction == "inbound" or await self._rung():
                await self._talk()
        except Exception:
            log.exception("A call broke")
            self.trouble = "the carrier failed"
            self._reason = self._reason or "failed"
        finally:
            self._finish()

    async def _rung(self) -> bool:
        """Whether somebody answered."""
        self.set_status(CallStatus.INITIATED)
        phone = self.exchange.phone_for(self.to)
        if phone is not None and not phone.ring(self):
            self._reason = "busy"
            return False
        if phone is not None:
            self.set_status(CallStatus.RINGING)
        self._answer = asyncio.get_running_loop().create_future()
        if self._reason:
            return False
        try:
            async with asyncio.timeout(self.timeout):
                taken = await self._answer
        except TimeoutError:
            self._reason = "no-answer"
            return False
        if not taken:
            self._reason = self._reason or "busy"
            return False
        self.set_status(CallStatus.IN_PROGRESS)
        if self.handset:
            self.handset.phone.send({"type": "answered", "sid": self.sid})
        return True

    def picked_up(self, taken: bool, *, machine: bool = False) -> None:
        """The phone that rings was answered, or the call was declined."""
        if self.detect_machine:
            self.answered_by = "machine_start" if machine else "human"
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(taken)

    async def _talk(self) -> None:
        if self.after_answer is not None:  # a dialled leg does nothing but talk
            self.after_answer(self)
            self._body = asyncio.create_task(_until_hung_up())
            await asyncio.wait({self._body})
            return
        request: Request | None = self.first
        while request is not None and self._reason is None:
            self._body = asyncio.create_task(Interpreter(self).follow(request))
            request = None
            try:
                reason = await self._body
            except asyncio.CancelledError:
                if self._reason is None and self._next is None:
                    raise
            else:
                if self._next is None:
                    self._reason = self._reason or reason
            request, self._next = self._next, None

    @property
    def is_redirected(self) -> bool:
        """Whether it is leaving what it does for another document."""
        return self._next is not None and self._reason is None

    def redirect(self, request: Request) -> None:
        """Leave whatever is being done and do this (a REST update of the call)."""
        self._next = request
        if self._body is not None:
            self._body.cancel()
        else:
            self.first = request
            self._next = None

    def hang_up(self, reason: str = "completed") -> None:
        """End the call. Safe at any time, more than once."""
        if self.over.is_set() or self._reason is not None:
            return
        self._reason = reason
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(False)
        if self._body is not None:
            self._body.cancel()

    def _finish(self) -> None:
        reason = self._reason or "completed"
        if self.started is not None:
            final = CallStatus.COMPLETED
        else:
            final = {
                "busy": CallStatus.BUSY,
                "rejected": CallStatus.BUSY,
                "no-answer": CallStatus.NO_ANSWER,
                "failed": CallStatus.FAILED,
                "completed": CallStatus.COMPLETED,
            }.get(reason, CallStatus.CANCELED if self.direction != "inbound" else CallStatus.NO_ANSWER)
        for recorder in list(self.recorders):
            recorder.stop()
        self.set_status(final)
        self.over.set()
        if self.handset:
            phone = self.handset.phone
            phone.send({"type": "ended", "sid": self.sid, "reason": reason})
        self.exchange.call_over(self)


async def _until_hung_up() -> str:
    await asyncio.get_running_loop().create_future()
    return "completed"


def _country(number: str) -> str | None:
    """``RU`` for a number in international form; None for a client or a withheld number."""
    if not number.startswith("+"):
        return None
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None
