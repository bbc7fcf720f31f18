"""People: invitations and links, roles, skills, stopping, signing out; who may do it, and that it is written down."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk_world import PASSWORD, World, shown, world
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from ivr.admin import skills, staff
from ivr.admin.staff import COMMAND, By, Refused
from ivr.store import audit, links, people
from ivr.store.engine import engine, reading
from ivr.store.people import Person, Role

NEW = "a brand new password"


@pytest.fixture
def here(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(tmp_path, valkey_url, monkeypatch) as made:
        yield made


def lines(**wanted: Any) -> list[audit.Line]:
    with reading(engine()) as conn:
        return audit.page(conn, audit.Filter(**wanted))[0]


def visitor(here: World) -> FlaskClient:
    client = here.app.test_client()
    with client.session_transaction() as session:
        session["csrf_token"] = "token"
    return client


def set_by(client: FlaskClient, address: str, password: str = NEW) -> TestResponse:
    return client.post(address, data={"password": password}, headers={"X-CSRF-Token": "token", "Accept-Language": "en"})


def link_in(answer: TestResponse) -> str:
    found = re.search(r'value="[^"]*(/welcome/[\w-]+)"', answer.text)
    assert found, shown(answer.text)
    return found.group(1)


def test_an_invited_person_sets_a_password_once_and_works(here: World) -> None:
    admin = here.page("root", "admin")
    answer = admin.post("/admin/people", login="Galina", name="Galina  K.", role="agent")
    assert answer.status_code == 200
    link = link_in(answer)
    with reading(engine()) as conn:
        kept = conn.execute(select(links.links)).mappings().one()
    assert link.removeprefix("/welcome/") not in str(dict(kept))
    galina = staff.find("galina")
    assert (galina.name, galina.invited) == ("Galina K.", True)
    assert people.verify("galina", "") is None

    client = visitor(here)
    assert "galina" in client.get(link).text
    assert set_by(client, link, "short").status_code == 422
    assert set_by(client, link).status_code == 303
    assert set_by(client, link).status_code == 404
    assert client.get(link).status_code == 404
    assert people.verify("galina", NEW) == staff.find("galina")
    assert here.view(galina).status == "off"
    assert [line.action for line in lines(subject="galina")] == ["person.password", "person.invite"]


def test_a_link_expires_and_a_newer_one_replaces_it(here: World) -> None:
    first = staff.invite(COMMAND, "galina", "Galina", "agent")
    second = staff.link(COMMAND, "galina")
    client = visitor(here)
    assert client.get(first.path).status_code == 404
    assert client.get(second.path).status_code == 200
    with engine().begin() as conn:
        conn.execute(update(links.links).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert set_by(client, second.path).status_code == 404
    assert staff.find("galina").invited


def test_of_two_who_use_a_link_at_once_one_sets_the_password(here: World) -> None:
    link = staff.invite(COMMAND, "galina", "Galina", "agent")
    results: list[str] = []
    together = threading.Barrier(6)

    def use(number: int) -> None:
        together.wait()
        try:
            staff.accept(link.token, f"password number {number}")
            results.append("set")
        except Refused as error:
            results.append(error.why)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["link_gone"] * 5 + ["set"]


def test_a_reset_link_leaves_the_old_password_until_it_is_used(here: World) -> None:
    page = here.page("anna")
    admin = here.page("root", "admin")
    answer = admin.post(f"/admin/people/{page.person.id}/link")
    link = link_in(answer)
    assert people.verify("anna", PASSWORD)
    assert page.get("/desk").status_code == 200
    assert set_by(visitor(here), link).status_code == 303
    assert page.get("/desk").status_code == 302, "the sessions so far are over"
    assert people.verify("anna", PASSWORD) is None
    assert people.verify("anna", NEW)


def test_ones_own_password_ends_the_other_sessions_and_not_this_one(here: World) -> None:
    mine, other = here.page("anna"), here.page("anna")
    assert mine.post("/account/password", present="wrong one", password=NEW).status_code == 422
    assert mine.post("/account/password", present=PASSWORD, password="short").status_code == 422
    assert mine.post("/account/password", present=PASSWORD, password=NEW).status_code == 303
    assert mine.get("/desk").status_code == 200
    assert other.get("/desk").status_code == 302
    assert people.verify("anna", NEW)
    (line,) = lines(kind="person")
    assert (line.person, dict(line.after)) == (mine.person.id, {"by": "themselves"})


def test_stopping_ends_sessions_and_duty_at_once(here: World) -> None:
    admin, agent = here.page("root", "admin"), here.page("anna")
    offer = here.offered(agent)
    answer = admin.post(f"/admin/people/{agent.person.id}/stop")
    assert answer.status_code == 303
    assert agent.get("/desk").status_code == 302
    view = here.view(agent.person)
    assert (view.status, view.offer) == ("off", None)
    assert not here.queue.accept(offer, agent.person.id)
    assert people.verify("anna", PASSWORD) is None
    assert admin.post(f"/admin/people/{agent.person.id}/again").status_code == 303
    assert people.verify("anna", PASSWORD)
    assert agent.get("/desk").status_code == 302, "the old session does not come back"


@pytest.mark.parametrize("deed", ["stop", "details"])
def test_the_last_admin_stays(here: World, deed: str) -> None:
    admin = here.page("root", "admin")
    staff.invite(COMMAND, "next", "Next", "admin")  # has no password yet: cannot stand in
    form = {"name": "Root", "role": "ops"} if deed == "details" else {}
    answer = admin.post(f"/admin/people/{admin.person.id}/{deed}", **form)
    assert answer.status_code == 422
    assert "last admin" in answer.text
    assert staff.find("root").role == "admin"
    assert not lines(subject="root")
    staff.add(COMMAND, "second", "Second", "admin", NEW)
    assert admin.post(f"/admin/people/{admin.person.id}/{deed}", **form).status_code == 303


def test_two_admins_who_remove_each_other_leave_one(here: World) -> None:
    here.person("one", "admin"), here.person("two", "admin")
    together = threading.Barrier(2)

    def remove(login: str) -> None:
        together.wait()
        try:
            staff.stop(COMMAND, login)
        except Refused:
            return

    threads = [threading.Thread(target=remove, args=(login,)) for login in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(person.active for person in people.everyone()) == 1


def test_a_role_counts_at_once_and_is_written_down_with_before_and_after(here: World) -> None:
    admin, agent = here.page("root", "admin"), here.page("anna")
    agent.post("/desk/status", status="ready")
    admin.post(f"/admin/people/{agent.person.id}/details", name="Анна Ковалёва", role="ops")
    assert agent.get("/desk").status_code == 403
    assert here.view(agent.person).status == "off"
    (line,) = lines(subject="anna")
    assert (line.person, line.action, line.via) == (admin.person.id, "person.role", "page")
    assert (dict(line.before), dict(line.after)) == ({"role": "agent"}, {"role": "ops"})


def test_signing_everybody_out_spares_whoever_asks(here: World) -> None:
    admin = here.page("root", "admin")
    agents = [here.page(login) for login in ("anna", "boris")]
    agents[0].post("/desk/status", status="ready")
    assert admin.post("/admin/people/sign-out").status_code == 303
    assert [page.get("/desk").status_code for page in agents] == [302, 302]
    assert here.view(agents[0].person).status == "off"
    assert admin.get("/admin/people").status_code == 200
    assert staff.sign_out_everyone(COMMAND) == 3
    assert admin.get("/admin/people").status_code == 302


def test_signing_oneself_out_everywhere_keeps_the_page_one_asks_from(here: World) -> None:
    mine, other = here.page("root", "admin"), here.page("root", "admin")
    assert mine.post(f"/admin/people/{mine.person.id}/sign-out").status_code == 303
    assert mine.get("/admin/people").status_code == 200
    assert other.get("/admin/people").status_code == 302


def test_a_supervisor_sets_skills_and_nothing_else(here: World) -> None:
    lead, agent = here.page("vera", "supervisor"), here.page("anna")
    here.queue.register_agent(agent.person.id, agent.person.name)
    address = f"/admin/people/{agent.person.id}"
    page = lead.get(address)
    assert page.status_code == 200
    assert "details" not in page.text.replace("<details", "")
    answer = lead.client.post(
        f"{address}/skills",
        data={"skill:returns": "7", "skill:cards": "", "more": "English, vip=9"},
        headers={"X-CSRF-Token": "token"},
    )
    assert answer.status_code == 303
    assert skills.skills_of(agent.person.id) == {"english": 5, "returns": 7, "vip": 9}
    refused = lead.post(f"{address}/skills", more="vip=11")
    assert refused.status_code == 422
    assert "1 to 10" in refused.text
    (line,) = lines(subject="anna")
    assert dict(line.after) == {"skills": {"english": 5, "returns": 7, "vip": 9}}
    for deed in ("details", "link", "stop", "again", "sign-out"):
        assert lead.post(f"{address}/{deed}").status_code == 403
    assert lead.get("/admin/audit").status_code == 403


@pytest.mark.parametrize(
    ("login", "name", "role", "why"),
    [
        ("anna", "Another", "agent", "already a person"),
        ("a b", "Name", "agent", "A login has"),
        ("new", " ", "agent", "A name has"),
        ("new", "Name", "king", "no such role"),
    ],
)
def test_an_invitation_that_cannot_be_says_why(here: World, login: str, name: str, role: str, why: str) -> None:
    here.person("anna")
    answer = here.page("root", "admin").post("/admin/people", login=login, name=name, role=role)
    assert answer.status_code == 422
    assert why in answer.text
    assert not lines()


@pytest.mark.parametrize("role", ["agent", "supervisor", "ops", "admin"])
def test_every_role_has_an_account(here: World, role: Role) -> None:
    answer = here.page(f"a-{role}", role).get("/account")
    assert answer.status_code == 200
    assert 'autocomplete="new-password"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_passwords_and_tokens_are_in_no_line(here: World) -> None:
    link = staff.invite(By(1), "galina", "Galina", "agent")
    staff.accept(link.token, NEW)
    staff.set_password(COMMAND, "galina", "another password", "an admin")
    told = " ".join(f"{line.subject} {line.before} {line.after}" for line in lines())
    for secret in (NEW, link.token, "another password", "$argon2"):
        assert secret not in told
    assert repr(staff.find("galina")).count("argon2") == 0


def test_people_on_the_command_line(here: World) -> None:
    from click.testing import CliRunner

    from ivr.commands.people import command

    run = CliRunner().invoke

    def ask(*words: str) -> str:
        done = run(command, list(words))
        assert done.exit_code == 0, done.output
        return done.output

    assert "/welcome/" in ask("invite", "galina", "--name", "Galina", "--role", "supervisor")
    _, password = ask("add", "boris", "--name", "Boris", "--skill", "returns").split()
    assert people.verify("boris", password)
    assert ask("skills", "boris") == "returns=5\n"
    assert ask("skills", "boris", "--none") == "every queue\n"
    ask("role", "boris", "admin")
    assert "last admin" in run(command, ["stop", "boris"]).output
    assert "/welcome/" in ask("link", "galina")
    assert "(invited)" in ask("list")
    assert ask("sign-out", "--everyone") == "2 people signed out\n"
    told = ask("audit", "--kind", "person")
    assert "role: agent -> role: admin" in told
    assert ask("audit", "--csv").splitlines()[0] == "id,at,person,via,action,subject,before,after"


def test_whom_the_queue_knows_keeps_what_they_have(here: World) -> None:
    anna: Person = here.person("anna")
    here.queue.register_agent(anna.id, anna.name, skills=("returns",), phone="+79160000001")
    staff.change(COMMAND, "anna", name="Anna K.")
    view = here.view(anna)
    assert (view.name, view.phone, skills.skills_of(anna.id)) == ("Anna K.", "+79160000001", {"returns": 5})
