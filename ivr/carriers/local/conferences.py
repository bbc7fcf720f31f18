"""Conferences: who is in, who hears whom, what the application is told, and when it is over."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ivr.carriers.local.chaos import Chaos
from ivr.carriers.local.mixing import Mixer
from ivr.carriers.local.model import Hook, Request, RestError, now, sid
from ivr.carriers.local.twiml import TwimlError
from ivr.carriers.local.webhooks import Events, WebhookFailed

if TYPE_CHECKING:
    from ivr.carriers.local.call import Call
    from ivr.carriers.local.exchange import Exchange
    from ivr.carriers.local.handset import Handset

log = logging.getLogger(__name__)

_SHORTEST_ROUND = 1.0


@dataclass(slots=True)
class Participant:
    """A call in a conference. ``left`` is set when it is out, whatever the reason."""

    call: Call
    label: str = ""
    muted: bool = False
    hold: bool = False
    coaching: str = ""
    start_on_enter: bool = True
    end_on_exit: bool = False
    wait_url: str | None = None
    wait_method: str = "POST"
    hold_url: str | None = None
    hold_method: str = "POST"
    created: datetime = field(default_factory=now)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    music: asyncio.Task[None] | None = None
    talking: bool = False


class Conference:
    """A room by name. It ends when the last one leaves, or one whose exit ends it."""

    def __init__(self, exchange: Exchange, name: str, hook: Hook | None, events: frozenset[str]) -> None:
        self._exchange = exchange
        self.name = name
        self.sid = sid("CF")
        self.created = self.updated = now()
        self.participants: list[Participant] = []
        self.status = "init"
        self.reason_ended: str | None = None
        self.ended_by: str | None = None
        self._hook, self._wanted = hook, events
        self._events = Events(exchange.webhooks)
        self._sequence = 0
        self._chaos = Chaos()
        self._talk: asyncio.Queue[tuple[Call, str]] = asyncio.Queue()
        self._talking: asyncio.Task[None] | None = None
        self._sound = Mixer(self._hears)

    # -- coming and going ------------------------------------------------------------------------------------

    def join(self, participant: Participant) -> None:
        self.participants.append(participant)
        participant.call.room = self
        if participant.call.handset is not None:
            self._sound.add(participant.call.handset)
        self._chaos = participant.call.chaos
        self._tell("participant-join", "join", participant)
        startable = any(one.start_on_enter for one in self.participants)
        if self.status == "init" and startable and len(self.participants) > 1:
            self.status = "in-progress"
            self._tell("conference-start", "start")
        self._settle()

    def leave(self, participant: Participant, reason: str = "participant_updated_via_api") -> None:
        """Idempotent: whoever has left has left."""
        if participant not in self.participants:
            return
        self.participants.remove(participant)
        participant.left.set()
        participant.call.room = None
        if participant.call.handset is not None:
            self._sound.remove(participant.call.handset)
        self._hush(participant)
        self._talkable(participant, False)
        self._tell("participant-leave", "leave", participant, {"ReasonParticipantLeft": reason})
        if participant.end_on_exit and self.status != "completed":
            self.end("participant-with-end-conference-on-exit-left", participant.call.sid)
        elif not self.participants:
            self.end("last-participant-left", participant.call.sid)
        else:
            self._settle()

    def end(self, reason: str = "conference-ended-via-api", by: str | None = None) -> None:
        """Everybody is out; their calls go on with what follows their ``<Dial>``."""
        if self.status == "completed":
            return
        self.status, self.reason_ended, self.ended_by = "completed", reason, by
        for participant in list(self.participants):
            self.leave(participant, "conference_ended")
        more = {"ReasonConferenceEnded": reason}
        if by:
            more["CallSidEndingConference"] = by
        self._tell("conference-end", "end", None, more)
        if self._talking:
            self._talking.cancel()
        self._exchange.conference_over(self)

    # -- hearing ---------------------------------------------------------------------------------------------

    def said(self, call: Call, text: str) -> None:
        """Somebody speaks: the others hear it, in order."""
        self._talk.put_nowait((call, text))
        if self._talking is None or self._talking.done():
            self._talking = self._exchange.webhooks.spawn(self._carry_talk())

    async def _carry_talk(self) -> None:
        while True:
            call, text = await self._talk.get()
            speaker = self._of(call)
            if speaker is None or speaker.muted or speaker.hold or self.status != "in-progress":
                continue
            language = call.handset.language if call.handset else "ru"
            for other in list(self.participants):
                if other.call.handset is not None and self._hears_who(other, speaker):
                    await other.call.handset.peer(text, language)

    def _hears(self, listener: Handset, speaker: Handset) -> bool:
        """The same for sound."""
        by = {id(one.call.handset): one for one in self.participants}
        heard, speaks = by.get(id(listener)), by.get(id(speaker))
        return heard is not None and speaks is not None and self._hears_who(heard, speaks)

    def _hears_who(self, listener: Participant, speaker: Participant) -> bool:
        if listener is speaker or listener.hold or speaker.muted or speaker.hold or self.status != "in-progress":
            return False
        return not speaker.coaching or listener.call.sid == speaker.coaching

    def _settle(self) -> None:
        """Music for whoever waits or is on hold, none for the others."""
        for participant in self.participants:
            waiting = self.status == "init" or len(self.participants) == 1
            if participant.hold or waiting:
                if participant.music is None:
                    self._talkable(participant, False)
                    participant.music = self._exchange.webhooks.spawn(self._entertain(participant))
            else:
                self._hush(participant)
                self._talkable(participant, True)

    @staticmethod
    def _talkable(participant: Participant, can: bool) -> None:
        if participant.call.handset and participant.talking != can:
            participant.talking = can
            participant.call.handset.listening(dtmf=False, speech=can, talk=can)

    @staticmethod
    def _hush(participant: Participant) -> None:
        if participant.music is not None:
            participant.music.cancel()
            participant.music = None

    async def _entertain(self, participant: Participant) -> None:
        handset = participant.call.handset
        url, method = participant.wait_url, participant.wait_method
        if participant.hold:
            url, method = participant.hold_url, participant.hold_method
        if handset is None or url == "":
            return
        if url is None:
            await handset.music()
            return
        clock = asyncio.get_running_loop().time
        while True:
            started = clock()
            if not await self._play(participant, Request(url, method)):
                await handset.music()
            await asyncio.sleep(max(0.0, started + _SHORTEST_ROUND - clock()))

    async def _play(self, participant: Participant, request: Request) -> bool:
        """What a document of the application plays to one participant; False when it cannot be used."""
        from ivr.carriers.local.interpreter import HangUp, Interpreter, Leave

        player = Interpreter(participant.call, lambda: {"ConferenceSid": self.sid, "FriendlyName": self.name})
        try:
            await player.follow_waiting(request)
        except (Leave, HangUp, WebhookFailed, TwimlError) as error:
            log.warning("A document played in a conference cannot be used: %s", error)
            return False
        return True

    # -- REST ------------------------------------------------------------------------------------------------

    def participant(self, key: str) -> Participant:
        """By call SID or label. Raises 404."""
        for participant in self.participants:
            if key in (participant.call.sid, participant.label) and key:
                return participant
        raise RestError(404, 20404, f"The requested resource /Participants/{key} was not found")

    def announce(self, participant: Participant, request: Request) -> None:
        """Play a document to one participant, once; the others do not hear it."""
        self._exchange.webhooks.spawn(self._play(participant, request))

    def hold(self, participant: Participant, hold: bool, url: str | None = None, method: str = "POST") -> None:
        """``url``: what to play meanwhile; None: our music."""
        if participant.hold != hold:
            self._hush(participant)
            participant.hold, participant.hold_url, participant.hold_method = hold, url, method
            self._tell("participant-hold" if hold else "participant-unhold", "hold", participant)
            self._settle()

    def mute(self, participant: Participant, muted: bool) -> None:
        if participant.muted != muted:
            participant.muted = muted
            self._tell("participant-mute" if muted else "participant-unmute", "mute", participant)

    def _of(self, call: Call) -> Participant | None:
        return next((one for one in self.participants if one.call is call), None)

    # -- telling ---------------------------------------------------------------------------------------------

    def listen(self, hook: Hook, events: frozenset[str]) -> None:
        """Who is told is decided by the first participant that names somebody."""
        if self._hook is None:
            self._hook, self._wanted = hook, events

    def _tell(
        self, event: str, kind: str, about: Participant | None = None, more: dict[str, str] | None = None
    ) -> None:
        self.updated = now()
        if self._hook is None or kind not in self._wanted:
            return
        self._sequence += 1
        fields = {
            "AccountSid": self._exchange.account_sid,
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "StatusCallbackEvent": event,
            "SequenceNumber": str(self._sequence),
            "Timestamp": format_datetime(now()),
        }
        if about is not None:
            fields |= {
                "CallSid": about.call.sid,
                "Muted": _word(about.muted),
                "Hold": _word(about.hold),
                "Coaching": _word(bool(about.coaching)),
                "EndConferenceOnExit": _word(about.end_on_exit),
                "StartConferenceOnEnter": _word(about.start_on_enter),
            }
            if about.label:
                fields["ParticipantLabel"] = about.label
        self._events.tell(self._hook.url, self._hook.method, fields | (more or {}), self._chaos)


def _word(value: bool) -> str:
    return str(value).lower()
