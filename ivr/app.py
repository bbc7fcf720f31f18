"""The Flask app of the web process: the blueprints of the rooms, sign-in cookies, the token against forged forms."""

from __future__ import annotations

import logging
from datetime import timedelta
from importlib import import_module
from typing import Any

from flask import Blueprint, Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from ivr import csrf, logs
from ivr.settings import Settings, load_settings

log = logging.getLogger(__name__)

CARRIER = "ivr.carriers.twilio.routes"
"""Its webhooks prove themselves by a signature, and carry no cookie."""

BLUEPRINTS = (
    "ivr.desk.routes",
    "ivr.admin.routes",
    "ivr.floor.routes",
    "ivr.studio.routes",
    "ivr.studio.pages.routes",
    "ivr.api.health",
    "ivr.api.metrics",
    "ivr.jobs_page",
    "ivr.pages",
)
DEMO_BLUEPRINTS = ("ivr.carriers.local.page",)
"""Only with the built-in carrier."""


class Cookies(SecureCookieSessionInterface):
    """Flask's signed cookies; a request without one (the carrier's webhooks) pays for no cryptography."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)


def create_app(settings: Settings | None = None) -> Flask:
    """The app. Raises :class:`ivr.settings.SettingsError`. Connects to nothing yet."""
    settings = settings or load_settings()
    logs.set_up(settings.log_level)
    app = Flask("ivr", template_folder="templates", static_folder="static")
    app.session_interface = Cookies()
    app.secret_key = settings.signing_key
    app.config.update(
        HOTLINE=settings,
        SESSION_COOKIE_NAME="hotline",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.web_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=1024 * 1024,
    )
    csrf.protect(app)
    if settings.demo:
        app.config["PHONE_CALLERS"] = lambda: _sample_callers(settings)
    else:
        app.config["BROWSER_TOKEN"] = lambda identity: _browser_token(settings, identity)
    for module in (CARRIER, *BLUEPRINTS, *(DEMO_BLUEPRINTS if settings.demo else ())):
        blueprint = import_module(module).blueprint
        if not isinstance(blueprint, Blueprint):
            raise TypeError(f"{module}.blueprint is no blueprint")
        app.register_blueprint(blueprint)
        if module != CARRIER:
            _guard(app, blueprint.name)
    return app


def _guard(app: Flask, pages: str) -> None:
    """What every page needs and no webhook: a token against forged forms, and a line in the audit list."""
    from ivr.desk import audited

    app.before_request_funcs.setdefault(pages, [])[:0] = [csrf.check, audited.begin]
    app.after_request_funcs.setdefault(pages, []).append(audited.end)


def _browser_token(settings: Settings, identity: str) -> str:
    """The carrier's part, which the desk may not know."""
    from ivr.carriers.twilio.tokens import browser_token

    return browser_token(settings, identity)


def _sample_callers(settings: Settings) -> list[dict[str, Any]]:
    """People to play on the telephone page; empty when the shop is no sample, or away."""
    from ivr.shop.sample import SampleError, callers

    if settings.shop_database_url:
        return []
    try:
        return [caller.to_dict() for caller in callers(settings.shop_database)]
    except SampleError as error:
        log.warning("no sample callers: %s", error)
        return []
