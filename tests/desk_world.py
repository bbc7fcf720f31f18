"""The desk with everything real behind it: records in SQLite, the call queue, Valkey, the sample shop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from records import migrated
from werkzeug.test import TestResponse

import ivr.shop
from callqueue.model import AgentStatus, AgentView, HandOffRequest
from callqueue.service import CallQueue
from ivr import redis_client
from ivr import settings as settings_module
from ivr.queueing import callqueue
from ivr.settings import Settings
from ivr.store import engine as records
from ivr.store import people
from ivr.store.people import Person, Role

KEY = "k" * 40
PASSWORD = "correct horse"


@dataclass
class World:
    """One Hotline, without its processes."""

    app: Flask
    settings: Settings
    queue: CallQueue

    def person(self, login: str = "anna", role: Role = "agent", name: str = "Анна Ковалёва") -> Person:
        return people.by_login(login) or people.add(login, name, role, PASSWORD)

    def page(self, login: str = "anna", role: Role = "agent") -> Page:
        """A browser signed in as this person."""
        person = self.person(login, role)
        client = self.app.test_client()
        with client.session_transaction() as session:
            session["person"] = person.id
            session["csrf_token"] = "token"
            session["language"] = "en"
        return Page(client, person)

    def caller(self, call: str = "CA1", number: str | None = "+79161234567", **about: Any) -> int:
        """A caller in line; returns the ticket."""
        values = {"queue": "support", "priority": 0, "reason": "asked", "summary": "Order 4812", "language": "ru"}
        return self.queue.hand_off(HandOffRequest(key=f"{call}:1:c1", call=call, number=number, **(values | about)))

    def view(self, person: Person) -> AgentView:
        view = self.queue.agent_view(person.id)
        assert view is not None
        return view

    def offered(self, page: Page, **about: Any) -> int:
        """A caller is offered to this page's agent; returns the offer."""
        if self.queue.agent_view(page.person.id) is None:
            self.queue.register_agent(page.person.id, page.person.name)
        self.queue.set_status(page.person.id, AgentStatus.READY)
        self.caller(**about)
        self.queue.match()
        offer = self.view(page.person).offer
        assert offer is not None
        return offer.id

    def talking(self, page: Page, **about: Any) -> int:
        """A caller talks with this page's agent; returns the ticket."""
        offer = self.offered(page, **about)
        assert page.post(f"/desk/offers/{offer}/accept").status_code == 200
        ticket = self.view(page.person).ticket
        assert ticket is not None
        self.queue.agent_joined(ticket.id, page.person.id, f"agent-leg-{ticket.id}")
        self.queue.caller_joined(ticket.id, ticket.call)
        return ticket.id

    def wrapping_up(self, page: Page, **about: Any) -> int:
        """The call is over and wrap-up has begun; returns the ticket."""
        ticket = self.talking(page, **about)
        self.queue.conference_ended(ticket)
        return ticket


@dataclass
class Page:
    """A signed-in browser's requests, with the token that pages send."""

    client: FlaskClient
    person: Person

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, **form: str) -> TestResponse:
        return self.client.post(path, data=form, headers={"X-CSRF-Token": "token"})


@contextmanager
def world(folder: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch, **env: str) -> Iterator[World]:
    """A world of its own in ``folder``. What processes keep for themselves is made anew, and again afterwards."""
    values = {"DATA_DIR": str(folder), "REDIS_URL": valkey_url, "SECRET_KEY": KEY, "HOURS": "open", **env}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    forget()
    settings = settings_module.settings()
    migrated(settings.database).dispose()
    from ivr.app import create_app

    app = create_app(settings)
    app.config["TESTING"] = False  # errors become pages, as they do for people
    try:
        yield World(app, settings, callqueue())
    finally:
        records.engine().dispose()
        forget()


def forget() -> None:
    """Drop what this process has built from its settings."""
    for kept in (settings_module.settings, records.engine, redis_client.client, callqueue, ivr.shop.shop):
        clear = getattr(kept, "cache_clear", None)
        if clear is not None:
            clear()


def shown(html: str) -> str:
    """A page's text without tags, spaces folded."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())
