"""How a step listens: times, hints and keys, from the step, the defaults and the commands."""

from __future__ import annotations

from typing import Any

from flows.engine.events import Listen
from flows.engine.run import Run


def listen_for(
    run: Run,
    step: Any,
    kind: str,
    least: int,
    most: int,
    finish_on: str,
    *,
    hints: tuple[str, ...] = (),
    secret: bool = False,
    dictated: bool = False,
) -> Listen:
    """``step`` may set the three times; ``dictated``: pauses inside an answer are longer."""
    defaults = run.flow.document.defaults
    commands = run.flow.document.commands.values()
    spoken = tuple(phrase for command in commands for phrase in command.phrases.get(run.language, ()))
    speech_ends = defaults.end_of_dictation if dictated else defaults.end_of_speech
    return Listen(
        kind=kind,
        language=run.language,
        min_digits=least,
        max_digits=max(most, *(len(command.digits or "") for command in commands)),
        finish_on=finish_on,
        hints=hints + tuple(phrase for phrase in spoken if phrase not in hints),
        no_input_after=getattr(step, "no_input_after", None) or defaults.no_input_after,
        between_digits=getattr(step, "between_digits", None) or defaults.between_digits,
        end_of_speech=getattr(step, "end_of_speech", None) or speech_ends,
        secret=secret,
    )
