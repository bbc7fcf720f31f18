"""The studio in a real browser: break a flow in five ways, mend it, try it, keep the run, publish, take back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import DESKTOP, TELEPHONE, chromium, open_page, overflow
from desk_site import Site, served
from desk_world import PASSWORD
from playwright.sync_api import Browser, Page, expect

from flows.library import PATH

pytestmark = pytest.mark.browser
__all__ = ["chromium"]

BREAKS = (
    (
        "missing: no_such_order",
        "missing: no_such_ordr",
        "there is no step 'no_such_ordr'. Did you mean 'no_such_order'?",
    ),
    (
        '{ru: "Спасибо за звонок. Всего доброго!", uk: "Дякую за дзвінок. На все добре!"',
        '{uk: "Дякую за дзвінок. На все добре!"',
        "has no text in 'ru'. Add ru: and the words.",
    ),
    ("Про этот заказ", "Про {{ ordr.number }} заказ", "there is no variable 'ordr'. Did you mean 'order'?"),
    (
        'prompt: {ru: "Другой вопрос: один. Закончить',
        'exhausted: goodbye\\n      prompt: {ru: "Другой вопрос: один. Закончить',
        "'goodbye' leaves the caller alone",
    ),
    (
        "hinting: false}\\n    next: find_promise",
        "hinting: false}\\n    next: hello",
        "a circle in which nothing is asked",
    ),
)
"""What is searched, what replaces it (as CodeMirror's search writes line ends), and what the studio then says."""


@pytest.fixture
def site(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with served(tmp_path, valkey_url, monkeypatch) as made:
        yield made


def opened(site: Site, page: Page) -> None:
    """Signed in as ops, in the editor, and the flow was checked."""
    site.here.person("olga", "ops")
    page.goto(f"{site.url}/sign-in?next=/studio/flows/hotline")
    page.fill("#login", "olga")
    page.fill("#password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url("**/studio/flows/hotline")
    checked(page)


def checked(page: Page) -> None:
    expect(page.locator("#checked")).to_have_attribute("data-done", "true", timeout=30_000)


def replace(page: Page, old: str, new: str) -> None:
    """With the editor's own search and replace, as a person does it."""
    page.click("#search")
    panel = page.locator("#text .cm-search")
    panel.locator("input[name=search]").fill(old)
    panel.locator("input[name=replace]").fill(new)
    panel.locator("[name=replaceAll]").click()
    page.keyboard.press("Escape")


def picture_of(page: Page, name: str) -> None:
    folder = os.environ.get("STUDIO_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def test_break_mend_try_keep_publish_and_take_back(site: Site, chromium: Browser) -> None:
    with open_page(chromium, DESKTOP) as page:
        opened(site, page)
        expect(page.locator("#problems li.error")).to_have_count(0)
        for old, new, _ in BREAKS:
            replace(page, old, new)
        problems = page.locator("#problems")
        for _, _, said in BREAKS:
            expect(problems).to_contain_text(said, timeout=20_000)
        picture_of(page, "studio-problems")
        page.locator("#problems li").filter(has_text="no_such_ordr").locator("button").first.click()
        line = page.locator("#text .cm-activeLine")
        expect(line).to_contain_text("no_such_ordr")
        page.click("[data-view=graph]")
        page.click("[data-view=text]")
        for old, new, _ in reversed(BREAKS):
            replace(page, new, old)
        expect(page.locator("#problems li.error")).to_have_count(0, timeout=20_000)

        replace(page, "Здравствуйте! Это помощник", "Здравствуйте! Рада слышать вас. Это помощник")
        page.click("[data-view=graph]")
        expect(page.locator("#canvas .node")).not_to_have_count(0, timeout=20_000)
        page.click("#call")
        expect(page.locator("#talk")).to_contain_text("Рада слышать вас", timeout=20_000)
        page.click("[data-key='1']")
        expect(page.locator("#talk")).to_contain_text("номер заказа", timeout=20_000)
        expect(page.locator(".node.lit")).to_have_attribute("data-step", "ask_delivery_number")
        picture_of(page, "studio-graph")
        page.fill("#keep-name", "a new greeting, then delivery")
        page.click("#keep-form button")
        expect(page.locator("#notice")).to_have_class("notice ok", timeout=20_000)
        page.click("#save")
        expect(page.locator("#results .notice")).to_have_class("notice ok", timeout=60_000)
        picture_of(page, "studio-phone")

        page.goto(f"{site.url}/studio/flows/hotline/publish")
        expect(page.locator("main")).to_contain_text("Рада слышать вас")
        picture_of(page, "studio-publish")
        assert overflow(page) == 0
        page.fill("#why", "a warmer greeting")
        page.click("form .primary")
        expect(page.locator(".notice.ok")).to_contain_text("2", timeout=30_000)
        page.click("details.sure summary")
        page.fill("#why-1", "too warm")
        page.click("details.sure button.danger")
        expect(page.locator(".notice.ok")).to_contain_text("1", timeout=30_000)


def test_two_at_once_and_narrow_screens(site: Site, chromium: Browser) -> None:
    with open_page(chromium, TELEPHONE) as page:
        opened(site, page)
        assert overflow(page) == 0
        picture_of(page, "studio-narrow")
        page.set_viewport_size({"width": 820, "height": 1180})
        assert overflow(page) == 0
        replace(page, "Это помощник магазина", "Это ваш помощник")
        from ivr.admin.staff import By
        from ivr.studio import drafts

        drafts.save(By(None), "hotline", 0, PATH.read_text("utf-8") + "# theirs\n", "")
        page.keyboard.press("Control+s")
        expect(page.locator("#conflict")).to_be_visible(timeout=20_000)
        expect(page.locator("#conflict-lines")).to_contain_text("# theirs")
        picture_of(page, "studio-conflict")
        page.click("#take-theirs")
        expect(page.locator("#conflict")).to_be_hidden()
        expect(page.locator("#save")).to_be_disabled()


def test_a_flow_of_three_hundred_steps_is_drawn_in_two_seconds(site: Site, chromium: Browser) -> None:
    text = PATH.read_text("utf-8")
    more = "".join(
        f"  extra_{n}:\n    menu:\n"
        f"      prompt: {{ru: 'Выбор {n}. Один или два.', uk: 'Вибір {n}. Один чи два.', en: '{n}. One or two.'}}\n"
        f"      choices:\n"
        f"        - {{digits: '1', phrases: {{ru: [дальше], uk: [далі], en: [further]}}, next: extra_{n + 1}}}\n"
        f"        - {{digits: '2', phrases: {{ru: [назад], uk: [назад], en: [back]}}, next: main}}\n"
        for n in range(180)
    )
    more += "  extra_180:\n    say: {ru: Всё, uk: Усе, en: That is all}\n    next: main\n"
    first = text.replace("    failed: main\n", "    failed: extra_0\n", 1)
    assert first != text
    from ivr.admin.staff import By
    from ivr.studio import drafts

    drafts.save(By(None), "hotline", 0, first.replace("\nsteps:\n", f"\nsteps:\n{more}", 1), "")
    with open_page(chromium, DESKTOP) as page:
        opened(site, page)
        page.click("[data-view=graph]")
        expect(page.locator("#canvas svg")).to_be_visible(timeout=60_000)
        steps = int(page.locator("#canvas").get_attribute("data-steps") or "0")
        milliseconds = int(page.locator("#canvas").get_attribute("data-milliseconds") or "0")
        picture_of(page, "studio-300")
        assert steps >= 300
        print(f"{steps} steps laid out and drawn in {milliseconds} ms")
        assert milliseconds < 2_000 * max(1.0, 2 * os.getloadavg()[0] / (os.cpu_count() or 1)), "on so busy a machine"
