"""The queue's jobs: plain functions that RQ runs by name. Each is only a wake-up: it claims what is due, or nothing.

Run twice, or for something that is over, a job does nothing. :func:`callqueue.bind` must have been called.
"""

from __future__ import annotations

from callqueue import acting, steering
from callqueue.bound import bound


def match() -> None:
    """Offer waiting tickets to ready agents."""
    queue, _ = bound()
    queue.match()


def connect(ticket: int) -> None:
    """Bring the waiting caller into the conference where the agent is."""
    queue, telephone = bound()
    acting.connect(queue.records, telephone, ticket)


def dial(callback: int) -> None:
    """Dial the customer of a callback whose agent is in the conference."""
    queue, telephone = bound()
    acting.dial(queue.records, telephone, callback)


def requeue(ticket: int) -> None:
    """The agent's leg is gone: return the caller to the line."""
    queue, telephone = bound()
    acting.requeue(queue.records, telephone, ticket)


def hang_up(call: str) -> None:
    """End a leg."""
    queue, telephone = bound()
    acting.hang_up(queue.records, telephone, call)


def ring(offer: int) -> None:
    """Ring the telephone of an agent for an offer."""
    queue, telephone = bound()
    acting.ring(queue.records, telephone, offer)


def reconcile(ticket: int) -> None:
    """Ask the carrier which legs of a ticket still live."""
    queue, telephone = bound()
    acting.reconcile(queue.records, telephone, ticket)


def trace(callback: int) -> None:
    """Ask the carrier what became of an attempt to dial."""
    queue, telephone = bound()
    acting.trace(queue.records, telephone, callback)


def seat(call: str) -> None:
    """Have a leg sit in its conference as it is wanted."""
    queue, telephone = bound()
    steering.seat(queue.records, telephone, call)


def call_out(ticket: int) -> None:
    """Ring the number that a call is transferred to."""
    queue, telephone = bound()
    steering.call_out(queue.records, telephone, ticket)


def call_supervisor(supervision: int) -> None:
    """Ring the telephone of a supervisor."""
    queue, telephone = bound()
    steering.call_supervisor(queue.records, telephone, supervision)


def play_keys(id: int) -> None:
    """Play keys that an agent pressed."""
    queue, telephone = bound()
    steering.play_keys(queue.records, telephone, id)


def record(id: int) -> None:
    """Have the carrier record a conversation, or pause."""
    queue, telephone = bound()
    steering.record(queue.records, telephone, id)
