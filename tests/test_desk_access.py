"""Who may open what: every role against every route, forged forms, sign-in, the content policy, error pages."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk_world import PASSWORD, World, world
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from ivr.admin import staff
from ivr.desk import panels
from ivr.desk.roles import DESK_ROLES, local_path
from ivr.store.engine import engine
from ivr.store.people import ROLES, Role, sign_in_failures

OPEN_TO_ALL = {"desk.sign_in", "desk.check_sign_in", "desk.sign_out", "desk.set_language"}


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(tmp_path, valkey_url, monkeypatch) as made:
        yield made


def routes(here: World) -> list[tuple[str, str, str]]:
    """Endpoint, method and an address of each of the desk's routes."""
    found = []
    for rule in here.app.url_map.iter_rules():
        if rule.endpoint.startswith("desk."):
            values = {name: "status" if name == "name" else 1 for name in rule.arguments}
            with here.app.test_request_context():
                address = str(here.app.url_map.bind("localhost").build(rule.endpoint, values))
            methods = {"GET", "POST"} & (rule.methods or set())
            found += [(rule.endpoint, method, address) for method in sorted(methods)]
    return found


def ask(client: FlaskClient, method: str, address: str) -> TestResponse:
    return client.open(address, method=method, headers={"X-CSRF-Token": "token"})


def test_every_role_against_every_route(here: World) -> None:
    pages = {role: here.page(f"a-{role}", role) for role in ROLES}
    checked = 0
    for endpoint, method, address in routes(here):
        if endpoint in OPEN_TO_ALL:
            continue
        for role, page in pages.items():
            status = ask(page.client, method, address).status_code
            assert status != 500, f"{role} {method} {address}"
            assert (status == 403) == (role not in DESK_ROLES), f"{role} {method} {address}: {status}"
            checked += 1
    assert checked >= 4 * 14


def test_nobody_signed_in_gets_nowhere(here: World) -> None:
    client = here.app.test_client()
    with client.session_transaction() as session:
        session["csrf_token"] = "token"
    for endpoint, method, address in routes(here):
        if endpoint in OPEN_TO_ALL:
            continue
        answer = ask(client, method, address)
        assert answer.status_code in (302, 401), f"{method} {address}: {answer.status_code}"
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/sign-in")


def test_every_route_says_who_may_open_it(here: World) -> None:
    for endpoint, view in here.app.view_functions.items():
        if endpoint.startswith("desk.") and endpoint not in OPEN_TO_ALL:
            assert getattr(view, "roles", None) == DESK_ROLES, endpoint


def test_a_part_of_a_page_leads_to_sign_in(here: World) -> None:
    answer = here.app.test_client().get("/desk/panel/status", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_a_person_made_inactive_is_out_at_once(here: World) -> None:
    page = here.page()
    assert page.get("/desk").status_code == 200
    staff.stop(staff.COMMAND, "anna")
    assert page.get("/desk").status_code == 302


@pytest.mark.parametrize("headers", [{}, {"X-CSRF-Token": "wrong"}])
def test_a_form_without_the_token_is_refused(here: World, headers: dict[str, str]) -> None:
    page = here.page()
    for endpoint, method, address in routes(here):
        if method == "POST":
            assert page.client.post(address, headers=headers).status_code == 403, endpoint


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost", True),
        ("http://127.0.0.1:8000", True),
        ("https://elsewhere.example", False),
        ("http://localhost.elsewhere.example", False),
        ("http://localhost:1", False),
        ("null", False),
    ],
)
def test_a_form_from_another_site_is_refused_even_with_the_token(here: World, origin: str, allowed: bool) -> None:
    page = here.page()
    answer = page.client.post(
        "/desk/status", data={"status": "ready"}, headers={"X-CSRF-Token": "token", "Origin": origin}
    )
    assert (answer.status_code == 200) == allowed


@pytest.mark.parametrize("address", ["/sign-in", "/desk", "/no-such-page"])
def test_pages_carry_a_strict_policy_and_no_inline_script(here: World, address: str) -> None:
    page = here.page()
    page.client.get("/desk")
    client = here.app.test_client() if address == "/sign-in" else page.client
    answer = client.get(address, headers={"Host": "desk.example:8000"})
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http://desk.example:8001" in policy
    assert "ws://desk.example:8002" in policy
    html = answer.text
    assert "<script>" not in html
    assert " style=" not in html
    assert not [word for word in (" onclick=", " onload=", " onsubmit=", "javascript:") if word in html]


def test_a_strange_host_does_not_get_into_the_policy(here: World) -> None:
    answer = here.app.test_client().get("/sign-in", headers={"Host": "x;script-src *"})
    assert "script-src" not in answer.headers.get("Content-Security-Policy", "")


def signing_in(here: World, login: str, password: str, **form: str) -> TestResponse:
    client = here.app.test_client()
    client.get("/sign-in", headers={"Accept-Language": "en"})
    with client.session_transaction() as session:
        token = session["csrf_token"]
    data = {"login": login, "password": password, "csrf_token": token, **form}
    return client.post("/sign-in", data=data, headers={"Accept-Language": "en"})


@pytest.mark.parametrize(
    ("role", "to"), [("agent", "/desk"), ("supervisor", "/desk"), ("admin", "/desk"), ("ops", "/studio")]
)
def test_sign_in_leads_where_the_role_works(here: World, role: Role, to: str) -> None:
    here.person("anna", role)
    answer = signing_in(here, "anna", PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, to)


def test_wrong_sign_ins_look_alike_and_grow_slower(here: World) -> None:
    here.person()
    for login in ("anna", "nobody"):
        first = signing_in(here, login, "wrong password")
        assert first.status_code == 403
        assert "login or the password is wrong" in first.text
        signing_in(here, login, "wrong password")
        signing_in(here, login, "wrong password")
    with engine().begin() as conn:  # this machine may be slow, and the delay is only seconds yet
        begun = conn.execute(update(sign_in_failures).values(not_before=datetime.now(UTC) + timedelta(minutes=1)))
    assert begun.rowcount == 2
    for login, password in (("anna", "wrong password"), ("nobody", "wrong password"), ("anna", PASSWORD)):
        answer = signing_in(here, login, password)
        assert answer.status_code == 429
        assert "Too many wrong attempts" in answer.text


@pytest.mark.parametrize(
    ("path", "leads"),
    [("/desk", "/desk"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil.example", "/"), ("", "/")],
)
def test_sign_in_sends_nobody_elsewhere(path: str, leads: str) -> None:
    assert local_path(path, "/") == leads


def test_sign_in_makes_a_new_session(here: World) -> None:
    here.person()
    client = here.app.test_client()
    client.get("/sign-in")
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
        token = session["csrf_token"]
    client.post("/sign-in", data={"login": "anna", "password": PASSWORD, "csrf_token": token})
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session["person"]


def test_sign_out_takes_the_agent_off_duty(here: World) -> None:
    page = here.page()
    page.post("/desk/status", status="ready")
    assert page.post("/sign-out").status_code == 303
    assert here.view(page.person).status == "off"
    assert page.get("/desk").status_code == 302


def test_the_language_is_the_chosen_one_then_the_browsers_then_russian(here: World) -> None:
    client = here.app.test_client()
    assert "Войти" in client.get("/sign-in").text
    assert "Sign in" in client.get("/sign-in", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
    with client.session_transaction() as session:
        session["csrf_token"] = "token"
    client.post("/language", data={"csrf_token": "token", "language": "en", "back": "/sign-in"})
    assert "Sign in" in client.get("/sign-in", headers={"Accept-Language": "ru"}).text


@pytest.mark.parametrize(("address", "words"), [("/desk/panel/nothing", "no such page"), ("/nowhere", "no such page")])
def test_a_page_that_is_not_there_says_so_kindly(here: World, address: str, words: str) -> None:
    answer = here.page().get(address)
    assert answer.status_code == 404
    assert words in answer.text


def test_records_away_is_a_page_and_not_a_trace(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    page = here.page()

    def away(name: str) -> dict[str, object]:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(panels, "panel_data", away)
    answer = page.get("/desk")
    assert answer.status_code == 503
    assert "The database" in answer.text


def test_what_breaks_is_a_page_and_not_a_trace(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    page = here.page()
    monkeypatch.setattr(panels, "panel_data", lambda name: 1 / 0)
    answer = page.get("/desk")
    assert answer.status_code == 500
    assert "Something broke" in answer.text
    assert "ZeroDivision" not in answer.text


def test_webhooks_keep_their_bare_answers(here: World) -> None:
    answer = here.app.test_client().post("/twilio/no-such-route")
    assert answer.status_code == 404
    assert "stylesheet" not in answer.text


def test_no_line_of_the_log_holds_a_number_or_what_was_written(here: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    page = here.page()
    ticket = here.talking(page, number="+79160009911", summary="canary summary")
    page.post(f"/desk/tickets/{ticket}/notes", notes="canary notes")
    page.get(f"/desk/tickets/{ticket}/customer")
    page.get("/desk")
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("ivr.desk"))
    for secret in ("79160009911", "0009911", "canary"):
        assert secret not in logged
