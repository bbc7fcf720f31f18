"""The sample shop's data: pure, the same for the same seed and day."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ivr.shop.sample_words import GOODS, NAMES, PLACES, STREETS

SEED = 2026
CUSTOMERS = {"ru": 240, "en": 120}
STATES = ("new", "confirmed", "packed", "on_the_way", "ready", "delivered", "cancelled", "returned")

_FEATURED = (
    (("new", "courier"), ("on_the_way", "courier")),
    (("ready", "pick_up"), ("delivered", "courier")),
    (("confirmed", "courier"), ("new", "pick_up"), ("cancelled", "courier")),
    (("packed", "courier"), ("returned", "courier"), ("delivered", "pick_up")),
)
"""Orders of the first customers of each language: between them every state, and something to do for each caller."""
FEATURED = len(_FEATURED)

_TODAY_PLUS = {
    "new": (2, 5),
    "confirmed": (1, 4),
    "packed": (1, 2),
    "on_the_way": (0, 1),
    "ready": (-2, 0),
    "delivered": (-30, -2),
    "cancelled": (-10, 5),
    "returned": (-40, -10),
}
"""Days from the day of creation to the day an order is due."""
_WINDOWS = (("10:00", "14:00"), ("14:00", "18:00"), ("18:00", "22:00"))
_TIERS = ("basic", "basic", "basic", "silver", "gold")
KEPT_DAYS = 7
"""How long a parcel waits in a shop."""


@dataclass(frozen=True, slots=True)
class Data:
    """Rows by table. Amounts are kopecks; cards carry ``pin`` in clear, which never reaches the database."""

    customers: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    items: list[dict[str, Any]]
    cards: list[dict[str, Any]]
    shops: list[dict[str, Any]]


def pin_of(seed: int, card: str) -> str:
    """The PIN of a sample card: four digits, derived, so that it can be shown though only its hash is kept."""
    return f"{int(hashlib.sha256(f'{seed}:pin:{card}'.encode()).hexdigest(), 16) % 10_000:04d}"


def generate(seed: int, today: date) -> Data:
    """All rows. ``today`` moves due dates and nothing else."""
    chance = random.Random(seed)
    numbers = _order_numbers(chance)
    data = Data([], [], [], [], [])
    for id_, place in enumerate(PLACES, 1):
        row = {"id": id_, "phone": place.phone}
        for index, language in enumerate(("ru", "en")):
            row |= {f"city_{language}": place.city[index], f"address_{language}": place.address[index]}
            row |= {f"hours_{language}": place.hours[index]}
        data.shops.append(row)
    phones = {
        "ru": [f"+7900000{n:04d}" for n in chance.sample(range(10_000), CUSTOMERS["ru"])],
        "en": [f"+447700900{n:03d}" for n in chance.sample(range(1_000), CUSTOMERS["en"])],
    }
    cards = iter(chance.sample(range(20_000_000, 99_999_999), sum(CUSTOMERS.values())))
    for language, count in CUSTOMERS.items():
        for index in range(count):
            customer = _customer(chance, language, phones[language][index], len(data.customers) + 1)
            data.customers.append(customer)
            for state, delivery in _orders_of(chance, index):
                _add_order(chance, data, customer, next(numbers), state, delivery, today)
            card = str(next(cards))
            if index < FEATURED or chance.random() < 0.85:
                data.cards.append(_card(chance, seed, customer, card, today, featured=index < FEATURED))
    return data


def _order_numbers(chance: random.Random) -> Any:
    """Endless numbers of four to six digits, none twice."""
    used: set[int] = set()
    while True:
        length = chance.choice((4, 5, 5, 6))
        number = chance.randrange(10 ** (length - 1), 10**length)
        if number not in used:
            used.add(number)
            yield str(number)


def _customer(chance: random.Random, language: str, phone: str, id_: int) -> dict[str, Any]:
    women, women_last, men, men_last = NAMES[language]
    first, last = (women, women_last) if chance.random() < 0.5 else (men, men_last)
    name = f"{chance.choice(first)} {chance.choice(last)}"
    return {"id": id_, "phone": phone, "name": name, "language": language, "tier": chance.choice(_TIERS)}


def _orders_of(chance: random.Random, index: int) -> list[tuple[str, str]]:
    if index < FEATURED:
        return list(_FEATURED[index])
    count = chance.choices(range(5), (10, 30, 30, 20, 10))[0]
    return [
        (state, "pick_up" if state == "ready" else chance.choice(("courier", "courier", "pick_up")))
        for state in chance.choices(STATES, k=count)
    ]


def _add_order(
    chance: random.Random, data: Data, customer: dict[str, Any], number: str, state: str, delivery: str, today: date
) -> None:
    goods = chance.sample(GOODS, chance.choices((1, 2, 3, 4), (40, 30, 20, 10))[0])
    lines: list[dict[str, Any]] = [
        {
            "order_number": number,
            "name_ru": good.ru,
            "name_en": good.en,
            "quantity": chance.choice((1, 1, 1, 2)),
            "price": good.price * 100,
        }
        for good in goods
    ]
    data.items.extend(lines)
    due = today + timedelta(days=chance.randint(*_TODAY_PLUS[state]))
    window = chance.choice(_WINDOWS) if delivery == "courier" else (None, None)
    shop = chance.choice(data.shops)
    street, house = chance.choice(STREETS), chance.randint(1, 90)
    flat = chance.randint(1, 200)
    ru = customer["language"] == "ru"
    city = shop["city_ru" if ru else "city_en"]
    home = f"{city}, {street[0]}, дом {house}, квартира {flat}" if ru else f"{city}, {house} {street[1]}, flat {flat}"
    data.orders.append(
        {
            "number": number,
            "customer_id": customer["id"],
            "state": state,
            "delivery": delivery,
            "sum": sum(line["price"] * line["quantity"] for line in lines),
            "due_on": due,
            "due_from": window[0],
            "due_to": window[1],
            "keep_until": max(due, today) + timedelta(days=KEPT_DAYS) if state == "ready" else None,
            "shop_id": shop["id"] if delivery == "pick_up" else None,
            "address": home if delivery == "courier" else None,
        }
    )


def _card(
    chance: random.Random, seed: int, customer: dict[str, Any], number: str, today: date, *, featured: bool
) -> dict[str, Any]:
    points = chance.randint(50, 3000) if featured else chance.choice((0, chance.randint(1, 5000)))
    burning = points and (featured or chance.random() < 0.5)
    return {
        "number": number,
        "pin": pin_of(seed, number),
        "customer_id": customer["id"],
        "points": points,
        "burn_points": chance.randint(1, points) if burning else 0,
        "burn_on": today + timedelta(days=chance.randint(3, 45)) if burning else None,
        "tier": customer["tier"],
    }
