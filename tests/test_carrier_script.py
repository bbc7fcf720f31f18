"""``hotline call``: actions in their order, what is printed, exit codes; and telephones with a loudspeaker."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from quart import Quart, Response, request

from ivr.carriers.local.chaos import Chaos
from ivr.carriers.local.line import Line
from ivr.carriers.local.sound import silence
from ivr.carriers.local.testing import free_port, running_carrier, served
from ivr.carriers.local.twiml import TwimlError, parse
from ivr.carriers.local.webhooks import Overrides
from ivr.commands.call import command
from ivr.settings import DEMO_ACCOUNT, Settings

NUMBER = "+74950000000"
CALLER = "+79161234567"
TOKEN = "0123456789abcdef0123456789abcdef"

MENU = (
    '<Gather input="dtmf speech" action="/chosen" numDigits="1" timeout="30" actionOnEmptyResult="true">'
    '<Say language="ru-RU">Нажмите один</Say></Gather>'
)


@pytest.fixture
def web() -> Iterator[str]:
    app = Quart("web")

    @app.route("/<path:path>", methods=["GET", "POST"])
    async def view(path: str) -> Response:
        form = await request.form
        if path == "beep.wav":
            return Response(silence(0.3), content_type="audio/wav")
        if path == "twilio/voice":
            body = MENU
        elif path == "chosen" and form.get("Digits") == "3":
            body = "<Say>We will call you</Say><Hangup/>"
        elif path == "chosen":
            got = form.get("Digits") or form.get("SpeechResult") or "nothing"
            body = f"<Say>You chose {got}</Say>{MENU}" if got != "9" else "<Say>Bye</Say>"
        elif path == "broken":
            body = "<Fly/>"
        else:
            body = ""
        return Response(f"<Response>{body}</Response>", content_type="text/xml")

    with served(app) as url:
        yield url


@pytest.fixture
def carrier(web: str, tmp_path: Path) -> Iterator[str]:
    settings = Settings(port=free_port() - 2, public_url=web, data_dir=tmp_path, twilio_auth_token=TOKEN)
    with running_carrier(settings) as url:
        yield url


def call(carrier: str, *args: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(command, [f"--carrier={carrier}", "--to", NUMBER, "--patience", "5", *args], input=typed)


def test_actions_are_done_in_the_order_given(carrier: str) -> None:
    result = call(
        carrier, "--from", CALLER, "--press", "1", "--say", "доставка", "--silence", "--press=2", "--press", "9"
    )
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if not line.startswith(("·", "■"))]
    heard = [line for line in lines if "chose" in line]
    assert heard == [f"◂ You chose {what}" for what in ("1", "доставка", "nothing", "2")]
    assert [line for line in lines if line.startswith("▸")] == ["▸ 1", "▸ “доставка”", "▸ (silence)", "▸ 2", "▸ 9"]
    assert "call ended: the hotline hung up" in result.output


def test_the_caller_hears_it_out_and_hangs_up(carrier: str) -> None:
    result = call(carrier, "--press", "1")
    assert result.exit_code == 0
    assert "◂ You chose 1" in result.output
    assert "we hung up" in result.output


def test_what_is_expected_and_not_heard_is_a_problem(carrier: str) -> None:
    assert call(carrier, "--press", "1", "--expect", "chose 1", "--hangup").exit_code == 0
    result = call(carrier, "--patience", "1", "--press", "1", "--expect", "пингвин")
    assert result.exit_code == 1
    assert "“пингвин” did not come" in result.output


def test_json_and_count(carrier: str) -> None:
    result = call(carrier, "--press", "9", "--json", "--count", "6", "--at-once", "3", "--chaos", "doubled,late")
    assert result.exit_code == 0
    calls = [json.loads(line) for line in result.output.splitlines()]
    assert len({one["sid"] for one in calls}) == 6
    assert {one["reason"] for one in calls} == {"completed"}
    assert {"who": "heard", "text": "Bye"} in calls[0]["transcript"]


def test_by_hand(carrier: str) -> None:
    result = call(carrier, typed="1\nгде заказ\n\n/hangup\n")
    assert result.exit_code == 0, result.output
    assert "◂ You chose где заказ" in result.output
    assert "◂ You chose nothing" in result.output


def test_wrong_options_are_named(carrier: str) -> None:
    assert "keys are 0-9" in call(carrier, "--press", "x").output
    assert "doubled, late, reordered" in call(carrier, "--chaos", "rain").output
    assert "--from" in call(carrier, "--answer").output


def test_no_carrier_is_told_in_words() -> None:
    result = call(f"http://127.0.0.1:{free_port()}", "--press", "1")
    assert result.exit_code == 1
    assert "cannot be reached" in result.output


def test_a_call_back_is_waited_for(carrier: str, web: str) -> None:
    def dial_back() -> None:
        threading.Event().wait(1.0)
        form = {"To": CALLER, "From": NUMBER, "Url": f"{web}/twilio/voice"}
        httpx.post(f"{carrier}/2010-04-01/Accounts/{DEMO_ACCOUNT}/Calls.json", data=form, auth=(DEMO_ACCOUNT, TOKEN))

    thread = threading.Thread(target=dial_back)
    thread.start()
    result = call(carrier, "--from", CALLER, "--press", "3", "--stay", "8", "--press", "9")
    thread.join()
    assert result.exit_code == 0, result.output
    assert "We will call you" in result.output
    assert "· a call from +74950000000" in result.output
    assert result.output.rindex("◂ Bye") > result.output.index("▸ answer")


def test_a_loudspeaker_gets_sound_and_takes_its_time(carrier: str) -> None:
    async def script() -> dict[str, Any]:
        async with Line(carrier) as line:
            await line.dial(NUMBER, from_=CALLER, audio=True, language="ru")
            await line.hear("нажмите один", 30)
            frame = next(frame for frame in line.frames if frame["type"] == "play")
            prompted = [one for one in line.frames if one["type"] == "listening"]
            assert prompted[0].get("prompt") is True
            await line.press("9")
            await line.hear("bye", 30)
            assert {"type": "stop", "id": frame["id"]} in line.frames  # the key interrupted the prompt
            return frame

    frame = asyncio.run(script())
    audio = httpx.get(frame["url"])
    assert audio.content.startswith(b"RIFF")
    tone = httpx.get(f"{carrier}/audio/tones/ringing.wav")
    assert tone.headers["content-type"].startswith("audio/")
    assert httpx.get(f"{carrier}/audio/..%2f..%2fauth-token").status_code == 404
    assert httpx.get(f"{carrier}/audio/tones/none.wav").status_code == 404


def test_a_file_of_the_application_is_played_from_the_carrier(carrier: str, web: str) -> None:
    twiml = f"<Response><Play>{web}/beep.wav</Play><Play>{web}/none.wav</Play><Say>After</Say></Response>"

    async def script() -> None:
        async with Line(carrier) as line:
            await line.register(CALLER, audio=True)
            form = {"To": CALLER, "From": NUMBER, "Twiml": twiml}
            async with httpx.AsyncClient(auth=(DEMO_ACCOUNT, TOKEN)) as client:
                await client.post(f"{carrier}/2010-04-01/Accounts/{DEMO_ACCOUNT}/Calls.json", data=form)
            await line.incoming()
            await line.answer()
            await line.hear("after", 30)
            frame = next(frame for frame in line.frames if frame.get("kind") == "file")
            assert frame["url"].startswith(f"{carrier}/audio/")
            assert httpx.get(frame["url"]).content == silence(0.3)
            assert "no audio" in line.troubles[0]

    asyncio.run(script())


def test_chaos_is_decided_by_its_seed() -> None:
    kinds = ["doubled", "late", "reordered"]
    one, same, other = Chaos.of(kinds, 5), Chaos.of(kinds, 5), Chaos.of(kinds, 6)
    assert [one.webhook(n) for n in range(20)] == [same.webhook(n) for n in range(20)]
    assert [one.event_delay(n) for n in range(20)] != [other.event_delay(n) for n in range(20)]
    assert any(one.webhook(n).late for n in range(20))
    assert Chaos().webhook(0) == Chaos().webhook(1)
    assert Chaos().event_delay(0) is None
    with pytest.raises(ValueError, match="doubled, late, reordered"):
        Chaos.of(["fog"])


def test_connection_overrides() -> None:
    overrides = Overrides.of("rc=9&ct=50&rt=700&tt=abc&rp=5xx,rt")
    assert (overrides.retries, overrides.connect, overrides.read, overrides.total) == (5, 0.1, 0.7, 15.0)
    assert overrides.allows("rt")
    assert not overrides.allows("ct")
    assert 9 < sum(overrides.pause_before(retry) for retry in range(1, 6)) < 11
    assert Overrides.of("").retries == 1


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [(b"<Response>", "text/xml", 12100), (b"<Html/>", "text/xml", 12200), (b"{}", "application/json", 12300)],
)
def test_replies_that_are_not_twiml(body: bytes, kind: str, code: int) -> None:
    with pytest.raises(TwimlError) as error:
        parse(body, kind, "http://x/")
    assert error.value.code == code


def test_text_and_audio_replies_are_documents_too() -> None:
    assert parse("Привет".encode(), "text/plain; charset=utf-8", "http://x/").verbs[0].text == "Привет"
    assert parse(b"RIFF", "audio/wav", "http://x/a.wav").verbs[0].text == "http://x/a.wav"
