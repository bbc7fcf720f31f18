"""``record``: the caller's own words, after a beep."""

from __future__ import annotations

from flows.engine.events import Record
from flows.engine.inputs import Input, RecordingDone
from flows.engine.run import Run
from flows.language.steps import RecordStep


def enter(run: Run, step: RecordStep) -> str | None:
    run.carried = ""
    run.say(step.prompt)
    run.next_id("r")
    wait(run, step)
    return None


def advance(run: Run, step: RecordStep, given: Input) -> str | None:
    if not isinstance(given, RecordingDone) or given.seconds <= 0:
        return step.nothing or step.next
    run.trail.clear()
    run.wanted = ""
    return step.next


def wait(run: Run, step: RecordStep) -> None:
    run.events.append(
        Record(
            id=run.pending or "",
            purpose=step.purpose,
            max_seconds=step.max_seconds,
            silence_seconds=step.silence_seconds,
            finish_on="#",
            language=run.language,
            summary=run.loosely(step.summary),
            queue=step.queue or next(iter(run.flow.queues)),
        )
    )
