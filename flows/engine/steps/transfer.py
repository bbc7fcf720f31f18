"""``transfer``: the caller to a human."""

from __future__ import annotations

import re

from flows.engine.events import HandOff
from flows.engine.inputs import Input, TransferEnded
from flows.engine.run import Run
from flows.language.steps import TransferStep
from flows.language.texts import TextError

_NUMBER = re.compile(r"-?\d{1,6}")


def enter(run: Run, step: TransferStep) -> str | None:
    run.carried = ""
    if step.say is not None:
        try:
            run.say(step.say)
        except TextError as error:
            # The human matters more than the sentence before.
            run.trouble("text failed", error=str(error))
    run.reason = run.reason or "flow"
    run.wanted = step.queue
    run.next_id("h")
    wait(run, step)
    return None


def advance(run: Run, step: TransferStep, given: Input) -> str | None:
    run.reason = ""
    run.trail.clear()
    outcome = given.outcome if isinstance(given, TransferEnded) else "failed"
    if outcome == "connected":
        run.wanted = ""
        if step.next is None:
            run.hang_up("done")
        return step.next
    if outcome == "callback":
        return step.callback or step.unavailable
    if outcome == "failed":
        run.trouble("transfer failed")
    return step.unavailable


def wait(run: Run, step: TransferStep) -> None:
    run.events.append(
        HandOff(
            id=run.pending or "",
            queue=step.queue,
            priority=_priority(run, step),
            summary=run.loosely(step.summary),
            reason=run.reason,
            language=run.language,
            open=run.is_open(step.queue),
        )
    )


def _priority(run: Run, step: TransferStep) -> int:
    if isinstance(step.priority, int):
        return step.priority
    text = run.loosely(step.priority)
    if _NUMBER.fullmatch(text):
        return int(text)
    queue = run.flow.queues.get(step.queue)
    return queue.priorities.get(text, 0) if queue else 0
