"""REST requests: what the jobs send is what Twilio's own description takes; what comes back is told apart rightly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from click.testing import CliRunner
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest
from twiml import ACCOUNT, API, BASE, CALLED, TOKEN
from werkzeug.datastructures import Headers

from callqueue.ports import CarrierRefused, CarrierUnknown, Seat
from ivr.carriers.twilio import telephone as telephone_module
from ivr.carriers.twilio.telephone import TwilioTelephone
from ivr.commands.twilio import command
from ivr.settings import Settings

CALL, QUEUE, NUMBER = "CA" + "1" * 32, "QU" + "2" * 32, "+79261234567"


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    body: bytes
    headers: dict[str, str]


@dataclass
class Standin:
    """A local HTTP server in Twilio's place: answers as told, remembers what it was asked."""

    url: str = ""
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    delay: float = 0


@pytest.fixture
def twilio() -> Iterator[Standin]:
    standin = Standin()
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            form = dict(parse_qsl(body.decode()))
            query = dict(parse_qsl(parts.query))
            standin.asked.append(Request(self.command, parts.path, query, form, body, dict(self.headers)))
            stop.wait(standin.delay)
            status, data = standin.answers.pop(0) if standin.answers else (200, {"sid": CALL})
            answer = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    standin.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield standin
    stop.set()
    server.shutdown()


@pytest.fixture
def configured(twilio: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    values = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_URL": twilio.url,
        "PUBLIC_URL": BASE,
        "PHONE_NUMBER": CALLED,
        "DATA_DIR": str(tmp_path),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.fixture
def telephone(configured: Settings) -> TwilioTelephone:
    return TwilioTelephone(configured)


@pytest.fixture(scope="module")
def description() -> OpenAPI | None:
    if not API.exists():
        return None
    # The description's own format, which it leaves to its readers: any number, client or SIP address.
    formats = {"phone-number": lambda value: bool(value)}
    return OpenAPI.from_dict(json.loads(API.read_text()), config=Config(extra_format_validators=formats))


def conforms(description: OpenAPI | None, request: Request) -> None:
    """The request is one of Twilio's own description; unknown form fields, which openapi-core lets pass, count too."""
    if description is None:
        pytest.skip("Twilio's API description is not at hand")
    mock = MockRequest(
        "https://api.twilio.com",
        request.method.lower(),
        request.path,
        args=request.query,
        headers=dict(Headers(list(request.headers.items()))),
        data=request.body or None,
        content_type=request.headers.get("Content-Type", "application/x-www-form-urlencoded"),
    )
    result = description.unmarshal_request(mock)
    assert result.errors == []
    if request.form:
        paths = json.loads(API.read_text())["paths"]
        spec = next(value for path, value in paths.items() if _fits(path, request.path) and "post" in value)
        schema = spec["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        assert set(request.form) <= set(schema["properties"])


def _fits(template: str, path: str) -> bool:
    ours, theirs = path.removesuffix(".json").split("/"), template.removesuffix(".json").split("/")
    return len(ours) == len(theirs) and all(t.startswith("{") or t == o for o, t in zip(ours, theirs, strict=True))


def test_requests_are_as_described(telephone: TwilioTelephone, twilio: Standin, description: OpenAPI | None) -> None:
    account = f"/2010-04-01/Accounts/{ACCOUNT}"
    telephone.connect_waiting(CALL, QUEUE, 12)
    telephone.return_to_line(CALL, 12)
    telephone.hang_up(CALL)
    assert telephone.call_customer(NUMBER, 5, 2) == CALL
    assert telephone.call_agent(NUMBER, 12, 7, 31) == CALL
    twilio.answers += [(200, {"sid": CALL, "status": "in-progress"}), (200, {"sid": CALL, "status": "completed"})]
    assert telephone.is_live(CALL)
    assert not telephone.is_live(CALL)
    assert [(one.method, one.path) for one in twilio.asked] == [
        ("POST", f"{account}/Queues/{QUEUE}/Members/{CALL}.json"),
        ("POST", f"{account}/Calls/{CALL}.json"),
        ("POST", f"{account}/Calls/{CALL}.json"),
        ("POST", f"{account}/Calls.json"),
        ("POST", f"{account}/Calls.json"),
        ("GET", f"{account}/Calls/{CALL}.json"),
        ("GET", f"{account}/Calls/{CALL}.json"),
    ]
    assert twilio.asked[0].form["Url"].startswith(f"{BASE}/twilio/connect/12#rc=")
    assert twilio.asked[1].form["Url"].startswith(f"{BASE}/twilio/requeue/12#rc=")
    assert twilio.asked[2].form == {"Status": "completed"}
    placed = twilio.asked[3].form
    assert (placed["To"], placed["From"]) == (NUMBER, CALLED)
    assert placed["Url"].startswith(f"{BASE}/twilio/callback/5/2#")
    assert placed["StatusCallback"].startswith(f"{BASE}/twilio/status?callback=5&attempt=2#")
    assert twilio.asked[4].form["Url"].startswith(f"{BASE}/twilio/agent/phone/31?agent=7#")
    for request in twilio.asked:
        assert request.headers["Authorization"].startswith("Basic ")
        conforms(description, request)


CONFERENCE, OTHER = "CF" + "3" * 32, "CA" + "4" * 32


@pytest.mark.parametrize(
    ("seat", "form"),
    [
        (Seat(hold=True), {"Hold": "true", "HoldUrl": f"{BASE}/audio/music.wav", "HoldMethod": "GET"}),
        (Seat(hold=False), {"Hold": "false"}),
        (Seat(muted=True, coach=""), {"Muted": "true", "Coaching": "false"}),
        (Seat(muted=False, coach=OTHER), {"Muted": "false", "Coaching": "true", "CallSidToCoach": OTHER}),
    ],
)
def test_seats_in_a_conference(
    telephone: TwilioTelephone, twilio: Standin, description: OpenAPI | None, seat: Seat, form: dict[str, str]
) -> None:
    telephone.seat(CONFERENCE, CALL, seat)
    (asked,) = twilio.asked
    assert asked.path == f"/2010-04-01/Accounts/{ACCOUNT}/Conferences/{CONFERENCE}/Participants/{CALL}.json"
    assert asked.form == form
    conforms(description, asked)


def test_legs_that_are_added(telephone: TwilioTelephone, twilio: Standin, description: OpenAPI | None) -> None:
    assert telephone.call_outside(NUMBER, 12) == CALL
    assert telephone.call_supervisor(NUMBER, 3, 9) == CALL
    telephone.play_keys(CONFERENCE, CALL, 5)
    telephone.return_to_line(CALL, 12, dropped=False)
    outside, supervisor, keys, line = twilio.asked
    assert outside.form["Url"].startswith(f"{BASE}/twilio/outside/12#")
    assert outside.form["StatusCallback"].startswith(f"{BASE}/twilio/status?outside=12#")
    assert supervisor.form["Url"].startswith(f"{BASE}/twilio/supervisor/phone/3?agent=9#")
    assert keys.form["AnnounceUrl"].startswith(f"{BASE}/twilio/keys/5#")
    assert line.form["Url"].startswith(f"{BASE}/twilio/requeue/12?transfer=1#")
    for request in twilio.asked:
        conforms(description, request)


def test_recordings_of_a_call(telephone: TwilioTelephone, twilio: Standin, description: OpenAPI | None) -> None:
    sid = "RE" + "5" * 32
    twilio.answers += [
        (201, {"sid": sid}),
        (200, {"recordings": [{"sid": "REold", "status": "completed"}, {"sid": sid, "status": "paused"}]}),
    ]
    assert telephone.start_recording(CALL, 9) == sid
    assert telephone.find_recording(CALL) == sid
    telephone.pause_recording(CALL, sid, True)
    telephone.pause_recording(CALL, sid, False)
    start, _, pause, go_on = twilio.asked
    assert start.path == f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}/Recordings.json"
    assert start.form["RecordingStatusCallback"].startswith(f"{BASE}/twilio/recorded/9#")
    assert pause.form == {"Status": "paused", "PauseBehavior": "silence"}
    assert go_on.form == {"Status": "in-progress"}
    for request in twilio.asked:
        conforms(description, request)


def test_a_lost_call_is_found(telephone: TwilioTelephone, twilio: Standin, description: OpenAPI | None) -> None:
    since = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    calls = [
        {"sid": "CA" + "b" * 32, "direction": "inbound", "date_created": "Mon, 02 Mar 2026 10:00:05 +0000"},
        {"sid": "CA" + "c" * 32, "direction": "outbound-api", "date_created": "Mon, 02 Mar 2026 10:00:03 +0000"},
        {"sid": "CA" + "d" * 32, "direction": "outbound-api", "date_created": "Mon, 02 Mar 2026 08:00:00 +0000"},
    ]
    twilio.answers = [(200, {"calls": calls, "page": 0, "next_page_uri": None}), (200, {"calls": []})]
    assert telephone.find_callback_call(NUMBER, 5, 2, since) == "CA" + "c" * 32
    assert telephone.find_callback_call(NUMBER, 5, 2, since) is None
    assert twilio.asked[0].query["To"] == NUMBER
    conforms(description, twilio.asked[0])


@pytest.mark.parametrize(("status", "again"), [(400, False), (404, False), (409, False), (429, True)])
def test_refusals(telephone: TwilioTelephone, twilio: Standin, status: int, again: bool) -> None:
    twilio.answers = [(status, {"code": 20404, "message": f"about {NUMBER}", "status": status})]
    with pytest.raises(CarrierRefused) as caught:
        telephone.call_customer(NUMBER, 5, 1)
    assert caught.value.again is again
    assert NUMBER not in str(caught.value)
    assert len(twilio.asked) == 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors_leave_it_unknown(telephone: TwilioTelephone, twilio: Standin, status: int) -> None:
    twilio.answers = [(status, {"message": "oops", "status": status})]
    with pytest.raises(CarrierUnknown):
        telephone.call_customer(NUMBER, 5, 1)
    assert len(twilio.asked) == 1, "posted once"


def test_a_hanging_api_is_left(telephone: TwilioTelephone, twilio: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telephone_module, "READ_SECONDS", 0.2)
    twilio.delay = 5
    with pytest.raises(CarrierUnknown):
        telephone.call_customer(NUMBER, 5, 1)
    assert len(twilio.asked) == 1


def test_what_may_be_asked_again_is_waited_for_less_long(
    configured: Settings, twilio: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telephone_module, "SOON_SECONDS", 0.2)
    telephone = TwilioTelephone(configured)
    twilio.delay = 5
    begun = time.monotonic()
    for ask in (
        lambda: telephone.connect_waiting(CALL, "QU" + "1" * 32, 7),
        lambda: telephone.return_to_line(CALL, 7),
        lambda: telephone.hang_up(CALL),
        lambda: telephone.is_live(CALL),
        lambda: telephone.seat("CF" + "2" * 32, CALL, Seat(hold=True)),
        lambda: telephone.pause_recording(CALL, "RE" + "3" * 32, True),
    ):
        with pytest.raises(CarrierUnknown):
            ask()
    assert time.monotonic() - begun < 5


def test_nobody_there(configured: Settings) -> None:
    configured.twilio_api_url = "http://127.0.0.1:9"
    with pytest.raises(CarrierRefused) as caught:
        TwilioTelephone(configured).call_customer(NUMBER, 5, 1)
    assert caught.value.again, "it was never sent"


def test_hanging_up_what_is_over(telephone: TwilioTelephone, twilio: Standin) -> None:
    twilio.answers = [(404, {"code": 20404, "message": "x", "status": 404})]
    telephone.hang_up(CALL)
    twilio.answers = [(404, {"code": 20404, "message": "x", "status": 404})]
    assert not telephone.is_live(CALL)


def numbers(**fields: str) -> dict[str, Any]:
    return {"incoming_phone_numbers": [{"sid": "PN" + "5" * 32, "phone_number": CALLED, **fields}], "page": 0}


APP = "AP" + "6" * 32


def application(**fields: str) -> dict[str, Any]:
    return {"sid": APP, "friendly_name": "Hotline agents", **fields}


def test_setup_puts_the_number_on_it(configured: Settings, twilio: Standin, description: OpenAPI | None) -> None:
    updated = {"sid": "PN" + "5" * 32, "voice_url": f"{BASE}/twilio/voice", "status_callback": f"{BASE}/twilio/status"}
    none = {"applications": [], "page": 0, "next_page_uri": None}
    agents = application(voice_url=f"{BASE}/twilio/agent", status_callback=f"{BASE}/twilio/status")
    twilio.answers = [
        (200, numbers(voice_url="https://demo.twilio.com/")), (200, updated), (200, none), (201, agents)
    ]  # fmt: skip
    result = CliRunner().invoke(command, ["setup"])
    assert result.exit_code == 0, result.output
    assert "was: https://demo.twilio.com/" in result.output
    assert "FALLBACK_URL is not set" in result.output
    form = twilio.asked[1].form
    assert form["VoiceUrl"].startswith(f"{BASE}/twilio/voice#rc=")
    assert form["StatusCallback"].startswith(f"{BASE}/twilio/status#rc=")
    assert form["VoiceFallbackUrl"].startswith(f"{BASE}/twilio/fallback#rc=")
    assert (twilio.asked[2].method, twilio.asked[2].query["FriendlyName"]) == ("GET", "Hotline agents")
    app = twilio.asked[3]
    assert (app.method, app.path) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Applications.json")
    assert app.form["VoiceUrl"].startswith(f"{BASE}/twilio/agent#rc=")
    assert app.form["StatusCallback"].startswith(f"{BASE}/twilio/status#rc=")
    assert f"Set TWILIO_APP_SID={APP}" in result.output
    assert "TWILIO_API_KEY and TWILIO_API_SECRET are not set" in result.output
    for request in twilio.asked:
        conforms(description, request)


def test_setup_mends_the_app_that_is_set(
    configured: Settings, twilio: Standin, description: OpenAPI | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("APP_SID", APP), ("API_KEY", "SK" + "7" * 32), ("API_SECRET", "secret")):
        monkeypatch.setenv(f"TWILIO_{name}", value)
    before = application(voice_url="https://elsewhere.example.com/")
    after = application(voice_url=f"{BASE}/twilio/agent")
    twilio.answers = [(200, numbers()), (200, {"sid": "PN" + "5" * 32}), (200, before), (200, after)]
    result = CliRunner().invoke(command, ["setup"])
    assert result.exit_code == 0, result.output
    assert "was: https://elsewhere.example.com/" in result.output
    assert "Set TWILIO_APP_SID" not in result.output
    assert [(one.method, one.path.rsplit("/", 1)[-1]) for one in twilio.asked[2:]] == [
        ("GET", f"{APP}.json"),
        ("POST", f"{APP}.json"),
    ]
    for request in twilio.asked:
        conforms(description, request)


def test_an_app_of_another_account_is_named(
    configured: Settings, twilio: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_APP_SID", APP)
    missing = (404, {"code": 20404, "message": "x", "status": 404})
    twilio.answers = [(200, numbers()), (200, {"sid": "PN" + "5" * 32}), missing]
    result = CliRunner().invoke(command, ["setup"])
    assert result.exit_code == 1
    assert f"no TwiML app {APP}" in result.output
    assert "Unset TWILIO_APP_SID" in result.output


def test_show_looks_at_the_app_too(configured: Settings, twilio: Standin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_APP_SID", APP)
    twilio.answers = [(200, numbers()), (200, application(voice_url="https://elsewhere.example.com/"))]
    result = CliRunner().invoke(command, ["show"])
    assert result.exit_code == 1
    assert f"TwiML app Hotline agents ({APP})" in result.output
    assert f"should be: {BASE}/twilio/agent" in result.output
    assert all(request.method == "GET" for request in twilio.asked)


def test_show_says_what_is_wrong(configured: Settings, twilio: Standin) -> None:
    twilio.answers = [(200, numbers(voice_url="https://elsewhere.example.com/"))]
    result = CliRunner().invoke(command, ["show"])
    assert result.exit_code == 1
    assert "should be" in result.output
    assert all(request.method == "GET" for request in twilio.asked)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([(401, {"code": 20003, "message": "x", "status": 401})], "TWILIO_AUTH_TOKEN"),
        ([(404, {"code": 20404, "message": "x", "status": 404})], "TWILIO_ACCOUNT_SID"),
        ([(500, {"message": "x", "status": 500})], "again"),
        ([(200, {"incoming_phone_numbers": []}), (200, numbers(phone_number="+15005550006"))], "+15005550006"),
    ],
)
def test_setup_says_how_to_mend_it(
    configured: Settings, twilio: Standin, answers: list[tuple[int, dict[str, Any]]], says: str
) -> None:
    twilio.answers = answers
    result = CliRunner().invoke(command, ["setup"])
    assert result.exit_code == 1
    assert says in result.output


def test_setup_needs_an_address_that_twilio_reaches(configured: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "http://localhost:8000")
    result = CliRunner().invoke(command, ["setup"])
    assert result.exit_code == 1
    assert "PUBLIC_URL" in result.output
