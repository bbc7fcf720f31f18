"""How the web process is served. Gunicorn reads the names in this module as its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from ivr import logs, ready
from ivr.settings import load_settings


class MaskedLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's, without handlers of its own: its lines go through the root's, masked."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True


_settings = load_settings()
logs.set_up(_settings.log_level)

bind = ready.bind(_settings.host, _settings.port)
worker_class = "gthread"
workers = _settings.web_workers
threads = _settings.web_threads
keepalive = 30
timeout = 30
graceful_timeout = 20
"""A carrier waits 15 s for an answer: what is in hand at a stop is finished."""
preload_app = False
"""Each worker loads the code itself: a deploy replaces them one after the other."""
accesslog = None
"""Addresses may hold what callers keyed; the journal is the record of a call."""
errorlog = "-"
loglevel = _settings.log_level.lower()
logger_class = MaskedLogger
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Heartbeat files belong in memory: a busy disk must not look like a dead worker."""


def post_worker_init(_worker: Any) -> None:
    """A worker has loaded the app: calls can come to this one."""
    ready.tell()
