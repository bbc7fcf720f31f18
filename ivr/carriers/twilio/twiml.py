"""Replies in TwiML, through the SDK's classes: texts are escaped by it, control characters taken out here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote
from xml.etree import ElementTree

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from callqueue.ports import Seat
from flows.engine.events import Listen, Record, Say
from ivr.calls.model import Bridge, DialOut, End, Over, Park, Poll, Reply, Resume
from ivr.calls.waiting import Heard
from ivr.calls.words import words
from ivr.carriers.twilio.urls import Urls

LANGUAGES = {"ru": "ru-RU", "en": "en-GB", "uk": "uk-UA", "de": "de-DE", "es": "es-ES", "fr": "fr-FR", "pl": "pl-PL"}
"""The language of recognition and of the voice, by the flow's language."""
VOICES = {"ru": "Polly.Tatyana", "en": "Polly.Amy", "uk": "Google.uk-UA-Wavenet-A"}
"""Other languages are spoken by the carrier's own default voice."""

MAX_SAY = 4_000
"""URL-encoded characters in one ``<Say>``; the limit is 4500."""
DEAREST = 12
"""URL-encoded characters that one character costs at most ("%F0%9F%98%80")."""
MAX_REPLY = 60_000
"""Bytes of a reply; the limit is 64 kB."""
MAX_HINTS = 450
MAX_HINT = 100
TEMPLATES = 1024
"""Rendered replies kept for the next caller who hears the same, some 2 kB each."""
ANY_CALL = "_any_"
"""Stands for the call in those; no carrier names a call so."""

_BAD = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u007f-\u009f]")
_SENTENCE = re.compile(r"(?<=[.!?…;,])\s+")


class Twiml:
    """Renders replies with our addresses in them."""

    def __init__(self, urls: Urls, caller_id: str, record: str = "off") -> None:
        self.urls = urls
        self.caller_id = caller_id
        self.recording = record
        self._anybody = self._turn(ANY_CALL, 0)
        self._of_any_call = lru_cache(maxsize=TEMPLATES)(self._template)

    def __call__(self, reply: Reply) -> bytes:
        """A turn's reply; also what :class:`ivr.calls.loop.Render` is."""
        if isinstance(reply.end, Listen | Poll | Resume) and not reply.stream:
            # Most callers hear the same few questions: only the address of their own turn differs.
            return self._of_any_call(reply.says, reply.end).replace(self._anybody, self._turn(reply.call, reply.next))
        return self._rendered(reply)

    def _turn(self, call: str, n: int) -> bytes:
        return self.urls.turn(call, n).partition("#")[0].encode()

    def _template(self, says: tuple[Say, ...], end: End) -> bytes:
        return self._rendered(Reply(ANY_CALL, 0, says, end))

    def _rendered(self, reply: Reply) -> bytes:
        response = VoiceResponse()
        call, n = reply.call, reply.next
        here = self.urls.turn(call, n)
        match reply.end:
            case Listen() if reply.stream:
                # What is to be said there is kept with the call; when the stream is over, we are asked what comes.
                response.connect().stream(url=self.urls.media(call, reply.stream))
                response.redirect(self.urls.stream_over(call, reply.stream))
            case Listen() as listen:
                self._listen(response, reply, listen)
            case Record() as record:
                say(response, reply.says)
                self.record(response, record, here, self.urls.recording(call, n))
                response.redirect(here)
            case Poll(seconds):
                say(response, reply.says)
                response.pause(length=seconds)
                response.redirect(here)
            case Park(queue):
                say(response, reply.says)
                self.park(response, queue, call, n)
            case Bridge(ticket, notice):
                self.bring(response, ticket, here, notice)
            case DialOut(number):
                say(response, reply.says)
                dial = response.dial(action=here, timeout=30, caller_id=self.caller_id)
                dial.number(number)
            case Resume():
                response.redirect(here)
            case Over():
                say(response, reply.says)
                response.hangup()
        return document(response)

    def _listen(self, response: VoiceResponse, reply: Reply, listen: Listen) -> None:
        call, n, says = reply.call, reply.next, reply.says
        language = LANGUAGES.get(listen.language, LANGUAGES["en"])
        options: dict[str, object] = {
            "input": "dtmf speech",
            "action": self.urls.turn(call, n, secret=listen.secret),
            "method": "POST",
            "language": language,
            "timeout": max(1, math.ceil(listen.no_input_after)),
            "speech_timeout": str(max(1, math.ceil(listen.end_of_speech))),
            "finish_on_key": listen.finish_on,
            "action_on_empty_result": True,
            "profanity_filter": False,
        }
        if listen.max_digits:
            options["num_digits"] = listen.max_digits
        if listen.max_digits != 1:
            # One number serves for silence at first and between keys: the longer, so that nobody is cut off.
            options["timeout"] = math.ceil(max(listen.no_input_after, listen.between_digits))
        hints = _hints(listen.hints)
        if hints:
            options["hints"] = hints
        if not listen.barge_in:
            say(response, says)
        gather = Gather(**options)
        if listen.barge_in:
            say(gather, says)
        response.append(gather)
        response.redirect(self.urls.turn(call, n))

    def record(self, response: VoiceResponse, record: Record, action: str, status: str) -> None:
        response.record(
            action=action,
            method="POST",
            max_length=record.max_seconds,
            timeout=record.silence_seconds,
            finish_on_key=record.finish_on,
            play_beep=True,
            trim="do-not-trim",
            recording_status_callback=status,
            recording_status_callback_event="completed absent",
        )

    def park(self, response: VoiceResponse, queue: str, call: str, n: int, again: bool = False) -> None:
        """Into the carrier's queue; ``again``: back in line after an agent's leg was lost."""
        wait = self.urls.wait(call, n, again=1) if again else self.urls.wait(call, n)
        response.enqueue(queue, action=self.urls.turn(call, n), method="POST", wait_url=wait, wait_url_method="POST")

    def conference(
        self, response: VoiceResponse, ticket: int, label: str, action: str = "", seat: Seat | None = None
    ) -> None:
        """Into the ticket's conference. The caller's leaving ends it, an agent's does not. ``seat``: a supervisor's."""
        options = {"action": action, "method": "POST"} if action else {}
        dial = Dial(**options)
        dial.conference(
            f"ticket-{ticket}",
            start_conference_on_enter=True,
            end_conference_on_exit=label == "caller",
            beep="false",
            **_seated(seat),
            wait_url="",
            participant_label=label,
            status_callback=self.urls.conference(ticket),
            status_callback_event="start end join leave",
            status_callback_method="POST",
        )
        response.append(dial)

    def hello(self, response: VoiceResponse, callback: int, attempt: int, says: Iterable[Say]) -> None:
        """Greet a customer whom we phoned; a key pressed meanwhile is told. Without one the reply goes on at once."""
        gather = Gather(
            input="dtmf", num_digits=1, timeout=1, finish_on_key="", method="POST",
            action=self.urls.callback(callback, attempt, heard=True),
        )  # fmt: skip
        say(gather, says)
        response.append(gather)

    def bring(self, response: VoiceResponse, ticket: int, action: str, notice: str = "") -> None:
        """The caller into the conference; first, in the language ``notice``, that they are recorded. Where they may
        refuse, 2 does; silence agrees."""
        if notice and self.recording == "ask":
            gather = Gather(input="dtmf", num_digits=1, timeout=2, action=self.urls.consent(ticket), method="POST")
            say(gather, words("recorded_ask", notice))
            response.append(gather)
        elif notice:
            say(response, words("recorded", notice))
        self.conference(response, ticket, "caller", action)

    def wait(self, call: str, n: int, round: int, again: bool, heard: Heard) -> bytes:
        """The wait lane's reply."""
        response = VoiceResponse()
        match heard.kind:
            case "leave":
                response.leave()
            case "moment":
                say(response, heard.says)
                response.pause(length=1)
                query = {"again": 1} if again else {}
                response.redirect(self.urls.wait(call, n, **query))
            case "hold":
                query = {"round": round + 1}
                if heard.away:
                    query["away"] = heard.away
                following = self.urls.wait(call, n, **query)
                if heard.key:
                    gather = Gather(
                        input="dtmf", num_digits=1, timeout=1, action=following, method="POST",
                        finish_on_key="", action_on_empty_result=True,
                    )  # fmt: skip
                    say(gather, heard.says)
                    gather.play(self.urls.music())
                    response.append(gather)
                else:
                    say(response, heard.says)
                    response.play(self.urls.music())
                response.redirect(following)
        return document(response)


def _seated(seat: Seat | None) -> dict[str, object]:
    if seat is None:
        return {}
    return {"muted": bool(seat.muted), **({"coach": seat.coach} if seat.coach else {})}


def say(where: VoiceResponse | Gather, says: Iterable[Say]) -> None:
    """Speak, in pieces short enough for one ``<Say>`` each; nothing for an empty text."""
    for one in says:
        attributes = {}
        if one.language in LANGUAGES:
            attributes["language"] = LANGUAGES[one.language]
        if one.language in VOICES:
            attributes["voice"] = VOICES[one.language]
        for piece in pieces(one.text):
            where.say(piece, **attributes)


def pieces(text: str) -> list[str]:
    """The text without what XML or a voice cannot take, cut at sentences, words if need be."""
    text = " ".join(_BAD.sub(" ", text).split())
    if len(text) * DEAREST <= MAX_SAY or _cost(text) <= MAX_SAY:
        return [text] if text else []
    found, piece = [], ""
    for part in _parts(text):
        joined = f"{piece} {part}" if piece else part
        if _cost(joined) > MAX_SAY:
            found.append(piece)
            joined = part
        piece = joined
    return [*found, piece]


def _parts(text: str) -> Iterable[str]:
    for sentence in _SENTENCE.split(text):
        if _cost(sentence) <= MAX_SAY:
            yield sentence
            continue
        for word in sentence.split():
            size = MAX_SAY // DEAREST
            yield from (word[at : at + size] for at in range(0, len(word), size))


def _cost(text: str) -> int:
    return len(quote(text))


@lru_cache(maxsize=512)
def _hints(hints: tuple[str, ...]) -> str:
    clean = (" ".join(_BAD.sub(" ", hint).replace(",", " ").split())[:MAX_HINT] for hint in hints[:MAX_HINTS])
    return ",".join(hint for hint in clean if hint)


def document(response: VoiceResponse) -> bytes:
    """The reply's bytes. One over the carrier's limit loses its last spoken sentences, not its verbs."""
    data = _encoded(response)
    while len(data) > MAX_REPLY and _drop_last_say(response):
        data = _encoded(response)
    return data


def _encoded(response: VoiceResponse) -> bytes:
    # The SDK's own to_xml() writes a reference of seven bytes for each Cyrillic letter.
    return b'<?xml version="1.0" encoding="UTF-8"?>' + ElementTree.tostring(response.xml(), encoding="unicode").encode()


def _drop_last_say(response: VoiceResponse) -> bool:
    for holder in [response, *response.verbs]:
        spoken = [verb for verb in holder.verbs if verb.name == "Say"] if hasattr(holder, "verbs") else []
        if spoken:
            holder.verbs.remove(spoken[-1])
            return True
    return False
