"""What the models of a flow file are made of: names, texts, keys, lengths."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
"""Names of steps, variables, queues, hours: small Latin letters, digits, underscores."""

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
Texts = dict[Language, Annotated[str, StringConstraints(min_length=1)]]
"""One Liquid text per language."""
Phrases = dict[Language, list[Annotated[str, StringConstraints(min_length=1, max_length=80)]]]
MAX_EXAMPLE = 200
"""Letters of an example: longer ones are stories, of which a recogniser gets the first half."""


def _sentences(value: Any) -> Any:
    """A block of text is one sentence a line."""
    return [line.strip() for line in value.splitlines() if line.strip()] if isinstance(value, str) else value


Examples = dict[
    Language,
    Annotated[list[str], BeforeValidator(_sentences, json_schema_input_type=str | list[str])],
]
"""Whole sentences that callers say, per language: a list, or a block of text with one a line."""
Slot = Literal["digits", "number", "money", "date", "time", "phone"]
"""Kinds of values that can be said in the same breath as a choice."""
Keys = Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,4}$")]
Way = Annotated[str, StringConstraints(min_length=1)]
"""The name of the step to go to."""

Expect = Literal["digits", "number", "yes_no", "date", "time", "phone", "money", "one_of", "free"]
Confirm = Literal["never", "when_unsure", "always"]
ProofName = Literal["number", "phone_last4", "card", "pin"]

_LENGTH = re.compile(r"^(\d{1,2})(?:\.\.(\d{1,2}))?$")


def _length(value: Any) -> Any:
    """``"4"`` or ``4`` is exactly four digits; ``"4..8"`` is four to eight."""
    match = _LENGTH.match(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None
    if match is None:
        raise ValueError("a length is a number of digits, such as 4, or a range, such as 4..8")
    least, most = int(match[1]), int(match[2] or match[1])
    if not 1 <= least <= most <= 32:
        raise ValueError("a length goes from 1 to 32 digits, the smaller number first")
    return (least, most)


Length = Annotated[
    tuple[int, int], BeforeValidator(_length, json_schema_input_type=int | str), Field(description="4, or 4..8")
]


class Part(BaseModel):
    """Anything in a flow file: unknown fields are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
