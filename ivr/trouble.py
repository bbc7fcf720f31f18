"""Troubles that end a command: told in words, with what mends them, and a non-zero exit."""

from __future__ import annotations

import click
from redis.exceptions import RedisError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from ivr.settings import Settings


class Trouble(click.ClickException):
    """Shown as ``Error: …``; exit code 1."""


def records_away(error: SQLAlchemyError, settings: Settings) -> Trouble:
    """The records' database can't be reached or used."""
    where = make_url(settings.database).render_as_string(hide_password=True)
    why = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    mend = (
        "Check that the server runs, that its address, name and password in DATABASE_URL are right, and that the "
        "database exists."
        if settings.database_url
        else "Check that DATA_DIR is a folder that this user may write, with room on its disk."
    )
    return Trouble(f"DATABASE_URL: the records at {where} cannot be used: {why}. {mend}")


def redis_away(error: RedisError | OSError, settings: Settings) -> Trouble:
    """Redis can't be reached or used."""
    mend = (
        "Check that the server runs and that REDIS_URL is right, or unset it to use the embedded Valkey."
        if settings.redis_url
        else "The embedded Valkey does not run; `make run` starts it."
    )
    return Trouble(f"REDIS_URL: no answer at {shown(settings.redis)}: {error}. {mend}")


def shown(url: str) -> str:
    """``url`` without its password."""
    head, at, tail = url.rpartition("@")
    return f"{head.split('://', 1)[0]}://…@{tail}" if at else url
