"""``hangup``: the call ends, as the flow meant it to."""

from __future__ import annotations

from flows.engine.inputs import Input
from flows.engine.run import Run
from flows.language.steps import HangupStep


def enter(run: Run, step: HangupStep) -> str | None:
    if step.say is not None:
        run.say(step.say)
    run.hang_up("done")
    return None


def advance(run: Run, step: HangupStep, given: Input) -> str | None:
    return None


def wait(run: Run, step: HangupStep) -> None:
    """Never waits."""
