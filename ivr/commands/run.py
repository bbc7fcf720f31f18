"""``hotline run``: starts everything and keeps it running, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import httpx
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from ivr import logs
from ivr.redis_client import connect
from ivr.settings import Settings, settings
from ivr.supervisor import procfile
from ivr.supervisor.instance import Instance, check_ports, ports
from ivr.supervisor.prepare import SignIn, check_flow, check_redis, check_shop, end_stray_valkey, prepare
from ivr.supervisor.supervisor import Check, ReleaseFailed, Supervisor
from ivr.supervisor.welcome import welcome
from ivr.trouble import Trouble, records_away

RESTARTED = "restarted"
"""File in DATA_DIR that says what came of the last ``hotline restart``."""
LISTEN = ("web", "live", "media")
"""Processes whose sockets stay open while they are replaced."""
HEALTH = {"web": "/readyz", "live": "/healthz", "carrier": "/healthz", "media": "/healthz"}


@click.command()
@click.option(
    "--procfile",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=procfile.PATH,
    help="The list of processes. Default: the Procfile of the project.",
)
def command(path: Path) -> None:
    """Prepare the data, start every process of the Procfile, restart each that ends; Ctrl-C stops all."""
    configured = settings()
    logs.set_up(configured.log_level)
    os.umask(0o077)  # records, recordings and secrets are this user's alone
    with Instance(configured):
        end_stray_valkey(configured)
        check_ports(configured)
        check_redis(configured)
        check_shop(configured)
        check_flow(configured)
        sys.exit(_run(configured, path))


def _run(configured: Settings, path: Path) -> int:
    try:
        lines = procfile.needed(
            procfile.parse(path.read_text()),
            embedded_valkey=not configured.redis_url,
            built_in_carrier=configured.demo,
            own_voice=configured.hears != "carrier",
        )
        supervisor = Supervisor(
            lines, environment(configured), checks(configured), colour=_coloured(), listeners=_listeners(configured)
        )
        supervisor.release()
        for left in metrics_folder(configured).glob("*.db"):
            left.unlink(missing_ok=True)  # what the processes of the run before counted
        sign_ins = prepare(configured)
    except (ReleaseFailed, procfile.ProcfileError) as error:
        raise Trouble(str(error)) from error
    except SQLAlchemyError as error:
        raise records_away(error, configured) from error
    _let_go_of_records()
    outcome = configured.data_dir / RESTARTED
    outcome.unlink(missing_ok=True)

    def rolled(what: str) -> None:
        outcome.write_text(what)

    return asyncio.run(supervisor.run(lambda: _say_welcome(configured, sign_ins), rolled=rolled))


def _listeners(configured: Settings) -> dict[str, socket.socket]:
    """Sockets of the processes that are replaced without refusing a connection."""
    found = {}
    for name, port in ports(configured).items():
        if name in LISTEN:
            family = socket.AF_INET6 if ":" in configured.host else socket.AF_INET
            found[name] = socket.create_server((configured.host, port), family=family, backlog=2048)
    return found


def environment(configured: Settings) -> Mapping[str, str]:
    """What the processes get: ours, with the programs of this virtual environment first and DATA_DIR made absolute."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "DATA_DIR": str(configured.data_dir.resolve()),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics_folder(configured)),
    }


def metrics_folder(configured: Settings) -> Path:
    """Where the processes keep what they count (see ``ivr.counting``)."""
    return Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR") or configured.data_dir.resolve() / "metrics")


def checks(configured: Settings) -> Mapping[str, Check]:
    """How to ask each process whether it is ready; those that listen nowhere are when they run."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(configured.host, configured.host)
    shown = f"[{host}]" if ":" in host else host
    found: dict[str, Check] = {
        name: _answers(f"http://{shown}:{port}{HEALTH[name]}") for name, port in ports(configured).items()
    }
    found["valkey"] = _pings(configured.redis)
    return found


def _answers(address: str) -> Check:
    async def check() -> bool:
        try:
            async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
                return (await http.get(address)).status_code == 200
        except httpx.HTTPError:
            return False

    return check


def _pings(url: str) -> Check:
    def ping() -> bool:
        redis = connect(url)
        try:
            return bool(redis.ping())
        except (RedisError, OSError):  # also while it reads its append-only file
            return False
        finally:
            redis.close()

    async def check() -> bool:
        return await asyncio.to_thread(ping)

    return check


def _say_welcome(configured: Settings, sign_ins: list[SignIn]) -> None:
    click.echo(welcome(configured, sign_ins))
    sys.stdout.flush()


def _coloured() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _let_go_of_records() -> None:
    # The records' connections belong to this process's preparations; the supervisor itself needs none.
    from ivr.store.engine import engine

    engine().dispose()
