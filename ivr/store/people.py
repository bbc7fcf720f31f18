"""People who sign in: their roles, argon2id password hashes, and a delay that grows with wrong passwords."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from ivr.store import engine as records
from ivr.store.tables import metadata
from ivr.store.types import UtcDateTime

Role = Literal["agent", "supervisor", "ops", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
TAKES_CALLS: tuple[Role, ...] = ("agent", "supervisor")
"""Roles with a desk of their own: they are registered with the call queue."""

SHORTEST_PASSWORD = 8
FREE_TRIES = 3
"""Wrong passwords in a row before the delay begins; then 1, 2, 4 … seconds, up to :data:`LONGEST_DELAY`."""
LONGEST_DELAY = 900

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(128), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", String(256), nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column(
        "epoch", Integer, nullable=False, default=0, server_default="0", comment="A session of an older one is over"
    ),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("login", String(64), primary_key=True, comment="As typed, known or not: both are slowed alike"),
    Column("failures", Integer, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may sign in. ``active`` False: may no more. ``epoch``: sessions that began in an older one are over.
    No ``password_hash``: invited, and has set no password yet."""

    id: int
    login: str
    name: str
    role: Role
    password_hash: str = field(repr=False)
    active: bool = True
    epoch: int = 0

    @property
    def invited(self) -> bool:
        return not self.password_hash


class LoginTaken(Exception):
    """There is a person with this login."""


@lru_cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # argon2id; the library's defaults follow RFC 9106


@lru_cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_hex(16))


def add(login: str, name: str, role: Role, password: str, engine: Engine | None = None) -> Person:
    """A new person. Raises :class:`LoginTaken`; ``ValueError`` for an unknown role or a login or password too short."""
    login = key(login)
    if role not in ROLES:
        raise ValueError(f"a role is one of {', '.join(ROLES)}")
    if not login:
        raise ValueError("a login has at least one character")
    check_password(password)
    values = {"login": login, "name": name, "role": role, "password_hash": _hasher().hash(password)}
    try:
        with _engine(engine).begin() as conn:
            made = conn.execute(insert(people).values(**values, active=True, created_at=datetime.now(UTC)))
            assert made.inserted_primary_key is not None
            return Person(id=made.inserted_primary_key[0], **values)  # type: ignore[arg-type]
    except IntegrityError as error:
        raise LoginTaken(login) from error


def verify(login: str, password: str, now: datetime | None = None, engine: Engine | None = None) -> Person | None:
    """The person, when the password is theirs; None when not, or when it's too soon after wrong ones.

    Takes the same time for logins that don't exist. :func:`delay` tells how long to wait.
    """
    login, now, source = key(login), now or datetime.now(UTC), _engine(engine)
    # Counted as wrong before looking, so that guesses in parallel count too; taken back when it was right.
    with source.begin() as conn:
        row = conn.execute(select(sign_in_failures).where(sign_in_failures.c.login == login)).one_or_none()
        if row and row.not_before > now:
            return None
        failures = (row.failures if row else 0) + 1
        wait = min(2 ** min(failures - FREE_TRIES, 16), LONGEST_DELAY) if failures >= FREE_TRIES else 0
        values: dict[str, Any] = {"failures": failures, "not_before": now + timedelta(seconds=wait)}
        if row:
            conn.execute(update(sign_in_failures).where(sign_in_failures.c.login == login).values(**values))
        else:
            conn.execute(delete(sign_in_failures).where(sign_in_failures.c.not_before < now - timedelta(days=1)))
            conn.execute(insert(sign_in_failures).values(login=login, **values))
        found = conn.execute(select(people).where(people.c.login == login)).one_or_none()
    right = _matches((found.password_hash if found else "") or _nobodys_hash(), password)
    if not right or found is None or not found.active:
        return None
    with source.begin() as conn:
        conn.execute(delete(sign_in_failures).where(sign_in_failures.c.login == login))
        if _hasher().check_needs_rehash(found.password_hash):
            conn.execute(update(people).where(people.c.id == found.id).values(password_hash=_hasher().hash(password)))
    return from_row(found)


def delay(login: str, now: datetime | None = None, engine: Engine | None = None) -> int:
    """Seconds until this login may try again; 0 when at once."""
    now = now or datetime.now(UTC)
    with records.reading(_engine(engine)) as conn:
        row = conn.execute(select(sign_in_failures).where(sign_in_failures.c.login == key(login))).one_or_none()
    return max(0, -int((now - row.not_before).total_seconds() // 1)) if row else 0


def by_id(id: int, engine: Engine | None = None) -> Person | None:
    """The active person with this id, or None."""
    with records.reading(_engine(engine)) as conn:
        row = conn.execute(select(people).where(people.c.id == id, people.c.active)).one_or_none()
    return from_row(row) if row else None


def by_login(login: str, engine: Engine | None = None) -> Person | None:
    """The active person with this login, or None."""
    with records.reading(_engine(engine)) as conn:
        row = conn.execute(select(people).where(people.c.login == key(login), people.c.active)).one_or_none()
    return from_row(row) if row else None


def everyone(engine: Engine | None = None) -> list[Person]:
    """All people, inactive ones too, by login."""
    with records.reading(_engine(engine)) as conn:
        return [from_row(row) for row in conn.execute(select(people).order_by(people.c.login))]


def set_password(login: str, password: str, engine: Engine | None = None) -> None:
    """A new password; lifts the delay. Raises ``LookupError`` for an unknown login, ``ValueError`` when too short."""
    check_password(password)
    with _engine(engine).begin() as conn:
        found = conn.execute(select(people).where(people.c.login == key(login))).one_or_none()
        if found is None:
            raise LookupError(login)
        write_password(conn, found.id, password)


def check_password(password: str) -> None:
    """Raises ``ValueError`` for one that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"a password has at least {SHORTEST_PASSWORD} characters")


def write_password(conn: Connection, person: int, password: str) -> None:
    """A new password, in the caller's transaction: sessions so far are over, and the delay is lifted."""
    values = {"password_hash": _hasher().hash(password), "epoch": people.c.epoch + 1}
    conn.execute(update(people).where(people.c.id == person).values(**values))
    login = select(people.c.login).where(people.c.id == person).scalar_subquery()
    conn.execute(delete(sign_in_failures).where(sign_in_failures.c.login == login))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def key(login: str) -> str:
    """A login as it is kept."""
    return login.strip().lower()[:64]


def _engine(given: Engine | None) -> Engine:
    return given or records.engine()


def from_row(row: Row[Any]) -> Person:
    return Person(row.id, row.login, row.name, row.role, row.password_hash, row.active, row.epoch)
