"""The audit list: every change by authority leaves a line, which nothing alters and which holds no secret."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk_world import World, world
from records import migrated_of
from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import DBAPIError

from ivr import csrf
from ivr.desk import audited
from ivr.store import audit
from ivr.store.engine import engine, reading
from ivr.store.people import ROLES


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(tmp_path, valkey_url, monkeypatch) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Empty, migrated records on each kind of database."""
    made = migrated_of(request.param, request, tmp_path)
    yield made
    made.dispose()


def lines(**wanted: object) -> list[audit.Line]:
    with reading(engine()) as conn:
        return audit.page(conn, audit.Filter(**wanted))[0]  # type: ignore[arg-type]


def changing_routes(here: World) -> list[tuple[str, str, str]]:
    """Endpoint, method and an address of every route that must leave a line."""
    found = []
    with here.app.app_context():
        for rule in here.app.url_map.iter_rules():
            methods = (rule.methods or set()) - csrf.SAFE
            if methods and audited.is_due(rule.rule, rule.endpoint):
                address = here.app.url_map.bind("localhost").build(rule.endpoint, dict.fromkeys(rule.arguments, 1))
                found += [(rule.endpoint, method, address) for method in sorted(methods)]
    return found


def test_every_changing_route_of_authority_leaves_a_line(here: World) -> None:
    """Whatever its view does: here it only says that all is well."""
    page = here.page("root", "admin")
    found = changing_routes(here)
    assert {"admin.invite", "admin.stop", "admin.block", "desk.block_caller"} <= {name for name, _, _ in found}
    for endpoint, method, address in found:
        with engine().begin() as conn:
            conn.execute(delete(audit.audit))
        here.app.view_functions[endpoint] = _all_is_well
        if endpoint == "desk.block_caller":
            _all_is_well.audits = True  # type: ignore[attr-defined]
        form = {"password": "a secret", "reason": "because"}
        answer = page.client.open(address, method=method, data=form, headers={"X-CSRF-Token": "token"})
        assert answer.status_code == 200, address
        (line,) = lines()
        assert line.person == page.person.id, address
        assert dict(line.after) == {"password": "•••", "reason": "because"}, address


def _all_is_well(**_: object) -> str:
    return "done"


def test_a_view_that_wrote_its_own_line_gets_no_second(here: World) -> None:
    page = here.page("root", "admin")
    here.person("anna")
    page.post(f"/admin/people/{here.person('anna').id}/details", name="Anna", role="supervisor")
    assert [line.action for line in lines()] == ["person.role"]
    page.post(f"/admin/people/{here.person('anna').id}/details", name="Anna", role="supervisor")
    assert [line.action for line in lines()] == ["person.role"], "what was so already is no change"


def test_what_is_refused_leaves_no_line(here: World) -> None:
    page = here.page("root", "admin")
    assert page.post("/admin/people", login="", name="", role="").status_code == 422
    assert page.post("/admin/blocked/77/lift").status_code == 404
    assert here.page("anna").post("/admin/people/sign-out").status_code == 403
    assert page.client.post("/admin/people/sign-out").status_code == 403
    assert lines() == []


def test_every_route_of_the_house_says_who_may_open_it(here: World) -> None:
    open_to_all = {"admin.welcome", "admin.set_by_link"}
    pages = {role: here.page(f"a-{role}", role) for role in ROLES}
    checked = 0
    for rule in here.app.url_map.iter_rules():
        if not rule.endpoint.startswith("admin.") or rule.endpoint in open_to_all:
            continue
        roles = getattr(here.app.view_functions[rule.endpoint], "roles", None)
        assert roles, rule.endpoint
        address = here.app.url_map.bind("localhost").build(rule.endpoint, dict.fromkeys(rule.arguments, 999))
        method = "GET" if "GET" in (rule.methods or set()) else "POST"
        assert here.app.test_client().open(address, method=method).status_code in (302, 401, 403)
        for role, page in pages.items():
            if role in roles:
                continue
            status = page.client.open(address, method=method, headers={"X-CSRF-Token": "token"}).status_code
            assert status == 403, f"{role} {method} {address}"
            checked += 1
    assert checked >= 30


def test_a_line_is_never_changed(records: Engine) -> None:
    with records.begin() as conn:
        audit.record(conn, 1, "person.role", "anna", {"role": "agent"}, {"role": "admin"})
    with pytest.raises(DBAPIError, match="never changed"), records.begin() as conn:
        conn.execute(update(audit.audit).values(person=2))
    with reading(records) as conn:
        assert audit.page(conn, audit.Filter())[0][0].person == 1


def test_a_change_that_is_rolled_back_leaves_no_line(records: Engine) -> None:
    with records.connect() as conn:
        audit.record(conn, 1, "person.role", "anna")
        conn.rollback()
    with reading(records) as conn:
        assert audit.page(conn, audit.Filter()) == ([], 0)


def test_secrets_and_numbers_are_masked_and_what_is_the_same_left_out(records: Engine) -> None:
    before = {"password_hash": "$argon2id$x", "name": "Anna", "phone": "+7 916 123-45-67", "skills": {"b", "a"}}
    after = {
        **before,
        "auth_token": "t0ken",
        "note": "card 4276 1234 5678 9010",
        "until": datetime(2026, 3, 1, tzinfo=UTC),
    }
    with records.begin() as conn:
        audit.record(conn, None, "person.name", "12 +79161234567", {}, before, via="program")
        audit.record(conn, None, "person.name", "anna", before, after, via="command")
    with reading(records) as conn:
        second, first = audit.page(conn, audit.Filter())[0]
    assert first.subject == "12 •••4567"
    assert first.after == {"password_hash": "•••", "name": "Anna", "phone": "•••4567", "skills": ["a", "b"]}
    assert second.before == {}
    assert second.after == {"auth_token": "•••", "note": "card •••9010", "until": "2026-03-01T00:00:00+00:00"}


def test_lines_by_person_kind_and_date_page_by_page(here: World) -> None:
    now = datetime.now(UTC)
    with engine().begin() as conn:
        for number in range(audit.PAGE + 3):
            audit.record(conn, number % 2 + 1, "block.put" if number % 3 else "person.role", f"subject {number}")
    assert len(lines(person=1)) == (audit.PAGE + 4) // 2
    assert {line.kind for line in lines(kind="block")} == {"block"}
    assert lines(until=now - timedelta(minutes=5)) == []
    assert len(lines(since=now - timedelta(minutes=5))) == audit.PAGE
    page = here.page("root", "admin")
    first, second = page.get("/admin/audit").text, page.get("/admin/audit?page=2").text
    assert f"subject {audit.PAGE + 2}" in first
    assert "subject 0" in second
    assert "page=2" in first
    assert "subject 1<" not in page.get("/admin/audit?kind=person").text
    today = f"{now:%Y-%m-%d}"
    assert "subject" in page.get(f"/admin/audit?since={today}&until={today}&page=0").text
    assert "No changes" in page.get("/admin/audit?until=2020-01-01").text
    assert page.get("/admin/audit?since=garbage&person=x").status_code == 200


def test_as_csv_no_cell_is_a_formula(here: World) -> None:
    page = here.page("root", "admin")
    with engine().begin() as conn:
        audit.record(conn, page.person.id, "block.put", "=1+1", {}, {"reason": 'said "go", and\nmore'})
        audit.record(conn, None, "person.role", "anna", via="command")
    answer = page.get("/admin/audit.csv?kind=block")
    assert answer.mimetype == "text/csv"
    assert answer.text.startswith("\ufeff")
    heading, row = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    told = dict(zip(heading, row, strict=True))
    assert (told["person"], told["subject"], told["after"]) == ("root", "'=1+1", 'reason: said "go", and\nmore')
