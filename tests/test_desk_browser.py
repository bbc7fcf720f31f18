"""The desk in a real browser, with the web and the live process on real ports."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import DESKTOP, TABLET, TELEPHONE, chromium, open_page, overflow
from desk_site import Site, eventually, served
from playwright.sync_api import Browser, Page, expect

from callqueue.model import AgentStatus, TicketState

pytestmark = pytest.mark.browser
__all__ = ["chromium"]


@pytest.fixture
def site(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with served(tmp_path, valkey_url, monkeypatch) as made:
        yield made


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
        page.wait_for_function("document.title.startsWith('☎')")  # it flashes

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
        page.wait_for_function("document.title.startsWith('☎')")  # it flashes


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
