"""The whole program, phoned: each wish of a caller by keys and by words, in Russian and in English, up to the agent."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import pytest
from agents import Agent, on_duty
from system import System, wait_for

from ivr.carriers.local.line import Line

NUMBER = "+74950000000"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("whole")]


@pytest.fixture(scope="module")
def system(hotline: System) -> System:
    return hotline


@pytest.fixture(scope="module")
def callers(system: System) -> list[dict[str, Any]]:
    return system.callers()


@dataclass(frozen=True)
class Wish:
    """What a caller does (``press:``/``say:`` with fields of the sample caller) and what they must hear, in order."""

    name: str
    state: str
    acts: tuple[str, ...]
    hears: tuple[str, ...]
    language: str = "ru"


WISHES = (
    Wish("delivery by keys", "on_the_way", ("press:1", "press:{order}"), ("в пути",)),
    Wish("delivery by words", "on_the_way", ("say:где мой заказ", "say:{spoken}"), ("в пути",)),
    Wish("delivery by keys", "on_the_way", ("press:1", "press:{order}"), ("on its way",), "en"),
    Wish("delivery by words", "on_the_way", ("say:where is my order", "say:{spoken}"), ("on its way",), "en"),
    Wish(
        "confirming by keys",
        "new",
        ("press:2", "press:{order}", "press:{last4}", "press:1"),
        ("Всего", "заказ подтверждён"),
    ),
    Wish(
        "confirming by words",
        "new",
        ("say:подтвердить заказ", "say:{spoken}", "say:{last4}", "say:подтверждаю"),
        ("Всего", "заказ подтверждён"),
    ),
    Wish(
        "confirming by keys",
        "new",
        ("press:2", "press:{order}", "press:{last4}", "press:1"),
        ("The total is", "the order is confirmed"),
        "en",
    ),
    Wish(
        "confirming by words",
        "new",
        ("say:confirm my order", "say:{spoken}", "say:{last4}", "say:confirm"),
        ("The total is", "the order is confirmed"),
        "en",
    ),
    Wish("points by keys", "", ("press:3", "press:{card}", "press:{pin}"), ("На карте",)),
    Wish("points by words", "", ("say:сколько у меня баллов", "say:{card}", "say:{pin}"), ("На карте",)),
    Wish("points by keys", "", ("press:3", "press:{card}", "press:{pin}"), ("You have",), "en"),
    Wish("points by words", "", ("say:how many points", "say:{card}", "say:{pin}"), ("You have",), "en"),
)
DIGITS = {
    "ru": ["ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"],
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
}


def spoken(digits: str, language: str) -> str:
    return " ".join(DIGITS[language][int(digit)] for digit in digits)


_used: set[str] = set()


def caller_for(wish: Wish, callers: list[dict[str, Any]]) -> dict[str, str]:
    """A sample caller who can have this wish; each is used once, because a confirmed order can't be confirmed again."""
    for one in reversed(callers):  # the first ones are chosen on /phone by other tests of this system
        order = next((o for o in one["orders"] if o["state"] == wish.state), None)
        if one["language"] != wish.language or one["number"] in _used or not (order or not wish.state):
            continue
        if not one.get("card"):
            continue
        _used.add(one["number"])
        number = order["number"] if order else ""
        return {
            "number": one["number"],
            "order": number,
            "spoken": spoken(number, wish.language),
            "last4": one["number"][-4:],
            "card": one["card"],
            "pin": one["pin"],
        }
    pytest.fail(f"the sample has no caller for {wish}")


@pytest.mark.parametrize("wish", WISHES, ids=lambda w: f"{w.name}, {w.language}")
def test_served_without_a_human(system: System, callers: list[dict[str, Any]], wish: Wish) -> None:
    caller = caller_for(wish, callers)

    async def call() -> None:
        async with Line(system.carrier) as line:
            await line.dial(NUMBER, from_=caller["number"], language=wish.language)
            for act in wish.acts:
                kind, what = act.format(**caller).split(":", 1)
                await line.listening(15)
                await (line.press(what) if kind == "press" else line.say(what))
            for fragment in wish.hears:
                await line.hear(fragment, 15)
            await line.hangup()
            await line.ended()
            assert not line.troubles

    asyncio.run(call())


def test_an_agent_sees_who_calls_and_why(system: System, callers: list[dict[str, Any]]) -> None:
    caller = caller_for(Wish("", "on_the_way", (), ()), callers)

    async def call() -> str:
        async with on_duty(system, 1, talk=None) as (agent,), Line(system.carrier) as line:
            await line.dial(NUMBER, from_=caller["number"])
            await line.listening()
            await line.press("1")
            await line.listening()
            await line.press(caller["order"])
            await line.listening()
            await line.say("позовите человека")
            await line.hear("я слушаю вас", 20)
            await line.say("а когда привезут?")
            talk = await wait_for(lambda: agent.calls and agent.calls[0])
            await talk.hear("когда привезут")
            page = await wait_for(lambda: _page_with(agent, "в пути"))
            await line.hangup()
            await talk.ended()
            await agent.finish()
            assert not agent.faults
            return str(page)

    page = asyncio.run(call())
    assert caller["order"] in page
    assert "доставка" in page


async def _page_with(agent: Agent, fragment: str) -> str | None:
    page = (await agent.http.get("/desk/panel/call")).text
    more = re.findall(r'hx-get="(/desk/tickets/\d+/(?:story|customer))"', page)
    whole = page + "".join([(await agent.http.get(address)).text for address in more])
    return whole if fragment in whole else None


def test_nobody_on_duty_gives_a_callback_that_comes(system: System, callers: list[dict[str, Any]]) -> None:
    caller = caller_for(Wish("", "", (), ()), callers)

    async def call() -> None:
        async with Line(system.carrier) as line:
            await line.register(caller["number"])
            await line.dial(NUMBER, from_=caller["number"])
            await line.listening()
            await line.press("0")
            await line.hear("никто не может")
            await line.listening()
            await line.press("1")
            await line.listening()
            await line.press("1")
            await line.hear("место за вами", 15)
            await line.hangup()
            await line.ended()
            async with on_duty(system, 1) as (agent,):
                await line.incoming(30)
                await line.answer()
                await line.hear("я слушаю вас", 40)
                await line.ended(20)
                await agent.finish(within=3)

    asyncio.run(call())


def test_a_message_reaches_the_desk(system: System) -> None:
    async def call() -> str:
        async with Line(system.carrier) as line:
            await line.dial(NUMBER, from_="+79009998877")
            await line.listening()
            await line.press("5")
            await line.listening()
            await line.say("курьер нагрубил")
            await line.listening(15)
            await line.hangup()
            await line.ended()
        async with Agent(system, *system.sign_ins()[0][:2]) as agent:

            async def there() -> str | None:
                page = (await agent.http.get("/desk/panel/messages")).text
                return page if "88" in page and "77" in page else None

            return str(await wait_for(there))

    assert "жалоб" in asyncio.run(call()).lower()


def test_withheld_number_reads_the_number_back(system: System) -> None:
    async def call() -> None:
        async with Line(system.carrier) as line:
            await line.dial(NUMBER, from_="withheld")
            for keys in ("0", "1", "89161234567", "1", "1"):
                await line.listening(15)
                await line.press(keys)
            assert any("9161234567" in re.sub(r"\D", "", text) for text in line.heard()), line.printed()
            await line.hear("место за вами", 15)
            await line.hangup()
            await line.ended()

    asyncio.run(call())


def test_no_number_card_or_pin_in_any_log(system: System, callers: list[dict[str, Any]]) -> None:
    """Runs last: everything above has been logged by then."""
    log = system.log.read_text(errors="replace").partition("First:")[2]
    served = [one for one in callers if one["number"] in _used]
    assert served
    for one in served:
        assert one["number"].lstrip("+") not in log
        assert one["card"] not in log
        assert not re.search(rf"\b{one['pin']}\b", log)
