"""Gather and Record: what the caller presses or says, and what is asked of the application with it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from ivr.carriers.local.handset import Handset, Heard, Keys, Said, Silence
from ivr.carriers.local.model import Recording, Request
from ivr.carriers.local.twiml import Document, Element, TwimlError, flag, number

if TYPE_CHECKING:
    from ivr.carriers.local.interpreter import Interpreter

TYPED_CONFIDENCE = "1.0"
"""Typed words are what was meant; no recogniser guessed."""

_ANY_KEY = "1234567890*#"
_LONGEST_RECORDING = 3600


@dataclass(slots=True)
class _Gathered:
    """What a Gather has so far."""

    digits: str = ""
    speech: str = ""
    finished_on: str = ""
    complete: bool = False


async def gather(interpreter: Interpreter, verb: Element, document: Document) -> None:
    """Prompts inside are interrupted by keys and words, which count. Raises ``GoTo`` the action; returns when nothing
    came and ``actionOnEmptyResult`` is not set."""
    from ivr.carriers.local.interpreter import GoTo

    handset = interpreter.call.handset
    if handset is None:
        return
    kinds = verb.get("input", "dtmf").lower().split()
    if not kinds or set(kinds) - {"dtmf", "speech"}:
        raise TwimlError(12200, f"<Gather input={verb.get('input')!r}>")
    got = await _Collector(interpreter, handset, verb, document, kinds).collect()
    if not (got.digits or got.speech or flag(verb, "actionOnEmptyResult", False)):
        return
    form = {"msg": "Gather End"}
    if got.speech:
        form |= {
            "SpeechResult": got.speech,
            "Confidence": TYPED_CONFIDENCE,
            "Language": verb.get("language", handset.language),
        }
    else:
        form |= {"Digits": got.digits, "FinishedOnKey": got.finished_on}
    raise GoTo(Request(document.resolve(verb.get("action")), verb.get("method", "POST"), form))


class _Collector:
    """One Gather being done."""

    def __init__(
        self, interpreter: Interpreter, handset: Handset, verb: Element, document: Document, kinds: list[str]
    ) -> None:
        self._interpreter, self._handset, self._verb, self._document = interpreter, handset, verb, document
        self._dtmf, self._speech = "dtmf" in kinds, "speech" in kinds
        self._limit = int(number(verb, "numDigits", 0))
        self._finish_on = verb.get("finishOnKey", "#")
        self._timeout = number(verb, "timeout", 5)
        self._barge_in = flag(verb, "bargeIn", True)
        self._got = _Gathered()
        self._told = False

    async def collect(self) -> _Gathered:
        inbox = self._handset.open_ear()
        if self._handset.audio and self._barge_in:
            self._announce(prompt=True)
        prompt: asyncio.Task[None] | None = asyncio.create_task(self._prompt())
        clock = asyncio.get_running_loop().time
        deadline: float | None = None
        getter = asyncio.create_task(inbox.get())
        try:
            while not self._got.complete:
                if prompt is not None and prompt.done():
                    prompt.result()
                    prompt = None
                if prompt is None and deadline is None:
                    self._announce_once()
                    deadline = clock() + self._timeout
                left = None if deadline is None else deadline - clock()
                if left is not None and left <= 0 and not getter.done():
                    break
                tasks: set[asyncio.Task[None] | asyncio.Task[Heard]] = {getter}
                if prompt is not None:
                    tasks.add(prompt)
                await asyncio.wait(tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if not getter.done():
                    continue
                heard = getter.result()
                getter = asyncio.create_task(inbox.get())
                if self._take(heard, prompting=prompt is not None):
                    deadline = None if prompt is not None else clock() + self._timeout
                    if prompt is not None and self._barge_in:
                        await _stop(prompt)
                        prompt = None
        finally:
            getter.cancel()
            self._handset.close_ear()
            if prompt is not None:
                prompt.cancel()
        return self._got

    async def _prompt(self) -> None:
        for child in self._verb:
            await self._interpreter.prompt(child, self._document, self._announce_once)

    def _take(self, heard: Heard, *, prompting: bool) -> bool:
        """Whether this was input (and not of a kind that is not asked for)."""
        got = self._got
        match heard:
            case Keys(digits, done) if self._dtmf:
                for key in digits:
                    if key in self._finish_on:
                        got.finished_on, got.complete = key, True
                        break
                    got.digits += key
                    if self._limit and len(got.digits) >= self._limit:
                        got.complete = True
                        break
                got.complete = got.complete or done
                return True
            case Said(text) if self._speech and not got.digits and text.strip():
                got.speech, got.complete = text.strip(), True
                return True
            case Silence() if not prompting:
                got.complete = True
                return True
        return False

    def _announce_once(self) -> None:
        if not self._told:
            self._told = True
            self._announce()

    def _announce(self, *, prompt: bool = False) -> None:
        # TwiML has no word for a secret entry, so the application marks its own address.
        action = urlsplit(self._document.resolve(self._verb.get("action")))
        secret = parse_qs(action.query).get("secret") == ["1"]
        self._handset.listening(dtmf=self._dtmf, speech=self._speech, secret=secret, prompt=prompt)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def record(interpreter: Interpreter, verb: Element, document: Document) -> None:
    """Records what is said (typed). Nothing said: on with the next verb, and the action is not asked, as on Twilio.
    Otherwise raises ``GoTo`` the action. A caller who hangs up leaves what they said so far."""
    from ivr.carriers.local.interpreter import GoTo

    call = interpreter.call
    handset = call.handset
    if handset is None:
        return
    if flag(verb, "playBeep", True):
        await handset.tone("beep")
    said: list[str] = []
    try:
        ended_by = await _record(handset, verb, said)
    except asyncio.CancelledError:
        if said:  # the caller hung up or was taken away: the recording stays, and the action is told in the background
            call.exchange.webhooks.spawn(_keep(interpreter, verb, document, said, "hangup", tell_action=True))
        raise
    if not said:
        return
    form = await _keep(interpreter, verb, document, said, ended_by)
    raise GoTo(Request(document.resolve(verb.get("action")), verb.get("method", "POST"), form))


async def _record(handset: Handset, verb: Element, said: list[str]) -> str:
    """Adds to ``said`` until silence, a key or the longest time; returns the key that ended it, or nothing."""
    clock = asyncio.get_running_loop().time
    inbox = handset.open_ear()
    handset.listening(dtmf=True, speech=True, record=True)
    longest = clock() + number(verb, "maxLength", _LONGEST_RECORDING)
    try:
        while True:
            quiet = clock() + number(verb, "timeout", 5)
            try:
                async with asyncio.timeout_at(min(quiet, longest)):
                    heard = await inbox.get()
            except TimeoutError:
                return ""
            match heard:
                case Silence():
                    return ""
                case Keys(digits):
                    for key in digits:
                        if key in verb.get("finishOnKey", _ANY_KEY):
                            return key
                case Said(text, done):
                    if text.strip():
                        said.append(text.strip())
                    if done:
                        return ""
    finally:
        handset.close_ear()


async def _keep(
    interpreter: Interpreter,
    verb: Element,
    document: Document,
    said: list[str],
    ended_by: str,
    *,
    tell_action: bool = False,
) -> dict[str, str]:
    """Stores the recording, tells ``recordingStatusCallback``; returns the fields that the action gets."""
    call = interpreter.call
    handset = call.handset
    assert handset is not None
    exchange = call.exchange
    text = " ".join(said)
    wav, seconds = await exchange.sound.recording(text, handset.language, handset.audio)
    kept = Recording(call.sid, seconds, text, wav)
    exchange.recordings[kept.sid] = kept
    form = {
        "RecordingUrl": f"{exchange.api_url}/2010-04-01/Accounts/{exchange.account_sid}/Recordings/{kept.sid}",
        "RecordingSid": kept.sid,
        "RecordingDuration": str(seconds),
    }
    if hook := verb.get("recordingStatusCallback"):
        status = {
            "AccountSid": exchange.account_sid,
            "CallSid": call.sid,
            "RecordingStatus": "completed",
            "RecordingChannels": "1",
            "RecordingSource": "RecordVerb",
            "RecordingStartTime": format_datetime(kept.started),
        }
        method = verb.get("recordingStatusCallbackMethod", "POST")
        call.events.tell(document.resolve(hook), method, form | status, call.chaos)
    form["Digits"] = ended_by
    if tell_action:
        url = document.resolve(verb.get("action"))
        call.events.tell(url, verb.get("method", "POST"), call.form() | form, call.chaos)
    return form
