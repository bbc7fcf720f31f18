"""The whole program as people use it: a caller at /phone and an agent at /desk, each in a browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from browser import chromium, overflow
from pages import DeskPage, PhonePage, watched
from playwright.sync_api import Browser, Page, expect
from system import System

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("whole"),
]
__all__ = ["chromium"]

WIDTHS = (360, 820, 1280)


@pytest.fixture(scope="module")
def system(hotline: System) -> System:
    return hotline


@pytest.fixture(scope="module")
def promised(system: System, chromium: Browser) -> Iterator[PhonePage]:
    """Who has asked for a callback in a minute, and keeps the telephone open."""
    with watched(chromium) as seen:
        phone = PhonePage.open(system, seen.page)
        phone.call("ru", nth=-1)  # nobody else's number: a telephone rings where it was registered last
        phone.hears("здравствуйте")
        phone.press("0")
        phone.hears("никто не может")
        phone.press("1")
        phone.hears("удобное вам время")
        phone.press("2")
        phone.hears("в котором часу")
        phone.say("через минуту")
        phone.hears("перезвоним вам")
        phone.hang_up()
        yield phone


@pytest.fixture
def caller(system: System, chromium: Browser) -> Iterator[PhonePage]:
    """A person with the telephone open."""
    with watched(chromium) as seen:
        yield PhonePage.open(system, seen.page)


def fits(page: Page) -> None:
    """Nothing is wider than the screen, on telephones, tablets and desktops."""
    before = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert overflow(page) == 0, f"{page.url} is wider than {width} px"
    assert before
    page.set_viewport_size(before)


def test_a_callback_in_a_minute_is_promised(promised: PhonePage) -> None:
    """First, so that its minute is over when it is looked at again, below: what comes between needs no agent."""
    promised.is_in("idle")


def test_from_the_first_page_to_a_delivery_by_keys(system: System, chromium: Browser) -> None:
    with watched(chromium) as seen:
        page = seen.page
        page.goto(system.web)
        fits(page)
        page.click("main a[href='/phone']")
        page.wait_for_url("**/phone")
        phone = PhonePage(page)
        phone.is_in("idle")
        fits(page)
        knows = phone.call("ru", "on_the_way")
        phone.hears("здравствуйте")
        order = next(one["number"] for one in knows["orders"] if one["state"] == "on_the_way")
        phone.press("1")
        phone.hears("номер заказа")
        phone.press(order)
        phone.hears("в пути")
        # Each entry is one bubble, whatever the first key interrupted.
        assert phone.said() == ["1", order]
        fits(page)
        phone.hang_up()


def test_points_by_words_in_english(caller: PhonePage) -> None:
    knows = caller.call("en")
    caller.hears("hello|welcome|hi")
    caller.say("how many points do I have")
    caller.hears("card")
    caller.say(knows["card"])
    caller.hears("PIN")
    caller.say(knows["pin"])
    caller.hears("you have")
    shown = caller.page.locator("#transcript").inner_text()
    assert knows["card"] not in shown
    assert knows["pin"] not in shown
    assert caller.said() == ["how many points do I have", "•••", "•••"]
    caller.hang_up()


def test_pin_by_keys_is_shown_as_dots(caller: PhonePage) -> None:
    knows = caller.call("ru")
    caller.hears("здравствуйте")
    caller.press("3")
    caller.hears("карт")
    caller.press(knows["card"])
    caller.hears("пин")
    caller.press(knows["pin"])
    caller.hears("на карте")
    assert caller.said()[-1] == "•" * len(knows["pin"])
    assert knows["pin"] not in caller.page.locator("#transcript").inner_text()
    caller.hang_up()


def test_an_order_is_confirmed(caller: PhonePage) -> None:
    knows = caller.call("ru", "new")
    order = next(one["number"] for one in knows["orders"] if one["state"] == "new")
    caller.hears("здравствуйте")
    caller.say("подтвердить заказ")
    caller.hears("номер заказа")
    caller.press(order)
    caller.hears("последние четыре")
    caller.press(knows["phone_last4"])
    caller.hears("всего")
    caller.say("подтверждаю")
    caller.hears("заказ подтверждён")
    caller.hang_up()


def test_who_says_nothing_is_asked_again(caller: PhonePage) -> None:
    caller.call("ru")
    caller.hears("где заказ: один")
    caller.hears("нажмите ноль")
    caller.hears("зову сотрудника")  # the third silence
    caller.hang_up()


def test_a_callback_in_a_minute_comes_in_a_minute(system: System, promised: PhonePage, chromium: Browser) -> None:
    with watched(chromium) as seen:
        desk = DeskPage.sign_in(system, seen.page, nth=1)
        desk.ready()
        callbacks = desk.page.locator("#panel-callbacks")
        expect(callbacks.locator("time").first).to_be_visible()
        due = datetime.fromisoformat(callbacks.locator("time").first.get_attribute("datetime") or "")
        desk.is_in("offer", within=100_000)
        assert datetime.now(UTC) >= due, "called before the promised time"
        expect(desk.page.locator(".call-state")).to_contain_text("Обещанный обратный звонок")
        expect(desk.page.locator(".call-card .badge.info")).to_have_text("Перезвонить")
        fits(desk.page)
        desk.page.click("button[data-key=a]")
        promised.is_in("incoming")
        fits(promised.page)
        promised.page.click("#answer")
        desk.is_in("connected")
        desk.say("Вы просили перезвонить")
        promised.hears("просили перезвонить", by="peer")
        promised.say("да, спасибо")
        desk.hears("да, спасибо")
        promised.hang_up()
        desk.finish()
        expect(callbacks).to_contain_text(re.compile("Выполнен"))
        desk.off()


def test_an_agent_takes_the_call(system: System, caller: PhonePage, chromium: Browser) -> None:
    with watched(chromium) as seen:
        seen.page.goto(f"{system.web}/sign-in")
        fits(seen.page)
        desk = DeskPage.sign_in(system, seen.page)
        fits(seen.page)
        desk.ready()
        knows = caller.call("ru", "on_the_way")
        caller.hears("здравствуйте")
        order = next(one["number"] for one in knows["orders"] if one["state"] == "on_the_way")
        caller.press("1")
        caller.hears("номер заказа")
        caller.press(order)
        caller.hears("в пути")
        caller.say("позовите человека")

        desk.is_in("offer")
        ticket = desk.ticket
        card = desk.page.locator(".call-card")
        expect(card).to_contain_text(knows["name"])
        expect(card).to_contain_text("Попросил оператора")
        expect(card).to_contain_text(order)
        customer = desk.page.locator(f"#customer-{ticket}")
        expect(customer).to_contain_text(str(knows["points"]))
        for one in knows["orders"]:
            expect(customer).to_contain_text(one["number"])
        story = desk.page.locator(f"#story-{ticket}")
        expect(story).to_contain_text("в пути")
        expect(story).to_contain_text("позовите человека")
        assert desk.page.evaluate("document.title").startswith(("☎", "Раб"))
        fits(desk.page)

        desk.accept()
        caller.is_in("in-call")
        desk.say("Здравствуйте, это Анна")
        caller.hears("это Анна", by="peer")
        caller.say("когда привезут мой заказ?")
        desk.hears("когда привезут мой заказ?")
        fits(desk.page)
        desk.page.fill(f"#notes-{ticket}", "Спрашивает о времени доставки")
        expect(desk.page.locator(f"#saved-{ticket}")).to_contain_text("Сохранено")

        caller.hang_up()
        desk.is_in("wrap_up")
        expect(desk.page.locator(f"#notes-{ticket}")).to_have_value("Спрашивает о времени доставки")
        fits(desk.page)
        desk.finish()
        desk.off()


def test_who_hangs_up_in_the_queue_leaves_nothing_behind(system: System, caller: PhonePage, chromium: Browser) -> None:
    with watched(chromium) as seen:
        desk = DeskPage.sign_in(system, seen.page)
        desk.ready()
        caller.call("ru")
        caller.hears("здравствуйте")
        caller.press("0")
        desk.is_in("offer")
        caller.hang_up()
        desk.is_in("idle")
        expect(desk.page.locator("#toast")).to_contain_text("больше не ждёт")
        expect(desk.page.locator("#panel-waiting .badge.push")).to_have_text("0")
        expect(desk.page.locator("#status-title")).to_have_text("Готов к звонкам")
        assert not desk.page.evaluate("document.title").startswith("☎")
        # And hanging up in the middle of the robot's words reaches no desk at all.
        caller.call(None)
        caller.hang_up()
        time.sleep(2)
        desk.is_in("idle")
        expect(desk.page.locator("#panel-waiting .badge.push")).to_have_text("0")
        desk.off()
