"""Recorded conversations: the list, and the sound through us. Who listened to what is in the audit list."""

from __future__ import annotations

from datetime import datetime

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from ivr.desk.recordings import recording as sound
from ivr.desk.roles import me, requires
from ivr.floor.blueprint import FLOOR_ROLES, blueprint
from ivr.queueing import callqueue
from ivr.store import audit
from ivr.store.engine import engine

PAGE = 50


@blueprint.get("/supervisor/recordings")
@requires(*FLOOR_ROLES)
def recordings() -> str:
    """Query: ``before``, an ISO time: older ones than that."""
    try:
        before = datetime.fromisoformat(request.args["before"]) if "before" in request.args else None
    except ValueError:
        abort(400)
    if before is not None and before.tzinfo is None:
        abort(400)
    queue = callqueue()
    found = queue.recordings(before, PAGE)
    names = {row.id: row.name for row in queue.agents()}
    older = found[-1].made_at.isoformat() if len(found) == PAGE else None
    return render_template("floor/recordings.html", recordings=found, names=names, older=older)


@blueprint.get("/supervisor/recordings/<int:id>/audio")
@requires(*FLOOR_ROLES)
def recording_audio(id: int) -> Response:
    """The sound. A player asks for it in pieces: the first is the listening that is written down."""
    found = callqueue().recording(id)
    if found is None:
        abort(404)
    asked = request.headers.get("Range", "")
    if not asked or asked.startswith("bytes=0-"):
        with engine().begin() as conn:
            audit.record(conn, me().id, "recording.listen", f"recording:{id}", after={"ticket": found.ticket})
    return sound(found.sid, asked or None)
