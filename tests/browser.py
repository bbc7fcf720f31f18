"""A headless Chromium of this machine for tests of pages: ``from browser import chromium, open_page``.

``chromium`` is a fixture (one browser per module); tests that use it are skipped where there is none.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
)
DESKTOP, TABLET, TELEPHONE = (1280, 800), (820, 1180), (390, 844)
"""Sizes of screens that pages are made for, in CSS pixels."""


def executable() -> str | None:
    """The path of a Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def launched(*more: str) -> Iterator[Browser]:
    """A browser, with ``more`` flags. Raises ``RuntimeError`` where there is none or it doesn't start."""
    path = executable()
    if path is None:
        raise RuntimeError(f"no Chromium on the PATH (looked for {', '.join(NAMES)})")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *more], timeout=30_000)
        except PlaywrightError as error:
            raise RuntimeError(f"{path} does not start: {error.message.splitlines()[0]}") from error
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if executable() is None:
        pytest.skip(f"no Chromium on the PATH (looked for {', '.join(NAMES)})")
    with launched() as browser:
        yield browser


@contextmanager
def open_page(browser: Browser, size: tuple[int, int] = DESKTOP, **context: Any) -> Iterator[Page]:
    """A page in a context of its own (own cookies). What its scripts throw fails the test when the page is closed."""
    made = browser.new_context(viewport={"width": size[0], "height": size[1]}, **{"locale": "ru-RU", **context})
    page = made.new_page()
    page.set_default_timeout(10_000)
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.on(
        "console",
        lambda message: thrown.append(message.text) if "Content Security Policy" in message.text else None,
    )
    try:
        yield page
    finally:
        made.close()
    assert not thrown, f"the page's scripts threw: {thrown}"


def overflow(page: Page) -> int:
    """CSS pixels by which the page is wider than the screen; 0 when it fits."""
    wider: int = page.evaluate("Math.max(0, document.documentElement.scrollWidth - window.innerWidth)")
    return wider
