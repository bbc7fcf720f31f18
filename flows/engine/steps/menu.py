"""``menu``: a prompt and choices, by key or by words."""

from __future__ import annotations

from typing import Any

from flows.engine.answers import option_by_keys, option_by_words
from flows.engine.inputs import Input
from flows.engine.listening import Listener, again, begin, take
from flows.engine.question import Options, Question, Taken
from flows.engine.readback import confirmation, first_phrase
from flows.engine.run import Run
from flows.engine.timing import listen_for
from flows.language.steps import MenuStep


def options_of(items: Any) -> Options:
    """Choices or options as keys (longest first), phrases and names."""
    keys = sorted(
        ((item.digits, index) for index, item in enumerate(items) if item.digits), key=lambda pair: -len(pair[0])
    )
    names = tuple(getattr(item, "next", None) or item.value for item in items)
    return Options(tuple(keys), tuple(item.phrases for item in items), names)


def hints_of(items: Any, language: str) -> tuple[str, ...]:
    return tuple(phrase for item in items for phrase in item.phrases.get(language, ()))


def _question(run: Run, step: MenuStep) -> Question:
    key = ("question", run.step, run.language)
    made: Question | None = run.flow.compiled.get(key)
    if made is None:
        options = options_of(step.choices)
        language = run.language
        made = run.flow.compiled[key] = Question(
            prompt=step.prompt,
            listen=listen_for(
                run, step, "menu", 1, max(1, options.longest), "", hints=hints_of(step.choices, language)
            ),
            keys=lambda _, entry: option_by_keys(options, entry),
            words=lambda now, speech: option_by_words(options, speech, now.language),
            no_input=step.no_input,
            no_match=step.no_match,
            exhausted=step.exhausted,
            menu=True,
        )
    return made


def _accept(run: Run, step: MenuStep, value: int) -> str | None:
    choice = step.choices[value]
    if choice.say is not None:
        run.say(choice.say)
    return choice.next


def _confirm(run: Run, step: MenuStep) -> Question:
    heard = first_phrase(step.choices[run.candidate].phrases, run.language)
    return confirmation(run, step, run.flow.document.defaults.confirm, heard)


def _reads_back(run: Run, step: MenuStep, taken: Taken) -> bool:
    return not taken.sure


LISTENER = Listener(_question, _accept, _confirm, _reads_back)


def enter(run: Run, step: MenuStep) -> str | None:
    return begin(run, step, LISTENER)


def advance(run: Run, step: MenuStep, given: Input) -> str | None:
    return take(run, step, LISTENER, given)


def wait(run: Run, step: MenuStep) -> None:
    again(run, step, LISTENER)
