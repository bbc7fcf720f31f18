"""The flows that are served, and the revisions that calls in progress finish on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from flows.engine.meaning import learn
from flows.language import load_flow
from flows.language.flow import Flow
from flows.language.loader import parse_flow
from ivr.actions import CATALOGUE
from ivr.calls.board import Board, Boards, copy_board
from ivr.calls.store import CallStore
from ivr.queues import Queues, with_hours
from ivr.store import flows as published
from ivr.store.engine import engine, reading

log = logging.getLogger(__name__)


ASK_AGAIN_SECONDS = 10.0
"""After the records were away when the switchboard was wanted of them."""


class FlowGone(Exception):
    """The revision of a call in progress is in neither memory, Redis nor the records: only a human can go on."""


class ServedFlows:
    """Keeps what was loaded by revision. A flow of which a revision was published is answered with that one (see
    :mod:`ivr.calls.board`); any other, and a published one that cannot be had, with the flow file. ``path`` of the
    file is asked for at each new call (cheap: it is read again only when its time or size changed), so that a changed
    file is served without a restart; one that is wrong is not, the last good one stays. ``queues``: hours in the place
    of the flow's. Thread-safe."""

    def __init__(
        self, path: Callable[[], Path], store: CallStore, queues: Queues | None = None, *, learns: bool = True
    ) -> None:
        """``learns``: callers' words will be taken here; whoever only asks for hours need not learn the examples."""
        self._path = path
        self._learns = learns
        self._queues = queues
        self._store = store
        self._lock = threading.Lock()
        self._boards = Boards()
        self._flows: dict[str, Flow] = {}
        self._texts: dict[str, str] = {}
        self._seen: tuple[Path, int, int] | None = None
        self._served: Flow | None = None
        self._answered: Flow | None = None
        self._ask_again = 0.0

    @property
    def loaded(self) -> Flow | None:
        """The flow served last, without looking for a newer one."""
        return self._answered or self._served

    def board(self, copy: bytes = b"") -> Board:
        """The switchboard in ``copy``; with none it is brought from the records, or stays as it was seen last. Raises
        ``RedisError``."""
        copy = copy or self._store.board()
        if not copy and time.monotonic() >= self._ask_again:
            try:
                copy = copy_board(self._store.redis)
            except (SQLAlchemyError, OSError) as error:
                # Callers must not wait for records that are away, one after the other.
                self._ask_again = time.monotonic() + ASK_AGAIN_SECONDS
                log.warning("no switchboard: the records are away (%s)", type(error).__name__)
        return self._boards.read(copy)

    @property
    def last_board(self) -> Board:
        """The switchboard as it was seen last."""
        return self._boards.read(None)

    def answering(self, call: str, called: str, board: Board) -> Flow:
        """What answers this call to that number. Raises what :meth:`served` raises."""
        # The file is looked at in any case: it says which flow answers where nothing else is said.
        name = board.of(called).flow or self.served().name
        self._answered = self._of(name, call, board) or self.served()
        return self._answered

    def live(self, board: Board) -> Flow:
        """The usual flow as it is live, whatever part of the calls a candidate gets."""
        served = self.served()
        return self._of(served.name, "", board, candidate=False) or served

    def _of(self, name: str, call: str, board: Board, candidate: bool = True) -> Flow | None:
        serving = board.flows.get(name)
        revision = "" if serving is None else serving.revision(call) if candidate else serving.live
        if not revision:
            return None
        try:
            return self.revision(revision)
        except Exception as error:
            if isinstance(error, RedisError):
                raise
            # The caller must be served: by the file, and somebody has to look.
            log.exception("revision %s of the flow %s cannot be served", revision, name)
            return None

    def served(self) -> Flow:
        """The flow file. Raises ``FlowErrors`` or ``OSError`` when there was never a good one."""
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
        """For a call in progress: from memory, else from Redis, else from the records. Raises :class:`FlowGone`,
        ``RedisError``."""
        found = self._flows.get(revision)
        if found is None:
            text = self._store.flow(revision) or _published(revision)
            if text is None:
                current = self.served()
                if current.revision != revision:
                    raise FlowGone(f"revision {revision} of the flow is not kept any more")
                return current
            with self._lock:
                # Unchecked: it was checked when it began to be served, perhaps by the rules of an older program.
                found = self._keep(parse_flow(text, revision, CATALOGUE), text)
        return found

    def text(self, revision: str) -> str | None:
        """The file's text of a revision in memory."""
        return self._texts.get(revision)

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
        # Who calls first is greeted meanwhile; whoever speaks sooner than it has been learned waits for it.
        if self._learns:
            threading.Thread(target=learn, args=(self._served,), name="learn-flow", daemon=True).start()
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


def _published(revision: str) -> str | None:
    try:
        with reading(engine()) as conn:
            return published.text_of(conn, revision)
    except (SQLAlchemyError, OSError) as error:
        log.warning("the records are away (%s): no text of revision %s", type(error).__name__, revision)
        return None
