"""The pictures of the house's own pages: people, one person with a link, blocked callers, the audit list."""

from __future__ import annotations

from typing import Protocol

from browser import DESKTOP, TABLET
from playwright.sync_api import Page
from system import System

NARROW = (360, 740)


class Album(Protocol):
    def take(self, page: Page, name: str, size: tuple[int, int] = ..., *, whole: bool = ...) -> None: ...


def submit(page: Page, form: str) -> None:
    with page.expect_navigation(wait_until="networkidle"):
        page.click(f"{form} button.primary")


def pictures(system: System, page: Page, album: Album) -> None:
    """Signed in as the demo's admin: what a first morning leaves behind."""
    login, password, _ = next(row for row in system.sign_ins() if row[2] == "admin")
    page.goto(f"{system.web}/admin")
    page.fill("#login", login)
    page.fill("#password", password)
    submit(page, "main")
    page.wait_for_url("**/admin/people")
    page.fill("#login", "galina")
    page.fill("#name", "Galina Smirnova")
    submit(page, "form[action='/admin/people']")
    page.wait_for_selector("#new-link")
    album.take(page, "admin-person", DESKTOP, whole=True)
    page.fill("#more", "returns, english")
    submit(page, "form[action$='/skills']")
    for login, role in (("boris", "supervisor"), ("anna", "agent")):
        page.goto(f"{system.web}/admin/people", wait_until="networkidle")
        with page.expect_navigation(wait_until="networkidle"):
            page.locator("li", has_text=login).locator("a").click()
        page.select_option("#role", role)
        submit(page, "form[action$='/details']")
    for number, reason in (("+79161230001", "Shouts at agents"), ("+79161230002", "Calls a hundred times a day")):
        page.goto(f"{system.web}/admin/blocked", wait_until="networkidle")
        page.fill("#number", number)
        page.fill("#reason", reason)
        submit(page, "form[action='/admin/blocked']")
    for name, address in (("people", "people"), ("blocked", "blocked"), ("audit", "audit")):
        page.goto(f"{system.web}/admin/{address}", wait_until="networkidle")
        album.take(page, f"admin-{name}", DESKTOP)
        wide = page.evaluate("document.documentElement.scrollWidth")
        for size, suffix in ((TABLET, "tablet"), (NARROW, "narrow")):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if over > 0:
                raise RuntimeError(f"admin/{address} is {over} px too wide at {size[0]} ({wide} at 1280)")
            if (name, suffix) == ("audit", "narrow"):
                album.take(page, f"admin-{name}-{suffix}", size, whole=True)
