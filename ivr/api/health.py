"""Whether this process lives, and whether it can serve: for load balancers, the supervisor and people."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ivr.redis_client import client
from ivr.store.engine import engine, reading

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> dict[str, Any]:
    """200 as long as the process answers at all."""
    return {"ok": True}


@blueprint.get("/readyz")
def readyz() -> tuple[dict[str, Any], int]:
    """200 when Redis and the records answer, else 503; ``redis`` and ``records`` are ``ok`` or ``away``.

    Calls are served, with less, when either is away: take a machine out of a pool by ``/healthz``, look at this one.
    """
    parts = {"redis": _redis(), "records": _records()}
    ok = all(state == "ok" for state in parts.values())
    return {"ok": ok, **parts}, 200 if ok else 503


def _redis() -> str:
    try:
        client().ping()
    except (RedisError, OSError):
        return "away"
    return "ok"


def _records() -> str:
    try:
        with reading(engine()) as conn:
            conn.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return "away"
    return "ok"
