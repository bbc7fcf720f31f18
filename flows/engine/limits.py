"""Limits of a call. Passing one is a ``Trouble`` and a human, never a dead call."""

from __future__ import annotations

STEPS_PER_INPUT = 50
"""Steps entered in answer to one input: more is a circle that never listens."""

VISITS_PER_STEP = 20
"""How often one call comes to one step (a repeated prompt counts): more, and nobody is being helped."""

REFUSALS_PER_CALL = 3
"""Wrong proofs in one call."""

RESCUES_PER_CALL = 3
"""Times a call in trouble is sent to a human, before it hears ``defaults.sorry`` and ends by rule ``limit``."""

SILENCES_IN_A_ROW = 12
"""Silences, empty recordings included, without a key or word between: the line is dead, no human was free meanwhile,
and the call ends by rule ``silence``."""

MAX_ENTRY = 64
"""Keys that one input may hold, early ones included; the rest is dropped."""

MAX_TEXT = 500
"""Letters of a free answer that are kept."""

TRAIL = 5
"""``say`` steps before a prompt that the command ``repeat`` says again."""

ACCEPT = 0.8
CONSIDER = 0.5
"""Confidence of speech: above the first it is taken, down to the second it is read back, below it is asked again."""
