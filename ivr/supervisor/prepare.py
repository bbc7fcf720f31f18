"""What must be there before the first process starts: secrets, the sample shop, people who can sign in."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from ivr.redis_client import connect
from ivr.settings import Settings
from ivr.store import people
from ivr.store.engine import engine, reading
from ivr.trouble import Trouble, redis_away

log = logging.getLogger(__name__)

DEMO_PEOPLE: tuple[tuple[str, str, people.Role], ...] = (
    ("anna", "Anna", "agent"),
    ("boris", "Boris", "agent"),
    ("vera", "Vera", "supervisor"),
    ("oleg", "Oleg", "ops"),
    ("nina", "Nina", "admin"),
)
FIRST_PEOPLE: tuple[tuple[str, str, people.Role], ...] = (("admin", "Admin", "admin"),)
"""With Twilio nobody is made up: an admin, who adds the others."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A generated sign-in, printed at each start until its file is deleted."""

    login: str
    password: str
    role: str
    name: str


def check_redis(settings: Settings) -> None:
    """A Redis of somebody else's must answer. Raises :class:`ivr.trouble.Trouble`."""
    if not settings.redis_url:
        return
    redis = connect(settings.redis, timeout=3.0)
    try:
        redis.ping()
    except (RedisError, OSError) as error:
        raise redis_away(error, settings) from error
    finally:
        redis.close()


def end_stray_valkey(settings: Settings) -> None:
    """An embedded Valkey left by a supervisor that was killed (where the kernel doesn't end children with their
    parent, as on macOS) saves and stops; ours then starts on the same files."""
    if settings.redis_url or not settings.valkey_socket.exists():
        return
    redis = connect(settings.redis)
    with contextlib.suppress(RedisError, OSError):  # nobody there: as it should be
        redis.shutdown(nosave=True)  # the append-only file has everything
    redis.close()


def check_shop(settings: Settings) -> None:
    """The mapping to a shop of one's own must be right. Raises :class:`ivr.trouble.Trouble` with file and line. A shop
    that is away is told of and no reason to stay down: callers who need it reach a human."""
    from ivr.shop.mapping import MappingError, load_mapping
    from ivr.shop.port import ShopFailed
    from ivr.shop.sql import SqlShop
    from ivr.shop.tables import shop_engine

    try:
        mapping = load_mapping(settings.shop_mapping)
    except MappingError as error:
        raise Trouble(f"SHOP_MAPPING: {error}") from error
    if not settings.shop_database_url:
        return
    shop = shop_engine(settings.shop_database)
    try:
        SqlShop(shop, mapping).ping()
    except ShopFailed as error:
        log.warning(
            "SHOP_DATABASE_URL: the shop cannot be reached (%s). Until it can, callers who need it are told and "
            "brought to a human. `hotline doctor` says more.",
            error,
        )
    finally:
        shop.dispose()


def check_flow(settings: Settings) -> None:
    """The flow must be right, and its queues known: nobody is to hear a wrong one. Raises
    :class:`ivr.trouble.Trouble` with every problem."""
    from flows.language import FlowErrors, read_flow
    from flows.library import PATH, QUEUES
    from ivr.actions import CATALOGUE
    from ivr.queues import QueuesError, check_against, load_queues

    try:
        flow = read_flow(settings.flow or PATH, CATALOGUE)
        check_against(load_queues(settings.queues), flow, settings.queues or QUEUES)
    except QueuesError as error:
        raise Trouble(f"QUEUES: {error}") from error
    except FlowErrors as error:
        raise Trouble("FLOW: " + "\n".join(str(problem) for problem in error.problems)) from error
    except OSError as error:
        raise Trouble(f"FLOW: {settings.flow}: {error.strerror}") from error


def make_secrets(settings: Settings) -> None:
    """Make the generated ones now, so that no two processes make them at once."""
    if not (settings.signing_key and settings.auth_token):
        raise RuntimeError("a generated secret is empty")


def make_shop(settings: Settings) -> None:
    """The sample shop, when there is no other; what is there is kept."""
    if not settings.shop_database_url:
        from ivr.shop.sample import SampleError, create

        try:
            create(settings.shop_database)
        except SampleError as error:
            raise Trouble(str(error)) from error


def make_people(settings: Settings) -> list[SignIn]:
    """With nobody in the records, people with generated passwords, kept in DATA_DIR/sign-ins (only this user may read
    it). Returns what that file holds; empty once it was deleted."""
    path = settings.data_dir / "sign-ins"
    if not people.everyone():
        made = [
            SignIn(login, secrets.token_urlsafe(9), role, name)
            for login, name, role in (DEMO_PEOPLE if settings.demo else FIRST_PEOPLE)
        ]
        _write(path, made)  # first: a password that was saved and never set is harmless, the other way round is not
        for sign_in, (login, name, role) in zip(made, DEMO_PEOPLE if settings.demo else FIRST_PEOPLE, strict=True):
            people.add(login, name, role, sign_in.password)
    return _read(path)


class _NoPages:
    """A push when no page can be open yet."""

    def send(self, audience: str, event: str, data: Mapping[str, Any]) -> None:
        pass


def _wake_nobody(queue: str, job: str, *args: Any) -> None:
    pass


def register_agents(settings: Settings) -> None:
    """Everybody who takes calls is known to the call queue; those it knows keep their skills, telephone and status."""
    from sqlalchemy import select

    from callqueue.service import CallQueue
    from callqueue.store import agents
    from ivr.queueing import rules

    with reading(engine()) as conn:
        known = set(conn.execute(select(agents.c.id)).scalars())
    queue = CallQueue(engine(), _wake_nobody, _NoPages(), rules(settings))  # Redis may not run yet
    for person in people.everyone():
        if person.role in people.TAKES_CALLS and person.active and person.id not in known:
            queue.register_agent(person.id, person.name)


def prepare(settings: Settings) -> list[SignIn]:
    """All of the above that needs the records. Raises ``SQLAlchemyError``."""
    make_secrets(settings)
    make_shop(settings)
    sign_ins = make_people(settings)
    register_agents(settings)
    return sign_ins


def _write(path: Path, sign_ins: list[SignIn]) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        for one in sign_ins:
            file.write(f"{one.login} {one.password} {one.role} {one.name}\n")


def _read(path: Path) -> list[SignIn]:
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return []
    rows = [line.split(maxsplit=3) for line in lines]
    return [SignIn(*row) for row in rows if len(row) == 4]
