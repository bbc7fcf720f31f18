"""``ask``: one value, by keys or by words, checked and read back."""

from __future__ import annotations

from typing import Any

from flows.engine.answers import KEY_LIMITS, by_keys, by_words, option_by_keys, option_by_words
from flows.engine.events import Understood
from flows.engine.inputs import Input
from flows.engine.listening import CONFIRM, Listener, again, begin, take
from flows.engine.question import Question, Taken
from flows.engine.readback import confirmation, first_phrase, spoken_value
from flows.engine.run import Run
from flows.engine.steps.menu import hints_of, options_of
from flows.engine.timing import listen_for
from flows.language.steps import AskStep

_DICTATED = frozenset({"digits", "number", "phone", "money", "free"})


def _question(run: Run, step: AskStep) -> Question:
    key = ("question", run.step, run.language)
    made: Question | None = run.flow.compiled.get(key)
    if made is None:
        made = run.flow.compiled[key] = _options(run, step) if step.expect == "one_of" else _value(run, step)
    return made


def _options(run: Run, step: AskStep) -> Question:
    options = options_of(step.options)
    values = [option.value for option in step.options]

    def named(taken: Taken | None) -> Taken | None:
        return taken and Taken(values[taken.value], taken.rest, taken.sure, taken.as_)

    return Question(
        prompt=step.prompt,
        listen=listen_for(
            run, step, "one_of", 1, max(1, options.longest), "", hints=hints_of(step.options, run.language)
        ),
        keys=lambda _, entry: named(option_by_keys(options, entry)),
        words=lambda now, speech: named(option_by_words(options, speech, now.language)),
        no_input=step.no_input,
        no_match=step.no_match,
        exhausted=step.exhausted,
        menu=True,
    )


def _value(run: Run, step: AskStep) -> Question:
    if step.length is not None:
        least, most = step.length
        ends = "" if least == most else "#"
    else:
        least, most, ends = KEY_LIMITS[step.expect]
    return Question(
        prompt=step.prompt,
        listen=listen_for(
            run, step, step.expect, least, most, ends, secret=step.secret, dictated=step.expect in _DICTATED
        ),
        keys=lambda now, entry: by_keys(now, step, entry),
        words=lambda now, speech: by_words(now, step, speech),
        no_input=step.no_input,
        no_match=step.no_match,
        exhausted=step.exhausted,
        least=least,
        free=step.expect == "free",
    )


def _accept(run: Run, step: AskStep, value: Any) -> str | None:
    if step.secret:
        run.asked[step.into] = str(value)
    else:
        run.set(step.into, value)
    return step.next


def _confirm(run: Run, step: AskStep) -> Question:
    if step.expect == "one_of":
        phrases = next(option.phrases for option in step.options if option.value == run.candidate)
        heard = first_phrase(phrases, run.language) or str(run.candidate)
    else:
        heard = spoken_value(run, step.expect, run.candidate)
    return confirmation(run, step, step.confirm_prompt or run.flow.document.defaults.confirm, heard)


def _reads_back(run: Run, step: AskStep, taken: Taken) -> bool:
    if step.secret or step.confirm == "never" or step.expect == "yes_no":
        return False
    return step.confirm == "always" or not taken.sure


LISTENER = Listener(_question, _accept, _confirm, _reads_back)


def enter(run: Run, step: AskStep) -> str | None:
    given = None if step.secret or run.carried else run.slots.pop(step.into, None)
    if given is not None:
        value, sure = given
        run.events.append(Understood(run.step, "value", "words"))
        if sure and step.confirm != "always":
            return _accept(run, step, value)
        run.mode, run.candidate = CONFIRM, value
    return begin(run, step, LISTENER)


def advance(run: Run, step: AskStep, given: Input) -> str | None:
    return take(run, step, LISTENER, given)


def wait(run: Run, step: AskStep) -> None:
    again(run, step, LISTENER)
