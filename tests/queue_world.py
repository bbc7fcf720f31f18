"""What the queue's tests share: a world on real records (SQLite, and PostgreSQL where it is), and eight at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from records import migrated_of

from callqueue.model import CallbackState, TicketState
from callqueue.testing import World


@pytest.fixture(name="world", params=["sqlite", "postgresql"])
def make_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A queue without agents, callers or promises."""
    engine = migrated_of(request.param, request, tmp_path)
    yield World(engine)
    engine.dispose()


def ticket_state(world: World, ticket: int) -> TicketState:
    view = world.queue.ticket(ticket)
    assert view is not None
    return view.state


def callback_state(world: World, callback: int | None) -> CallbackState:
    view = world.queue.callback(callback or 0)
    assert view is not None
    return view.state


def at_once(work: Callable[[], object]) -> list[object]:
    """What eight threads that start together get."""
    results: list[object] = []
    together = threading.Barrier(8)

    def one() -> None:
        together.wait()
        results.append(work())

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    return results
