"""The exchange: every call, line, queue, conference, number and recording of the carrier, in memory."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from ivr.carriers.local.call import Call
from ivr.carriers.local.chaos import Chaos
from ivr.carriers.local.conferences import Conference
from ivr.carriers.local.model import Hook, IncomingNumber, Recording, Request, RestError
from ivr.carriers.local.queues import Queue
from ivr.carriers.local.sound import Sound
from ivr.carriers.local.webhooks import Webhooks
from ivr.settings import Settings

if TYPE_CHECKING:
    from ivr.carriers.local.lines import LineConnection

log = logging.getLogger(__name__)

OVERRIDES = "#rc=5&rp=ct,rt,5xx&ct=2000&rt=4500"
"""How the number's own addresses are asked: as `hotline twilio setup` registers them at Twilio."""
KEPT = 5000
"""Calls, conferences and recordings that are over are kept this many, for the REST API; then the oldest go."""

_T = TypeVar("_T")


class Exchange:
    """Built for one running carrier; everything in it belongs to that carrier's event loop."""

    def __init__(self, settings: Settings) -> None:
        self.account_sid = settings.account_sid
        self.auth_token = settings.auth_token
        self.api_url = settings.carrier_api_url or f"http://127.0.0.1:{settings.port + 2}"
        self.webhooks = Webhooks(settings.auth_token)
        self.sound = Sound(settings.data_dir)
        self.client_application = Hook(f"{settings.web_url}/twilio/agent{OVERRIDES}")
        number = IncomingNumber(
            settings.phone_number,
            voice=Hook(f"{settings.web_url}/twilio/voice{OVERRIDES}"),
            fallback=Hook(f"{settings.web_url}/twilio/fallback{OVERRIDES}"),
            status=Hook(f"{settings.web_url}/twilio/status"),
            friendly_name="Hotline",
        )
        self.numbers: dict[str, IncomingNumber] = {number.sid: number}
        self.calls: dict[str, Call] = {}
        self.queues: dict[str, Queue] = {}
        self.conferences: dict[str, Conference] = {}
        self.recordings: dict[str, Recording] = {}
        self.lines: dict[str, list[LineConnection]] = {}
        self._open_conferences: dict[str, Conference] = {}

    # -- lines -----------------------------------------------------------------------------------------------

    def register(self, address: str, line: LineConnection) -> None:
        """From now on calls to this number or client ring at this line; the newest line is rung first."""
        self.lines.setdefault(address, []).append(line)

    def unregister(self, address: str, line: LineConnection) -> None:
        held = self.lines.get(address, [])
        if line in held:
            held.remove(line)
        if not held:
            self.lines.pop(address, None)

    def phone_for(self, address: str) -> LineConnection | None:
        """The line to ring: an idle one if there is one; None when nobody has registered."""
        held = self.lines.get(address, [])
        return next((line for line in reversed(held) if line.call is None), held[-1] if held else None)

    # -- calls -----------------------------------------------------------------------------------------------

    def incoming(self, to: str, from_: str, chaos: Chaos) -> Call:
        """A call that a telephone dials. Raises ``ValueError`` for a number that is not ours."""
        number = self.number(to)
        if number is None:
            raise ValueError(f"no such number: {to}")
        return self.add(
            Call(
                self,
                from_=from_,
                to=to,
                direction="inbound",
                first=Request(number.voice.url, number.voice.method),
                fallback=number.fallback,
                status_hook=number.status,
                chaos=chaos,
            )
        )

    def client_call(self, identity: str, params: dict[str, str], chaos: Chaos) -> Call:
        """A call that a browser phone makes, with its own parameters."""
        number = next(iter(self.numbers.values()))
        call = Call(
            self,
            from_=identity,
            to="",
            direction="inbound",
            first=Request(self.client_application.url, self.client_application.method),
            status_hook=number.status,
            chaos=chaos,
        )
        call.forwarded_params = params
        return self.add(call)

    def outgoing(self, **about: Any) -> Call:
        """A call that the REST API makes; see :class:`Call` for ``about``."""
        call = self.add(Call(self, direction="outbound-api", **about))
        call.start_outbound()
        return call

    def add(self, call: Call) -> Call:
        self.calls[call.sid] = call
        return call

    def call_over(self, call: Call) -> None:
        """Forgets the oldest that are over."""
        if len(self.calls) > KEPT:
            over = [one.sid for one in self.calls.values() if one.over.is_set()]
            for old in over[: len(self.calls) - KEPT]:
                del self.calls[old]
        log.info("Call %s is over: %s after %s s", call.sid, call.status, call.duration)

    def call(self, key: str) -> Call:
        """Raises 404."""
        return _found(self.calls, key, "Calls")

    def number(self, phone_number: str) -> IncomingNumber | None:
        return next((one for one in self.numbers.values() if one.phone_number == phone_number), None)

    # -- queues and conferences ------------------------------------------------------------------------------

    def queue_named(self, name: str) -> Queue:
        """The queue of that name, made when it is not there, as ``<Enqueue>`` does."""
        for queue in self.queues.values():
            if queue.name == name:
                return queue
        queue = Queue(name)
        self.queues[queue.sid] = queue
        return queue

    def queue(self, key: str) -> Queue:
        """Raises 404."""
        return _found(self.queues, key, "Queues")

    def conference_named(self, name: str) -> Conference:
        """The open conference of that name, begun when there is none."""
        conference = self._open_conferences.get(name)
        if conference is None:
            conference = Conference(self, name, None, frozenset())
            self._open_conferences[name] = self.conferences[conference.sid] = conference
        return conference

    def conference_over(self, conference: Conference) -> None:
        if self._open_conferences.get(conference.name) is conference:
            del self._open_conferences[conference.name]
        over = [one.sid for one in self.conferences.values() if one.status == "completed"]
        for old in over[: max(0, len(self.conferences) - KEPT)]:
            del self.conferences[old]

    def conference(self, key: str) -> Conference:
        """By SID, or by name while it is open. Raises 404."""
        return self._open_conferences.get(key) or _found(self.conferences, key, "Conferences")

    def recording(self, key: str) -> Recording:
        """Raises 404."""
        return _found(self.recordings, key, "Recordings")

    # -- the end ---------------------------------------------------------------------------------------------

    async def stop(self) -> None:
        """Ends every call, so that telephones are told."""
        for call in list(self.calls.values()):
            call.hang_up("carrier stopped")
        alive = [call for call in self.calls.values() if not call.over.is_set()]
        for call in alive:
            await call.over.wait()


def _found(where: dict[str, _T], key: str, kind: str) -> _T:
    if key not in where:
        raise RestError(404, 20404, f"The requested resource /{kind}/{key} was not found")
    return where[key]
