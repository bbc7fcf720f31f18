"""What people call the queues."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.queueing import callqueue


def names(language: str) -> Mapping[str, str]:
    """Every queue of the rules by its id, with its name in that language."""
    return callqueue().queue_names(language)


def name(queue: str, language: str) -> str:
    """One queue's; its id when the rules do not know it."""
    return names(language).get(queue, queue)
