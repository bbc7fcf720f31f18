"""Runs TwiML: asks for documents, performs their verbs one by one, and says how it ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from ivr.carriers.local import collecting, streams
from ivr.carriers.local.model import Request
from ivr.carriers.local.twiml import Document, Element, TwimlError, language_of, number, parse, text_of
from ivr.carriers.local.webhooks import WebhookFailed

if TYPE_CHECKING:
    from ivr.carriers.local.call import Call

log = logging.getLogger(__name__)

APPLICATION_ERROR = "We are sorry. An application error has occurred. Goodbye."

VERBS = frozenset(
    {"Say", "Play", "Pause", "Gather", "Record", "Redirect", "Hangup", "Reject", "Enqueue", "Leave", "Dial", "Connect"}
)
_WAIT_VERBS = frozenset({"Say", "Play", "Pause", "Gather", "Redirect", "Leave", "Hangup"})
_PROMPT_VERBS = frozenset({"Say", "Play", "Pause"})
_DOES_NOT_ANSWER = frozenset({"Reject", "Redirect", "Hangup"})

TURNS_WITHOUT_A_WAIT = 500
"""A document that redirects to itself without ever waiting is stopped, as Twilio stops it."""


class GoTo(Exception):
    """Go on with another document."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.request = request


class HangUp(Exception):
    """The document ends the call."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class Leave(Exception):
    """The document leaves the queue."""


class Interpreter:
    """Follows documents for one call. ``context`` adds fields to each request (a queue's position); with it the
    documents are those of a waiting caller: fewer verbs, music takes its time, errors go to whoever waits."""

    def __init__(self, call: Call, context: Callable[[], dict[str, str]] | None = None) -> None:
        self.call = call
        self.waiting = context is not None
        self._context = context or dict
        self._fell_back = False

    async def follow(self, request: Request) -> str:
        """Until the document runs out or hangs up; returns why the call ended. Never raises for a bad document."""
        for _ in range(TURNS_WITHOUT_A_WAIT):
            try:
                await self.run(await self.fetch(request))
            except GoTo as there:
                request = there.request
            except HangUp as end:
                return end.reason
            except (WebhookFailed, TwimlError) as error:
                log.warning("Error %s in a call: %s", error.code, error)
                fallback = self.call.fallback
                if fallback is None or self._fell_back:
                    return await self._application_error(f"{error.code}: {error}")
                self._fell_back = True
                form = {"ErrorCode": str(error.code), "ErrorUrl": request.url}
                request = Request(fallback.url, fallback.method, form)
            else:
                return "completed"
        return await self._application_error("11100: the documents go round without end")

    async def follow_waiting(self, request: Request) -> None:
        """One round of a wait document and the documents it leads to. Raises :class:`Leave`, :class:`HangUp`,
        ``WebhookFailed``, ``TwimlError``."""
        while True:
            try:
                return await self.run(await self.fetch(request))
            except GoTo as there:
                request = there.request

    async def fetch(self, request: Request) -> Document:
        if request.twiml is not None:
            return parse(request.twiml.encode(), "text/xml", request.url)
        call = self.call
        form = call.form() | call.forwarded_params | self._context() | request.form
        reply = await call.exchange.webhooks.ask(request.url, request.method, form, call.chaos, call.next_index())
        return parse(reply.body, reply.content_type, request.url)

    async def run(self, document: Document) -> None:
        """Performs the verbs in order. Raises what changes the course: GoTo, HangUp, Leave, TwimlError."""
        self._prepare(document.verbs)
        for verb in document.verbs:
            if verb.tag not in (_WAIT_VERBS if self.waiting else VERBS):
                raise TwimlError(12200, f"<{verb.tag}> is not allowed here")
            if verb.tag not in _DOES_NOT_ANSWER:
                self.call.answer()
            await self._perform(verb, document)

    async def _perform(self, verb: Element, document: Document) -> None:
        # Enqueue and Dial run interpreters of their own, so they can only be imported once this module is there.
        from ivr.carriers.local import dialing, queues

        match verb.tag:
            case "Say" | "Play" | "Pause":
                await self.prompt(verb, document)
            case "Gather":
                await collecting.gather(self, verb, document)
            case "Record":
                await collecting.record(self, verb, document)
            case "Redirect":
                raise GoTo(Request(document.resolve(text_of(verb)), verb.get("method", "POST")))
            case "Hangup":
                raise HangUp("completed")
            case "Reject":
                if self.call.started is None:
                    raise HangUp("rejected" if verb.get("reason", "rejected") == "rejected" else "busy")
                log.warning("<Reject> in a call that is answered already does nothing")
            case "Leave":
                if not self.waiting:
                    raise TwimlError(12200, "<Leave> outside a queue")
                raise Leave
            case "Connect":
                await streams.stream(self, verb, document)
            case "Enqueue":
                await queues.enqueue(self, verb, document)
            case "Dial":
                await dialing.dial(self, verb, document)

    async def prompt(self, verb: Element, document: Document, before_waiting: Callable[[], None] | None = None) -> None:
        """Say, Play or Pause. ``before_waiting`` is called once it is known that real time will pass."""
        handset = self.call.handset
        if verb.tag not in _PROMPT_VERBS:
            raise TwimlError(12200, f"<{verb.tag}> may not stand inside <Gather>")
        notify = before_waiting or (lambda: None)
        if verb.tag == "Pause":
            notify()
            await asyncio.sleep(number(verb, "length", 1))
        elif handset is None:
            return
        elif verb.tag == "Say":
            loop = int(number(verb, "loop", 1))
            for _ in range(min(loop, 100) if loop else 100):
                await handset.say(text_of(verb), language_of(verb, handset.language))
        elif digits := verb.get("digits"):
            await handset.keys(digits)
        else:
            loop = int(number(verb, "loop", 1))
            if self.waiting or loop == 0:
                notify()
            kind = "music" if self.waiting else "file"
            await handset.file(document.resolve(text_of(verb)), loop, kind, timed=self.waiting)

    def _prepare(self, verbs: tuple[Element, ...]) -> None:
        """Sentences are synthesised ahead, so that one follows the other without a gap."""
        handset = self.call.handset
        if handset is None or not handset.audio:
            return
        for verb in verbs:
            for say in verb.iter("Say"):
                if text := text_of(say):
                    speaking = handset.sound.speech(text, language_of(say, handset.language))
                    self.call.exchange.webhooks.spawn(speaking)

    async def _application_error(self, trouble: str) -> str:
        self.call.trouble = trouble
        self.call.answer()
        if handset := self.call.handset:
            handset.trouble(f"application error {trouble}")
            await handset.say(APPLICATION_ERROR, "en")
        return "application error"
