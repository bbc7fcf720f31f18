"""`make screenshots`: the pictures in docs/images, of the running program: a call, its agent, a promised callback.

Everything starts in a temporary folder and is stopped at the end. Options: ``--out`` another folder, ``--language ru``.
"""

from __future__ import annotations

import argparse
import struct
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import screenshots_admin  # noqa: E402
import screenshots_studio  # noqa: E402
from browser import DESKTOP, TABLET, TELEPHONE, launched  # noqa: E402
from floor_pictures import floor_pictures  # noqa: E402
from pages import DeskPage, PhonePage, watched  # noqa: E402
from playwright.sync_api import Browser, Page, expect  # noqa: E402
from system import System, running  # noqa: E402

MOST_BYTES = 300_000
LOCALES = {"en": "en-GB", "ru": "ru-RU"}


@dataclass(frozen=True)
class Words:
    """What the people in the pictures say."""

    where: str
    human: str
    hello: str
    reply: str
    notes: str
    question: str
    answer: str


WORDS = {
    "en": Words(
        "where is my order",
        "let me talk to a person",
        "Hello, this is Anna. I can see your order is on its way.",
        "Great. Can the courier come after six tomorrow?",
        "Asks for delivery after 18:00. Told the courier.",
        "Can the courier come after six?",
        "Yes: the courier will come between 18:00 and 20:00.",
    ),
    "ru": Words(
        "где мой заказ",
        "позовите человека",
        "Здравствуйте, это Анна. Вижу, что ваш заказ в пути.",
        "Отлично. А курьер может завтра приехать после шести?",
        "Просит привезти после 18:00. Передала курьеру.",
        "Можно привезти после шести?",
        "Да: курьер приедет с 18:00 до 20:00.",
    ),
}


def smaller(png: bytes) -> bytes:
    """The same picture, packed as tightly as zlib can."""
    head, at, packed, rest = png[:8], 8, b"", []
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        if kind == b"IDAT":
            packed += data
        else:
            rest.append((kind, data))
        at += 12 + length
    rest.insert(-1, (b"IDAT", zlib.compress(zlib.decompress(packed), 9)))
    return head + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in rest
    )


@dataclass
class Album:
    folder: Path

    def take(self, page: Page, name: str, size: tuple[int, int] = DESKTOP, *, whole: bool = False) -> None:
        """A picture of the page at a size; ``whole``: as long as the page is."""
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.evaluate("document.activeElement?.blur()")
        page.mouse.move(0, 0)
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(250)
        png = smaller(page.screenshot(full_page=whole, animations="disabled"))
        if len(png) > MOST_BYTES:
            raise RuntimeError(f"{name}.png has {len(png)} bytes, more than {MOST_BYTES}")
        (self.folder / f"{name}.png").write_bytes(png)
        print(f"  {name}.png  {len(png) // 1000} kB", flush=True)


def before_hours(system: System, language: str) -> None:
    """What happened before the pictures: a message was left, callbacks were promised."""
    later = {"en": "tomorrow at eleven in the morning", "ru": "завтра в одиннадцать утра"}[language]
    message = {"en": "The parcel was left at the wrong door", "ru": "Посылку оставили не у той двери"}[language]
    others = [one for one in system.callers() if one["language"] == language][8:10]
    for number, acts in (
        (others[0]["number"], ("--press", "0", "--press", "1", "--press", "2", "--say", later)),
        (others[1]["number"], ("--press", "5", "--say", message)),
    ):
        done = system.hotline("call", "--from", number, *acts)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)


def left_to_do(desk: DeskPage, album: Album, words: Words, language: str) -> None:
    """The question left open is a task now; the message is taken; the same desk in Ukrainian."""
    page = desk.page
    expect(page.locator("#panel-tasks")).to_contain_text(words.question)
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#item")).to_contain_text(words.question)
    page.fill("#item textarea", words.answer)
    expect(page.locator("#item .badge.ok")).to_be_visible()
    expect(page.locator("div[id^=customer-t]")).to_contain_text("№")
    album.take(page, "desk-task")
    album.take(page, "desk-task-narrow", TELEPHONE)
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    page.click(".language [value=uk]")
    expect(page.locator("html")).to_have_attribute("lang", "uk")
    expect(page.locator("div[id^=customer-t]")).to_contain_text("№")
    album.take(page, "desk-ukrainian")
    page.click(f".language [value={language}]")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("#item textarea")).to_have_value(words.answer)
    page.keyboard.press("v")
    page.keyboard.press("Enter")
    page.click("#item button[data-key=f]")
    page.click("#item .choice:has([value=called_back])")
    expect(page.locator("div[id^=customer-m]")).to_contain_text("№")
    album.take(page, "desk-message")
    page.keyboard.press("Escape")
    expect(page.locator("#item")).to_have_count(0)


def pictures(system: System, browser: Browser, album: Album, language: str) -> None:
    words = WORDS[language]
    context = {"locale": LOCALES[language], "color_scheme": "light", "device_scale_factor": 1.5}
    context["bypass_csp"] = True  # a picture is taken with a style of the browser's driver
    before_hours(system, language)
    with watched(browser, **context) as caller, watched(browser, **context) as agent:
        caller.page.goto(system.web)
        album.take(caller.page, "index")
        agent.page.goto(f"{system.web}/sign-in")
        album.take(agent.page, "sign-in")
        desk = DeskPage.sign_in(system, agent.page)
        desk.ready()
        album.take(desk.page, "desk-idle")

        phone = PhonePage.open(system, caller.page)
        knows = phone.call(language, "on_the_way")
        order = next(one["number"] for one in knows["orders"] if one["state"] == "on_the_way")
        phone.hears("a person, zero|сотрудник: ноль")
        phone.say(words.where)
        phone.hears("order number|номер заказа")
        phone.press(order)
        phone.hears("on its way|в пути")
        phone.page.fill("#say", words.human)
        album.take(phone.page, "phone")
        album.take(phone.page, "phone-narrow", TELEPHONE, whole=True)
        phone.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        phone.say(words.human)

        desk.is_in("offer")
        expect(desk.page.locator(f"#story-{desk.ticket}")).to_contain_text(order)
        album.take(desk.page, "desk-offer")
        desk.accept()
        desk.say(words.hello)
        phone.hears(words.hello, by="peer")
        phone.say(words.reply)
        desk.hears(words.reply)
        desk.page.fill(f"#notes-{desk.ticket}", words.notes)
        desk.page.fill(f"#question-{desk.ticket}", words.question)
        desk.page.keyboard.press("Enter")
        expect(desk.page.locator(f"#questions-{desk.ticket}")).to_contain_text(words.question)
        expect(desk.page.locator(f"#saved-{desk.ticket}")).not_to_be_empty()
        album.take(desk.page, "desk-call")
        album.take(desk.page, "desk-call-tablet", TABLET)
        desk.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        album.take(phone.page, "phone-agent")
        phone.hang_up()
        desk.is_in("wrap_up")
        album.take(desk.page, "desk-wrap-up")
        desk.finish()
        left_to_do(desk, album, words, language)
        desk.off()

        phone.call(None)
        phone.press("0")
        phone.hears("nobody|никто не может")
        phone.press("1")
        phone.hears("your turn|подойдёт ваша очередь")
        phone.press("1")
        phone.hears("place is kept|место за вами")
        phone.hang_up()
        desk.ready()
        desk.is_in("offer")
        album.take(desk.page, "desk-callback")
        desk.page.click("button[data-key=a]")
        phone.is_in("incoming")
        album.take(phone.page, "phone-incoming")
        phone.page.click("#answer")
        desk.is_in("connected")
        phone.hang_up()
        desk.finish()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    options.add_argument("--language", choices=sorted(WORDS), default="en")
    options.add_argument("--only", choices=("desk", "floor", "admin", "studio"), help="one room's pictures")
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="hotline-") as folder,
        running(Path(folder) / "data", HOURS="open") as system,
        launched() as browser,
    ):
        album, language = Album(chosen.out), chosen.language
        if chosen.only in (None, "desk"):
            pictures(system, browser, album, language)
        if chosen.only in (None, "floor"):
            context = {"locale": LOCALES[language], "color_scheme": "light", "bypass_csp": True}
            floor_pictures(system, browser, album.take, **context)
        if chosen.only in (None, "admin"):
            context = {"locale": "en-GB", "color_scheme": "light", "device_scale_factor": 1.5, "bypass_csp": True}
            with watched(browser, **context) as admin:
                screenshots_admin.pictures(system, admin.page, album)
        if chosen.only in (None, "studio"):
            context = {"locale": "en-GB", "color_scheme": "light", "device_scale_factor": 1.5, "bypass_csp": True}
            with watched(browser, **context) as ops:
                screenshots_studio.pictures(system, ops.page, album)


if __name__ == "__main__":
    main()
