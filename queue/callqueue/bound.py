"""What the jobs use: set once per process by the program that runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callqueue.ports import Telephone
    from callqueue.service import CallQueue


class NotBound(RuntimeError):
    """A job ran in a process that never called :func:`bind`: start it with ``hotline worker``, not ``rq worker``."""


@dataclass(slots=True)
class _Bound:
    queue: CallQueue | None = None
    telephone: Telephone | None = None


_bound = _Bound()


def bind(*, queue: CallQueue, telephone: Telephone) -> None:
    """Give the jobs of this process their queue and their telephone."""
    _bound.queue, _bound.telephone = queue, telephone


def bound() -> tuple[CallQueue, Telephone]:
    """What was bound. Raises :class:`NotBound`."""
    if _bound.queue is None or _bound.telephone is None:
        raise NotBound("callqueue.bind(queue=…, telephone=…) was not called: run jobs with `hotline worker QUEUE`")
    return _bound.queue, _bound.telephone
