"""Where an agent talks: which phone is theirs, and the token that the one in their page signs in with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

import jwt
from flask import abort, current_app, jsonify
from werkzeug.wrappers import Response

from callqueue.model import AgentView
from ivr.desk.blueprint import blueprint
from ivr.desk.roles import DESK_ROLES, me, requires, settings

PhoneKind = Literal["line", "voice", "telephone", "none"]

LINE_LIFE = timedelta(minutes=10)


def phone_kind(agent: AgentView) -> PhoneKind:
    """``line``: the built-in carrier's, in the page. ``voice``: Twilio's, in the page. ``telephone``: their own number,
    where "1" accepts. ``none``: there is nowhere to talk."""
    if settings().demo:
        return "line"
    if agent.phone:
        return "telephone"
    return "voice" if settings().browser_phone else "none"


def in_page(agent: AgentView) -> bool:
    """Whether the agent accepts and talks in the page."""
    return phone_kind(agent) in ("line", "voice")


def page_phone() -> dict[str, Any]:
    """What the page's script needs to make its phone, whichever the agent uses at the moment: ``kind`` (``line``,
    ``voice`` or ``none``) and, for ``voice``, ``edges`` or ``hosts`` to connect to (neither: the nearest)."""
    configured = settings()
    if configured.demo:
        return {"kind": "line"}
    if not configured.browser_phone:
        return {"kind": "none"}
    hosts = [one for one in configured.signalling if "." in one or ":" in one]
    return {"kind": "voice", "hosts": hosts, "edges": [one for one in configured.signalling if one not in hosts]}


def signalling_sources() -> str:
    """What a page must be allowed to connect to for its phone; empty without one."""
    phone = page_phone()
    if phone["kind"] != "voice":
        return ""
    # The nearest edge names itself only once connected; the SDK tells Twilio about the quality of calls, too.
    return " ".join(f"wss://{host}" for host in phone["hosts"]) or "wss://*.twilio.com https://*.twilio.com"


@blueprint.post("/desk/phone-token")
@requires(*DESK_ROLES)
def phone_token() -> Response:
    """What the page's phone registers with at the carrier, as ``agent-<id>``: ``{"token"}``. It lives minutes. 404
    where agents have no phone in the page."""
    identity = f"agent-{me().id}"
    if settings().demo:
        claims = {"sub": identity, "exp": datetime.now(UTC) + LINE_LIFE}
        return jsonify(token=jwt.encode(claims, settings().auth_token, algorithm="HS256"))
    if not settings().browser_phone:
        abort(404)
    # Made by the carrier's part, of which the desk knows nothing (see ivr.app).
    make = cast(Callable[[str], str], current_app.config["BROWSER_TOKEN"])
    return jsonify(token=make(identity))
