"""What is done to people: invite, roles, skills, passwords, signing out, stopping. Pages and commands both come here.

Each deed is one transaction with its line in the audit list; the call queue is told afterwards, and what it then
misses is made up for at the next start (see ``ivr.supervisor.prepare``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from callqueue.model import AgentStatus
from ivr.live.push import SIGNED_OUT, RedisPush
from ivr.queueing import callqueue
from ivr.redis_client import client
from ivr.store import audit, links, people
from ivr.store.engine import engine, reading
from ivr.store.links import Purpose
from ivr.store.people import ROLES, TAKES_CALLS, Person, Role

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
QUEUE_ROLES: tuple[Role, ...] = (*TAKES_CALLS, "admin")
"""Roles whose people the call queue knows."""


class Refused(Exception):
    """It is not done; ``why`` is a key of the words (``refused_last_admin``), and its text says it in English."""

    TEXTS: Mapping[str, str] = {
        "login_taken": "there is already a person with this login",
        "bad_login": "a login has 1 to 64 letters a-z, digits, dots, hyphens, underscores or @, and begins with one of "
        "the first two",
        "bad_name": "a name has 1 to 128 characters",
        "bad_role": f"a role is one of {', '.join(ROLES)}",
        "short_password": f"a password has at least {people.SHORTEST_PASSWORD} characters",
        "wrong_password": "the present password is wrong",
        "last_admin": "this is the last admin who can sign in; make somebody else an admin first",
        "nobody": "there is no such person; `hotline people list` shows all",
        "stopped": "this person is stopped; let them sign in again first",
        "no_calls": "this role takes no calls, so it has no skills",
        "bad_number": "a number is written in international form, e.g. +79161234567",
        "bad_reason": "give a reason, up to 300 characters",
        "own_number": "this is the hotline's own number, or the fallback number",
        "bad_level": "a skill's level is 1 to 10, e.g. cards=7",
        "link_gone": "this link was used, has expired, or was replaced by a newer one",
    }

    def __init__(self, why: str) -> None:
        super().__init__(self.TEXTS[why])
        self.why = why


@dataclass(frozen=True, slots=True)
class By:
    """Who does it: a person on a page, or a command."""

    person: int | None = None
    via: audit.Via = "page"


COMMAND = By(via="command")


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link's token, shown once. ``purpose``: the first password (``invite``) or a new one (``reset``)."""

    person: Person
    token: str
    purpose: Purpose

    @property
    def path(self) -> str:
        return f"/welcome/{self.token}"


def invite(by: By, login: str, name: str, role: str) -> NewLink:
    """Somebody new, who sets their own password by the link. Raises :class:`Refused`."""
    login, name = people.key(login), _name(name)
    if not LOGIN.fullmatch(login):
        raise Refused("bad_login")
    if role not in ROLES:
        raise Refused("bad_role")
    now = datetime.now(UTC)
    values = {"login": login, "name": name, "role": role, "password_hash": "", "active": True, "created_at": now}
    try:
        with engine().begin() as conn:
            conn.execute(insert(people.people).values(**values))
            person = _locked(conn, login)
            token = links.make(conn, person.id, "invite", now)
            _note(conn, by, "person.invite", person, {}, {"name": name, "role": role})
    except IntegrityError as error:
        raise Refused("login_taken") from error
    _tell_queue(person)
    return NewLink(person, token, "invite")


def add(by: By, login: str, name: str, role: str, password: str) -> Person:
    """Somebody new with a password made for them (on the command line). Raises :class:`Refused`."""
    link = invite(by, login, name, role)
    with engine().begin() as conn:
        links.revoke(conn, link.person.id)
        people.write_password(conn, link.person.id, password)
    return find(link.person.login)


def change(by: By, login: str, *, name: str | None = None, role: str | None = None) -> Person:
    """Another name or role. The role counts at once, on every open page. Raises :class:`Refused`."""
    if role is not None and role not in ROLES:
        raise Refused("bad_role")
    with engine().begin() as conn:
        before = _locked(conn, login)
        if role not in (None, "admin"):
            _keep_an_admin(conn, before)
        values = {"name": before.name if name is None else _name(name), "role": role or before.role}
        conn.execute(update(people.people).where(people.people.c.id == before.id).values(**values))
        after = _locked(conn, login)
        if after != before:
            deed = "person.role" if after.role != before.role else "person.name"
            _note(conn, by, deed, after, _shown(before), _shown(after))
    _tell_queue(after)
    return after


def stop(by: By, login: str) -> Person:
    """They sign in no more, their sessions are over at once, and so is their duty. Raises :class:`Refused`."""
    with engine().begin() as conn:
        before = _locked(conn, login)
        _keep_an_admin(conn, before)
        if before.active:
            values = {"active": False, "epoch": people.people.c.epoch + 1}
            conn.execute(update(people.people).where(people.people.c.id == before.id).values(**values))
            links.revoke(conn, before.id)
            _note(conn, by, "person.stop", before, {"active": True}, {"active": False})
        after = _locked(conn, login)
    _off_duty(after)
    _end_pages(after.id)
    return after


def let_again(by: By, login: str) -> Person:
    """A person who was stopped may sign in again."""
    with engine().begin() as conn:
        before = _locked(conn, login)
        if not before.active:
            conn.execute(update(people.people).where(people.people.c.id == before.id).values(active=True))
            _note(conn, by, "person.again", before, {"active": False}, {"active": True})
        after = _locked(conn, login)
    _tell_queue(after)
    return after


def link(by: By, login: str) -> NewLink:
    """A link to set a password anew (or for the first time); their earlier link works no more. The password they have
    goes on working until they set the new one. Raises :class:`Refused`."""
    with engine().begin() as conn:
        person = _locked(conn, login)
        if not person.active:
            raise Refused("stopped")
        purpose: Purpose = "invite" if person.invited else "reset"
        token = links.make(conn, person.id, purpose, datetime.now(UTC))
        _note(conn, by, f"person.{purpose}_link", person)
    return NewLink(person, token, purpose)


def person_of(token: str) -> tuple[Person, Purpose]:
    """Whose password a link sets. Raises :class:`Refused` when it works no more."""
    with reading(engine()) as conn:
        found = links.look(conn, token, datetime.now(UTC))
    person = people.by_id(found.person) if found else None
    if found is None or person is None:
        raise Refused("link_gone")
    return person, found.purpose


def accept(token: str, password: str) -> Person:
    """Set the password by a link, which is used up. Raises :class:`Refused`; the link then still works, unless it is
    the link that is refused."""
    _long_enough(password)
    with engine().begin() as conn:
        used = links.use(conn, token, datetime.now(UTC))
        row = (
            used
            and conn.execute(
                select(people.people).where(people.people.c.id == used.person, people.people.c.active)
            ).one_or_none()
        )
        if not used or not row:
            raise Refused("link_gone")
        people.write_password(conn, row.id, password)
        person = people.from_row(row)
        _note(conn, By(person.id), "person.password", person, {}, {"by": f"{used.purpose} link"})
    _end_pages(person.id)
    return _again(person)


def own_password(person: Person, present: str, password: str) -> Person:
    """Somebody sets another password for themselves; their other sessions are over. Wrong ones count as at sign-in.
    Raises :class:`Refused`."""
    _long_enough(password)
    if people.verify(person.login, present) is None:
        raise Refused("wrong_password")
    set_password(By(person.id), person.login, password, "themselves")
    return _again(person)


def set_password(by: By, login: str, password: str, how: str) -> None:
    """A new password; sessions so far are over. Raises :class:`Refused`."""
    _long_enough(password)
    with engine().begin() as conn:
        person = _locked(conn, login)
        people.write_password(conn, person.id, password)
        links.revoke(conn, person.id)
        _note(conn, by, "person.password", person, {}, {"by": how})
    _end_pages(person.id)


def sign_out(by: By, login: str) -> None:
    """Every session of theirs is over; their duty too. Raises :class:`Refused`."""
    with engine().begin() as conn:
        person = _locked(conn, login)
        values = {"epoch": people.people.c.epoch + 1}
        conn.execute(update(people.people).where(people.people.c.id == person.id).values(**values))
        _note(conn, by, "person.sign_out", person)
    _off_duty(person)
    _end_pages(person.id)


def sign_out_everyone(by: By, *, but: int | None = None) -> int:
    """Every session of everybody is over (``but`` of one person); returns how many people that is."""
    with engine().begin() as conn:
        everybody = [people.from_row(row) for row in conn.execute(select(people.people))]
        others = [person for person in everybody if person.id != but]
        ids = [person.id for person in others]
        conn.execute(update(people.people).where(people.people.c.id.in_(ids)).values(epoch=people.people.c.epoch + 1))
        audit.record(conn, by.person, "person.sign_out_everyone", "everyone", {}, {"people": len(ids)}, via=by.via)
    for person in others:
        _off_duty(person)
        _end_pages(person.id)
    return len(ids)


def find(login: str) -> Person:
    """The person, stopped or not. Raises :class:`Refused`."""
    with reading(engine()) as conn:
        row = conn.execute(select(people.people).where(people.people.c.login == people.key(login))).one_or_none()
    if row is None:
        raise Refused("nobody")
    return people.from_row(row)


def _again(person: Person) -> Person:
    return find(person.login)


def _locked(conn: Connection, login: str) -> Person:
    found = select(people.people).where(people.people.c.login == people.key(login)).with_for_update()
    row = conn.execute(found).one_or_none()
    if row is None:
        raise Refused("nobody")
    return people.from_row(row)


def _keep_an_admin(conn: Connection, person: Person) -> None:
    """Two admins who remove each other at the same moment wait here for one another: one of them stays."""
    table = people.people
    able = select(table.c.id).where(table.c.role == "admin", table.c.active, table.c.password_hash != "")
    admins = set(conn.execute(able.order_by(table.c.id).with_for_update()).scalars())
    if admins == {person.id}:
        raise Refused("last_admin")


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 128:
        raise Refused("bad_name")
    return name


def _long_enough(password: str) -> None:
    try:
        people.check_password(password)
    except ValueError as error:
        raise Refused("short_password") from error


def _shown(person: Person) -> dict[str, Any]:
    return {"name": person.name, "role": person.role}


def _note(
    conn: Connection,
    by: By,
    action: str,
    person: Person,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(conn, by.person, action, person.login, before, after, via=by.via)


def _tell_queue(person: Person) -> None:
    """The queue learns the name of whoever takes calls; whoever does no more is off duty."""
    if person.role in QUEUE_ROLES and person.active:
        callqueue().register_agent(person.id, person.name)
    else:
        _off_duty(person)


def _off_duty(person: Person) -> None:
    queue = callqueue()
    if queue.agent_view(person.id) is not None:
        queue.set_status(person.id, AgentStatus.OFF, "signed out")


def _end_pages(person: int) -> None:
    """Lost with Redis away: then the next request, or the next ping that a page answers, finds the session over."""
    RedisPush(client()).send(f"agent:{person}", SIGNED_OUT, {})
