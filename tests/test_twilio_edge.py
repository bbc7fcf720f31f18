"""The Twilio edge: signatures, payloads, TwiML; what must never come in and never go out."""

from __future__ import annotations

import hashlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any
from unicodedata import category
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from redis import Redis
from twilio.request_validator import RequestValidator
from twiml import BASE, CALLED, CALLER, TOKEN, Kit, checked, kit, sign

from flows.engine.events import Listen, Record, Say
from ivr.calls.model import Bridge, DialOut, Over, Park, Poll, Reply, Resume
from ivr.carriers.twilio import parse, signature
from ivr.carriers.twilio.twiml import Twiml, pieces
from ivr.carriers.twilio.urls import Urls

PAYLOADS = json.loads((Path(__file__).parent / "twilio" / "payloads.json").read_text())


@pytest.fixture
def line(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    with kit(redis, tmp_path, monkeypatch) as made:
        yield made


@pytest.mark.parametrize(
    ("caller", "expected"),
    [("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="), ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=")],
)
def test_the_documented_signatures(caller: str, expected: str) -> None:
    # The two examples that Twilio's documentation has had: https://www.twilio.com/docs/usage/security.
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    form = {"CallSid": "CA1234567890ABCDE", "Caller": caller, "Digits": "1234", "From": caller, "To": "+18005551212"}
    params = {name: [value] for name, value in form.items()}
    assert signature.signature("12345", url, params) == expected
    assert signature.valid("12345", url, params, expected)
    assert not signature.valid("12345", url, params, expected.replace("R", "S").replace("K", "L"))
    assert not signature.valid("12346", url, params, expected)
    assert not signature.valid("12345", url.replace("https", "http"), params, expected)


@pytest.mark.parametrize("base", ["https://h.example.com", "http://h.example.com:8000", "https://h.example.com:443"])
@given(form=st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=6))
@examples(max_examples=50, deadline=None)
def test_signatures_as_the_sdk_makes_them(base: str, form: dict[str, str]) -> None:
    validator = RequestValidator(TOKEN)
    params = {name: [value] for name, value in form.items()}
    url = f"{base}/twilio/turn/CA1/2?x=1"
    port = {"https": 443, "http": 80}[base.partition(":")[0]]
    with_port = url if base.count(":") == 2 else url.replace("example.com", f"example.com:{port}")
    without = with_port.replace(":8000", "").replace(":443", "").replace(":80/", "/")
    try:
        made = {form_: validator.compute_signature(form_, form) for form_ in (with_port, without)}
    except UnicodeEncodeError:
        return
    for given_signature in made.values():
        assert signature.valid(TOKEN, url, params, given_signature)
        assert validator.validate(url, form, given_signature)


def test_several_values_of_one_name() -> None:
    params = {"a": ["2", "1", "2"]}
    assert signature.signature(TOKEN, BASE, params) == signature.signature(TOKEN, BASE + "a1a2", {})


def test_json_bodies_are_signed_by_their_hash() -> None:
    body = b'{"x": 1}'
    url = f"{BASE}/twilio/status?bodySHA256={hashlib.sha256(body).hexdigest()}"
    made = sign(url, {})
    assert signature.valid(TOKEN, url, {}, made, body)
    assert RequestValidator(TOKEN).validate(url, body.decode(), made)
    assert not signature.valid(TOKEN, url, {}, made, body + b" ")
    assert not signature.valid(TOKEN, f"{BASE}/twilio/status", {}, sign(f"{BASE}/twilio/status", {}), body)


PATHS = [
    "/twilio/voice",
    "/twilio/turn/CA1/1",
    "/twilio/wait/CA1/1",
    "/twilio/agent",
    "/twilio/agent/phone/1",
    "/twilio/supervisor/phone/1",
    "/twilio/outside/1",
    "/twilio/keys/1",
    "/twilio/consent/1",
    "/twilio/recorded/1",
    "/twilio/connect/1",
    "/twilio/requeue/1",
    "/twilio/callback/1/1",
    "/twilio/status",
    "/twilio/conference?ticket=1",
    "/twilio/recording/CA1/1",
    "/twilio/fallback",
    "/twilio/nothing-here",
]


@pytest.mark.parametrize("path", PATHS)
def test_forged_requests_do_nothing(line: Kit, path: str) -> None:
    form = {"CallSid": "CA1", "From": "+79261234567", "CallStatus": "completed"}
    client = line.app.test_client()
    forgeries = [
        None,
        "",
        sign(BASE + path, form, "another token"),
        sign(BASE.replace("https", "http") + path, form),
        sign("https://evil.example.com" + path, form),
        sign(BASE + path, {**form, "From": "+79990000000"}),
    ]
    for forged in forgeries:
        headers = {"X-Twilio-Signature": forged} if forged is not None else {}
        for host in (BASE, "https://evil.example.com"):
            response = client.post(path, data=form, headers=headers, base_url=host)
            assert response.status_code == (404 if path.endswith("here") else 403)
            assert b"<Response" not in response.data
    assert line.redis.dbsize() == 0


def test_the_configured_address_counts_not_the_claimed_one(line: Kit) -> None:
    form = {"CallSid": "CA77", "From": CALLER, "To": CALLED}
    headers = {"X-Twilio-Signature": sign(BASE + "/twilio/voice", form)}
    response = line.app.test_client().post("/twilio/voice", data=form, headers=headers, base_url="http://10.0.0.5:8000")
    assert response.status_code == 200


def test_a_call_cannot_be_steered_from_another(line: Kit) -> None:
    phone = line.phone()
    phone.dial()
    other = line.phone()
    assert other.raw(phone.last.following, Digits="1").status_code == 400
    assert "Order number?" in phone.press("1").said


@pytest.mark.parametrize("payload", PAYLOADS, ids=[one["name"] for one in PAYLOADS])
def test_payloads(payload: dict[str, Any]) -> None:
    form = payload["form"]
    assert list(astuple(parse.facts(form)))[:4] == payload["facts"]
    arrival = parse.arrival(form, {}, parse.call_of(form))
    assert {
        "digits": arrival.digits,
        "said": [list(astuple(one)) for one in arrival.said],
        "left": arrival.left,
        "dialled": arrival.dialled,
        "recording": list(astuple(arrival.recording)) if arrival.recording else None,
    } == payload["arrival"]


FIELDS = ["Digits", "SpeechResult", "Confidence", "QueueResult", "DialCallStatus", "RecordingSid", "RecordingDuration",
          "From", "To", "CallStatus", "ParticipantLabel", "SequenceNumber", "StatusCallbackEvent", "offer"]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=40), max_size=8))
@examples(max_examples=200, deadline=None)
def test_no_payload_breaks_the_parsing(form: dict[str, str]) -> None:
    arrival = parse.arrival(form, form, "CA1")
    assert set(arrival.digits) <= set("0123456789*#")
    assert all(0 <= one.confidence <= 1 and one.text for one in arrival.said)
    parse.status(form)
    parse.conference(form)
    parse.recording(form)
    assert all(value.isascii() for value in parse.kept(form).values())


TWIML = Twiml(Urls(BASE), CALLED)
LISTEN = Listen("menu", "ru", hints=("где, мой <заказ>", "оператор"), finish_on="#", max_digits=0)
SECRET = Listen("ask", "en", max_digits=4, barge_in=False, secret=True)
RECORD = Record("r", "message", 60, 5, "#", "uk")
ENDS = [LISTEN, SECRET, RECORD, Poll(), Park("support"), Bridge(7), DialOut(CALLED), Resume(), Over()]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: type(end).__name__)
@given(text=st.text(max_size=300), language=st.sampled_from(["ru", "en", "uk", "de", "xx"]))
@examples(max_examples=40, deadline=None)
def test_any_text_in_any_reply_is_good_twiml(end: Any, text: str, language: str) -> None:
    checked(TWIML(Reply("CA1", 3, (Say(text, language),), end)))


@given(st.text(alphabet=st.characters(), min_size=1, max_size=60), st.integers(1, 400))
@example("\U00010000", 376)
@examples(max_examples=60, deadline=None)
def test_long_texts_are_cut_to_size(text: str, times: int) -> None:
    whole = text * times
    found = pieces(whole)
    assert all(len(quote(piece)) <= 4500 for piece in found)
    unspoken = {c for c in text if category(c) in ("Cc", "Cs") or c in "\ufffe\uffff"}
    spoken = "".join(c for c in whole if c not in unspoken)
    assert "".join("".join(found).split()) == "".join(spoken.split())


def test_what_a_flow_or_a_shop_says_stays_text() -> None:
    evil = "</Say><Dial>+70000000000</Dial> & \x00\x1b <Redirect>x"
    root = checked(TWIML(Reply("CA1", 3, (Say(evil, "en"),), Over())))
    assert [verb.tag for verb in root] == ["Say", "Hangup"]
    assert "<Dial>" in (root[0].text or "")


def test_a_reply_over_the_limit_keeps_its_verbs() -> None:
    says = tuple(Say("слово " * 600, "ru") for _ in range(40))
    data = TWIML(Reply("CA1", 3, says, LISTEN))
    assert len(data) <= 64_000
    assert [verb.tag for verb in checked(data)] == ["Gather", "Redirect"]


def test_languages_and_voices() -> None:
    root = ET.fromstring(TWIML(Reply("CA1", 3, (Say("да", "ru"), Say("yes", "en")), LISTEN)))
    said = [(one.get("language"), one.get("voice")) for one in root.iter("Say")]
    assert said == [("ru-RU", "Polly.Tatyana"), ("en-GB", "Polly.Amy")]
    assert root[0].get("language") == "ru-RU"
    assert root[0].get("hints") == "где мой <заказ>,оператор"
    assert root[0].get("numDigits") is None
    assert root[0].get("finishOnKey") == "#"
