"""The pictures of the supervisors' pages: a day on the floor, written into the records of a running system."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from browser import DESKTOP, TABLET, TELEPHONE
from floor_world import busy_day, floor_now
from pages import watched
from playwright.sync_api import Browser, Page, expect
from system import System

from ivr.floor.periods import midnight
from ivr.store.engine import make_engine

ZONE = ZoneInfo("Europe/Moscow")
WALL = (1920, 1080)
AGENTS = [901, 902, 903, 904, 905, 906]
"""Ids that nobody who signs in has."""


def floor_pictures(system: System, browser: Browser, take, **context: object) -> None:  # type: ignore[no-untyped-def]
    """``take(page, name, size, whole=…)`` keeps a picture."""
    now = datetime.now(UTC)
    today = now.astimezone(ZONE).date()
    records = make_engine(f"sqlite:///{system.data}/hotline.db")
    with records.begin() as conn:
        busy_day(conn, AGENTS, midnight(today, ZONE), now, "today")
        busy_day(conn, AGENTS, midnight(today - timedelta(days=7), ZONE), now, "before")
        floor_now(conn, AGENTS, now)
    records.dispose()
    login, password, _ = next(row for row in system.sign_ins() if row[2] == "supervisor")
    with watched(browser, **context) as sofia:
        page = sofia.page
        page.goto(f"{system.web}/supervisor")
        page.fill("#login", login)
        page.fill("#password", password)
        page.click("button.primary")
        page.wait_for_url("**/supervisor")
        _drawn(page)
        take(page, "floor", DESKTOP, whole=True)
        take(page, "floor-wall", WALL)
        take(page, "floor-tablet", TABLET, whole=True)
        take(page, "floor-narrow", TELEPHONE, whole=True)
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        page.goto(f"{system.web}/supervisor/reports")
        _drawn(page)
        take(page, "floor-report", DESKTOP)


def _drawn(page: Page) -> None:
    expect(page.locator(".plot canvas")).to_be_visible()
    expect(page.locator("time", has_text="UTC")).to_have_count(0)
