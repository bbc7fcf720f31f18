"""Who may open a stream: Flask's signed session cookie, and a page of our own as the origin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature

from ivr.settings import Settings

COOKIE = "hotline"
LIFETIME = timedelta(hours=12)
"""The web process's session cookie and how long it holds; a test keeps the two processes equal."""


class Access:
    """Reads sessions that the web process signed, and knows the addresses its pages come from."""

    def __init__(self, settings: Settings, cookie: str = COOKIE) -> None:
        self.cookie = cookie
        web = Flask("ivr")
        web.secret_key = settings.signing_key
        serializer = SecureCookieSessionInterface().get_signing_serializer(web)
        assert serializer is not None  # it is None only without a key
        self._serializer = serializer
        self._lifetime = int(LIFETIME.total_seconds())
        self._port = settings.port
        self._known = {origin_of(settings.web_url)}

    def session(self, cookie: str | None) -> tuple[int, int] | None:
        """The signed-in person's id and the epoch their session is of (see ``ivr.store.people``); None for no cookie,
        a forged or an old one."""
        if not cookie:
            return None
        try:
            session: Any = self._serializer.loads(cookie, max_age=self._lifetime)
        except BadSignature:
            return None
        if not isinstance(session, dict):
            return None
        person, epoch = session.get("person"), session.get("epoch", 0)
        return (person, epoch) if isinstance(person, int) and isinstance(epoch, int) else None

    def allows(self, origin: str | None, host: str) -> bool:
        """Whether ``origin`` is our page's: the configured public address, or ``PORT`` of the host asked (a page
        under another name of this machine asks us under that same name)."""
        if not origin:
            return False
        asked = origin_of(origin)
        name = urlsplit(f"//{host}").hostname
        return asked in self._known or (asked[1] == name and asked[2] == self._port)


def origin_of(address: str) -> tuple[str, str | None, int]:
    """Scheme, host and port, the port spelt out. An address that is none equals no other origin."""
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = 0
    return parts.scheme, parts.hostname, port or {"http": 80, "https": 443}.get(parts.scheme, 0)
