"""What the editor posts: a draft's texts, as JSON, with limits; and the problems of a draft as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from flask import abort, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.language import FlowErrors, Problem
from flows.language.flow import Flow
from flows.language.loader import parse_flow
from ivr.actions import CATALOGUE

M = TypeVar("M", bound="Posted")


class Posted(BaseModel):
    """A draft as it stands in the editor, saved or not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(max_length=1_000_000)
    scenarios: str = Field("", max_length=1_000_000)


def posted(model: type[M]) -> M:
    """The request's JSON as that model; 400 in plain words when it is none."""
    try:
        return model.model_validate_json(request.get_data(cache=False))
    except ValidationError as error:
        first = error.errors()[0]
        abort(400, f"{'.'.join(map(str, first['loc'])) or 'request'}: {first['msg']}")


def flow_of(name: str, text: str) -> tuple[Flow | None, list[Problem]]:
    """The flow as far as it is one, and what is wrong with its form."""
    try:
        return parse_flow(text, f"{name}.yaml", CATALOGUE), []
    except FlowErrors as error:
        return None, error.problems


def shown(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems for the page, errors first, then by line."""
    return [asdict(one) for one in sorted(problems, key=lambda one: (one.severity != "error", one.line))]
