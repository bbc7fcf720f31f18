"""One active clock among many: a lease in the records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import IntegrityError

from callqueue.store import leases


@dataclass(frozen=True, slots=True)
class Lease:
    """A named right that one ``holder`` has at a time, for ``ttl``; renewed by taking it again.

    ``hotline clock``: ``if lease.take(): callqueue().tick()``, every half second, ttl about 5 s.
    """

    engine: Engine
    name: str
    holder: str
    ttl: timedelta = timedelta(seconds=5)

    def take(self, *, now: datetime | None = None) -> bool:
        """Take or renew it; True when it is ours until ``now + ttl``. Raises SQLAlchemyError without records."""
        moment = now or datetime.now(UTC)
        mine = (leases.c.holder == self.holder) | (leases.c.until <= moment)
        values = {"holder": self.holder, "until": moment + self.ttl}
        with self.engine.begin() as conn:
            if conn.execute(update(leases).where(leases.c.name == self.name, mine).values(**values)).rowcount:
                return True
            if conn.execute(select(leases.c.name).where(leases.c.name == self.name)).first():
                return False
        try:
            with self.engine.begin() as conn:
                conn.execute(leases.insert().values(name=self.name, **values))
        except IntegrityError:
            # Another clock made the row between our two looks: it has the lease.
            return False
        return True

    def release(self) -> None:
        """Give it up at once, so that a standby need not wait for the end of ``ttl``."""
        with self.engine.begin() as conn:
            conn.execute(delete(leases).where(leases.c.name == self.name, leases.c.holder == self.holder))
