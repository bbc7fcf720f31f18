"""PostgreSQL connections that give up on a server which answers nothing: a frozen one refuses nothing either."""

from __future__ import annotations

from typing import Any

import psycopg


def connection_class(seconds: float) -> type[psycopg.Connection[Any]]:
    """Connections that wait so long for each answer, then close and raise ``psycopg.OperationalError``: what was sent
    may have been done or not, as with any connection that is lost."""

    class Impatient(psycopg.Connection[Any]):
        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            try:
                return super().wait(gen, interval, seconds if timeout is None else timeout)
            except psycopg.errors._WaitTimeout as error:
                self.pgconn.finish()  # nothing can be read from it in order any more
                raise psycopg.OperationalError(f"no answer within {seconds:g} s") from error

    return Impatient
