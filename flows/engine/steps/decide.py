"""``decide``: the first case whose condition holds."""

from __future__ import annotations

from flows.engine.inputs import Input
from flows.engine.run import Run
from flows.language.steps import DecideStep


def enter(run: Run, step: DecideStep) -> str | None:
    return next((case.next for case in step.cases if run.holds(case.when)), step.else_)


def advance(run: Run, step: DecideStep, given: Input) -> str | None:
    return step.else_


def wait(run: Run, step: DecideStep) -> None:
    """Never waits."""
