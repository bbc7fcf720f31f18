"""What is looked at before the first process starts."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ivr.settings import Settings
from ivr.supervisor.prepare import check_shop


def test_a_shop_that_is_away_is_told_of_and_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SHOP_DATABASE_URL", "postgresql+psycopg://shop:hunter2@127.0.0.1:1/shop")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with caplog.at_level(logging.WARNING):
        check_shop(Settings())
    assert "SHOP_DATABASE_URL: the shop cannot be reached" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_shop_that_is_there_is_not_worth_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SHOP_DATABASE_URL", f"sqlite:///{tmp_path / 'shop.db'}")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    check_shop(Settings())
    assert caplog.text == ""
