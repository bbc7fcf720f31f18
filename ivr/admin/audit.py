"""The audit list: who changed what, by person, kind and date; and the same as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from flask import Response, request

from ivr.admin.blueprint import ADMIN, blueprint, page
from ivr.desk.roles import requires
from ivr.store import audit, people
from ivr.store.engine import engine, reading


@blueprint.get("/admin/audit")
@requires(*ADMIN)
def audit_list() -> str:
    wanted = _wanted()
    number = max(request.args.get("page", 1, int), 1)
    with reading(engine()) as conn:
        lines, total = audit.page(conn, wanted, number)
        kinds = audit.kinds(conn)
    everyone = people.everyone()
    return page(
        "audit",
        lines=lines,
        total=total,
        number=number,
        pages=max(1, -(-total // audit.PAGE)),
        kinds=kinds,
        people=everyone,
        names={one.id: one.name for one in everyone},
        query={name: value for name, value in request.args.items() if name != "page" and value},
    )


@blueprint.get("/admin/audit.csv")
@requires(*ADMIN)
def audit_csv() -> Response:
    """The filtered list as CSV, in UTF-8 with the mark that spreadsheets look for."""
    wanted, names = _wanted(), {one.id: one.login for one in people.everyone()}

    def rows() -> Iterator[str]:
        yield "\ufeff"
        with reading(engine()) as conn:
            yield from audit.as_csv(audit.every(conn, wanted), names)

    with reading(engine()) as conn:
        audit.kinds(conn)  # records that are away are told before the answer begins
    answer = Response(rows(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="audit-{datetime.now(UTC):%Y-%m-%d}.csv"'
    return answer


def _wanted() -> audit.Filter:
    until = _day("until")
    return audit.Filter(
        person=request.args.get("person", None, int),
        kind=request.args.get("kind") or None,
        since=_day("since"),
        until=until + timedelta(days=1) if until else None,
    )


def _day(name: str) -> datetime | None:
    try:
        return datetime.strptime(request.args.get(name, ""), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
