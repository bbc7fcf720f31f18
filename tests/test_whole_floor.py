"""A supervisor in a call, in real browsers: hears both, whispers to the agent alone, leaves; the call goes on."""

from __future__ import annotations

import pytest
from browser import chromium as chromium
from pages import HEAR, DeskPage, PhonePage, watched
from playwright.sync_api import Browser, expect
from system import System

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.xdist_group("whole")]


def test_a_supervisor_listens_and_whispers(hotline: System, chromium: Browser) -> None:
    with (
        watched(chromium, locale="en-GB") as caller,
        watched(chromium, locale="en-GB") as agent,
        watched(chromium, locale="en-GB") as sofia,
    ):
        desk = DeskPage.sign_in(hotline, agent.page)
        desk.ready()
        login, password, _ = next(row for row in hotline.sign_ins() if row[2] == "supervisor")
        page = sofia.page
        page.goto(f"{hotline.web}/supervisor")
        page.fill("#login", login)
        page.fill("#password", password)
        page.click("button.primary")
        page.wait_for_url("**/supervisor")
        phone = PhonePage.open(hotline, caller.page)
        phone.call("en")
        phone.hears("how can i help")
        phone.press("0")
        desk.is_in("offer")
        desk.accept()
        page.locator("button[value=listen]").click(timeout=HEAR)  # pushed: nobody reloaded the page
        expect(page.locator("#phone-state")).to_have_attribute("data-state", "in-call", timeout=HEAR)
        desk.say("Yes, this is Anna")
        expect(page.locator("#joined .heard").filter(has_text="this is Anna")).to_be_visible(timeout=HEAR)
        expect(page.locator("#joined-text")).to_be_disabled()
        page.click("#joined [data-mode=whisper]")
        expect(page.locator("#joined-text")).to_be_enabled(timeout=HEAR)
        page.fill("#joined-text", "Offer a refund")
        page.click("#joined-say button")
        desk.hears("Offer a refund")
        expect(caller.page.locator("#transcript")).not_to_contain_text("Offer a refund")
        page.click("#joined [data-mode=leave]")
        expect(page.locator("#joined")).to_be_hidden()
        desk.is_in("connected")
        phone.hang_up()
        desk.finish()
        desk.off()
