"""The desk in a real browser, with the web and the live process on real ports."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from browser import DESKTOP, TABLET, TELEPHONE, chromium, open_page, overflow
from desk_world import PASSWORD, World, world
from hypercorn.asyncio import serve
from hypercorn.config import Config
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from callqueue.model import AgentStatus, TicketState
from ivr.live.app import create_app as create_live

pytestmark = pytest.mark.browser
__all__ = ["chromium"]


@dataclass
class Site:
    """The pages of a world, served."""

    here: World
    url: str

    def sign_in(self, page: Page, login: str = "anna") -> None:
        self.here.person(login)
        page.goto(f"{self.url}/sign-in")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.click("button.primary")
        page.wait_for_url("**/desk")

    def answering(self, login: str = "anna") -> Callable[[], bool]:
        """Whether the agent's page has answered a ping since now."""
        person = self.here.person(login)
        from sqlalchemy import select

        from callqueue.store import agents
        from ivr.store.engine import engine, reading

        def alive_at() -> object:
            with reading(engine()) as conn:
                return conn.execute(select(agents.c.alive_at).where(agents.c.id == person.id)).scalar()

        before = alive_at()
        return lambda: alive_at() != before


def free_ports() -> int:
    """The first of three free ports in a row."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first: int = probe.getsockname()[1]
        try:
            for port in (first + 1, first + 2):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first


@pytest.fixture
def site(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    port = free_ports()
    with world(tmp_path, valkey_url, monkeypatch, PORT=str(port)) as here:
        web = make_server("127.0.0.1", port, here.app, threaded=True)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        config = Config()
        config.bind = [f"127.0.0.1:{port + 1}"]
        config.graceful_timeout = 0.2
        loop, stopping = asyncio.new_event_loop(), asyncio.Event()
        live = create_live(here.settings, lambda: here.queue, grace=2, ping=0.5)
        thread = threading.Thread(
            target=lambda: loop.run_until_complete(serve(live, config, shutdown_trigger=stopping.wait)), daemon=True
        )
        thread.start()
        assert eventually(lambda: httpx.get(f"http://127.0.0.1:{port + 1}/healthz").json()["ok"])
        try:
            yield Site(here, f"http://127.0.0.1:{port}")
        finally:
            loop.call_soon_threadsafe(stopping.set)
            thread.join(5)
            web.shutdown()


def eventually(condition: Callable[[], bool], seconds: float = 6.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if condition():
                return True
        except httpx.HTTPError:
            pass  # not listening yet
        time.sleep(0.05)
    return False


def test_a_call_from_sign_in_to_closed(site: Site, chromium: Browser) -> None:
    queue = site.here.queue
    with open_page(chromium) as page:
        site.sign_in(page)
        page.keyboard.press("r")
        expect(page.locator("#status-title")).to_have_text("Готов к звонкам")

        # The offer arrives by push alone.
        ticket = site.here.caller(summary="Спрашивает про заказ 4812")
        queue.match()
        expect(page.locator("#call")).to_have_attribute("data-mode", "offer")
        expect(page.locator(".call-card")).to_contain_text("+7 916 123-45-67")
        expect(page.locator("#announce")).to_contain_text("Звонок")
        assert page.evaluate("document.title").startswith("☎")

        page.evaluate("""() => {
            window.dialled = [];
            window.Line.prototype.dial = (how) => window.dialled.push(how.params.offer);
        }""")
        page.keyboard.press("a")
        expect(page.locator("#call")).to_have_attribute("data-mode", "connecting")
        person = site.here.person()
        # Whichever of the answer and the push about it came first, the phone dials, once.
        assert eventually(lambda: bool(page.evaluate("window.dialled.length")))
        assert page.evaluate("window.dialled") == ["1"]
        queue.agent_joined(ticket, person.id, "leg")
        queue.caller_joined(ticket, "CA1")
        expect(page.locator("#call")).to_have_attribute("data-mode", "connected")

        page.keyboard.press("n")
        page.keyboard.type("Просит после шести")
        expect(page.locator(f"#saved-{ticket}")).to_contain_text("Сохранено")
        page.fill(f"#question-{ticket}", "Можно поменять адрес?")
        page.keyboard.press("Enter")
        expect(page.locator(f"#questions-{ticket}")).to_contain_text("Можно поменять адрес?")

        page.click("button.danger")
        expect(page.locator("#call")).to_have_attribute("data-mode", "wrap_up")
        expect(page.locator(f"#notes-{ticket}")).to_have_value("Просит после шести")
        page.click("text=Решено")
        page.click("button[data-key=f]")
        expect(page.locator("#call")).to_have_attribute("data-mode", "idle")
        view = queue.ticket(ticket)
        assert view is not None
        assert (view.state, view.outcome, view.notes) == (TicketState.CLOSED, "resolved", "Просит после шести")


def test_a_push_does_not_disturb_who_is_typing(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        site.sign_in(page)
        ticket = _talking(site, page)
        notes = page.locator(f"#notes-{ticket}")
        notes.click()
        page.keyboard.type("half a sen")
        site.here.caller(call="CA2", number="+79160000002")
        expect(page.locator("#panel-waiting")).to_contain_text("+7 916 000-00-02")
        page.keyboard.type("tence")
        expect(notes).to_have_value("half a sentence")
        # The call ends while the agent types: the field stays, with the words and the cursor's place.
        site.here.queue.conference_ended(ticket)
        expect(page.locator("#call")).to_have_attribute("data-mode", "wrap_up")
        expect(notes).to_have_value("half a sentence")


def test_the_ringing_stops_when_the_caller_hangs_up(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        site.sign_in(page)
        page.keyboard.press("r")
        expect(page.locator("#status-title")).to_have_text("Готов к звонкам")
        site.here.caller()
        site.here.queue.match()
        expect(page.locator("#call")).to_have_attribute("data-mode", "offer")
        site.here.queue.left("CA1", "hangup")
        expect(page.locator("#call")).to_have_attribute("data-mode", "idle")
        expect(page.locator("#toast")).to_contain_text("больше не ждёт")
        assert not page.evaluate("document.title").startswith("☎")


def test_an_open_page_keeps_the_agent_alive_and_a_closed_one_does_not(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        site.sign_in(page)
        page.keyboard.press("r")
        expect(page.locator("#status-title")).to_have_text("Готов к звонкам")
        assert eventually(site.answering())
        page.reload()
        assert eventually(site.answering())
        time.sleep(2.5)
        assert site.here.view(site.here.person()).status is AgentStatus.READY
    assert eventually(lambda: site.here.view(site.here.person()).status is AgentStatus.OFF)


def test_a_page_opened_in_the_middle_of_an_offer_shows_all_of_it(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        site.sign_in(page)
        page.keyboard.press("r")
        expect(page.locator("#status-title")).to_have_text("Готов к звонкам")
        ticket = site.here.caller()
        site.here.queue.match()
        expect(page.locator("#call")).to_have_attribute("data-mode", "offer")
        page.reload()
        expect(page.locator("#call")).to_have_attribute("data-mode", "offer")
        expect(page.locator(f"#story-{ticket}")).to_contain_text("Разговор с роботом")
        expect(page.locator(f"#customer-{ticket}")).not_to_contain_text("Загружаем")
        assert page.evaluate("document.title").startswith("☎")


def test_a_break_takes_its_reason_from_the_keyboard(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        site.sign_in(page)
        page.keyboard.press("b")
        expect(page.locator("#break-reasons button").first).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#status-title")).to_have_text("На перерыве")
        expect(page.locator("#panel-status")).to_contain_text("Обед")


@pytest.mark.parametrize("size", [DESKTOP, TABLET, TELEPHONE, (360, 740)])
def test_nothing_is_wider_than_the_screen(site: Site, chromium: Browser, size: tuple[int, int]) -> None:
    with open_page(chromium, size) as page:
        page.goto(f"{site.url}/sign-in")
        assert overflow(page) == 0
        site.sign_in(page)
        assert overflow(page) == 0
        ticket = _talking(site, page)
        expect(page.locator(f"#customer-{ticket}")).not_to_contain_text("Загружаем")
        assert overflow(page) == 0
        site.here.queue.conference_ended(ticket)
        expect(page.locator("#call")).to_have_attribute("data-mode", "wrap_up")
        assert overflow(page) == 0


def _talking(site: Site, page: Page) -> int:
    page.click("button.ready")
    expect(page.locator("#status-title")).to_have_text("Готов к звонкам")
    ticket = site.here.caller(summary="Оченьдлинноесловобезпробелов" * 4)
    site.here.queue.match()
    page.click("button[data-key=a]")
    expect(page.locator("#call")).to_have_attribute("data-mode", "connecting")
    site.here.queue.agent_joined(ticket, site.here.person().id, "leg")
    site.here.queue.caller_joined(ticket, "CA1")
    expect(page.locator("#call")).to_have_attribute("data-mode", "connected")
    return ticket
