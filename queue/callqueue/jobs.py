"""The queue's jobs: plain functions that RQ runs by name. Each is only a wake-up: it claims a row, does it, says so."""

from __future__ import annotations

from callqueue.bound import bound


def match() -> None:
    """Offer waiting tickets to ready agents."""
    queue, _ = bound()
    queue.match()


def connect(ticket: int) -> None:
    """Bring the waiting caller into the conference where the agent is."""
    raise NotImplementedError


def dial(callback: int) -> None:
    """Dial the customer of a callback whose agent is in the conference."""
    raise NotImplementedError


def requeue(ticket: int) -> None:
    """The agent's leg is gone: return the caller to the line."""
    raise NotImplementedError


def hang_up(call: str) -> None:
    """End a leg."""
    raise NotImplementedError


def ring(offer: int) -> None:
    """Dial the telephone of an agent for an offer."""
    raise NotImplementedError


def reconcile(ticket: int) -> None:
    """Ask the carrier which legs of a ticket still live."""
    raise NotImplementedError


def trace(callback: int) -> None:
    """Ask the carrier what became of an attempt to dial."""
    raise NotImplementedError
