"""The pages as a person uses them: a phone that calls, a desk that takes calls. For browser tests and screenshots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from browser import DESKTOP
from playwright.sync_api import Browser, Page, expect
from system import System

HEAR = 25_000
"""Milliseconds until a sentence must have come: the sentences before it are spoken in their own time."""


@dataclass
class Watched:
    """A page and what went wrong on it: errors on the console, scripts that threw, requests that failed."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page, faults = self.page, self.faults
        page.on("pageerror", lambda error: faults.append(f"threw {error}"))
        page.on(
            "console",
            lambda message: (
                faults.append(f"console {message.type}: {message.text}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on("requestfailed", self._failed)
        page.on(
            "response",
            lambda answer: faults.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
        )

    def _failed(self, request: Any) -> None:
        # A sound that was cut short and a stream that the closing page leaves are given up by the browser itself.
        cut = request.failure == "net::ERR_ABORTED"
        if cut and (request.resource_type in ("media", "eventsource") or request.url.endswith("/desk/events")):
            return
        self.faults.append(f"{request.failure} {request.method} {request.url}")


@contextmanager
def watched(browser: Browser, size: tuple[int, int] = DESKTOP, **context: Any) -> Iterator[Watched]:
    """A page with cookies of its own. Whatever went wrong on it fails the test when it is closed."""
    made = browser.new_context(viewport={"width": size[0], "height": size[1]}, **{"locale": "ru-RU", **context})
    seen = Watched(made.new_page())
    seen.page.set_default_timeout(15_000)
    try:
        yield seen
    finally:
        made.close()
    assert not seen.faults, f"went wrong on the page: {seen.faults}"


@dataclass
class PhonePage:
    """`/phone`, open on ``page``."""

    page: Page

    @classmethod
    def open(cls, system: System, page: Page) -> PhonePage:
        page.goto(f"{system.web}/phone")
        phone = cls(page)
        phone.is_in("idle")
        return phone

    def is_in(self, state: str, within: float = HEAR) -> None:
        expect(self.page.locator("#phone")).to_have_attribute("data-state", state, timeout=within)

    def call(self, language: str | None = None, order: str | None = None, nth: int = 0) -> dict[str, Any]:
        """Choose the first sample caller (or another) of a language who has an order in a state (None: whoever is
        chosen) and call; what that caller knows."""
        if language:
            self.page.select_option("#caller", str(self._caller(language, order, nth)))
        self.is_in("idle")
        self.page.click("#call")
        self.is_in("in-call")
        knows: dict[str, Any] = self.page.evaluate(
            "JSON.parse(document.getElementById('phone').dataset.callers)[document.getElementById('caller').value]"
        )
        return knows

    def _caller(self, language: str, order: str | None, nth: int) -> int:
        known = self.page.evaluate("JSON.parse(document.getElementById('phone').dataset.callers)")
        fit = [
            index
            for index, one in enumerate(known)
            if one["language"] == language and (not order or order in [made["state"] for made in one["orders"]])
        ]
        assert fit, f"no sample caller speaks {language} and has an order that is {order}"
        return fit[nth]

    def hears(self, fragment: str, within: float = HEAR, by: str = "heard") -> None:
        """The sentence came, and the hotline listens or goes on."""
        bubble = self.page.locator(f"#transcript .{by}").filter(has_text=re.compile(fragment, re.IGNORECASE))
        expect(bubble.last).to_be_visible(timeout=within)

    def press(self, keys: str) -> None:
        """Each key on the dial pad."""
        for key in keys:
            self.page.click(f'[data-key="{key}"]')

    def say(self, text: str) -> None:
        self.page.fill("#say", text)
        self.page.click("#say-button")

    def said(self) -> list[str]:
        """What the page shows of what the caller did."""
        return [text.split("\n")[-1] for text in self.page.locator("#transcript .did").all_inner_texts()]

    def hang_up(self) -> None:
        self.page.click("#hangup")
        self.is_in("idle")


@dataclass
class DeskPage:
    """`/desk` of someone who is signed in."""

    page: Page

    @classmethod
    def sign_in(cls, system: System, page: Page, nth: int = 0) -> DeskPage:
        login, password, _ = [row for row in system.sign_ins() if row[2] == "agent"][nth]
        page.goto(f"{system.web}/desk")
        page.fill("#login", login)
        page.fill("#password", password)
        page.click("button.primary")
        page.wait_for_url("**/desk")
        desk = cls(page)
        expect(page.locator("#phone-state")).to_have_class(
            re.compile(r"^badge( ok)?\s*$")
        )  # registered with the carrier
        return desk

    @property
    def ticket(self) -> str:
        return self.page.locator("#call").get_attribute("data-ticket") or ""

    def ready(self) -> None:
        self.page.click("button.ready")
        expect(self.page.locator("button.ready")).to_have_attribute("aria-pressed", "true")

    def off(self) -> None:
        self.page.click("button.gone")
        expect(self.page.locator("button.gone")).to_have_attribute("aria-pressed", "true")

    def is_in(self, mode: str, within: float = HEAR) -> None:
        expect(self.page.locator("#call")).to_have_attribute("data-mode", mode, timeout=within)

    def accept(self) -> None:
        self.page.click("button[data-key=a]")
        self.is_in("connected")

    def say(self, text: str) -> None:
        self.page.fill(f"#say-{self.ticket}", text)
        self.page.click(f"#phone-{self.ticket} form button")

    def hears(self, fragment: str) -> None:
        expect(self.page.locator(f"#phone-{self.ticket} .heard").filter(has_text=fragment)).to_be_visible(timeout=HEAR)

    def finish(self, outcome: str = "resolved") -> None:
        self.is_in("wrap_up")
        self.page.click(f".choice:has(input[value={outcome}])")
        self.page.click("button[data-key=f]")
        self.is_in("idle")
