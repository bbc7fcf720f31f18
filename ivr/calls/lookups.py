"""Questions to the shop: a moment inside the webhook, the rest in a worker.

A turn waits at most 0.7 s in all, and at most a quarter of the web threads wait at once; a question that is not
answered by then goes on in its thread, which writes ``lookup:<call>:<n>`` when it has the answer. A question that found
no free thread, or whose process died, is asked by the job. So a wrong PIN is usually checked, and counted, once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from flows.engine.inputs import LookupDone, LookupOutcome
from ivr.calls.model import Awaits, Wait
from ivr.calls.store import CallStore
from ivr.redis_client import client
from ivr.shop import shop
from ivr.shop.port import Answer, Caller, ShopFailed

log = logging.getLogger(__name__)

TURN_SECONDS = 0.7
"""What all lookups of one turn may take in the webhook."""
GIVE_UP_SECONDS = 20.0
"""After this the caller is told that it failed."""
THREAD_SECONDS = 3.0
"""How long an answer is left to the thread that is asking, before a worker asks again."""

OUTCOMES: frozenset[LookupOutcome] = frozenset({"found", "missing", "refused", "limited", "failed"})


@dataclass(slots=True)
class _Asking:
    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: dict[str, Any] | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """``answer`` as ``{"outcome", "value"}``, or None when it is slow; ``begun``: a thread is asking."""

    answer: dict[str, Any] | None
    begun: bool


class Lookups:
    """The bounded pool of one web process. Threads are made when first needed, so after a fork."""

    def __init__(self, store: CallStore, threads: int) -> None:
        self._store = store
        self._slots = threading.BoundedSemaphore(max(1, threads))
        self._pool = ThreadPoolExecutor(max(1, threads), thread_name_prefix="shop")

    def ask(self, key: str, question: Callable[[], dict[str, Any]], seconds: float) -> Asked:
        """Ask, and wait ``seconds`` at most. ``question`` raises nothing (see :func:`put`)."""
        if seconds <= 0 or not self._slots.acquire(blocking=False):
            return Asked(None, begun=False)
        asking = _Asking()
        done = threading.Event()

        def work() -> None:
            try:
                answer = question()
                with asking.lock:
                    asking.answer = answer
                    late = asking.late
                done.set()
                if late:
                    self._store.answer(key, answer)
            except Exception:
                log.exception("an answer for %s came late and could not be kept; the job asks again", key)
            finally:
                self._slots.release()

        self._pool.submit(work)
        done.wait(seconds)
        with asking.lock:
            asking.late = asking.answer is None
            return Asked(asking.answer, begun=True)


def put(ask: Callable[[], Answer], action: str, caller: Caller) -> dict[str, Any]:
    """An answer as JSON data; whatever goes wrong in asking is ``failed``."""
    try:
        answer = ask()
    except ShopFailed as error:
        log.warning("%s failed for call %s: %s", action, caller.call, error)
        return {"outcome": "failed", "value": None}
    except Exception:
        log.exception("%s broke for call %s", action, caller.call)
        return {"outcome": "failed", "value": None}
    return as_data(answer)


def as_data(answer: Answer) -> dict[str, Any]:
    return {"outcome": answer.outcome, "value": answer.value}


def done(id: str, answer: dict[str, Any] | None) -> LookupDone:
    """The engine's input for an answer; ``failed`` for none, or for garbage."""
    if not answer or answer.get("outcome") not in OUTCOMES:
        return LookupDone(id, "failed")
    return LookupDone(id, answer["outcome"], answer.get("value"))


def perform(call: str, n: int, key: str) -> None:
    """Job on ``lookups``: answer what the call asked at turn ``n``, unless it was answered or is over."""
    store = CallStore(client())
    if store.has_answer(key):
        return
    found = store.load(call, n)
    if found is None or found.completed or found.wait.kind is not Awaits.LOOKUP or found.wait.key != key:
        return
    if time.time() - found.wait.since > GIVE_UP_SECONDS:
        return
    wait: Wait = found.wait
    caller = Caller(call, found.facts.caller, wait.language)
    store.answer(key, put(lambda: shop().perform(wait.action, wait.arguments, caller, key), wait.action, caller))
