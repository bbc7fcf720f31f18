"""Queues of waiting callers: Enqueue, its wait loop, and the ways out of it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ivr.carriers.local.model import Request, RestError, now, sid
from ivr.carriers.local.twiml import Document, Element, TwimlError, text_of
from ivr.carriers.local.webhooks import WebhookFailed

if TYPE_CHECKING:
    from ivr.carriers.local.call import Call
    from ivr.carriers.local.interpreter import Interpreter

log = logging.getLogger(__name__)

MAX_SIZE = 1000
_SHORTEST_ROUND = 1.0
"""Seconds: a wait document that takes no time is not asked for again before this."""


@dataclass(slots=True)
class Member:
    """A call in a queue. ``way_out`` gets the document that the REST API moves it to; only the first move counts."""

    call: Call
    queue: Queue
    enqueued: datetime = field(default_factory=now)
    way_out: asyncio.Future[Request] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def waited(self) -> int:
        return int((now() - self.enqueued).total_seconds())


@dataclass(slots=True)
class Queue:
    """First in, first out by default; the application takes whom it wants."""

    name: str
    max_size: int = MAX_SIZE
    sid: str = field(default_factory=lambda: sid("QU"))
    created: datetime = field(default_factory=now)
    members: list[Member] = field(default_factory=list)

    @property
    def average_wait(self) -> int:
        """Seconds, of those who wait now."""
        return sum(member.waited for member in self.members) // len(self.members) if self.members else 0

    def member(self, key: str) -> Member:
        """By call SID, or ``Front``. Raises 404: the member has left."""
        for member in self.members:
            if key in (member.call.sid, "Front"):
                return member
        raise RestError(404, 20404, f"The requested resource /Queues/{self.sid}/Members/{key} was not found")

    def dequeue(self, member: Member, request: Request) -> None:
        """Move a member to a document. The place is free from here on."""
        self.members.remove(member)
        if not member.way_out.done():
            member.way_out.set_result(request)


async def enqueue(interpreter: Interpreter, verb: Element, document: Document) -> None:
    """Waits in the queue. Raises ``GoTo`` (the action, or where the REST API moved the call) or ``HangUp``; returns
    when there is no action and the call is still there."""
    from ivr.carriers.local.interpreter import GoTo, HangUp

    call = interpreter.call
    queue = call.exchange.queue_named(text_of(verb) or "default")
    action = verb.get("action")

    def leaving(result: str, seconds: int) -> dict[str, str]:
        return {"QueueResult": result, "QueueSid": queue.sid, "QueueTime": str(seconds)}

    def tell(result: str, seconds: int) -> None:
        """The action, when its reply can no longer matter to this call."""
        if action:
            form = call.form() | leaving(result, seconds)
            if result == "hangup":
                form["CallStatus"] = "completed"
            call.events.tell(document.resolve(action), verb.get("method", "POST"), form, call.chaos)

    if len(queue.members) >= queue.max_size:
        result, seconds = "queue-full", 0
    else:
        member = Member(call, queue)
        queue.members.append(member)
        call.member = member
        result = "hangup"  # what it is unless somebody says otherwise
        try:
            outcome = await _wait(interpreter, verb, document, member)
            if isinstance(outcome, Request):
                result = "redirected"
                raise GoTo(outcome)
            result = outcome
        except HangUp:
            result = "hangup"
            raise
        finally:
            if member in queue.members:
                queue.members.remove(member)
            call.member = None
            seconds = member.waited
            if result == "redirected":
                tell(result, seconds)
            elif result == "hangup":
                # A redirect of the whole call (REST update) also ends up here, and is told as one.
                tell("redirected" if call.is_redirected else "hangup", seconds)
    if action:
        raise GoTo(Request(document.resolve(action), verb.get("method", "POST"), leaving(result, seconds)))


async def _wait(interpreter: Interpreter, verb: Element, document: Document, member: Member) -> Request | str:
    """Where the REST API moves the call, or the QueueResult ``leave`` or ``error``."""
    looping = asyncio.create_task(_loop(interpreter, verb, document, member))
    try:
        either: set[asyncio.Future[Any]] = {looping, member.way_out}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if member.way_out.done():
            return member.way_out.result()
        return await looping
    finally:
        if not looping.done():
            looping.cancel()
            await asyncio.wait({looping})


async def _loop(interpreter: Interpreter, verb: Element, document: Document, member: Member) -> str:
    from ivr.carriers.local.interpreter import Interpreter, Leave

    call, queue = interpreter.call, member.queue
    url = verb.get("waitUrl")
    if url is None or not url.strip():
        if call.handset:
            await call.handset.music()
        await asyncio.get_running_loop().create_future()

    def context() -> dict[str, str]:
        position = queue.members.index(member) + 1 if member in queue.members else 0
        return {
            "QueueSid": queue.sid,
            "QueuePosition": str(position),
            "QueueTime": str(member.waited),
            "AvgQueueTime": str(queue.average_wait),
            "CurrentQueueSize": str(len(queue.members)),
        }

    waiter = Interpreter(call, context)
    request = Request(document.resolve(url), verb.get("waitUrlMethod", "POST"))
    clock = asyncio.get_running_loop().time
    while True:
        started = clock()
        try:
            await waiter.follow_waiting(request)
        except Leave:
            return "leave"
        except (WebhookFailed, TwimlError) as error:
            log.warning("Error %s in a wait loop: %s", error.code, error)
            if call.handset:
                call.handset.trouble(f"error in the wait document: {error}")
            return "error"
        await asyncio.sleep(max(0.0, started + _SHORTEST_ROUND - clock()))
