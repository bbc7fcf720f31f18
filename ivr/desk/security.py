"""What every page carries: a strict content policy and its companions; and where forms may come from."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, abort, request

from ivr.desk.blueprint import blueprint
from ivr.desk.phones import signalling_sources
from ivr.desk.roles import settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PRIVATE = ("/desk", "/admin", "/supervisor", "/studio", "/account", "/welcome")
"""Pages that no cache may keep."""


@blueprint.before_request
def our_own_origin() -> None:
    """Refuse (403) unsafe requests that a browser says come from elsewhere. The session's token is checked as well;
    this holds even when a token leaks."""
    origin = request.headers.get("Origin")
    if request.method in SAFE or origin is None:
        return
    if origin != settings().web_url and urlsplit(origin).netloc != request.host:
        abort(403)


@blueprint.after_app_request
def policy(response: Response) -> Response:
    """Scripts and styles only from our files; connections only to us, the live process and the carrier."""
    if response.mimetype == "text/html":
        live, carrier, phones = live_url(), "", signalling_sources()
        if settings().demo:
            carrier = carrier_url()
            phones = f"{carrier} {carrier.replace('http', 'ws', 1)}"
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
            f"frame-ancestors 'none'; connect-src 'self' {live} {phones}; media-src 'self' blob: data: {carrier}",
        )
        response.headers.setdefault("Permissions-Policy", "microphone=(self), camera=(), geolocation=()")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.path.startswith(PRIVATE):
        response.headers["Cache-Control"] = "no-store"
    return response


def live_url() -> str:
    """Where this page's stream of events comes from."""
    return settings().live_url or _neighbour(1)


def carrier_url() -> str:
    """Where the built-in carrier is, as seen from this page."""
    return settings().carrier_url or _neighbour(2)


def _neighbour(step: int) -> str:
    """The same host as the page's, on PORT + ``step``. A host that could break out of a header is not used."""
    name = urlsplit(f"//{request.host}").hostname or "127.0.0.1"
    if not all(c.isalnum() or c in ".-:" for c in name):
        name = "127.0.0.1"
    if ":" in name:
        name = f"[{name}]"
    return f"{request.scheme}://{name}:{settings().port + step}"
