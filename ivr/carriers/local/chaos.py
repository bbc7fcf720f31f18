"""A bad network on purpose: which webhooks come twice, late or out of order. Decided by a seed, so repeatable."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

KINDS = frozenset({"doubled", "late", "reordered"})

_LATE_SHARE = 0.5
_LATE_SECONDS = (0.2, 2.0)
_REORDER_SECONDS = (0.0, 0.8)


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What befalls one webhook. ``late``: seconds after which a copy is sent again; None: none is."""

    doubled: bool = False
    late: float | None = None


@dataclass(frozen=True, slots=True)
class Chaos:
    """The bad network of one call. No kinds: a good one."""

    kinds: frozenset[str] = frozenset()
    seed: int = 0

    @classmethod
    def of(cls, kinds: Iterable[str], seed: int = 0) -> Chaos:
        """Raises ``ValueError`` naming a kind that does not exist."""
        wanted = frozenset(kind.strip() for kind in kinds if kind.strip())
        if wanted - KINDS:
            raise ValueError(f"chaos is any of {', '.join(sorted(KINDS))}; not {', '.join(sorted(wanted - KINDS))}")
        return cls(wanted, seed)

    def webhook(self, index: int) -> Disturbance:
        """What befalls the call's webhook number ``index``."""
        dice = random.Random(f"{self.seed}:webhook:{index}")
        late = None
        if "late" in self.kinds and dice.random() < _LATE_SHARE:
            late = dice.uniform(*_LATE_SECONDS)
        return Disturbance("doubled" in self.kinds, late)

    def event_delay(self, index: int) -> float | None:
        """Seconds that event number ``index`` is held back, overtaken by others meanwhile; None: sent in order."""
        if "reordered" not in self.kinds:
            return None
        return random.Random(f"{self.seed}:event:{index}").uniform(*_REORDER_SECONDS)
