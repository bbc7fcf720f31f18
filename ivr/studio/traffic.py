"""What calls made of a flow: how many passed each step and way, where they hung up, where they were not understood, and
how many were served without a human. From the journal in the records; by flow, revision and period.

A *call* is one that began in the period on that revision (of the flow, or any). *Through* counts calls, not visits.
A call is *served without a human* when it ended, nobody was asked for and it was not handed over, and it did not end
by a limit or by silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, distinct, func, select

from ivr.store.calls import call_entries, calls
from ivr.store.engine import engine, reading

SERVED = ("done", "caller")
"""How a call ends that nobody was missing in."""


@dataclass(frozen=True, slots=True)
class StepTraffic:
    """One step: calls that came to it, that hung up there, that said nothing there (no_input) and that were not
    understood there (no_match)."""

    calls: int = 0
    hung_up: int = 0
    no_input: int = 0
    no_match: int = 0


@dataclass(frozen=True, slots=True)
class Traffic:
    """``ways``: calls by step and the step after it; ``steps``: by step. ``alone``: served without a human."""

    calls: int = 0
    ended: int = 0
    alone: int = 0
    steps: Mapping[str, StepTraffic] = field(default_factory=dict)
    ways: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def share(self, step: str) -> float:
        """Calls of a hundred that came to the step."""
        found = self.steps.get(step)
        return 100 * found.calls / self.calls if found and self.calls else 0.0

    @property
    def alone_share(self) -> float:
        """Ended calls of a hundred that were served without a human."""
        return 100 * self.alone / self.ended if self.ended else 0.0


def traffic(flow: str, since: datetime, until: datetime, revision: str | None = None) -> Traffic:
    """The figures of calls that began from ``since`` on and before ``until``; ``revision`` (a hash) None: of all.
    Raises ``SQLAlchemyError``."""
    wanted = (calls.c.flow == flow) & (calls.c.started_at >= since) & (calls.c.started_at < until)
    if revision is not None:
        wanted &= calls.c.revision == revision
    ids = select(calls.c.id).where(wanted)
    with reading(engine()) as conn:
        return _counted(conn, wanted, ids)


def _counted(conn: Connection, wanted: Any, ids: Select[Any]) -> Traffic:
    total = conn.execute(select(func.count()).select_from(calls).where(wanted)).scalar_one()
    over = wanted & calls.c.ended_at.is_not(None)
    ended = conn.execute(select(func.count()).select_from(calls).where(over)).scalar_one()
    alone = over & calls.c.outcome.in_(SERVED) & calls.c.asked_human.is_(False)
    served = conn.execute(select(func.count()).select_from(calls).where(alone)).scalar_one()
    entered = _entries(ids, "entered").subquery()
    came = dict(_pairs(conn, select(entered.c.step, func.count(distinct(entered.c.call))).group_by(entered.c.step)))
    after = func.lead(entered.c.step).over(partition_by=entered.c.call, order_by=entered.c.seq).label("after")
    walked = select(entered.c.call, entered.c.step, after).subquery()
    ways = {
        (row[0], row[1]): int(row[2])
        for row in conn.execute(
            select(walked.c.step, walked.c.after, func.count(distinct(walked.c.call)))
            .where(walked.c.after.is_not(None))
            .group_by(walked.c.step, walked.c.after)
        )
    }
    last = (
        select(
            entered.c.call,
            entered.c.step,
            func.row_number().over(partition_by=entered.c.call, order_by=entered.c.seq.desc()).label("back"),
        )
    ).subquery()
    left = select(calls.c.id).where(wanted, calls.c.outcome == "caller")
    hung = dict(
        _pairs(
            conn,
            select(last.c.step, func.count()).where(last.c.back == 1, last.c.call.in_(left)).group_by(last.c.step),
        )
    )
    understood = _entries(ids, "understood").subquery()
    missed: dict[str, dict[str, int]] = {}
    for kind in ("no_input", "no_match"):
        of = select(understood.c.step, func.count()).where(understood.c.as_ == kind).group_by(understood.c.step)
        missed[kind] = dict(_pairs(conn, of))
    steps = {
        step: StepTraffic(
            came.get(step, 0),
            hung.get(step, 0),
            missed["no_input"].get(step, 0),
            missed["no_match"].get(step, 0),
        )
        for step in sorted({*came, *hung, *missed["no_input"], *missed["no_match"]})
    }
    return Traffic(total, ended, served, steps, ways)


def _entries(ids: Select[Any], kind: str) -> Select[Any]:
    step = call_entries.c.data["step"].as_string().label("step")
    as_ = call_entries.c.data["as"].as_string().label("as_")
    return select(call_entries.c.call, call_entries.c.seq, step, as_).where(
        call_entries.c.kind == kind, call_entries.c.call.in_(ids)
    )


def _pairs(conn: Connection, query: Select[Any]) -> list[tuple[str, int]]:
    return [(str(row[0]), int(row[1])) for row in conn.execute(query) if row[0] is not None]
