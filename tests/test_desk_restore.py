"""What an agent has open and is writing survives reloads, lost networks, other tabs, hidden ones; all by keyboard."""

from __future__ import annotations

import time

import pytest
from browser import TELEPHONE, chromium, open_page, overflow
from playwright.sync_api import Browser, Locator, Page, expect
from test_desk_browser import Site, eventually, site

from callqueue.model import AgentStatus, MessageRequest, TicketView
from callqueue.task_model import TaskState

pytestmark = pytest.mark.browser
__all__ = ["chromium", "site"]
expect.set_options(timeout=15_000)

ASLEEP = """
  // As a browser treats a page that has been hidden for minutes: its timers run once a minute at most.
  const later = window.setTimeout, often = window.setInterval;
  window.setTimeout = (work, wait = 0, ...rest) => later(work, Math.max(wait, 60000), ...rest);
  window.setInterval = (work, wait = 0, ...rest) => often(work, Math.max(wait, 60000), ...rest);
  Object.defineProperty(document, "hidden", { get: () => true });
  Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
"""


def talking(site: Site, page: Page, call: str = "CA1") -> int:
    """The page's agent talks with a caller; the ticket."""
    queue, person = site.here.queue, site.here.person()
    page.click("button.ready")
    expect(page.locator("#status-title")).to_have_text("Готов к звонкам")
    ticket = site.here.caller(call=call)
    queue.match()
    page.click("button[data-key=a]")
    expect(page.locator("#call")).to_have_attribute("data-mode", "connecting")
    queue.agent_joined(ticket, person.id, f"leg-{call}")
    queue.caller_joined(ticket, call)
    expect(page.locator("#call")).to_have_attribute("data-mode", "connected")
    return ticket


def left(site: Site, text: str) -> int:
    """A call of the agent's, some time ago, left this question open; its task."""
    queue, person = site.here.queue, site.here.person()
    queue.set_status(person.id, AgentStatus.READY)
    ticket = site.here.caller(call=f"CA-{text}")
    queue.match()
    offer = site.here.view(person).offer
    assert offer is not None
    queue.accept(offer.id, person.id)
    queue.agent_joined(ticket, person.id, "leg-before")
    queue.caller_joined(ticket, f"CA-{text}")
    queue.add_question(ticket, text)
    queue.end_call(ticket, person.id)
    queue.wrap_up(ticket, person.id, "follow_up")
    return next(one.id for one in queue.tasks() if one.text == text)


def kept(site: Site, ticket: int) -> TicketView:
    view = site.here.queue.ticket(ticket)
    assert view is not None
    return view


def opened_by_keys(page: Page, key: str, row: Locator) -> None:
    """To a list, and its first row opened. A push that draws the list anew between the two keys takes the focus along:
    then both again, as a person would."""
    title = page.locator("#item-title")
    for _ in range(10):
        page.keyboard.press(key)
        try:
            expect(row).to_be_focused(timeout=2_000)
            page.keyboard.press("Enter")
            expect(title).to_be_focused(timeout=5_000)
        except AssertionError:
            continue
        return
    expect(title).to_be_focused()


def test_a_task_is_done_by_keyboard_and_survives_a_reload(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        site.sign_in(page)
        task = left(site, "Когда вернут деньги?")
        expect(page.locator("#panel-tasks")).to_contain_text("Когда вернут деньги?")
        opened_by_keys(page, "k", page.locator(f"#row-mine-{task}"))
        page.keyboard.press("n")
        expect(page.locator(f"#answer-{task}")).to_be_focused()
        page.keyboard.type("В пят")
        # Beginning to write takes it; what is typed and the cursor's place stay.
        expect(page.locator("#item")).to_contain_text("в работе")
        page.keyboard.type("ницу")
        answer = page.locator(f"#answer-{task}")
        expect(answer).to_have_value("В пятницу")
        page.reload()
        expect(answer).to_have_value("В пятницу")
        expect(page.locator(f"#row-mine-{task}")).to_have_attribute("aria-current", "true")
        page.keyboard.press("f")
        expect(page.locator("#item")).to_contain_text("перезвоним")
        view = site.here.queue.task(task)
        assert view is not None
        assert (view.state, view.answer) == (TaskState.ANSWERED, "В пятницу")
        page.wait_for_function("!Object.keys(localStorage).some((key) => key.startsWith('desk-draft'))")
        page.keyboard.press("Escape")
        expect(page.locator("#item")).to_have_count(0)
        assert "#" not in page.url


def test_a_refused_answer_is_not_lost(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        site.sign_in(page)
        task = left(site, "Когда вернут деньги?")
        page.goto(f"{site.url}/desk#tasks/{task}")
        page.fill(f"#answer-{task}", "В пятницу")
        expect(page.locator("#item")).to_contain_text("в работе")
        site.here.queue.opt_out("+79161234567")
        page.click("#item button.primary")
        expect(page.locator("#item .notice.warn")).to_contain_text("просил ему не звонить")
        expect(page.locator("#item .notice.ok")).to_contain_text("В пятницу")


def test_notes_typed_without_a_network_are_saved_when_it_is_back(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        site.sign_in(page)
        ticket = talking(site, page)
        page.route("**/notes", lambda route: route.abort())
        page.fill(f"#notes-{ticket}", "Просит после шести")
        expect(page.locator(f"#saved-{ticket}")).to_contain_text("Не сохранено")
        assert kept(site, ticket).notes == ""
        # The browser is closed and opened again before the network is back.
        page.unroute("**/notes")
        page.on("dialog", lambda dialog: dialog.accept())
        page.reload()
        expect(page.locator(f"#notes-{ticket}")).to_have_value("Просит после шести")
        assert eventually(lambda: kept(site, ticket).notes == "Просит после шести")
        expect(page.locator(f"#saved-{ticket}")).to_contain_text("Сохранено")


def test_two_tabs_show_the_same_notes(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        site.sign_in(page)
        ticket = talking(site, page)
        other = page.context.new_page()
        other.goto(f"{site.url}/desk")
        expect(other.locator("#call")).to_have_attribute("data-mode", "connected")
        page.fill(f"#notes-{ticket}", "первая")
        expect(other.locator(f"#notes-{ticket}")).to_have_value("первая")
        other.fill(f"#notes-{ticket}", "первая и вторая")
        expect(page.locator(f"#notes-{ticket}")).to_have_value("первая и вторая")
        assert eventually(lambda: kept(site, ticket).notes == "первая и вторая")


def test_a_call_hides_what_was_open_and_its_end_brings_it_back(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        site.sign_in(page)
        message = site.here.queue.message(
            MessageRequest("CA5:r", "CA5", "+79165554433", "ru", "message", "RE1", 37, "Не привезли", "support")
        )
        expect(page.locator("#panel-messages")).to_contain_text("Не привезли")
        page.keyboard.press("v")
        page.keyboard.press("Enter")
        expect(page.locator("#item")).to_contain_text("Не привезли")
        page.keyboard.press("f")
        expect(page.locator(f"#note-m{message}")).to_be_visible()
        page.keyboard.press("n")
        page.keyboard.type("перезвонить")
        page.keyboard.press("Escape")
        ticket = talking(site, page)
        expect(page.locator("#panel-item")).to_be_hidden()
        page.keyboard.press("Shift+E")
        expect(page.locator("#call")).to_have_attribute("data-mode", "wrap_up")
        page.keyboard.press("1")
        page.keyboard.press("f")
        expect(page.locator(f"#note-m{message}")).to_be_visible()
        expect(page.locator(f"#note-m{message}")).to_have_value("перезвонить")
        assert kept(site, ticket).outcome == "resolved"


def test_the_keys_are_shown_on_request(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        site.sign_in(page)
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("r")  # not through the dialog
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_be_hidden()
        assert site.here.view(site.here.person()).status is AgentStatus.OFF
        page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
        page.evaluate("document.getElementById('keys').showModal()")
        assert overflow(page) == 0


def test_a_hidden_page_whose_timers_sleep_keeps_its_agent_on_duty(site: Site, chromium: Browser) -> None:
    with open_page(chromium) as page:
        page.add_init_script(ASLEEP)
        site.sign_in(page)
        page.keyboard.press("r")
        assert eventually(lambda: site.here.view(site.here.person()).status is AgentStatus.READY)
        until = time.monotonic() + 4  # twice the grace, eight pings
        while time.monotonic() < until:
            assert eventually(site.answering())
        assert site.here.view(site.here.person()).status is AgentStatus.READY
        # And what is pushed is drawn.
        site.here.caller()
        site.here.queue.match()
        expect(page.locator("#call")).to_have_attribute("data-mode", "offer")


def test_a_dead_network_takes_the_agent_off_and_the_offer_on(site: Site, chromium: Browser) -> None:
    boris = site.here.person("boris", "agent", "Борис")
    site.here.queue.register_agent(boris.id, boris.name)
    with open_page(chromium) as page:
        site.sign_in(page)
        page.keyboard.press("r")
        expect(page.locator("#status-title")).to_have_text("Готов к звонкам")
        ticket = site.here.caller()
        site.here.queue.match()
        expect(page.locator("#call")).to_have_attribute("data-mode", "offer")
        site.here.queue.set_status(boris.id, AgentStatus.READY)
        page.context.set_offline(True)
        page.evaluate("window.stop()")
        assert eventually(lambda: site.here.view(site.here.person()).status is AgentStatus.OFF, 12)
        site.here.queue.match()
        offer = site.here.view(boris).offer
        assert offer is not None
        assert offer.ticket.id == ticket
        page.context.set_offline(False)
        expect(page.locator("#link-state")).to_be_hidden()
        expect(page.locator("#status-title")).to_have_text("Не на линии")
