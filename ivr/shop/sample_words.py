"""Words of the sample shop: names, goods, streets and shops. All of it is made up."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = {
    "ru": (
        ("Анна", "Мария", "Елена", "Ольга", "Наталья", "Екатерина", "Татьяна", "Ирина", "Светлана", "Юлия", "Дарья"),
        ("Смирнова", "Иванова", "Кузнецова", "Соколова", "Попова", "Лебедева", "Козлова", "Новикова", "Морозова"),
        ("Алексей", "Дмитрий", "Сергей", "Андрей", "Михаил", "Иван", "Николай", "Павел", "Артём", "Максим", "Егор"),
        ("Смирнов", "Иванов", "Кузнецов", "Соколов", "Попов", "Лебедев", "Козлов", "Новиков", "Морозов"),
    ),
    "en": (
        ("Alice", "Emma", "Grace", "Hannah", "Isla", "Julia", "Kate", "Laura", "Nora", "Olivia", "Ruth"),
        ("Adams", "Baker", "Clarke", "Davies", "Evans", "Foster", "Green", "Hughes", "Mitchell"),
        ("Adam", "Ben", "Charles", "Daniel", "Edward", "George", "Henry", "James", "Liam", "Oscar", "Peter"),
        ("Adams", "Baker", "Clarke", "Davies", "Evans", "Foster", "Green", "Hughes", "Mitchell"),
    ),
}
"""By language: women's first and last names, men's first and last names."""


@dataclass(frozen=True, slots=True)
class Good:
    """Something sold; ``price`` in whole roubles."""

    ru: str
    en: str
    price: int


GOODS = (
    Good("электрический чайник", "electric kettle", 2490),
    Good("тостер", "toaster", 3190),
    Good("кофемолка", "coffee grinder", 2890),
    Good("утюг", "steam iron", 4290),
    Good("пылесос", "vacuum cleaner", 12990),
    Good("настольная лампа", "desk lamp", 1790),
    Good("беспроводные наушники", "wireless headphones", 5990),
    Good("клавиатура", "keyboard", 3490),
    Good("компьютерная мышь", "computer mouse", 1290),
    Good("зарядное устройство", "phone charger", 990),
    Good("чехол для телефона", "phone case", 690),
    Good("умная колонка", "smart speaker", 8990),
    Good("набор кастрюль", "set of saucepans", 6490),
    Good("сковорода", "frying pan", 2190),
    Good("набор полотенец", "set of towels", 1590),
    Good("плед", "throw blanket", 2390),
    Good("комплект постельного белья", "bed linen set", 3990),
    Good("рюкзак", "backpack", 4490),
    Good("зонт", "umbrella", 1390),
    Good("термокружка", "travel mug", 1190),
    Good("настольная игра", "board game", 1990),
    Good("детский конструктор", "building blocks", 2790),
    Good("фен", "hair dryer", 3290),
    Good("напольные весы", "bathroom scales", 1890),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A city with a shop in it: texts in Russian and English."""

    city: tuple[str, str]
    address: tuple[str, str]
    hours: tuple[str, str]
    phone: str


_LONG = ("ежедневно с десяти утра до десяти вечера", "daily from ten in the morning to ten in the evening")
_SHORT = ("ежедневно с десяти утра до девяти вечера", "daily from ten in the morning to nine in the evening")

PLACES = (
    Place(("Москва", "Moscow"), ("улица Садовая, дом 12", "12 Sadovaya Street"), _LONG, "+74950000101"),
    Place(("Москва", "Moscow"), ("проспект Речной, дом 48", "48 Rechnoy Avenue"), _LONG, "+74950000102"),
    Place(
        ("Санкт-Петербург", "Saint Petersburg"), ("улица Морская, дом 7", "7 Morskaya Street"), _LONG, "+78120000103"
    ),
    Place(("Казань", "Kazan"), ("улица Озёрная, дом 21", "21 Ozyornaya Street"), _SHORT, "+78430000104"),
    Place(("Екатеринбург", "Yekaterinburg"), ("улица Горная, дом 33", "33 Gornaya Street"), _SHORT, "+73430000105"),
    Place(("Новосибирск", "Novosibirsk"), ("проспект Сибирский, дом 5", "5 Sibirsky Avenue"), _SHORT, "+73830000106"),
)

STREETS = (
    ("улица Лесная", "Lesnaya Street"),
    ("улица Парковая", "Parkovaya Street"),
    ("улица Школьная", "Shkolnaya Street"),
    ("улица Заречная", "Zarechnaya Street"),
    ("улица Солнечная", "Solnechnaya Street"),
    ("переулок Тихий", "Tikhy Lane"),
)
