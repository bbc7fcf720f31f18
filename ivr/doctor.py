"""What is configured, reachable and missing, one finding each, with what mends it. Only looks; changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from redis.exceptions import RedisError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from ivr.embedded import valkey_binary
from ivr.settings import Settings
from ivr.trouble import shown


class State(StrEnum):
    """``BROKEN``: something needed does not work. ``WARNING``: it works, with less. ``IDLE``: it isn't started."""

    OK = "ok"
    IDLE = "not started"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table. ``mend`` says what to do; empty when nothing is to be done."""

    subject: str
    state: State
    says: str
    mend: str = ""


MEGABYTE = 1024 * 1024
LITTLE_SPACE, NO_SPACE = 1024 * MEGABYTE, 100 * MEGABYTE
START = "`make run` starts it."


def findings(settings: Settings) -> Iterator[Finding]:
    """Every check in turn. A check that itself fails becomes a finding."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _data, _redis, _workers, _records, _shop, _flow, _queues, _carrier, _addresses, _phones, _voice, _hearing,
        _pages,
    )  # fmt: skip
    for check in checks:
        try:
            yield from check(settings)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other checks are still wanted
            name = check.__name__.removeprefix("_")
            yield Finding(name, State.BROKEN, f"{type(error).__name__}: {_first(error)}", "See the settings it needs.")


def _data(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir.resolve()
    if not folder.is_dir():
        yield Finding("data", State.IDLE, f"{folder} is not there yet", START)
        return
    free = shutil.disk_usage(folder).free
    says = f"{folder}, {free // MEGABYTE} MB free"
    if free < NO_SPACE:
        yield Finding("data", State.BROKEN, says, "Free some space, or set DATA_DIR to a folder on another disk.")
    elif free < LITTLE_SPACE:
        yield Finding("data", State.WARNING, says, "Free some space soon.")
    else:
        yield Finding("data", State.OK, says)


def _redis(settings: Settings) -> Iterator[Finding]:
    from ivr.redis_client import connect

    redis = connect(settings.redis)
    try:
        kept = redis.info("persistence")
        policy = redis.info("memory").get("maxmemory_policy", "noeviction")
    except (RedisError, OSError) as error:
        if settings.redis_url:
            yield Finding(
                "redis",
                State.BROKEN,
                f"no answer at {shown(settings.redis)}: {_first(error)}",
                "Start that server, or mend REDIS_URL, or unset it to use the embedded Valkey.",
            )
        elif valkey_binary() is None:
            yield Finding(
                "redis",
                State.BROKEN,
                "no Valkey server for this machine",
                "Install valkey or redis, or set REDIS_URL to a server that runs.",
            )
        else:
            yield Finding("redis", State.IDLE, "the embedded Valkey does not run", START)
        return
    finally:
        redis.close()
    if not kept.get("aof_enabled"):
        yield Finding(
            "redis",
            State.WARNING,
            f"{shown(settings.redis)} answers, without an append-only file: a restart loses the calls in progress",
            "Set `appendonly yes` in its configuration.",
        )
    elif policy != "noeviction":
        yield Finding(
            "redis",
            State.WARNING,
            f"{shown(settings.redis)} throws keys away when it is full ({policy})",
            "Set `maxmemory-policy noeviction` in its configuration.",
        )
    else:
        yield Finding("redis", State.OK, f"{shown(settings.redis)}, append-only file on")


def _workers(settings: Settings) -> Iterator[Finding]:
    from rq import Worker

    from ivr import jobs
    from ivr.calls import outbox
    from ivr.redis_client import connect

    redis = connect(settings.redis)
    given_up: list[str] = []
    try:
        given_up = outbox.parked(redis)
        missing = [name for name in jobs.QUEUES if not Worker.count(queue=jobs.queue(name, redis))]
    except (RedisError, OSError):
        return  # said already
    finally:
        redis.close()
    if missing:
        yield Finding(
            "workers",
            State.WARNING,
            f"nobody works off: {', '.join(missing)}",
            f"Run `hotline worker {missing[0]}`{' and so on' if missing[1:] else ''}; `make run` starts all.",
        )
    else:
        yield Finding("workers", State.OK, f"one or more for each of {', '.join(jobs.QUEUES)}")
    if given_up:
        yield Finding(
            "effects",
            State.WARNING,
            f"given up or in doubt: {', '.join(given_up[:5])}{' …' if given_up[5:] else ''}",
            "Look these calls up in the records, and do by hand what they promised.",
        )


def _records(settings: Settings) -> Iterator[Finding]:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from ivr.store import people
    from ivr.store.engine import alembic_config, make_engine, reading

    url = make_url(settings.database)
    where = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        yield Finding("records", State.IDLE, f"{where} is not there yet", "`make run` or `hotline migrate` makes it.")
        return
    engine = make_engine(settings.database)
    newest = ScriptDirectory.from_config(alembic_config(settings.database)).get_current_head()
    try:
        with reading(engine) as conn:
            current = MigrationContext.configure(conn).get_current_revision()
        if current != newest:
            yield Finding(
                "records",
                State.BROKEN,
                f"{where}: tables are at {current or 'nothing'}, the program needs {newest}",
                "Run `hotline migrate`.",
            )
            return
        anybody = any(person.active for person in people.everyone(engine))
    except SQLAlchemyError as error:
        yield Finding(
            "records",
            State.BROKEN,
            f"{where}: {_first(getattr(error, 'orig', None) or error)}",
            "Check that the server runs and that DATABASE_URL is right.",
        )
        return
    finally:
        engine.dispose()
    yield Finding("records", State.OK, f"{where}, tables at {current}")
    if not anybody:
        yield Finding("people", State.WARNING, "nobody can sign in", "`hotline people add LOGIN --name NAME`")


def _shop(settings: Settings) -> Iterator[Finding]:
    from ivr.shop import shop
    from ivr.shop.mapping import MappingError
    from ivr.shop.port import ShopFailed

    url = make_url(settings.shop_database)
    where = url.render_as_string(hide_password=True)
    if not settings.shop_database_url and url.database and not Path(url.database).exists():
        yield Finding("shop", State.IDLE, "the sample shop is not there yet", "`make run` makes it.")
        return
    try:
        shop(settings).ping()
    except MappingError as error:
        yield Finding("shop", State.BROKEN, str(error), "Mend the file that SHOP_MAPPING names; `hotline shop check`.")
        return
    except ShopFailed as error:
        yield Finding(
            "shop",
            State.BROKEN,
            f"{where}: {_first(error)}",
            "Check that its server runs, and that SHOP_DATABASE_URL and SHOP_MAPPING fit it.",
        )
        return
    yield Finding("shop", State.OK, where if settings.shop_database_url else f"the sample shop, {where}")


def _queues(settings: Settings) -> Iterator[Finding]:
    from flows.language import FlowErrors, read_flow
    from flows.library import PATH, QUEUES
    from ivr.actions import CATALOGUE
    from ivr.queues import QueuesError, check_against, load_queues

    path = settings.queues or QUEUES
    try:
        queues = load_queues(path)
        check_against(queues, read_flow(settings.flow or PATH, CATALOGUE), path)
    except QueuesError as error:
        yield Finding("queues", State.BROKEN, str(error), "Mend the file that QUEUES names, or unset it.")
    except (FlowErrors, OSError):
        return  # the flow's own line says it
    else:
        yield Finding("queues", State.OK, f"{path}: {', '.join(queues.queues)}")


def _flow(settings: Settings) -> Iterator[Finding]:
    from flows.language import FlowErrors, check_flow, read_flow
    from flows.library import PATH
    from ivr.actions import CATALOGUE

    path = settings.flow or PATH
    mend = f"`hotline flows check {path}` shows each with its line."
    try:
        problems = check_flow(read_flow(path, CATALOGUE))
    except OSError as error:
        yield Finding("flow", State.BROKEN, f"{path}: {error.strerror}", "Set FLOW to a file that can be read.")
        return
    except FlowErrors as error:
        problems = list(error.problems)
    errors = sum(problem.severity == "error" for problem in problems)
    if errors:
        yield Finding("flow", State.BROKEN, f"{path}: {errors} errors", mend)
    elif problems:
        yield Finding("flow", State.WARNING, f"{path}: {len(problems)} warnings", mend)
    else:
        yield Finding("flow", State.OK, str(path))


def _carrier(settings: Settings) -> Iterator[Finding]:
    base = settings.carrier_api_url or "https://api.twilio.com"
    name = "the built-in carrier" if settings.demo else "Twilio"
    try:
        answer = httpx.get(
            f"{base}/2010-04-01/Accounts/{settings.account_sid}.json",
            auth=(settings.account_sid, settings.auth_token),
            timeout=5,
        )
    except httpx.HTTPError as error:
        if settings.demo:
            yield Finding("carrier", State.IDLE, f"{name} does not answer at {base}", START)
        else:
            yield Finding("carrier", State.BROKEN, f"{base}: {_first(error)}", "Check TWILIO_API_URL and the network.")
        return
    if answer.status_code in (401, 403):
        yield Finding(
            "carrier",
            State.BROKEN,
            f"{name} refuses the account ({answer.status_code})",
            "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN against the console.",
        )
    elif answer.status_code >= 500:
        yield Finding("carrier", State.BROKEN, f"{name} answers {answer.status_code}", "Look at its status page.")
    else:
        yield Finding("carrier", State.OK, f"{name} at {base}")


def _addresses(settings: Settings) -> Iterator[Finding]:
    parts = urlsplit(settings.web_url)
    if not settings.demo and (parts.scheme != "https" or parts.hostname in ("127.0.0.1", "localhost")):
        yield Finding(
            "address",
            State.BROKEN,
            f"Twilio cannot call {settings.web_url}",
            "Set PUBLIC_URL to the https:// address at which the web process is reached from outside.",
        )
        return
    if not settings.demo and not (settings.fallback_number or settings.fallback_url):
        yield Finding(
            "fallback",
            State.WARNING,
            "callers hear nothing when we are down",
            "Set FALLBACK_NUMBER, and FALLBACK_URL to a static document kept elsewhere.",
        )
    try:
        answer = httpx.get(f"{settings.web_url}/healthz", timeout=5)
    except httpx.HTTPError as error:
        state = State.IDLE if not settings.public_url else State.BROKEN
        mend = START if not settings.public_url else "Start it, and check the proxy that PUBLIC_URL names."
        yield Finding("address", state, f"{settings.web_url}: {_first(error)}", mend)
        return
    if answer.status_code == 200:
        yield Finding("address", State.OK, settings.web_url)
    else:
        yield Finding(
            "address", State.BROKEN, f"{settings.web_url} answers {answer.status_code}", "Check what listens there."
        )


def _phones(settings: Settings) -> Iterator[Finding]:
    """Whether agents can talk in their browser, or only on a telephone of their own."""
    if settings.demo:
        return
    missing = [name for name in ("twilio_api_key", "twilio_app_sid") if not getattr(settings, name)]
    if len(missing) == 2:
        yield Finding(
            "phones",
            State.WARNING,
            "agents have no phone in the browser: each needs a telephone",
            "Set TWILIO_API_KEY, TWILIO_API_SECRET and TWILIO_APP_SID (docs/twilio.md).",
        )
    elif missing:
        mend = {
            "twilio_api_key": "Make a standard API key in Twilio's console; set TWILIO_API_KEY and TWILIO_API_SECRET.",
            "twilio_app_sid": "`hotline twilio setup` makes the TwiML app and prints the SID for TWILIO_APP_SID.",
        }
        yield Finding("phones", State.BROKEN, f"{missing[0].upper()} is not set", mend[missing[0]])
    elif not (Path(__file__).parent / "static" / "vendor" / "twilio.min.js").exists():
        yield Finding("phones", State.BROKEN, "Twilio's Voice SDK is missing", "`python scripts/vendor.py` brings it.")
    else:
        where = ", ".join(settings.signalling) or "the nearest edge"
        yield Finding("phones", State.OK, f"in the browser, through {where}")


def _voice(settings: Settings) -> Iterator[Finding]:
    import espeakng_loader

    library = Path(espeakng_loader.get_library_path())
    if library.exists():
        yield Finding("voice", State.OK, f"espeak-ng, {library.name}")
    else:
        yield Finding(
            "voice",
            State.WARNING if not settings.demo else State.BROKEN,
            "there is no espeak-ng library for this machine",
            "Install the package espeakng-loader again; prompts of the built-in carrier stay silent without it.",
        )


def _hearing(settings: Settings) -> Iterator[Finding]:
    """What hears each language of the flow, and whether a call will ask it."""
    from flows.language import read_flow
    from flows.library import PATH
    from ivr.actions import CATALOGUE
    from voice.listeners import available

    if settings.hears == "carrier":
        yield Finding("hearing", State.OK, "the carrier's recogniser, in every language (VOICE=carrier)")
        return
    flow = read_flow(settings.flow or PATH, CATALOGUE)
    if settings.hears == "flow" and not flow.local_voice:
        yield Finding("hearing", State.OK, "the carrier's recogniser, in every language (the flow says voice: carrier)")
        return
    found = available(settings.vosk_folder)
    for language in flow.languages:
        name = found.get(language)
        if name is None:
            mend = f"`hotline voice fetch {language}` brings a model; then `hotline restart`."
            yield Finding("hearing", State.WARNING, f"{language}: keys and the carrier's recogniser", mend)
        elif name.startswith("vosk"):
            yield Finding("hearing", State.OK, f"{language}: {name}")
        else:
            mend = f"`hotline voice fetch {language}` brings a better one; then `hotline restart`."
            yield Finding("hearing", State.OK, f"{language}: {name}. {mend}")


def _pages(_settings: Settings) -> Iterator[Finding]:
    folder = Path(__file__).parent / "static" / "vendor"
    if (folder / "htmx.min.js").exists():
        yield Finding("pages", State.OK, "their JavaScript is there")
    else:
        yield Finding(
            "pages", State.BROKEN, f"their JavaScript is missing in {folder}", "`python scripts/vendor.py` brings it."
        )


def _first(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
