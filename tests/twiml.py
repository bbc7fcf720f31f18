"""A caller as the carrier sees one: signed webhooks against the real app, and every reply checked as TwiML."""

from __future__ import annotations

import importlib.util
import itertools
import time
import xml.etree.ElementTree as ET
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha1
from hmac import new as hmac
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from records import migrated
from redis import Redis
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

import ivr.shop
from callqueue.store import metadata as queue_tables
from ivr import jobs, queueing, redis_client
from ivr import settings as settings_module
from ivr.app import create_app
from ivr.commands.worker import Worker
from ivr.settings import Settings
from ivr.shop.port import Answer, Caller
from ivr.store import calls as call_tables
from ivr.store import engine as engines

ROOT = Path(__file__).parents[1]
CHECKER = ROOT.parent / "shared" / "twilio" / "check_twiml.py"
API = CHECKER.with_name("twilio_api_v2010.json")
FLOW = Path(__file__).parent / "twilio" / "flow.yaml"
BASE = "https://hotline.example.com"
TOKEN = "0123456789abcdef0123456789abcdef"
ACCOUNT = "AC" + "a" * 32
CALLER = "+442071234567"
CALLED = "+74951112233"


@lru_cache
def checker() -> Callable[[bytes], list[str]] | None:
    """Twilio's own rules, where they are at hand."""
    if not CHECKER.exists():
        return None
    spec = importlib.util.spec_from_file_location("check_twiml", CHECKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[bytes], list[str]] = module.faults
    return found


def checked(body: bytes) -> ET.Element:
    """The reply, parsed; fails the test when Twilio would not take it (its rules may be absent, XML never is)."""
    root = ET.fromstring(body)
    assert root.tag == "Response"
    rules = checker()
    if rules is not None:
        assert rules(body) == []
    return root


def sign(url: str, form: Mapping[str, str], token: str = TOKEN) -> str:
    """The signature as Twilio's documentation describes it, written here a second time on purpose."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return b64encode(hmac(token.encode(), text.encode(), sha1).digest()).decode()


@dataclass
class FakeShop:
    """Answers as told, by action; remembers what it was asked. An answer may be a function (it may sleep or raise)."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def perform(self, action: str, arguments: Mapping[str, str], caller: Caller, key: str = "") -> Answer:
        self.asked.append((action, dict(arguments), key))
        answer = self.answers.get(action, Answer("missing"))
        made: Answer = answer() if callable(answer) else answer
        return made

    def context(self, number: str, cards: bool = True) -> Mapping[str, Any] | None:
        return {"name": "A Customer", "number": number}

    def ping(self) -> None:
        return None


@dataclass
class Heard:
    """One reply: what it says, and where it leads."""

    response: TestResponse
    root: ET.Element

    @property
    def said(self) -> str:
        return " ".join(say.text or "" for say in self.root.iter("Say"))

    @property
    def verbs(self) -> list[str]:
        return [verb.tag for verb in self.root]

    def verb(self, name: str) -> ET.Element:
        found = next(self.root.iter(name), None)
        assert found is not None, f"no <{name}> in {ET.tostring(self.root, 'unicode')}"
        return found

    @property
    def following(self) -> str:
        """The address that the carrier asks next: of the first verb that waits, else of the redirect."""
        for verb in self.root.iter():
            if verb.tag in ("Gather", "Record", "Enqueue", "Dial") and verb.get("action"):
                return str(verb.get("action"))
        return str(self.verb("Redirect").text)


@dataclass
class Phone:
    """A line at the carrier: phones the hotline, and does what its replies say."""

    client: FlaskClient
    call: str
    caller: str = CALLER
    heard: list[Heard] = field(default_factory=list)

    def post(self, url: str, **fields: str) -> Heard:
        """A signed webhook; ``url`` absolute as in a reply, or a path."""
        response = self.raw(url, **fields)
        assert response.status_code == 200, response.status
        heard = Heard(response, checked(response.data))
        self.heard.append(heard)
        return heard

    def raw(self, url: str, **fields: str) -> TestResponse:
        """The same, whatever comes back."""
        form = {
            "CallSid": self.call,
            "AccountSid": ACCOUNT,
            "From": self.caller,
            "To": CALLED,
            "Direction": "inbound",
            "CallStatus": "in-progress",
            **fields,
        }
        url = url.removeprefix(BASE).partition("#")[0]
        return self.client.post(
            url, data=MultiDict(form), headers={"X-Twilio-Signature": sign(BASE + url, form)}, base_url=BASE
        )

    @property
    def last(self) -> Heard:
        return self.heard[-1]

    def dial(self) -> Heard:
        return self.post("/twilio/voice", CallStatus="ringing")

    def go(self, **fields: str) -> Heard:
        """Go where the last reply leads, with what the caller did there."""
        return self.post(self.last.following, **fields)

    def press(self, digits: str) -> Heard:
        return self.go(Digits=digits)

    def say(self, text: str, confidence: str = "0.92") -> Heard:
        return self.go(SpeechResult=text, Confidence=confidence)

    def hang_up(self) -> TestResponse:
        return self.raw("/twilio/status", CallStatus="completed", CallDuration="12")

    @property
    def n(self) -> int:
        return int(urlsplit(self.last.following).path.rpartition("/")[2])


@dataclass
class Kit:
    """The app on a real Valkey and SQLite, with a scripted shop; workers run when told."""

    app: Flask
    settings: Settings
    redis: Redis
    shop: FakeShop
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def phone(self, caller: str = CALLER) -> Phone:
        return Phone(self.app.test_client(), f"CA{next(self._ids):032x}", caller)

    def another_process(self) -> None:
        """What follows is answered by a web process that has never seen these calls."""
        self.app.extensions.pop("hotline-twilio")

    def work(self, *names: str) -> None:
        """Real RQ workers, until their queues are empty."""
        for name in names or ("lookups", "changes", "journal"):
            worker = _Worker([jobs.queue(name)], connection=redis_client.client(), serializer=JSONSerializer)
            worker.work(burst=True, logging_level="ERROR")

    def poll(self, phone: Phone, seconds: float = 5) -> Heard:
        """Go round until the reply is no poll."""
        until = time.monotonic() + seconds
        while (
            phone.last.verbs[-1] == "Redirect" and "Gather" not in phone.last.verbs and "Record" not in phone.last.verbs
        ):
            assert time.monotonic() < until, "polled for too long"
            phone.go()
        return phone.last

    @contextmanager
    def redis_away(self) -> Iterator[None]:
        """Redis cannot be reached by the process; what it holds stays."""
        pool = redis_client.client().connection_pool
        path = pool.connection_kwargs["path"]
        pool.connection_kwargs["path"] = path + ".away"
        pool.reset()
        redis_client.OWN.__dict__.clear()
        yield
        pool.connection_kwargs["path"] = path
        pool.reset()
        redis_client.OWN.__dict__.clear()

    @contextmanager
    def records_away(self) -> Iterator[None]:
        """The records cannot be reached: every statement fails (their tables are gone, and come back empty)."""
        engine = engines.engine()
        queue_tables.drop_all(engine)
        call_tables.metadata.drop_all(engine)
        yield
        queue_tables.create_all(engine)
        call_tables.metadata.create_all(engine)

    @property
    def queue(self) -> Any:
        return queueing.callqueue()


class _Worker(Worker):
    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        """The test's own stay."""


@contextmanager
def kit(redis: Redis, tmp_path: Path, patch: pytest.MonkeyPatch, **environment: str) -> Iterator[Kit]:
    """A whole web process in this one, with settings from the environment as in production."""
    path = redis.connection_pool.connection_kwargs["path"]
    values = {
        "REDIS_URL": f"unix://{path}",
        "DATA_DIR": str(tmp_path),
        "PUBLIC_URL": BASE,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "PHONE_NUMBER": CALLED,
        "FLOW": str(FLOW),
        "HOURS": "open",
        **environment,
    }
    for name, value in values.items():
        patch.setenv(name, value)
    caches = (settings_module.settings, redis_client.client, queueing.callqueue, engines.engine)
    for cache in caches:
        cache.cache_clear()
    settings = settings_module.settings()
    shop = FakeShop()
    patch.setitem(ivr.shop._made, (settings.shop_database, str(settings.shop_mapping), settings.redis), shop)
    migrated(settings.database).dispose()
    app = create_app(settings)
    yield Kit(app, settings, redis, shop)
    engines.engine().dispose()
    for cache in caches:
        cache.cache_clear()
