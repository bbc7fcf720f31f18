"""What calls made of a flow, for the graph."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from flask import abort, jsonify, request
from werkzeug.wrappers import Response

from ivr.desk.roles import requires
from ivr.store import flows
from ivr.store.engine import engine, reading
from ivr.studio import traffic
from ivr.studio.pages.blueprint import STUDIO_ROLES, blueprint

LONGEST = 400


@blueprint.get("/studio/flows/<name>/traffic")
@requires(*STUDIO_ROLES)
def figures(name: str) -> Response:
    """Calls by step and way in the last ``days``; ``revision``, a number, of that one alone."""
    days = request.args.get("days", 7, type=int)
    if not 1 <= days <= LONGEST:
        abort(400, f"days: 1 to {LONGEST}")
    revision = None
    if number := request.args.get("revision", type=int):
        with reading(engine()) as conn:
            found = flows.numbered(conn, name, number)
        if found is None:
            abort(404)
        revision = found.revision
    now = datetime.now(UTC)
    seen = traffic.traffic(name, now - timedelta(days=days), now + timedelta(minutes=1), revision)
    return jsonify(
        calls=seen.calls,
        ended=seen.ended,
        alone=seen.alone,
        alone_share=seen.alone_share,
        steps={step: asdict(one) for step, one in seen.steps.items()},
        ways={f"{step}→{after}": count for (step, after), count in seen.ways.items()},
    )
