"""What a listening step asks just now: what to say, what to listen for, and how answers are taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flows.engine.events import Listen
from flows.engine.inputs import Speech
from flows.engine.run import Run
from flows.language.parts import Phrases, Texts


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer that fits. ``rest`` are keys left over; ``sure`` is False when it should be read back; ``as_`` names
    it for the trace."""

    value: Any
    rest: str = ""
    sure: bool = True
    as_: str = "value"


@dataclass(frozen=True, slots=True)
class Understood:
    """Words told by examples. Of ``taken``, ``command`` (a name) and ``between`` (values, one or two) at most one;
    none of them: nothing was understood so far."""

    taken: Taken | None = None
    command: str | None = None
    between: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """Things to choose from, by keys or words: the keys and phrases of each, and its name for the trace."""

    keys: tuple[tuple[str, int], ...]
    phrases: tuple[Phrases, ...]
    names: tuple[str, ...]

    @property
    def longest(self) -> int:
        return max((len(keys) for keys, _ in self.keys), default=0)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing asked. ``keys`` takes an entry (and whether more may follow); ``words`` takes speech; both give None
    for what does not fit. ``menu``: keys are choices, taken from the front; otherwise they are one entry, in which a
    command counts only when it is the whole of it. ``meant``: words by examples, tried before ``words``."""

    prompt: Texts
    listen: Listen
    keys: Callable[[Run, str], Taken | None]
    words: Callable[[Run, Speech], Taken | None]
    no_input: list[Texts] | None
    no_match: list[Texts] | None
    exhausted: str | None
    least: int = 1
    menu: bool = False
    free: bool = False
    meant: Callable[[Run, Speech], Understood | None] | None = None
    prompt_extra: Callable[[Run], dict[str, Any]] | None = None

    def say(self, run: Run) -> None:
        run.say(self.prompt, self.prompt_extra(run) if self.prompt_extra else None)
