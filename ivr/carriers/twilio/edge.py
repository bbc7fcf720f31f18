"""What the views share: built once per app, from its settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from flows import library
from ivr.calls.board import closed_now
from ivr.calls.flow import ServedFlows
from ivr.calls.lookups import Lookups
from ivr.calls.loop import CallLoop
from ivr.calls.passage import Tools
from ivr.calls.store import CallStore
from ivr.calls.waiting import WaitLane
from ivr.carriers.twilio.twiml import Twiml
from ivr.carriers.twilio.urls import Urls
from ivr.queueing import callqueue
from ivr.queues import load_queues
from ivr.redis_client import client
from ivr.settings import Settings
from ivr.shop import shop

LANGUAGES = ("ru", "en")
"""Spoken, both, while not even the flow can be asked which it has."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The Twilio edge of one app."""

    settings: Settings
    token: str
    urls: Urls
    twiml: Twiml
    store: CallStore
    loop: CallLoop
    lane: WaitLane

    def languages(self) -> tuple[str, ...]:
        return self.loop.tools.languages()


def edge() -> Edge:
    """The edge of the current app."""
    made: Edge | None = current_app.extensions.get("hotline-twilio")
    if made is None:
        made = current_app.extensions["hotline-twilio"] = build(current_app.config["HOTLINE"])
    return made


def build(settings: Settings) -> Edge:
    """An edge for these settings. Connects to nothing yet."""
    store = CallStore(client())
    flows = ServedFlows(lambda: flow_path(settings), store, load_queues(settings.queues))
    urls = Urls(settings.web_url, settings.stream_url, settings.signing_key)
    twiml = Twiml(urls, settings.phone_number, settings.record_calls)

    def languages() -> tuple[str, ...]:
        loaded = flows.loaded
        return loaded.languages if loaded is not None else LANGUAGES

    tools = Tools(
        settings=settings,
        lookups=Lookups(store, settings.web_threads // 4),
        shop=lambda: shop(settings),
        queue=callqueue,
        languages=languages,
        shut=closed_now,
    )
    loop = CallLoop(settings, store, flows, tools, twiml, callqueue)
    return Edge(settings, settings.auth_token, urls, twiml, store, loop, WaitLane(store, flows, callqueue, languages))


def flow_path(settings: Settings) -> Path:
    """The flow that is served: the setting's, else the shipped one."""
    return settings.flow or Path(library.PATH)
