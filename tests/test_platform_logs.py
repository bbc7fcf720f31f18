"""No phone number, card or PIN in a log line, whoever writes it; what is needed to find a fault stays readable."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import quote

import pytest

from ivr import logs
from ivr.logs import mask

CANARY = "79165550123"


@pytest.mark.parametrize(
    "text",
    [
        f"+{CANARY}",
        f"call from +{CANARY} ended",
        f"from=%2B{CANARY}&to=x",
        "+7 (916) 555-01-23",
        "8-916-555-01-23",
        "7.916.555.01.23",
        quote("+7 916 555 01 23"),
        quote("+7 (916) 555-01-23", safe=""),
        f"{{'From': '+{CANARY}', 'Digits': '4321'}}",
        f"POST /twilio/voice?From=%2B{CANARY}",
        "card 2200 1234 5550 1239 refused",
        "number 5550123 unknown",
        "+7 916 555 0123",
    ],
)
def test_numbers_are_masked(text: str) -> None:
    masked = mask(text)
    for part in ("555", "0123", "01-23", "01.23", "916"):
        assert part not in masked
    assert logs.MASK in masked


@pytest.mark.parametrize(
    "text",
    [
        "pin=4321",
        "PIN: 4321",
        "{'pin': '4321'}",
        '{"pin": "4321"}',
        "Digits=4321&SpeechResult=4321",
        "phone_last4=4321",
        "args=('cards.points', {'card': '12345678', 'pin': '4321'})",
        "password='4321'",
    ],
)
def test_secrets_are_masked_by_their_name(text: str) -> None:
    assert "4321" not in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23 18:09:56,123 INFO ivr: up",
        "listening on 127.0.0.1:8000",
        "turn 12 of call CA00112233445566778899001122334455 took 120 ms",
        "job 12345678-1234-1234-1234-123456789012 done",
        "order 48213 of queue support",
        "ticket 17 at 2026-11-23T18:09:56+00:00",
        "Procfile:3: pinned",
        "exit code 137",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text


def test_every_process_logs_through_the_mask(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.set_up("INFO")
        names = ("ivr", "gunicorn.error", "gunicorn.access", "hypercorn.error", "rq.worker", "rq.job", "werkzeug")
        for name in names:
            logging.getLogger(name).error("from %s with pin=%s", f"+{CANARY}", "4321")
            try:
                raise ValueError(f"+{CANARY} pin=4321")
            except ValueError:
                logging.getLogger(name).exception("it broke")
        written = capsys.readouterr().err
        assert CANARY not in written
        assert "4321" not in written
        broke = {line.split(" ")[3].rstrip(":") for line in written.splitlines() if line.endswith("it broke")}
        assert broke == set(names)
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def test_a_stopping_servers_cancelled_connections_are_no_news(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("INFO")
    log = logging.getLogger("asyncio")
    for error in (asyncio.CancelledError(), ValueError("a fault of ours")):
        try:
            raise error
        except BaseException:
            log.exception("Exception in callback")
    written = capsys.readouterr().err
    assert "CancelledError" not in written
    assert "a fault of ours" in written
