"""The load under faults: customers who phone all the time, each call drawn by the seed, and who answer callbacks."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from callers import ENDS, INSTEAD, MAIN, Caller, Goal, callback, delivery, human
from fault_phones import Phones, WatchedLine

from callqueue.hours import zones
from ivr.carriers.local.line import CallEnded, NotHeard

NUMBER = "+74950000000"
MOSCOW = ZoneInfo("Europe/Moscow")
PATIENCE = 150.0
"""Seconds a customer stays on the line for what they want: longer than any fault and its mending."""
CALLED_WITHIN = 420.0
"""Seconds a customer waits for a promised call, from when it is due: an attempt whose request never reached the carrier
is known to be lost after 60 s and made again after 120."""

WELL = {"served", "human", "callback", "message", "confirmed", "left", "sorry"}
"""Ends of a call that are no fault; ``told closed`` is none when the call began while the queue was closed. ``left``:
the customer hung up when they liked. ``sorry``: told that it did not work, and what was told is true (an order that was
not confirmed)."""

PLACES = ("+7916", "+1212", "+7423", "+4420", "+6129")
"""Beginnings of numbers around the world: at any hour there is day at one of them and night at another."""
SOON = "soon"
"""Keys four digits: a minute two or three ahead."""
SPEAKS_RUSSIAN = (r"How can I help", "7")
"""Who is greeted in English switches: the test's callers know the Russian sentences."""


def _at(prefix: str, now: datetime) -> float:
    """The hour of day there; the earliest and the latest zone must agree within the hour."""
    there = now.astimezone(zones(_number(prefix, 1))[0])
    return there.hour + there.minute / 60


def _number(prefix: str, index: int) -> str:
    return f"{prefix}{index:0{12 - len(prefix)}d}"


def day_and_night(now: datetime) -> tuple[str, str]:
    """A beginning of numbers where it is day for an hour yet, and one where it is night."""
    day = next(place for place in PLACES if 9 <= _at(place, now) < 19.8)
    night = max(PLACES, key=lambda place: abs(_at(place, now) - 15))
    return day, night


@dataclass
class Customer(Caller):
    """One call. ``kind``: what they want. ``not_before``: when a promised call may come at the earliest. ``postponed``:
    to the next opening, because its time came out of hours. ``talks``: seconds in a conversation before they hang up
    themselves, None: the agent does. ``leaves``: seconds after which they hang up whatever happens.
    """

    number: str = ""
    kind: str = ""
    order: str = ""
    dice: random.Random = field(default_factory=random.Random)
    talks: float | None = None
    leaves: float | None = None
    not_before: float = 0.0
    promised: float | None = None
    postponed: bool = False
    rang: list[float] = field(default_factory=list)
    sids: list[str] = field(default_factory=list)
    began: float = 0.0
    trouble: str = ""

    async def call(self, chaos: tuple[str, ...], seed: int) -> None:
        """From dialling to hanging up; sets ``end``."""
        self.began = time.time()
        self.goal = replace(self.goal, ways=(SPEAKS_RUSSIAN, *self.goal.ways))
        try:
            # Whatever they want, they may come to be promised a call.
            await self.line.register(self.number, chaos=chaos, seed=seed)
            await self.line.dial(NUMBER, from_=self.number, chaos=chaos, seed=seed)
            self.sids.append(self.line.sid)
            async with asyncio.timeout(PATIENCE):
                while not self.end:
                    if self.leaves is not None and time.time() > self.began + self.leaves:
                        self.end = "left"
                    else:
                        await self._step()
        except TimeoutError:
            self.end = "lost patience"
        except NotHeard as error:
            self.end = f"no line: {error}"
        except CallEnded:
            self.end = self._outcome() or f"cut off: {self.line.reason}"
        if self.end == "callback":
            self.promised = time.time()
        self.trouble = self.line.printed()
        if self.line.reason is None:
            await self._say_goodbye()

    async def _say_goodbye(self) -> None:
        try:
            if self.end == "human":
                await self.line.ended(self.talks if self.talks is not None else 25)
            elif self.end != "left":
                await self.line.ended(self.dice.uniform(0.2, 2.0))
        except NotHeard:
            await self.line.hangup()
            await self.line.ended(10)

    async def callback(self) -> None:
        """Wait for the promised call and take it; counts ``kept`` and each ring."""
        due = max(time.time(), self.not_before)
        try:
            while not self.kept:
                await self.line.incoming(due + CALLED_WITHIN - time.time())
                self.rang.append(time.time())
                self.sids.append(str((self.line.ringing or {})["sid"]))
                await asyncio.sleep(self.dice.uniform(0.2, 1.5))
                await self.line.answer()
                try:
                    await self.line.hear("я слушаю вас", 120)
                    self.kept += 1
                    await self.line.ended(40)
                except CallEnded:
                    continue
        except (NotHeard, CallEnded) as error:
            self.trouble += f"\n--- the callback: {error}"

    def _act(self) -> str | None:
        act = super()._act()
        if act != SOON:
            return act
        # A time is said by the clock of who says it.
        here = datetime.now(zones(self.number)[0])
        at = (here + timedelta(minutes=2)).replace(second=0, microsecond=0) + timedelta(minutes=1)
        self.not_before = at.timestamp()
        return f"{at:%H%M}"

    async def _step(self) -> None:
        if self._act() and self.line.ear and not self.line.ear.get("talk"):
            # People take a moment; it also keeps a run's load at so many calls and not at so many a second.
            await asyncio.sleep(self.dice.uniform(0.5, 3.0))
            if not self.line.ear:
                return
        await super()._step()
        await asyncio.sleep(0.15)


@dataclass
class Town:
    """Who phones. ``to_confirm``: what the sample shop has, each to be confirmed once. ``waiting``: by
    number, who was promised a call that has not come. ``in_a_hurry``: nobody asks to be phoned minutes later."""

    seed: int
    phones: Phones
    on_the_way: list[str]
    to_confirm: list[tuple[str, str]]
    in_a_hurry: bool = False
    chaos: tuple[str, ...] = ()
    customers: list[Customer] = field(default_factory=list)
    waiting: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _count: Iterator[int] = field(default_factory=lambda: iter(range(10_000_000)))

    @classmethod
    def of(cls, seed: int, phones: Phones, sample: list[dict[str, Any]]) -> Town:
        """From ``hotline shop sample --json``."""
        orders = [(order, one) for one in sample if one["language"] == "ru" for order in one["orders"]]
        return cls(
            seed,
            phones,
            [order["number"] for order, _ in orders if order["state"] == "on_the_way"],
            [(order["number"], one["phone_last4"]) for order, one in orders if order["state"] == "new"],
        )

    async def slot(self, number: int, stop: asyncio.Event) -> None:
        """One telephone box: call after call until ``stop``."""
        dice = random.Random(f"{self.seed}:box:{number}")
        while not stop.is_set():
            await asyncio.sleep(dice.uniform(0, 1.0))
            customer = self._somebody(dice)
            self.customers.append(customer)
            await customer.line.__aenter__()
            await customer.call(self.chaos, dice.randrange(1 << 30))
            if customer.promised:
                task = asyncio.create_task(self._waits(customer))
                self.waiting[customer.number] = task
                task.add_done_callback(lambda _, number=customer.number: self.waiting.pop(number, None))
            else:
                await customer.line.__aexit__(None, None, None)

    @staticmethod
    async def _waits(customer: Customer) -> None:
        try:
            await customer.callback()
        finally:
            await customer.line.__aexit__(None, None, None)

    def _somebody(self, dice: random.Random) -> Customer:
        kinds = {"delivery": 30, "human": 24, "hangs up": 10, "leaves": 12, "callback": 10, "at": 3, "message": 5}
        kinds |= {"confirm": 5, "night": 1}
        if self.in_a_hurry:
            del kinds["at"]
        kind = dice.choices(list(kinds), list(kinds.values()))[0]
        if kind == "confirm" and not self.to_confirm:
            kind = "delivery"
        index = next(self._count)
        day, night = day_and_night(datetime.now(MOSCOW))
        number = _number(night if kind == "night" else day, index)
        line = cast(WatchedLine, self.phones.line(f"{kind} {index}"))
        customer = Customer(line, human(), number=number, kind=kind, dice=random.Random(dice.random()))
        match kind:
            case "delivery":
                customer.goal = delivery(dice.choice(self.on_the_way))
            case "confirm":
                customer.order, last4 = self.to_confirm.pop()
                customer.goal = confirm(customer.order, last4)
            case "callback" | "night":
                customer.goal = dice.choice((callback, later_call))()
            case "at":
                customer.goal = at_time()
            case "message":
                customer.goal = complaint()
            case "leaves":
                customer.leaves = dice.uniform(3, 14)
            case "hangs up":
                customer.talks = dice.uniform(0.0, 3.0)
        return customer


def confirm(order: str, last4: str) -> Goal:
    """An order confirmed: told so only when it is."""
    ways = (
        (MAIN, "2"),
        (r"Назовите номер заказа|Номер есть|Номер не разобрал", order),
        (r"последние четыре цифры|Я жду цифры|Цифр не хватает", last4),
        (r"Подтвердить заказ: один", "1"),
        *INSTEAD,
    )
    done = (
        (r"заказ подтверждён", "confirmed"),
        (r"нельзя подтвердить|не получили подтверждения", "sorry"),
        *ENDS,
    )
    return Goal("confirm", ways, done)


def at_time() -> Goal:
    """A callback at a time of day, which is keyed as :data:`SOON`."""
    ways = (
        (r"В удобное вам время: два", "2"),
        (r"Четыре цифры|четырьмя цифрами|Когда вам перезвонить", SOON),
        (r"перезвонили, нажмите один", "1"),
        (MAIN, "0"),
        *INSTEAD[:1],
        INSTEAD[-1],
    )
    return Goal("at", ways, (*ENDS, (r"В это время мы не звоним", "told closed")))


COMPLAINT = ((MAIN, "5"), (r"После сигнала расскажите", "say:курьер нагрубил"), (r"Записать снова: один", "1"))


def complaint() -> Goal:
    return Goal("complaint", (*COMPLAINT, *INSTEAD), ((r"Жалобу прослушает", "message"), *ENDS))


def later_call() -> Goal:
    """A complaint, and to be phoned about it: a promise that no free agent takes away."""
    return Goal("later call", ((r"перезвонили: один. Другой вопрос", "1"), *COMPLAINT, *INSTEAD), ENDS)
