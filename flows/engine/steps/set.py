"""``set``: variables, and the call's language."""

from __future__ import annotations

from flows.engine.inputs import Input
from flows.engine.run import Run
from flows.language.steps import SetStep


def enter(run: Run, step: SetStep) -> str | None:
    for name, written in step.values.items():
        value = run.value(written) if isinstance(written, str) else written
        if name != "language":
            run.set(name, value)
        elif not run.speak(str(value)):
            # A customer's language that the flow has not: go on in the call's own.
            run.trouble("language unknown", language=str(value)[:10])
    return step.next


def advance(run: Run, step: SetStep, given: Input) -> str | None:
    return step.next


def wait(run: Run, step: SetStep) -> None:
    """Never waits."""
