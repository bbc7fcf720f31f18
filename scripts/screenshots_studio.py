"""The pictures of the studio: a broken flow, the graph with a call in it, publishing, the switchboard."""

from __future__ import annotations

from typing import Protocol

from browser import DESKTOP, TELEPHONE
from playwright.sync_api import Page, expect
from system import System

WAIT = 60_000


class Album(Protocol):
    def take(self, page: Page, name: str, size: tuple[int, int] = ..., *, whole: bool = ...) -> None: ...


def replace(page: Page, old: str, new: str) -> None:
    """With the editor's own search and replace."""
    page.click("#search")
    panel = page.locator("#text .cm-search")
    panel.locator("input[name=search]").fill(old)
    panel.locator("input[name=replace]").fill(new)
    panel.locator("[name=replaceAll]").click()
    page.keyboard.press("Escape")


def pictures(system: System, page: Page, album: Album) -> None:
    """Signed in as the demo's admin."""
    login, password, _ = next(row for row in system.sign_ins() if row[2] == "admin")
    page.goto(f"{system.web}/sign-in?next=/studio/flows/hotline")
    page.fill("#login", login)
    page.fill("#password", password)
    page.click("main button.primary")
    page.wait_for_url("**/studio/flows/hotline")
    checked = page.locator("#checked[data-done=true]")
    expect(checked).to_be_visible(timeout=WAIT)
    replace(page, "missing: no_such_order", "missing: no_such_ordr")
    expect(page.locator("#problems")).to_contain_text("no_such_ordr", timeout=WAIT)
    page.locator("#problems li.error button").first.click()
    album.take(page, "studio-problems", whole=True)
    replace(page, "missing: no_such_ordr", "missing: no_such_order")
    replace(page, "Hello! This is the shop's assistant.", "Good day! This is the shop's assistant.")
    expect(page.locator("#problems li.error")).to_have_count(0, timeout=WAIT)
    page.click("summary >> nth=0")
    page.select_option("#world-language", "en")
    page.click("summary >> nth=0")
    page.click("button[data-view=graph]")
    expect(page.locator("#canvas svg")).to_be_visible(timeout=WAIT)
    page.click("[data-zoom='1.25']")
    page.click("#call")
    expect(page.locator("#talk")).to_contain_text("Good day", timeout=WAIT)
    page.click("[data-key='1']")
    expect(page.locator(".node.lit")).to_have_attribute("data-step", "ask_delivery_number", timeout=WAIT)
    album.take(page, "studio-graph")
    album.take(page, "studio-narrow", TELEPHONE)
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    page.click("#save")
    expect(page.locator("#results .notice")).to_be_visible(timeout=WAIT)
    page.goto(f"{system.web}/studio/flows/hotline/publish")
    page.fill("#why", "A kinder greeting")
    album.take(page, "studio-publish", whole=True)
    page.goto(f"{system.web}/studio/switchboard")
    page.fill("#text-en", "Deliveries are delayed today.")
    album.take(page, "studio-switchboard")
