"""The sample shop: creates its database, and says who may be played as a caller."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Column, Connection, Date, Engine, ForeignKey, Integer, String, Table, exc

from ivr.shop.proofs import CHEAP
from ivr.shop.sample_data import FEATURED, SEED, generate, pin_of
from ivr.store.engine import make_engine, reading

metadata = sa.MetaData()
customers = Table(
    "customers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("phone", String(20), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("language", String(10), nullable=False),
    Column("tier", String(20), nullable=False),
)
shops = Table(
    "shops",
    metadata,
    Column("id", Integer, primary_key=True),
    *(
        Column(f"{field}_{lang}", String(200), nullable=False)
        for field in ("city", "address", "hours")
        for lang in ("ru", "en")
    ),
    Column("phone", String(20), nullable=False),
)
orders = Table(
    "orders",
    metadata,
    Column("number", String(10), primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("delivery", String(20), nullable=False),
    Column("sum", Integer, nullable=False),
    Column("due_on", Date),
    Column("due_from", String(5)),
    Column("due_to", String(5)),
    Column("keep_until", Date),
    Column("shop_id", ForeignKey("shops.id")),
    Column("address", String(200)),
)
order_items = Table(
    "order_items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_number", ForeignKey("orders.number"), nullable=False, index=True),
    Column("name_ru", String(100), nullable=False),
    Column("name_en", String(100), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price", Integer, nullable=False),
)
cards = Table(
    "cards",
    metadata,
    Column("number", String(20), primary_key=True),
    Column("pin_hash", String(200), nullable=False),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("points", Integer, nullable=False),
    Column("burn_points", Integer, nullable=False),
    Column("burn_on", Date),
    Column("tier", String(20), nullable=False),
)
about = Table("sample_about", metadata, Column("seed", Integer, primary_key=True), Column("created_on", Date))


class SampleError(Exception):
    """The database is not the sample shop's, or can't be reached; the message says the mend."""


@dataclass(frozen=True, slots=True)
class SampleOrder:
    """``sum`` in roubles, dates ISO."""

    number: str
    state: str
    delivery: str
    sum: str
    due: str | None
    due_from: str | None
    due_to: str | None
    keep_until: str | None
    shop: str | None
    address: str | None
    items: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SampleCaller:
    """Somebody to play, with the proofs they know: ``phone_last4`` for orders, ``card`` and ``pin`` for points."""

    number: str
    phone_last4: str
    language: str
    name: str
    tier: str
    orders: tuple[SampleOrder, ...]
    card: str | None
    pin: str | None
    points: int | None
    burn_points: int | None
    burn_on: str | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def create(url: str, *, seed: int = SEED, today: date | None = None, fresh: bool = False) -> bool:
    """Make the sample shop at ``url``; True when made, False when it was there (its data is kept, unless ``fresh``).

    Due dates count from ``today`` (default: today in Moscow). All or nothing. Raises :class:`SampleError` when other
    tables stand in the way: nothing is then changed.
    """
    engine = make_engine(url)
    today = today or datetime.now(ZoneInfo("Europe/Moscow")).date()
    try:
        if _is_sample(engine) and not fresh:
            return False
        data = generate(seed, today)
        hashed = [{**card, "pin_hash": _hash(seed, card["number"], card.pop("pin"))} for card in data.cards]
        with engine.begin() as connection:
            # Looked at again: another process may have been faster.
            if _is_sample(connection):
                if not fresh:
                    return False
                _drop(connection)
            metadata.create_all(connection)
            connection.execute(sa.insert(customers), data.customers)
            connection.execute(sa.insert(shops), data.shops)
            connection.execute(sa.insert(orders), data.orders)
            connection.execute(sa.insert(order_items), data.items)
            connection.execute(sa.insert(cards), hashed)
            connection.execute(sa.insert(about).values(seed=seed, created_on=today))
        return True
    except exc.SQLAlchemyError as error:
        raise SampleError(_unreachable(error)) from None
    finally:
        engine.dispose()


def callers(url: str, limit: int = 2 * FEATURED) -> list[SampleCaller]:
    """People to play, as the database stands now: first some of each language with something to do, then the others.

    Raises :class:`SampleError`.
    """
    engine = make_engine(url)
    try:
        if not _is_sample(engine):
            raise SampleError("there is no sample shop in this database; make it with `hotline shop create`")
        with reading(engine) as connection:
            seed = connection.execute(sa.select(about.c.seed)).scalar_one()
            rows = connection.execute(sa.select(customers).order_by(customers.c.id)).all()
            ranks: dict[str, int] = {}
            ranked = []
            for row in rows:
                rank = ranks[row.language] = ranks.get(row.language, -1) + 1
                ranked.append(((rank, row.id) if rank < FEATURED else (FEATURED, row.id), row))
            # One of each language in turn, so that a short list shows both.
            chosen = [row for _, row in sorted(ranked, key=lambda pair: pair[0])[:limit]]
            return [_caller(connection, row, seed) for row in chosen]
    except exc.SQLAlchemyError as error:
        raise SampleError(_unreachable(error)) from None
    finally:
        engine.dispose()


def _caller(connection: Connection, row: Any, seed: int) -> SampleCaller:
    card = connection.execute(sa.select(cards).where(cards.c.customer_id == row.id)).first()
    found = connection.execute(
        sa.select(orders, shops.c.city_ru, shops.c.city_en, shops.c.address_ru, shops.c.address_en)
        .select_from(orders.outerjoin(shops))
        .where(orders.c.customer_id == row.id)
        .order_by(orders.c.due_on.desc(), orders.c.number)
    ).all()
    return SampleCaller(
        number=row.phone,
        phone_last4=row.phone[-4:],
        language=row.language,
        name=row.name,
        tier=row.tier,
        orders=tuple(_order(connection, order, row.language) for order in found),
        card=card.number if card else None,
        pin=pin_of(seed, card.number) if card else None,
        points=card.points if card else None,
        burn_points=card.burn_points if card else None,
        burn_on=card.burn_on.isoformat() if card and card.burn_on else None,
    )


def _order(connection: Connection, row: Any, language: str) -> SampleOrder:
    lines = connection.execute(sa.select(order_items).where(order_items.c.order_number == row.number)).mappings()
    city, address = (row.city_ru, row.address_ru) if language == "ru" else (row.city_en, row.address_en)
    return SampleOrder(
        number=row.number,
        state=row.state,
        delivery=row.delivery,
        sum=_roubles(row.sum),
        due=row.due_on.isoformat() if row.due_on else None,
        due_from=row.due_from,
        due_to=row.due_to,
        keep_until=row.keep_until.isoformat() if row.keep_until else None,
        shop=f"{city}, {address}" if row.shop_id else None,
        address=row.address,
        items=tuple(
            {"name": line[f"name_{language}"], "quantity": line["quantity"], "price": _roubles(line["price"])}
            for line in lines
        ),
    )


def _roubles(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02d}"


def _hash(seed: int, card: str, pin: str) -> str:
    # Salted from the seed: the same seed gives the same database, byte for byte.
    return CHEAP.hash(pin, salt=hashlib.sha256(f"{seed}:salt:{card}".encode()).digest()[:16])


def _is_sample(source: Engine | Connection) -> bool:
    """Whether the sample is there. Raises :class:`SampleError` when somebody else's tables are."""
    there = set(sa.inspect(source).get_table_names())
    if about.name in there:
        return True
    taken = sorted(there & set(metadata.tables))
    if taken:
        raise SampleError(
            f"the database has tables of its own ({', '.join(taken)}) and is not the sample shop; nothing was changed. "
            "Set SHOP_DATABASE_URL to another database, or leave it unset"
        )
    return False


def _drop(connection: Connection) -> None:
    metadata.drop_all(connection)
    connection.execute(sa.schema.DropTable(Table("hotline_changes", sa.MetaData()), if_exists=True))


def _unreachable(error: exc.SQLAlchemyError) -> str:
    return f"the shop's database can't be used ({type(error).__name__}); see SHOP_DATABASE_URL and DATA_DIR"
