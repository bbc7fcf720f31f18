"""The page `/supervisor`: the floor now. A panel is drawn anew only when what it shows has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from flask import Response, abort, jsonify, render_template, request

from ivr.desk import texts
from ivr.desk.phones import page_phone
from ivr.desk.roles import language, me, requires, settings
from ivr.desk.security import carrier_url, live_url
from ivr.floor import queues, tables
from ivr.floor.blueprint import FLOOR_ROLES, blueprint, floor, hours
from ivr.floor.board import STATES, Board
from ivr.floor.words import Tile, number, tile

PANELS = ("alerts", "tiles", "line", "staff", "talks", "promises", "today")
WALL = ("service_level", "answer", "abandonment", "handle", "served_alone", "first_call")
KEPT = ("kept_5_minutes", "kept_hour", "kept_as_promised")
SHEETS = {"line": tables.line, "staff": tables.staff, "talks": tables.talks}


@blueprint.get("/supervisor")
@requires(*FLOOR_ROLES)
def board() -> str:
    shown = context(floor().board())
    drawn = {name: draw(name, shown) for name in PANELS}
    phone = {"page_phone": page_phone(), "carrier": carrier_url()}
    return render_template("floor/board.html", drawn=drawn, live=live_url(), **phone, **shown)


@blueprint.get("/supervisor/now")
@requires(*FLOOR_ROLES)
def now() -> Response:
    """What has changed: ``{"at": seconds, "panels": {name: {"key", "html"}}}``. ``have``: JSON of the keys that the
    page shows; ``since``: read no earlier than this (seconds), for the page was told that something happened then."""
    try:
        since = float(request.args["since"]) if "since" in request.args else None
        have = dict(json.loads(request.args.get("have", "{}")))
    except (ValueError, TypeError):
        abort(400)
    found = floor().board(since)
    shown = context(found)
    changed = {}
    for name in PANELS:
        key, html = draw(name, shown)
        if have.get(name) != key:
            changed[name] = {"key": key, "html": html}
    return jsonify(at=found.at.timestamp(), panels=changed)


@blueprint.get("/supervisor/now/<name>.csv")
@requires(*FLOOR_ROLES)
def now_csv(name: str) -> Response:
    """A list of the page as a file."""
    if name not in SHEETS:
        abort(404)
    return csv_file(SHEETS[name](floor().board(), texts.texts(language())), f"hotline-{name}.csv")


def csv_file(sheet: tables.Sheet, filename: str) -> Response:
    """A table as a download."""
    answer = Response(tables.as_csv(sheet, hours().zone()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer


def draw(name: str, shown: Mapping[str, Any]) -> tuple[str, str]:
    """A panel's key and its HTML: the same key means the same panel."""
    html = render_template(f"floor/{name}.html", **shown)
    return hashlib.blake2s(html.encode(), digest_size=8).hexdigest(), html


def context(found: Board) -> dict[str, Any]:
    """What the panels' templates need."""
    words, configured = texts.texts(language()), settings()

    def one(key: str) -> Tile:
        return tile(key, found.today, found.last_week, words, configured)

    return {
        "board": found,
        "tiles": [one(key) for key in WALL],
        "kept": [one(key) for key in KEPT],
        "states": STATES,
        "plot": plot(found),
        "target": configured.service_level_target,
        "seconds": configured.service_level_seconds,
        "break_minutes": configured.break_minutes,
        "by_queue": {
            name: tile("service_level", part, part, words, configured) for name, part in found.by_queue.items()
        },
        "alert_texts": {alert.id: tables.alert_text(alert, words) for alert in found.alerts},
        "my_id": me().id,
        "zone": str(hours().zone()),
        "queue_names": queues.names(words.code),
    }


def plot(found: Board) -> dict[str, list[float | None]]:
    """Callers by half-hour, today and last week, from the first of both days to the end; parts to come are empty."""
    busy = [index for index, (_, new, old) in enumerate(found.parts) if new.came or old.came]
    if not busy:
        return {"x": []}
    first, last = busy[0], busy[-1] + 1
    now_at = found.at.timestamp()
    parts = found.parts[first:last]

    def today(value: float | None, at: float) -> float | None:
        return value if at <= now_at else None

    times = [at.timestamp() for at, _, _ in parts]
    return {
        "x": list(times),
        "answered": [today(new.answered, at) for (_, new, _), at in zip(parts, times, strict=True)],
        "lost": [today(new.abandoned, at) for (_, new, _), at in zip(parts, times, strict=True)],
        "before": [float(old.came) for _, _, old in parts],
        "level": [today(number(new.service_level), at) for (_, new, _), at in zip(parts, times, strict=True)],
    }
