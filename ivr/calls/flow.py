"""The flow that is served, and the revisions that calls in progress finish on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from redis.exceptions import RedisError

from flows.language import load_flow
from flows.language.flow import Flow
from flows.language.loader import parse_flow
from ivr.actions import CATALOGUE
from ivr.calls.store import CallStore
from ivr.queues import Queues, with_hours

log = logging.getLogger(__name__)


class FlowGone(Exception):
    """The revision of a call in progress is in neither memory nor Redis: only a human can go on."""


class ServedFlows:
    """Loads a flow's file once per content and keeps what was loaded by revision. ``path`` is asked for at each new
    call (cheap: the file is read again only when its time or size changed), so that a published file is served
    without a restart; one that is wrong is not, the last good one stays. ``queues``: hours in the place of the flow's.
    Thread-safe."""

    def __init__(self, path: Callable[[], Path], store: CallStore, queues: Queues | None = None) -> None:
        self._path = path
        self._queues = queues
        self._store = store
        self._lock = threading.Lock()
        self._flows: dict[str, Flow] = {}
        self._texts: dict[str, str] = {}
        self._seen: tuple[Path, int, int] | None = None
        self._served: Flow | None = None

    @property
    def loaded(self) -> Flow | None:
        """The flow served last, without looking for a newer one."""
        return self._served

    def served(self) -> Flow:
        """For new calls. Raises ``FlowErrors`` or ``OSError`` when there was never a good one."""
        path = self._path()
        try:
            stat = path.stat()
            seen = (path, stat.st_mtime_ns, stat.st_size)
        except OSError:
            if self._served is not None:
                return self._served
            raise
        if seen == self._seen and self._served is not None:
            return self._served
        with self._lock:
            if seen != self._seen:
                self._read(path)
                self._seen = seen
        if self._served is None:
            raise FlowGone("no flow could be loaded")
        return self._served

    def revision(self, revision: str) -> Flow:
        """For a call in progress: from memory, else from Redis. Raises :class:`FlowGone`, ``RedisError``."""
        found = self._flows.get(revision)
        if found is None:
            text = self._store.flow(revision)
            if text is None:
                current = self.served()
                if current.revision != revision:
                    raise FlowGone(f"revision {revision} of the flow is not kept any more")
                return current
            with self._lock:
                # Unchecked: it was checked when it began to be served, perhaps by the rules of an older program.
                found = self._keep(parse_flow(text, revision, CATALOGUE), text)
        return found

    def keep(self, revision: str) -> None:
        """Put a revision's text into Redis for other processes. Raises ``RedisError``."""
        text = self._texts.get(revision)
        if text is not None:
            self._store.keep_flow(revision, text)

    def _read(self, path: Path) -> None:
        text = path.read_text("utf-8")
        try:
            flow = load_flow(text, path.name, CATALOGUE)
        except Exception:
            if self._served is None:
                self._served = self._last_good()
            if self._served is None:
                raise
            log.exception("%s is wrong: calls go on with revision %s", path.name, self._served.revision)
            return
        self._served = self._keep(flow, text)
        try:
            self._store.keep_served(flow.revision, text)
        except RedisError as error:
            log.warning("revision %s is not kept in Redis yet (%s)", flow.revision, type(error).__name__)

    def _last_good(self) -> Flow | None:
        """What was served before this process began."""
        try:
            text = self._store.last_served()
        except RedisError:
            return None
        return self._keep(parse_flow(text, "the last good flow", CATALOGUE), text) if text else None

    def _keep(self, flow: Flow, text: str) -> Flow:
        if self._queues is not None:
            flow = with_hours(flow, self._queues)
        self._flows[flow.revision] = flow
        self._texts[flow.revision] = text
        return flow
