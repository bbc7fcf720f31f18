"""The list of promises on the desk: which of them it shows, as the page's address says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from callqueue.model import OPEN_CALLBACK
from ivr.desk.roles import language, me
from ivr.queueing import callqueue

SHOWS = ("all", "open", "due", "mine", "over")
"""Values of ``promises`` in the address: ``due`` now; ``mine``, the agent's; ``over``: kept, failed or taken back."""
SUGGESTED_SHOWN = 20
OVER_SHOWN = 5
"""How many that are over stay on the list with the others."""


def listed(asked: Mapping[str, str]) -> dict[str, Any]:
    """What the panel needs. ``asked``: ``promises`` (one of :data:`SHOWS`) and ``queue``; what is none of them counts
    for nothing."""
    queues = callqueue().queue_names(language())
    show = asked.get("promises", "")
    show = show if show in SHOWS else "all"
    queue = asked.get("queue") if asked.get("queue") in queues else None
    found = callqueue().callbacks(
        queue=queue,
        agent=me().id if show == "mine" else None,
        due_by=datetime.now(UTC) if show == "due" else None,
    )
    opened = [one for one in found if one.state in OPEN_CALLBACK]
    over = [one for one in found if one.state not in OPEN_CALLBACK]
    suggested = [one for one in callqueue().proposals(SUGGESTED_SHOWN) if queue in (None, one.queue)]
    shown = {
        "all": suggested + opened + over[:OVER_SHOWN],
        "mine": opened + over[:OVER_SHOWN],
        "over": over,
    }.get(show, opened)
    return {"promises": shown, "promises_show": show, "promises_queue": queue, "promise_queues": queues}
