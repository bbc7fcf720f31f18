"""The built-in carrier against a small application over real HTTP: verbs, keys, time-outs, signatures, failures."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from quart import Quart, Response, request
from twilio.request_validator import RequestValidator

from ivr.carriers.local.line import CallEnded, Line
from ivr.carriers.local.testing import free_port, running_carrier, served
from ivr.settings import Settings

NUMBER = "+74950000000"
TOKEN = "0123456789abcdef0123456789abcdef"

Answer = str | tuple[str, int] | Callable[[dict[str, str]], Any]


@dataclass
class Application:
    """A web application that answers each path with a document, and remembers what it was asked."""

    url: str = ""
    documents: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    unsigned: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def forms(self, path: str) -> list[dict[str, str]]:
        return [form for asked, form in self.asked if asked == path]

    def app(self) -> Quart:
        app = Quart("application")

        @app.route("/<path:path>", methods=["GET", "POST"])
        async def view(path: str) -> Response:
            form = dict((await request.form).items())
            path = f"/{path}"
            full = self.url + request.full_path.rstrip("?")
            if not RequestValidator(TOKEN).validate(full, form, request.headers.get("X-Twilio-Signature", "")):
                self.unsigned.append(path)
            with self.lock:
                self.asked.append((path, form | dict(request.args)))
            answer = self.documents.get(path, "")
            if callable(answer):
                answer = answer(form)
                if isinstance(answer, Awaitable):
                    answer = await answer
            text, status = answer if isinstance(answer, tuple) else (answer, 200)
            return Response(f"<Response>{text}</Response>", status, content_type="text/xml")

        return app


@pytest.fixture
def application() -> Iterator[Application]:
    one = Application()
    with served(one.app()) as url:
        one.url = url
        yield one
        assert one.unsigned == []


@pytest.fixture
def carrier(application: Application, tmp_path: Path) -> Iterator[str]:
    settings = Settings(
        port=free_port() - 2,
        public_url=application.url,
        data_dir=tmp_path,
        twilio_auth_token=TOKEN,
        phone_number=NUMBER,
    )
    with running_carrier(settings) as url:
        yield url


def play(carrier: str, script: Callable[[Line], Awaitable[None]]) -> Line:
    """Runs a script with a line; returns the line, for what it heard."""

    async def run() -> Line:
        async with Line(carrier) as line:
            await script(line)
            return line

    return asyncio.run(asyncio.wait_for(run(), 60))


def test_a_call_is_said_something_and_ends(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = '<Say language="ru-RU">Здравствуйте</Say><Hangup/>'

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        assert await line.ended() == "completed"

    assert play(carrier, script).heard() == ["Здравствуйте"]
    form = application.forms("/twilio/voice")[0]
    assert form["From"] == form["Caller"] == "+79161234567"
    assert form["To"] == form["Called"] == NUMBER
    assert (form["CallStatus"], form["Direction"], form["FromCountry"]) == ("ringing", "inbound", "RU")
    assert form["CallSid"].startswith("CA")


def test_the_end_is_told(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = "<Say>Bye</Say>"

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="withheld")
        await line.ended()
        await until(lambda: bool(application.forms("/twilio/status")))

    play(carrier, script)
    form = application.forms("/twilio/status")[0]
    assert (form["CallStatus"], form["From"], form["CallDuration"]) == ("completed", "anonymous", "1")
    assert "SequenceNumber" in form
    assert "Timestamp" in form


async def until(met: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not met():
            await asyncio.sleep(0.02)


GATHER = '<Gather input="dtmf speech" action="/got?n=1" numDigits="{n}" timeout="{t}"{more}><Say>Press</Say></Gather>'


@pytest.mark.parametrize(
    ("more", "keys", "digits"),
    [("", "12", "12"), ("", "1", "1"), ("", "1#", "1"), (' finishOnKey="*"', "1#3*", "1#3"), ("", "12345678", "1234")],
)
def test_keys_end_by_count_key_or_pause(
    application: Application, carrier: str, more: str, keys: str, digits: str
) -> None:
    application.documents["/twilio/voice"] = GATHER.format(n=4, t=30, more=more)
    application.documents["/got"] = "<Say>Thanks</Say>"

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        await line.listening()
        await line.press(keys)
        await line.hear("thanks")
        await line.ended()

    play(carrier, script)
    form = application.forms("/got")[0]
    assert form["Digits"] == digits
    assert form["n"] == "1"
    assert form["CallStatus"] == "in-progress"


def test_keys_wait_for_the_next_one(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = GATHER.format(n=4, t=1, more="")

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        await line.listening()
        await line.press("1", done=False)
        await asyncio.sleep(0.4)
        await line.press("2", done=False)
        await line.ended()

    play(carrier, script)
    assert application.forms("/got")[0]["Digits"] == "12"


def test_words_and_their_confidence(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = GATHER.format(n=1, t=30, more="")

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        assert (await line.listening())["speech"] is True
        await line.say("где мой заказ")
        await line.ended()

    play(carrier, script)
    form = application.forms("/got")[0]
    assert (form["SpeechResult"], form["Confidence"]) == ("где мой заказ", "1.0")
    assert "Digits" not in form


def test_silence_asks_the_action_only_when_told_so(application: Application, carrier: str) -> None:
    voice = GATHER.format(n=1, t=30, more="") + GATHER.format(n=1, t=30, more=' actionOnEmptyResult="true"')
    application.documents["/twilio/voice"] = voice

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        for _ in range(2):
            await line.listening()
            await line.silence()
        await line.ended()

    assert play(carrier, script).heard() == ["Press", "Press"]
    assert [form["Digits"] for form in application.forms("/got")] == [""]


def test_a_real_time_out(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = GATHER.format(n=1, t=1, more="") + "<Say>Nothing came</Say>"

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        await line.hear("nothing came")

    play(carrier, script)


def test_keys_before_the_gather_are_lost(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = '<Pause length="1"/>' + GATHER.format(n=1, t=30, more="")

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        await line.answered()
        await line.press("7")
        await line.listening()
        await line.press("8")
        await line.ended()

    play(carrier, script)
    assert application.forms("/got")[0]["Digits"] == "8"


def test_a_secret_entry_is_marked(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = '<Gather action="/got?secret=1" numDigits="4"><Say>PIN</Say></Gather>'

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        assert (await line.listening())["secret"] is True
        await line.press("4821")
        await line.ended()

    line = play(carrier, script)
    assert "4821" not in line.printed()
    assert application.forms("/got")[0]["Digits"] == "4821"


def test_redirect_keeps_the_query_and_drops_the_fragment(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = "<Redirect>/next?a=1&amp;b=2#rc=3&amp;rp=all</Redirect>"
    application.documents["/next"] = "<Say>Here</Say>"

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        await line.hear("here")

    play(carrier, script)
    assert application.forms("/next")[0]["b"] == "2"


@pytest.mark.parametrize(
    "document",
    ["<Sing>la</Sing>", ("", 500), "<Say>", "<Gather><Dial/></Gather>", "<Leave/>"],
)
def test_what_cannot_be_run_is_an_application_error(application: Application, carrier: str, document: Answer) -> None:
    application.documents["/twilio/voice"] = "<Redirect>/next</Redirect>"
    application.documents |= {"/next": document, "/twilio/fallback": "<Sing>la</Sing>"}

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        assert await line.ended() == "application error"

    line = play(carrier, script)
    assert "application error has occurred" in line.heard()[-1]
    assert line.troubles


def test_a_5xx_is_tried_again_when_the_address_allows(application: Application, carrier: str) -> None:
    tries: list[int] = []

    def flaky(_: dict[str, str]) -> Answer:
        tries.append(1)
        return ("", 503) if len(tries) < 3 else "<Say>At last</Say>"

    application.documents["/twilio/voice"] = "<Redirect>/flaky#rc=5&amp;rp=5xx</Redirect>"
    application.documents["/flaky"] = flaky

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        await line.hear("at last")

    play(carrier, script)
    assert len(tries) == 3


def test_a_call_outlives_a_restart_of_the_application(tmp_path: Path) -> None:
    first, port = Application(), free_port()
    first.documents["/twilio/voice"] = "<Pause length='1'/><Redirect>/next#rc=5&amp;rp=all</Redirect>"
    first.documents["/next"] = "<Say>Still here</Say>"
    settings = Settings(
        port=free_port() - 2, public_url=f"http://127.0.0.1:{port}", data_dir=tmp_path, twilio_auth_token=TOKEN
    )
    first.url = settings.public_url

    async def script(line: Line) -> None:
        await line.dial(settings.phone_number, from_="+79161234567")
        await line.answered()
        await asyncio.to_thread(stop.set)
        await line.hear("still here", 15)

    stop = threading.Event()

    def restart() -> None:
        with served(first.app(), port):
            ready.set()
            stop.wait(10)
        with served(first.app(), port):
            over.wait(20)

    ready, over = threading.Event(), threading.Event()
    web = threading.Thread(target=restart)
    web.start()
    ready.wait(5)
    try:
        with running_carrier(settings) as url:
            play(url, script)
    finally:
        stop.set()
        over.set()
        web.join()


def test_record_keeps_what_was_said(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = '<Record action="/done" recordingStatusCallback="/recording" timeout="9"/>'
    application.documents["/done"] = "<Say>Thanks</Say>"

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        assert (await line.listening())["record"] is True
        await line.say("Курьер не приехал")
        await line.hear("thanks")
        await until(lambda: bool(application.forms("/recording")))

    play(carrier, script)
    form = application.forms("/done")[0]
    assert form["RecordingSid"].startswith("RE")
    assert int(form["RecordingDuration"]) >= 1
    assert application.forms("/recording")[0]["RecordingStatus"] == "completed"


def test_an_empty_recording_goes_on(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = '<Record action="/done"/><Say>Nothing recorded</Say>'

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        await line.listening()
        await line.silence()
        await line.hear("nothing recorded")

    play(carrier, script)
    assert application.forms("/done") == []


def test_reject_is_busy(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = '<Reject reason="busy"/>'

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        assert await line.ended() == "busy"
        assert not any(frame["type"] == "answered" for frame in line.frames)
        await until(lambda: bool(application.forms("/twilio/status")))

    play(carrier, script)
    assert application.forms("/twilio/status")[0]["CallStatus"] == "busy"


def test_a_number_that_is_not_ours(carrier: str) -> None:
    async def script(line: Line) -> None:
        await line.dial("+74951111111", from_="+79161234567")
        assert await line.ended() == "no such number"

    play(carrier, script)


def test_bad_frames_are_answered_with_trouble(carrier: str) -> None:
    async def script(line: Line) -> None:
        for frame in ({"type": "fly"}, {"type": "register", "number": "8-800"}, {"type": "register", "token": "x.y.z"}):
            await line._send(frame)
        await line._send({"type": "dial", "to": NUMBER, "from": "+79161234567", "chaos": ["rain"]})
        await line._send({"type": "register", "number": NUMBER})
        await until(lambda: len(line.troubles) == 5)

    play(carrier, script)


def test_pages_of_other_hosts_get_no_line(carrier: str) -> None:
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidStatus

    async def attempt(origin: str) -> None:
        async with connect(carrier.replace("http", "ws") + "/line", origin=origin):  # type: ignore[arg-type]
            pass

    asyncio.run(attempt("http://127.0.0.1:8000"))
    with pytest.raises(InvalidStatus):
        asyncio.run(attempt("http://evil.example"))


def test_a_hang_up_while_being_spoken_to(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = GATHER.format(n=1, t=30, more="")

    async def script(line: Line) -> None:
        await line.dial(NUMBER, from_="+79161234567")
        await line.listening()
        await line.hangup()
        assert await line.ended(2) == "caller"
        with pytest.raises(CallEnded):
            await line.hear("anything", 1)

    play(carrier, script)
    assert application.forms("/got") == []


def test_calls_in_sequence_and_sixty_at_once(application: Application, carrier: str) -> None:
    application.documents["/twilio/voice"] = GATHER.format(n=1, t=30, more="")
    application.documents["/got"] = lambda form: f"<Say>You pressed {form['Digits']}</Say>"

    async def one(key: str) -> None:
        async with Line(carrier) as line:
            await line.dial(NUMBER, from_="+79161234567", timeout=30)
            await line.listening(30)
            await line.press(key)
            await line.hear(f"pressed {key}", 30)
            await line.ended(30)

    async def many() -> None:
        for index in range(40):
            await one(str(index % 10))
        await asyncio.gather(*(one(str(index % 10)) for index in range(60)))

    asyncio.run(asyncio.wait_for(many(), 90))
