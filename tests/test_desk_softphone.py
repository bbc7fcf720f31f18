"""The desk with Twilio's Voice SDK: a whole call in a real browser, its sound in both directions, and what goes wrong.

Twilio's signalling is played by ``signalling.py``; tokens, webhooks, conference and queue are ours.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from browser import executable, launched, open_page
from desk_site import Site, eventually, served
from playwright.sync_api import Browser, Page, expect
from twiml import ACCOUNT, TOKEN

import ivr
from callqueue.model import TicketState

pytest.importorskip("trustme", reason="Twilio's SDK speaks TLS only; trustme makes a certificate for it")
from signalling import Leg, Signalling

SDK = Path(ivr.__file__ or "ivr").parent / "static" / "vendor" / "twilio.min.js"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not SDK.exists(), reason="Twilio's Voice SDK is not here; scripts/vendor.py brings it"),
]
SECRET = "s" * 32
PUBLIC = "https://hotline.example.com"
BROWSER = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_API_URL": "http://127.0.0.1:9",
    "TWILIO_API_KEY": "SK" + "2" * 32,
    "TWILIO_API_SECRET": SECRET,
    "TWILIO_APP_SID": "AP" + "3" * 32,
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if executable() is None:
        pytest.skip("no Chromium on the PATH")
    with launched(
        "--use-fake-device-for-media-stream",
        "--allow-loopback-in-peer-connection",
        "--disable-features=WebRtcHideLocalIpsWithMdns",
    ) as browser:
        yield browser


@dataclass
class Floor:
    """The desk and the carrier."""

    site: Site
    twilio: Signalling
    browser: Browser

    @contextmanager
    def desk(self, microphone: bool = True, **more: Any) -> Iterator[Page]:
        """An agent's page, signed in; ``microphone``: whether the browser gives it to the page."""
        given = ["microphone"] if microphone else ["notifications"]
        with open_page(self.browser, permissions=given, ignore_https_errors=True, **more) as page:
            self.site.sign_in(page)
            yield page

    @contextmanager
    def peer(self) -> Iterator[Page]:
        """Whom the agent talks with."""
        with open_page(self.browser, permissions=["microphone"], ignore_https_errors=True) as page:
            page.goto(f"https://{self.twilio.host}/")
            assert eventually(lambda: self.twilio.peer_is_there)
            yield page

    def offered(self, page: Page, **about: Any) -> int:
        """A caller, offered to the agent who is ready; the ticket."""
        ticket = self.site.here.caller(**about)
        self.site.here.queue.match()
        expect(page.locator("#call")).to_have_attribute("data-mode", "offer")
        return ticket

    def joined(self, page: Page, ticket: int) -> Leg:
        """The agent's leg is in the conference; the caller follows."""
        assert eventually(lambda: bool(self.twilio.live)), self.twilio.faults
        leg = self.twilio.live[-1]
        assert eventually(lambda: self.state(ticket) is TicketState.CONNECTING and self.has_leg(ticket, leg.sid))
        self.site.here.queue.caller_joined(ticket, "CA1", f"CF{leg.sid[2:]}")
        expect(page.locator("#call")).to_have_attribute("data-mode", "connected")
        expect(page.locator("#phone-state")).to_have_attribute("data-state", "in-call")
        return leg

    def state(self, ticket: int) -> TicketState:
        view = self.site.here.queue.ticket(ticket)
        assert view is not None
        return view.state

    def has_leg(self, ticket: int, leg: str) -> bool:
        from sqlalchemy import select

        from callqueue.store import tickets
        from ivr.store.engine import engine, reading

        with reading(engine()) as conn:
            return conn.execute(select(tickets.c.agent_leg).where(tickets.c.id == ticket)).scalar() == leg


@pytest.fixture
def floor(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch, chromium: Browser) -> Iterator[Floor]:
    twilio = Signalling(SECRET, web="", public=PUBLIC)
    with served(tmp_path, valkey_url, monkeypatch, **BROWSER, PUBLIC_URL=PUBLIC, TWILIO_SIGNALLING=twilio.host) as site:
        twilio.web = site.url
        twilio.start()
        try:
            yield Floor(site, twilio, chromium)
        finally:
            twilio.stop()
        assert twilio.faults == []


SOUND = 30.0
"""Seconds until sound comes, or what was on its way has passed, on a machine that has much else to do."""


def phone_is(page: Page, state: str, within: float = 15_000) -> None:
    expect(page.locator("#phone-state")).to_have_attribute("data-state", state, timeout=within)


def ready(page: Page) -> None:
    page.keyboard.press("r")
    expect(page.locator("#status-title")).to_have_text("Готов к звонкам")


def heard(peer: Page) -> dict[str, float]:
    told: dict[str, float] = peer.evaluate("window.heard()")
    return told


def level(page: Page, which: str) -> float:
    value: float = page.evaluate(
        f"Math.max(...[...document.querySelectorAll('.phone meter[data-level={which}]')].map(m => m.value))"
    )
    return value


def packets_without_sound(peer: Page) -> bool:
    """For a second and a half, in which the fake microphone beeps at least once: something comes, and it is silence."""
    before = heard(peer)
    time.sleep(1.5)
    after = heard(peer)
    return after["bytes"] > before["bytes"] and after["energy"] - before["energy"] < 1e-6


def test_a_call_with_sound_in_both_directions(floor: Floor) -> None:
    with floor.peer() as peer, floor.desk() as page:
        phone_is(page, "ready")
        claims = floor.twilio.listens[0]
        assert claims["grants"]["identity"] == f"agent-{floor.site.here.person().id}"
        ready(page)
        ticket = floor.offered(page)
        page.keyboard.press("a")
        leg = floor.joined(page, ticket)
        assert leg.params == {"offer": "1"}
        assert leg.label == claims["grants"]["identity"]

        # The caller hears the agent, the agent's page the caller.
        assert eventually(lambda: heard(peer)["bytes"] > 0, SOUND)
        before = heard(peer)
        assert eventually(lambda: heard(peer)["energy"] > before["energy"] + 1e-6, SOUND), heard(peer)
        assert eventually(lambda: level(page, "output") > 0.05, SOUND)
        assert eventually(lambda: level(page, "input") > 0.02, SOUND)

        # Muted: packets go on, and nothing is in them.
        page.click("[data-phone-act=mute]")
        expect(page.locator("[data-phone-act=mute]")).to_have_attribute("aria-pressed", "true")
        assert eventually(lambda: packets_without_sound(peer), SOUND), heard(peer)
        after = heard(peer)
        page.click("[data-phone-act=mute]")
        assert eventually(lambda: heard(peer)["energy"] > after["energy"] + 1e-6, SOUND)

        page.click("button.danger")
        expect(page.locator("#call")).to_have_attribute("data-mode", "wrap_up")
        phone_is(page, "ready")
        assert eventually(lambda: leg.over)
        assert floor.state(ticket) is TicketState.WRAP_UP


def test_the_carrier_ends_the_call_as_the_desk_does(floor: Floor) -> None:
    """The caller hung up: the leg ends at Twilio, and the page is free again without a click."""
    with floor.peer(), floor.desk() as page:
        ready(page)
        ticket = floor.offered(page)
        page.keyboard.press("a")
        leg = floor.joined(page, ticket)
        floor.site.here.queue.left("CA1", "hangup")
        expect(page.locator("#call")).to_have_attribute("data-mode", "wrap_up")
        phone_is(page, "ready")
        assert eventually(lambda: leg.over)


def test_a_token_is_renewed_before_its_end(floor: Floor) -> None:
    floor.twilio.ttl = [122]  # the page renews two minutes before the end
    with floor.desk() as page:
        phone_is(page, "ready")
        assert eventually(lambda: len(floor.twilio.listens) == 2, 8)
        phone_is(page, "ready")
        first, second = floor.twilio.listens
        assert first["jti"] != second["jti"]


def test_a_token_that_is_refused_is_replaced(floor: Floor) -> None:
    floor.twilio.reject_tokens = 1
    with floor.desk() as page:
        phone_is(page, "ready")
        assert len(floor.twilio.listens) == 1


def test_signalling_that_dies_comes_back_and_the_call_outlives_it(floor: Floor) -> None:
    with floor.peer() as peer, floor.desk() as page:
        ready(page)
        phone_is(page, "ready")
        floor.twilio.stop()
        phone_is(page, "offline")
        expect(page.locator("#phone-state")).to_have_text("Телефон не подключён")
        floor.twilio.start()
        phone_is(page, "ready", 30_000)

        ticket = floor.offered(page)
        page.keyboard.press("a")
        leg = floor.joined(page, ticket)
        floor.twilio.stop()
        expect(page.locator(".phone [data-part=warnings]")).to_contain_text("Связь пропала")
        before = heard(peer)
        assert eventually(lambda: heard(peer)["bytes"] > before["bytes"]), "the sound goes on"
        floor.twilio.start()
        assert eventually(lambda: floor.twilio.rejoined == 1, 15)
        expect(page.locator(".phone [data-part=warnings]")).to_be_hidden()
        phone_is(page, "in-call")
        page.click("button.danger")
        expect(page.locator("#call")).to_have_attribute("data-mode", "wrap_up")
        assert eventually(lambda: leg.over)


def test_without_a_microphone_nobody_is_made_ready_and_the_page_says_what_to_do(floor: Floor) -> None:
    with floor.desk(microphone=False) as page:
        page.keyboard.press("r")
        dialog = page.locator("#phone-settings")
        expect(dialog).to_be_visible()
        expect(dialog.locator("[data-part=trouble]")).to_contain_text("Разрешите его")
        phone_is(page, "error")
        expect(page.locator("#phone-state")).to_have_text("Микрофон запрещён")
        assert floor.site.here.view(floor.site.here.person()).status == "off"
        page.click("[data-phone-act=close]")

        # The way out: a telephone of their own.
        page.fill("#my-phone", "+7 916 000-11-22")
        page.click(".my-phone button")
        expect(page.locator("[data-phone-kind=telephone]")).to_be_visible()
        expect(page.locator("#phone-state")).to_be_hidden()
        ready(page)

        # Or the microphone, once it is allowed.
        page.fill("#my-phone", "")
        page.click(".my-phone button")
        expect(page.locator("[data-phone-kind=voice]")).to_be_visible()
        page.context.grant_permissions(["microphone"])
        page.click("#phone-state")
        page.click("[data-phone-act=try]")
        phone_is(page, "ready")
        expect(dialog.locator("[data-part=trouble]")).to_be_hidden()
        assert page.locator("#phone-input option").count() >= 1


def test_a_microphone_taken_away_after_ready_keeps_the_offer(floor: Floor) -> None:
    with floor.desk() as page:
        ready(page)
        ticket = floor.offered(page)
        page.context.clear_permissions()
        page.context.grant_permissions(["notifications"])
        page.keyboard.press("a")
        expect(page.locator("#phone-trouble")).to_contain_text("Браузер не даёт странице микрофон")
        assert floor.state(ticket) is TicketState.OFFERED, "nothing was accepted that nobody could talk on"
        page.keyboard.press("d")
        expect(page.locator("#call")).to_have_attribute("data-mode", "idle")
        assert floor.state(ticket) is TicketState.WAITING


def test_a_call_that_does_not_come_about_says_so_and_can_be_tried_again(floor: Floor) -> None:
    with floor.peer(), floor.desk() as page:
        ready(page)
        ticket = floor.offered(page)
        floor.twilio.fail_invites = 1
        page.keyboard.press("a")
        expect(page.locator("#phone-trouble")).to_contain_text("не смог войти в разговор")
        phone_is(page, "ready")
        page.click("#connect-here")
        floor.joined(page, ticket)
        expect(page.locator("#phone-trouble")).to_have_count(0)


def test_devices_are_chosen_and_remembered(floor: Floor) -> None:
    with floor.desk() as page:
        phone_is(page, "ready")
        page.click("#phone-state")
        expect(page.locator("#phone-settings")).to_be_visible()
        assert eventually(lambda: page.locator("#phone-input option").count() >= 2)
        assert eventually(lambda: float(page.evaluate("document.querySelector('#phone-settings meter').value")) > 0.01)
        other = page.locator("#phone-input option").nth(1).get_attribute("value") or ""
        page.select_option("#phone-input", other)
        page.keyboard.press("Escape")
        page.reload()
        phone_is(page, "ready")
        page.click("#phone-state")
        expect(page.locator("#phone-input")).to_have_value(other)
