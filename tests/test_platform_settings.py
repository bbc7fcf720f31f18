"""Settings: derived ones, and a wrong one refused with its name and what it accepts, never with a secret."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ivr.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))


@pytest.mark.parametrize(
    ("name", "value", "accepts"),
    [
        ("PORT", "eighty", "valid integer"),
        ("PORT", "70000", "less than or equal to 65000"),
        ("PUBLIC_URL", "hotline.example.com", "http:// or https://"),
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("DATABASE_URL", "mysql://x/y", "sqlite:///"),
        ("SHOP_DATABASE_URL", "nonsense", "SQLAlchemy address"),
        ("SHOP_MAPPING", "/nowhere/mapping.yaml", "a file that is there"),
        ("FLOW", "/nowhere/flow.yaml", "a file that is there"),
        ("TWILIO_ACCOUNT_SID", "AC12", "32 hexadecimal digits"),
        ("PHONE_NUMBER", "8 495", "international form"),
        ("SECRET_KEY", "short", "32 characters or more"),
        ("HOURS", "never", "'flow', 'open' or 'closed'"),
        ("CALLBACK_PREFIXES", "7,44", "international form"),
        ("CALLBACK_SPACING", "busy=0", "1 to 1440 minutes"),
        ("CALLBACK_SPACING", "asleep=5", "busy, no_answer, machine, provider_error, gone"),
        ("CALLBACK_DAY", "21-9", "the earlier first"),
        ("CALLBACK_SLOT_MINUTES", "7", "5, 10, 15, 20, 30 or 60"),
        ("CALLBACK_ABANDONED", "yes", "'off', 'list' or 'call'"),
        ("WEB_THREADS", "1", "greater than or equal to 4"),
        ("LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ],
)
def test_a_wrong_one_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, accepts: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{name}: accepts")
    assert accepts in str(caught.value)


def test_secrets_are_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    monkeypatch.setenv("DATABASE_URL", "mysql://root:hunter2@db/x")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2, "all that is wrong is told at once"


def test_twilio_needs_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "a" * 32)
    with pytest.raises(SettingsError, match="TWILIO_AUTH_TOKEN"):
        load_settings()


def test_an_empty_one_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "REDIS_URL", "HOURS", "FLOW"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert (settings.port, settings.hours, settings.flow) == (8000, None, None)


def test_with_none_set_all_is_here(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.demo
    assert settings.web_url == "http://127.0.0.1:8000"
    assert settings.carrier_api_url == "http://127.0.0.1:8002"
    assert settings.redis == f"unix://{tmp_path}/valkey.sock"
    assert settings.database == f"sqlite:///{tmp_path}/hotline.db"
    assert settings.working_hours == "open"


def test_generated_secrets_stay_and_are_private(tmp_path: Path) -> None:
    first = load_settings().auth_token
    assert len(first) == 64
    assert load_settings().auth_token == first
    assert load_settings().signing_key != first
    assert stat.S_IMODE((tmp_path / "auth-token").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["auth-token", "secret-key"]


def test_a_long_data_dir_gets_a_short_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / ("x" * 120)))
    socket = load_settings().valkey_socket
    assert len(str(socket)) <= 100
    assert socket == load_settings().valkey_socket


def test_heroku_style_database_addresses_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@h/d")
    assert load_settings().database == "postgresql+psycopg://u:p@h/d"
