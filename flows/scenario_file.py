"""A scenario file as values; :mod:`flows.scenarios` explains and runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flows.engine.inputs import LookupDone, LookupOutcome, TransferOutcome

Ends = Literal["human", "callback", "message", "hangup", "caller", "listening"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Row(_Part):
    """One answer of the shop."""

    with_: dict[str, str] = Field(default_factory=dict, alias="with")
    found: Any = None
    outcome: LookupOutcome = "found"
    value: Any = None

    def fits(self, arguments: Mapping[str, str]) -> bool:
        return all(arguments.get(name) == value for name, value in self.with_.items())

    def answer(self, id_: str) -> LookupDone:
        return LookupDone(id_, self.outcome, self.found if self.found is not None else self.value)


class Words(_Part):
    text: str
    confidence: float = Field(1.0, ge=0, le=1)


class Act(_Part):
    """One step of a scenario: exactly one of its fields."""

    hear: str | list[str] | None = None
    not_hear: str | None = None
    press: str | None = Field(None, pattern=r"^[0-9*#]+$")
    say: str | Words | None = None
    silence: Literal[True] | None = None
    shop: dict[str, Row] | None = None
    transfer: TransferOutcome | None = None
    record: int | None = Field(None, ge=0)
    hangup: Literal[True] | None = None

    @model_validator(mode="after")
    def _one(self) -> Act:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"a step does one thing: {', '.join(type(self).model_fields)}")
        return self


class Scenario(_Part):
    name: str
    language: str | None = None
    from_: str = Field("+79161234567", alias="from")
    at: str = "2026-11-23 12:00"
    hours: Literal["flow", "open", "closed"] = "flow"
    shop: dict[str, list[Row]] = Field(default_factory=dict)
    steps: list[Act] = Field(min_length=1)
    ends: Ends
    reason: str | None = None


class ScenarioFile(_Part):
    shop: dict[str, list[Row]] = Field(default_factory=dict)
    scenarios: list[Scenario] = Field(min_length=1)
