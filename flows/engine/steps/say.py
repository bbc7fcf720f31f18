"""``say``: words, then on."""

from __future__ import annotations

from flows.engine.inputs import Input
from flows.engine.limits import TRAIL
from flows.engine.run import Run
from flows.language.steps import SayStep


def enter(run: Run, step: SayStep) -> str | None:
    run.say(step.texts)
    run.trail = [*run.trail, run.step][-TRAIL:]
    return step.next


def advance(run: Run, step: SayStep, given: Input) -> str | None:
    return step.next


def wait(run: Run, step: SayStep) -> None:
    """Never waits."""
