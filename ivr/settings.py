"""Settings, all from the environment. A wrong one stops the program at start, with its name and what it accepts."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_ACCOUNT = "AC" + "0" * 32
"""The account of the built-in carrier: the shape of Twilio's, and nobody's."""


SECRET = frozenset(
    {
        "SECRET_KEY",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_API_SECRET",
        "REDIS_URL",
        "DATABASE_URL",
        "SHOP_DATABASE_URL",
        "ALERT_WEBHOOK",
        "ALERT_WEBHOOK_SECRET",
        "METRICS_TOKEN",
    }
)
"""Settings that hold secrets: a message about one never repeats it."""


class SettingsError(Exception):
    """One or more settings are wrong; the message names each, what it accepts, and what it got."""


OUTCOMES = ("busy", "no_answer", "machine", "provider_error", "gone")
"""How an attempt to reach a customer may end."""

ByRule = Literal["off", "list", "call"]


def spacing(text: str) -> dict[str, int]:
    """``busy=5,no_answer=30``: minutes by outcome. Raises ``ValueError``."""
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, minutes = part.partition("=")
        if name not in OUTCOMES or not minutes.isdigit() or not 1 <= int(minutes) <= 1440:
            raise ValueError(f"outcome=minutes, comma-separated, 1 to 1440 minutes; outcomes are {', '.join(OUTCOMES)}")
        found[name] = int(minutes)
    return found


class Settings(BaseSettings):
    """Every setting, its default and what it is for. ``docs/settings.md`` lists them for operators."""

    model_config = SettingsConfigDict(env_prefix="", env_ignore_empty=True, extra="ignore", case_sensitive=False)

    port: int = Field(
        8000,
        ge=1,
        le=65_000,
        description="Port of the web process; PORT+1 is live, PORT+2 the built-in carrier, PORT+3 media.",
    )
    host: str = Field("127.0.0.1", description="Address that the processes listen on.")
    data_dir: Path = Field(
        Path("var"), description="Folder for the embedded databases, recordings, audio and generated secrets."
    )
    public_url: str = Field(
        "",
        description="The address the carrier reaches us at, e.g. https://hotline.example.com. Default: http://127.0.0.1:PORT.",
    )
    live_url: str = Field(
        "",
        description="Public address of the live process (server-sent events). Default: PORT+1 of the page's own host.",
    )
    media_url: str = Field(
        "",
        description="Public address of the media process, which hears and speaks (WebSocket). Default: see voice.md.",
    )
    carrier_url: str = Field(
        "", description="Public address of the built-in carrier. Default: PORT+2 of the page's own host."
    )
    redis_url: str = Field(
        "",
        description="Redis or Valkey, e.g. redis://localhost:6379/0. Default: the embedded Valkey, on a socket.",
    )
    database_url: str = Field(
        "", description="Records, e.g. postgresql+psycopg://user:pass@host/name. Default: SQLite in DATA_DIR."
    )
    shop_database_url: str = Field(
        "", description="The retailer's database. Default: the sample shop, SQLite in DATA_DIR."
    )
    shop_mapping: Path | None = Field(
        None,
        description="YAML file that maps our fields to the shop's tables and columns. Default: the sample shop's.",
    )
    twilio_account_sid: str = Field(
        "", description="Twilio account SID (AC and 32 hex digits). Unset: the built-in carrier."
    )
    twilio_auth_token: str = Field(
        "", description="Twilio auth token, which also signs webhooks. Unset: generated, kept in DATA_DIR."
    )
    twilio_api_url: str = Field(
        "",
        description="Base address of the carrier's REST API. Default: Twilio's with TWILIO_ACCOUNT_SID, else our own.",
    )
    twilio_api_key: str = Field(
        "", description="Twilio API key SID (SK and 32 hex digits): signs the tokens of agents' browser phones."
    )
    twilio_api_secret: str = Field("", description="The secret of TWILIO_API_KEY.")
    twilio_app_sid: str = Field(
        "",
        description="TwiML app (AP and 32 hex digits) of agents' browser phones; `hotline twilio setup` makes it.",
    )
    twilio_signalling: str = Field(
        "",
        description="Twilio edges, or hosts, for agents' browser phones, comma-separated. Default: roaming.",
    )
    phone_number: str = Field(
        "+74950000000", description="The hotline's own number, E.164: shown as the caller when we dial."
    )
    fallback_number: str = Field(
        "",
        description="E.164 number to dial when we cannot serve (Redis or records away). Unset: a recorded message.",
    )
    fallback_url: str = Field(
        "", description="Static TwiML elsewhere for when we are down; `hotline twilio setup` registers it."
    )
    record_calls: Literal["off", "ask", "on"] = Field(
        "off",
        description="Record conversations with agents: no; unless the caller, told so, presses 2; or always, told so.",
    )
    record_pause_seconds: int = Field(
        120,
        ge=0,
        le=3600,
        description="A pause of the recording goes on by itself after so many seconds; 0: only when the agent says so.",
    )
    keep_transcripts_days: int = Field(
        365, ge=0, description="Days that what was said in calls is kept. 0, here and below: for ever."
    )
    keep_recordings_days: int = Field(
        90, ge=0, description="Days that recordings are kept, here and at the carrier: messages and conversations."
    )
    keep_messages_days: int = Field(
        365, ge=0, description="Days that closed messages are kept, once their sound is gone."
    )
    keep_callbacks_days: int = Field(1095, ge=0, description="Days that promises which are over are kept.")
    keep_tickets_days: int = Field(
        1095, ge=0, description="Days that calls and hand-offs are kept, with notes, questions and finished tasks."
    )
    keep_alerts_days: int = Field(365, ge=0, description="Days that closed alerts are kept.")
    keep_audit_days: int = Field(1095, ge=0, description="Days that lines of the audit list are kept.")
    keep_sounds_days: int = Field(30, ge=0, description="Days that a sentence is kept as sound after it was made.")
    max_calls: int = Field(
        0,
        ge=0,
        le=100_000,
        description="Calls at once that are served; more go to the fallback number or leave a message. 0: any number.",
    )
    secret_key: str = Field(
        "", description="Signs sign-in sessions; 32 characters or more. Unset: generated, kept in DATA_DIR."
    )
    vosk_models: Path | None = Field(
        None, description="Folder with a Vosk model per language (ru, uk, en). Default: models in DATA_DIR."
    )
    vosk_models_url: str = Field(
        "https://alphacephei.com/vosk/models",
        description="Where `hotline voice fetch` finds model-list.json: the maker's, or a mirror of it.",
    )
    whisper_model: str = Field(
        "", description="Whisper model, a name or a folder, that writes down messages. Unset: a Vosk model does."
    )
    voice: Literal["flow", "carrier", "local"] | None = Field(
        None,
        description="Who hears callers: as the flow says, or forced. Default: flow with Twilio, else local.",
    )
    media_streams: int = Field(
        0,
        ge=0,
        le=10_000,
        description="Calls at once that one media process hears; more get keys. 0: 20 for each processor core.",
    )
    transcribe: Literal["off", "on"] = Field(
        "on", description="Write down messages and recorded conversations, where a model of their language is there."
    )
    transcribe_minutes: int = Field(
        10, ge=1, le=60, description="Minutes of a recording that are written down; the rest is only kept as sound."
    )
    flow: Path | None = Field(None, description="Flow file to serve. Default: the shipped flow.")
    queues: Path | None = Field(
        None,
        description="YAML file of the queues: skills, priority, length, hours, overflow. Default: the shipped one.",
    )
    hours: Literal["flow", "open", "closed"] | None = Field(
        None,
        description="Working hours: as the flow says, or forced. Default: flow with Twilio, else open.",
    )
    callback_prefixes: str = Field("+7,+380,+44", description="Prefixes that callbacks may dial, comma-separated.")
    callback_first: Literal["agent", "customer"] = Field(
        "agent",
        description="Who is dialled first for a callback: the agent, or the customer while an agent is kept free.",
    )
    callbacks_per_slot: int = Field(
        10,
        ge=0,
        le=10_000,
        description="Callbacks at a time that a queue can keep per slot; a full slot is refused. 0: any number.",
    )
    callback_slot_minutes: int = Field(15, description="Length of such a slot, in minutes.")
    callback_attempts: int = Field(3, ge=1, le=10, description="Attempts to reach a customer before it is given up.")
    callback_spacing: str = Field(
        "busy=5,no_answer=30,machine=60,provider_error=2,gone=30",
        description="Minutes from an attempt to the next, by how it ended; what is left out stays at its default.",
    )
    callback_day: str = Field(
        "9-21", description="Hours of the called person's day in which we dial, local time: from-to, whole hours."
    )
    callbacks_per_second: float = Field(
        1.0, gt=0, le=100, description="Callbacks dialled per second for the whole account: the carrier's rate."
    )
    callback_abandoned: ByRule = Field(
        "list",
        description="Callers who hang up in line: off, list them on the desk, or call them back once by ourselves.",
    )
    callback_abandoned_seconds: int = Field(
        30, ge=0, le=3600, description="Who hangs up in line sooner than this is not thought of again."
    )
    callback_missed: ByRule = Field(
        "list",
        description="Callers who wanted a human when nobody could come, and left nothing: off, list or call, as above.",
    )
    wrap_up_seconds: int = Field(
        120,
        ge=0,
        le=3600,
        description="After a call an agent gets no other for this long, or until they finish wrap-up.",
    )
    task_hours: float = Field(
        4,
        ge=0.25,
        le=100,
        description="A question left open after a call is due within so many of its queue's working hours.",
    )
    ring_seconds: int = Field(15, ge=5, le=60, description="How long an agent is offered a call before it is a miss.")
    service_level_seconds: int = Field(
        20, ge=1, le=600, description="The service level counts callers who were answered within this."
    )
    service_level_target: int = Field(
        80, ge=1, le=100, description="Percent of callers who should be: what the supervisor's page measures against."
    )
    break_minutes: int = Field(
        30, ge=1, le=480, description="A break longer than this is marked as forgotten on the supervisor's page."
    )
    alert_service_level: int = Field(
        70, ge=0, le=100, description="An alert opens when the service level falls below this percent; 0: never."
    )
    alert_recovery: int = Field(
        5,
        ge=0,
        le=50,
        description="It closes this many percent above, so that it does not open and close all the time.",
    )
    alert_calls: int = Field(
        10, ge=1, le=10_000, description="Fewer callers than this in the window open no alert of the service level."
    )
    alert_window_minutes: int = Field(
        30, ge=1, le=1440, description="The service level of alerts is that of the last so many minutes."
    )
    alert_webhook: str = Field(
        "", description="Address that alerts are posted to, as signed JSON, when they open and close. Unset: nowhere."
    )
    alert_webhook_secret: str = Field(
        "", description="Signs what is posted there. Unset: generated, kept in DATA_DIR (alert-secret)."
    )
    metrics_token: str = Field(
        "",
        description="Prometheus reads /metrics with this bearer token; 16 characters or more. Unset: see operator.md.",
    )
    web_workers: int = Field(2, ge=1, le=64, description="Processes of the web server.")
    web_threads: int = Field(
        16, ge=4, le=256, description="Threads of each web process; a quarter of them may wait for the shop."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")

    @field_validator(
        "public_url",
        "live_url",
        "media_url",
        "carrier_url",
        "twilio_api_url",
        "fallback_url",
        "vosk_models_url",
        "alert_webhook",
    )
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value:
            parts = urlsplit(value)
            if parts.scheme not in ("http", "https") or not parts.netloc:
                raise ValueError("a web address that begins with http:// or https://")
            AnyHttpUrl(value)
        return value.rstrip("/")

    @field_validator("redis_url")
    @classmethod
    def _redis_address(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("an address that begins with redis://, rediss:// or unix://")
        return value

    @field_validator("database_url")
    @classmethod
    def _records_address(cls, value: str) -> str:
        kind, separator, rest = value.partition("://")
        if kind in ("postgres", "postgresql"):
            return f"postgresql+psycopg://{rest}"
        if value and (not separator or kind not in ("sqlite", "postgresql+psycopg")):
            raise ValueError("an address that begins with sqlite:/// or postgresql+psycopg://")
        return value

    @field_validator("shop_database_url")
    @classmethod
    def _shop_address(cls, value: str) -> str:
        if value and "://" not in value:
            raise ValueError("an SQLAlchemy address, e.g. postgresql+psycopg://user:pass@host/name")
        return value

    @field_validator("flow", "queues", "shop_mapping")
    @classmethod
    def _file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("the path of a file that is there")
        return value

    @field_validator("callback_prefixes")
    @classmethod
    def _prefixes(cls, value: str) -> str:
        for prefix in filter(None, (part.strip() for part in value.split(","))):
            if not (prefix.startswith("+") and prefix[1:].isdigit()):
                raise ValueError("prefixes in international form, comma-separated, e.g. +7,+44; empty allows none")
        return value

    @field_validator("callback_spacing")
    @classmethod
    def _spacing(cls, value: str) -> str:
        spacing(value)
        return value

    @field_validator("callback_slot_minutes")
    @classmethod
    def _slot(cls, value: int) -> int:
        if value not in (5, 10, 15, 20, 30, 60):
            raise ValueError("5, 10, 15, 20, 30 or 60: slots fill an hour")
        return value

    @field_validator("callback_day")
    @classmethod
    def _day(cls, value: str) -> str:
        starts, dash, ends = value.partition("-")
        if not (dash and starts.isdigit() and ends.isdigit() and 0 <= int(starts) < int(ends) <= 24):
            raise ValueError("two whole hours from 0 to 24, the earlier first, e.g. 9-21")
        return value

    @field_validator("phone_number", "fallback_number")
    @classmethod
    def _e164(cls, value: str) -> str:
        if value and not (value.startswith("+") and value[1:].isdigit() and 8 <= len(value) <= 16):
            raise ValueError("a number in international form, e.g. +74951234567")
        return value

    @field_validator("twilio_account_sid", "twilio_api_key", "twilio_app_sid")
    @classmethod
    def _sid(cls, value: str, about: ValidationInfo) -> str:
        kind = {"twilio_account_sid": "AC", "twilio_api_key": "SK", "twilio_app_sid": "AP"}[str(about.field_name)]
        hexadecimal = all(c in "0123456789abcdef" for c in value[2:].lower())
        if value and not (value.startswith(kind) and len(value) == 34 and hexadecimal):
            raise ValueError(f"{kind} and 32 hexadecimal digits, as Twilio's console shows it")
        return value

    @field_validator("twilio_signalling")
    @classmethod
    def _signalling(cls, value: str) -> str:
        """Goes into a header of every page: nothing but names of hosts."""
        for host in filter(None, (part.strip() for part in value.split(","))):
            if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?", host):
                raise ValueError("edges such as dublin,frankfurt, or hosts such as signal.example.com:8443")
        return value

    @field_validator("metrics_token", "alert_webhook_secret")
    @classmethod
    def _not_guessable(cls, value: str) -> str:
        if value and len(value) < 16:
            raise ValueError("16 characters or more")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < 32:
            raise ValueError("32 characters or more")
        return value

    @model_validator(mode="after")
    def _twilio_needs_its_token(self) -> Settings:
        if self.twilio_account_sid and not self.twilio_auth_token and not self.twilio_api_url:
            raise ValueError(
                "TWILIO_AUTH_TOKEN: needed with TWILIO_ACCOUNT_SID; it stands beside it in Twilio's console."
            )
        if bool(self.twilio_api_key) != bool(self.twilio_api_secret):
            raise ValueError(
                "TWILIO_API_KEY and TWILIO_API_SECRET: needed both or neither; Twilio's console shows the secret once, "
                "when the key is made."
            )
        return self

    @property
    def demo(self) -> bool:
        """Whether the built-in carrier plays Twilio's part."""
        return not self.twilio_account_sid

    @property
    def browser_phone(self) -> bool:
        """Whether agents can talk in their browser with Twilio."""
        return not self.demo and bool(self.twilio_api_key and self.twilio_app_sid)

    @property
    def signalling(self) -> tuple[str, ...]:
        """Edges (``dublin``) or hosts (with a dot or a port) for browser phones; empty: Twilio's nearest edge."""
        return tuple(filter(None, (part.strip() for part in self.twilio_signalling.split(","))))

    @property
    def account_sid(self) -> str:
        return self.twilio_account_sid or DEMO_ACCOUNT

    @property
    def auth_token(self) -> str:
        return self.twilio_auth_token or self._generated("auth-token")

    @property
    def signing_key(self) -> str:
        return self.secret_key or self._generated("secret-key")

    @property
    def alert_secret(self) -> str:
        return self.alert_webhook_secret or self._generated("alert-secret")

    @property
    def web_url(self) -> str:
        """The address that signatures are checked against and that goes into every URL we issue."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def carrier_api_url(self) -> str:
        """Base address of the REST API; empty for Twilio's own."""
        return self.twilio_api_url or (f"http://127.0.0.1:{self.port + 2}" if self.demo else "")

    @property
    def redis(self) -> str:
        return self.redis_url or f"unix://{self.valkey_socket}"

    @property
    def valkey_socket(self) -> Path:
        """Where the embedded Valkey listens. A socket's path may not pass some 104 bytes (macOS; Linux 108), so a
        long DATA_DIR gets a short one in the temporary folder, always the same for the same DATA_DIR."""
        socket = self.data_dir.resolve() / "valkey.sock"
        if len(os.fsencode(socket)) <= 100:
            return socket
        digest = hashlib.sha256(os.fsencode(self.data_dir.resolve())).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"hotline-{os.getuid()}-{digest}" / "valkey.sock"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.resolve()}/hotline.db"

    @property
    def vosk_folder(self) -> Path:
        return self.vosk_models or self.data_dir.resolve() / "models"

    @property
    def prompts_folder(self) -> Path:
        """Prompts ready for a line."""
        return self.data_dir.resolve() / "audio" / "prompts"

    @property
    def shop_database(self) -> str:
        return self.shop_database_url or f"sqlite:///{self.data_dir.resolve()}/shop.db"

    @property
    def working_hours(self) -> Literal["flow", "open", "closed"]:
        return self.hours or ("open" if self.demo else "flow")

    @property
    def hears(self) -> Literal["flow", "carrier", "local"]:
        return self.voice or ("local" if self.demo else "flow")

    @property
    def stream_url(self) -> str:
        """Base of the addresses that the carrier streams a call's sound to."""
        at = self.media_url or (f"http://127.0.0.1:{self.port + 3}" if self.demo else self.web_url)
        return at.replace("http", "ws", 1)

    @property
    def most_streams(self) -> int:
        return self.media_streams or 20 * (os.cpu_count() or 1)

    def _generated(self, name: str) -> str:
        path = self.data_dir / name
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written aside and linked: of two processes at once one wins, and nobody reads a half-written file.
            draft = path.with_name(f".{name}-{secrets.token_hex(4)}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return path.read_text()


def load_settings() -> Settings:
    """The settings of this environment. Raises :class:`SettingsError`."""
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for fault in error.errors():
            name = ".".join(str(part) for part in fault["loc"]).upper()
            field = Settings.model_fields.get(name.lower())
            accepts = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
            given = "not shown here" if name in SECRET else repr(fault["input"])
            about = f" ({field.description})" if field and field.description else ""
            lines.append(f"{name}: accepts {accepts}; it is {given}.{about}" if name else accepts)
        raise SettingsError("\n".join(lines)) from error


@lru_cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()
