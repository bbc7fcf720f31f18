"""The callers of the chaos test: who does what in a call, and what must be in the records afterwards, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, Literal

Desk = Literal["nobody", "away", "waits", "hangs up"]
"""Who is at the desk during the call: nobody; somebody who accepts nothing, so that callers stay in line; agents who
wait for the caller to hang up; agents who hang up."""

DIGITS = {
    "ru": ["ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"],
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
}


@dataclass(frozen=True)
class Kind:
    """``acts``: actions of ``hotline call`` as ``name:value`` (fields of the caller in braces). ``state``: of the order
    that is needed. ``makes``: the rows that one such call leaves: change, ticket, promise, message."""

    name: str
    acts: tuple[str, ...]
    state: str = ""
    makes: tuple[str, ...] = ()
    desk: Desk = "nobody"
    language: str = ""
    withheld: bool = False


@dataclass(frozen=True)
class ScriptedCall:
    name: str
    kind: Kind
    number: str
    language: str
    acts: tuple[tuple[str, str], ...]
    seed: int


# After the last act the caller hears the hotline out and hangs up.
ALONE = (
    Kind("delivery by keys", ("press:1", "press:{order}", "expect:{order_spoken}"), "on_the_way"),
    Kind("delivery by words", ("say:где мой заказ", "say:{spoken}", "expect:в пути"), "on_the_way", language="ru"),
    Kind(
        "confirming by keys",
        ("press:2", "press:{order}", "press:{last4}", "press:1", "press:2"),
        "new",
        makes=("change",),
    ),
    Kind("hang-up at the menu", ("hangup",)),
    Kind(
        "points, wrong PIN, then right",
        ("press:3", "press:{card}", "press:{wrong}", "press:{card}", "press:{pin}", "press:3"),
    ),
    Kind("complaint", ("press:5", "say:курьер нагрубил", "press:3"), makes=("message",)),
    Kind("callback hours ahead", ("press:0", "press:1", "press:2", "press:{at}", "press:2"), makes=("promise",)),
    Kind("message", ("press:0", "press:2", "say:перезвоните мне", "press:2"), makes=("message",)),
    Kind(
        "confirming by words",
        ("say:подтвердить заказ", "say:{spoken}", "say:{last4}", "say:подтверждаю", "expect:заказ подтверждён"),
        "new",
        makes=("change",),
        language="ru",
    ),
    Kind(
        "cancelling, sure",
        ("press:2", "press:{order}", "press:{last4}", "press:2", "press:1", "press:2"),
        "new",
        makes=("change",),
    ),
    Kind("cancelling, not sure", ("press:2", "press:{order}", "press:{last4}", "press:2", "press:2"), "new"),
    Kind("hang-up at the PIN", ("press:3", "press:{card}", "hangup")),
    Kind("points by keys", ("press:3", "press:{card}", "press:{pin}", "press:3")),
    Kind(
        "three wrong PINs, then a message",
        (
            *("press:3", "press:{card}", "press:{wrong}", "press:{card}", "press:{wrong2}"),
            *("press:{card}", "press:{wrong3}", "press:2", "say:не помню пин-код"),
        ),
        makes=("message",),
    ),
    Kind("hang-up instead of confirming", ("press:2", "press:{order}", "press:{last4}", "hangup"), "new"),
    Kind("hang-up while recording", ("press:5", "hangup")),
    Kind("withheld number", ("press:0", "press:1", "press:{dial}", "press:1", "press:2", "press:{at}"),
         makes=("promise",), withheld=True),
    Kind("silence, nonsense, then delivery", ("silence", "say:кракозябра", "press:9", "press:1", "press:{order}"),
         "on_the_way"),
    Kind("no such order, then one", ("press:1", "press:99999998", "press:1", "press:{order}"), "packed"),
    Kind("points by words", ("say:how many points", "say:{card}", "say:{pin}", "expect:You have"), language="en"),
    Kind("cancelling a confirmed order", ("press:2", "press:{order}", "press:{last4}", "press:1", "press:1"),
         "confirmed", makes=("change",)),
    Kind("hang-up instead of cancelling", ("press:2", "press:{order}", "press:{last4}", "press:2", "hangup"), "new"),
    Kind("in English after all", ("press:8", "press:1", "press:{order}", "expect:packed"), "packed", language="ru"),
    Kind("complaint with a callback", ("press:5", "say:привезли не то", "press:1", "press:2", "press:{at}", "press:2"),
         makes=("message", "promise")),
    Kind("shops", ("press:4", "press:1", "press:2", "press:2")),
    Kind("confirming in English", ("say:confirm my order", "say:{spoken}", "say:{last4}", "say:confirm"), "new",
         makes=("change",), language="en"),
)  # fmt: skip
IN_LINE = (
    Kind("callback out of the line", ("press:0", "press:1", "press:2", "press:{at}", "press:2"),
         makes=("ticket", "promise"), desk="away"),
    Kind("hang-up in line", ("press:0", "hangup"), makes=("ticket",), desk="away"),
)  # fmt: skip
HUMAN = (
    Kind("human, caller hangs up", ("press:0", "expect:я слушаю вас", "say:спасибо", "hangup"),
         makes=("ticket",), desk="waits"),
    Kind("human, agent hangs up", ("press:0", "expect:я слушаю вас", "wait:60"), makes=("ticket",), desk="hangs up"),
    Kind("human after delivery", ("press:1", "press:{order}", "press:0", "expect:я слушаю вас", "say:где курьер",
         "hangup"), "on_the_way", makes=("ticket",), desk="waits"),
)  # fmt: skip

NEEDED = {kind.state for kind in (*ALONE, *IN_LINE, *HUMAN)} - {""}


def calls(count: int, sample: list[dict[str, Any]], at: str, seed: int) -> list[ScriptedCall]:
    """The list of calls, the same for the same arguments: three in four alone, a tenth in line, the rest with a human.

    Each has a customer of its own, whose orders and card nobody else touches. ``at``: four digits, hours ahead.
    """
    in_line, human = count // 10, count * 15 // 100
    kinds = [
        *islice(cycle(ALONE), count - in_line - human),
        *islice(cycle(IN_LINE), in_line),
        *islice(cycle(HUMAN), human),
    ]
    free = {one["number"]: one for one in sample if one.get("card")}
    return [_call(index, kind, free, at, seed + index) for index, kind in enumerate(kinds)]


def _call(index: int, kind: Kind, free: dict[str, dict[str, Any]], at: str, seed: int) -> ScriptedCall:
    fit = [
        one for one in free.values() if kind.language in ("", one["language"]) and (_order(one, kind) or not kind.state)
    ]
    if not fit:
        raise LookupError(f"the sample has no customer left for {kind.name}")
    # Those with orders that other calls need are taken last.
    one = min(fit, key=lambda one: sum(order["state"] in NEEDED for order in one["orders"]))
    del free[one["number"]]
    order, pin = _order(one, kind), one["pin"]
    fields = {
        "order": order,
        "order_spoken": order[0] if order else "",
        "spoken": " ".join(DIGITS[one["language"]][int(digit)] for digit in order),
        "last4": one["phone_last4"],
        "card": one["card"],
        "pin": pin,
        "at": at,
        # Nobody's number in the sample: one promise each.
        "dial": f"8916{7000000 + index}",
        **{name: f"{(int(pin) + add) % 10000:04d}" for name, add in (("wrong", 1), ("wrong2", 2), ("wrong3", 3))},
    }
    acts = []
    for act in kind.acts:
        name, _, value = act.partition(":")
        acts.append((name, value.format(**fields)))
    from_ = "withheld" if kind.withheld else one["number"]
    return ScriptedCall(f"{index:03d} {kind.name}", kind, from_, one["language"], tuple(acts), seed)


def _order(one: dict[str, Any], kind: Kind) -> str:
    return next((str(order["number"]) for order in one["orders"] if order["state"] == kind.state), "")


def by_desk(made: list[ScriptedCall]) -> Iterator[tuple[Desk, list[ScriptedCall]]]:
    """The calls in groups that can be in progress at the same time."""
    desks: tuple[Desk, ...] = ("nobody", "away", "waits", "hangs up")
    for desk in desks:
        yield desk, [call for call in made if call.kind.desk == desk]
