"""What a flow may look up or change: the declarations, not the doing.

The program that runs flows hands a catalogue of these to the loader, so that a misspelt action, a missing argument or
an unknown field of the answer is an error in the file and not in a call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Proof = Literal["none", "order", "card"]
"""What the caller must know before the action runs: nothing; an order number (argument ``number``) with the last four
digits of the customer's phone (``phone_last4``); a bonus card (``card``) and its PIN (``pin``)."""

PROOF_ARGUMENTS: Mapping[Proof, tuple[str, ...]] = {
    "none": (),
    "order": ("number", "phone_last4"),
    "card": ("card", "pin"),
}

FieldType = Literal["text", "integer", "money", "date", "time", "moment", "yes_no", "list"]


@dataclass(frozen=True, slots=True)
class Action:
    """One action of the catalogue. ``arguments`` are those a flow passes besides the proof's; ``result`` names the
    fields of a found answer (for a list, ``item`` names each item's fields). ``changes`` is True when it alters the
    world: it then goes through the outbox and is done once."""

    name: str
    proof: Proof = "none"
    changes: bool = False
    arguments: Mapping[str, FieldType] = field(default_factory=dict)
    result: Mapping[str, FieldType] = field(default_factory=dict)
    item: Mapping[str, FieldType] = field(default_factory=dict)
    about: str = ""


class Catalogue(Mapping[str, Action]):
    """Actions by name."""

    def __init__(self, *actions: Action) -> None:
        self._actions = {action.name: action for action in actions}

    def __getitem__(self, name: str) -> Action:
        return self._actions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions)

    def __len__(self) -> int:
        return len(self._actions)
