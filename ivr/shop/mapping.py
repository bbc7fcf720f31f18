"""The mapping file: which tables and columns of the retailer's database mean what."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ivr.yaml_file import YamlFileError, read_yaml

SAMPLE = Path(__file__).with_name("sample.yaml")
"""The mapping of the sample shop, and the default."""

OrderState = Literal["new", "confirmed", "packed", "on_the_way", "ready", "delivered", "cancelled", "returned"]
Delivery = Literal["courier", "pick_up"]


class MappingError(Exception):
    """The mapping file is wrong; the message names file, line, field and mend, one line for each problem."""


def _identifier(value: str) -> str:
    if not re.fullmatch(r"\w+(\.\w+)?", value):
        raise ValueError("a name of letters, digits and _, for a table also schema.name")
    return value


Name = Annotated[str, Field(max_length=128), AfterValidator(_identifier)]
Texts = Name | dict[str, Name]
"""A column, or one for each language."""


class _Section(BaseModel):
    # A state such as 3 is a value here, whatever YAML makes of it.
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Customers(_Section):
    table: Name
    id: Name
    phone: Name
    phone_format: Literal["e164", "digits", "trunk_8"] = "e164"
    name: Name
    language: Name | None = None
    tier: Name | None = None


class Transition(_Section):
    """``UPDATE … SET state = to WHERE state IN (from)``, in the shop's own values."""

    from_: list[str] = Field(alias="from", min_length=1)
    to: str


class Orders(_Section):
    table: Name
    number: Name
    number_type: Literal["text", "integer"] = "text"
    customer: Name
    state: Name
    state_type: Literal["text", "integer"] = "text"
    states: dict[OrderState, list[str]]
    delivery: Name
    deliveries: dict[Delivery, list[str]]
    sum: Name
    due: Name
    due_from: Name | None = None
    due_to: Name | None = None
    keep_until: Name | None = None
    shop: Name | None = None
    confirm: Transition
    cancel: Transition

    @model_validator(mode="after")
    def _each_value_has_one_meaning(self) -> Orders:
        for field, groups in (("states", self.states), ("deliveries", self.deliveries)):
            values = [value for group in groups.values() for value in group]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{field}: {', '.join(twice)} stands under two names; leave it under one")
        known = {value for group in self.states.values() for value in group}
        for field, change in (("confirm", self.confirm), ("cancel", self.cancel)):
            unknown = sorted({*change.from_, change.to} - known)
            if unknown:
                raise ValueError(f"{field}: {', '.join(unknown)} is in no list of states; add it there")
        return self


class Items(_Section):
    table: Name
    order: Name
    name: Texts
    quantity: Name
    price: Name


class Cards(_Section):
    table: Name
    number: Name
    number_type: Literal["text", "integer"] = "text"
    pin: Name
    pin_type: Literal["argon2", "sha256", "plain"]
    pin_salt: Name | None = None
    customer: Name
    points: Name
    burn_points: Name | None = None
    burn_on: Name | None = None
    tier: Name | None = None
    worth_of_point: Decimal = Field(Decimal("1.00"), ge=0)


class Shops(_Section):
    table: Name
    id: Name
    city: Texts
    address: Texts
    hours: Texts
    phone: Name


class Changes(_Section):
    table: Name = "hotline_changes"


class Mapping(_Section):
    """The whole file."""

    version: Literal[1]
    money: Literal["major", "minor"] = "major"
    customers: Customers
    orders: Orders
    items: Items
    cards: Cards | None = None
    shops: Shops | None = None
    changes: Changes = Changes()

    @model_validator(mode="after")
    def _orders_name_shops_that_are_there(self) -> Mapping:
        if self.orders.shop and not self.shops:
            raise ValueError("orders.shop names a column, but there is no section shops; add it, or leave shop out")
        return self


def load_mapping(path: Path | None = None) -> Mapping:
    """Read a mapping file, by default the sample's. Raises :class:`MappingError`."""
    try:
        return read_yaml(path or SAMPLE, Mapping, setting="SHOP_MAPPING", sample=SAMPLE.name)
    except YamlFileError as error:
        raise MappingError(str(error)) from error
