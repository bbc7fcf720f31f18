"""``menu``: a prompt and choices, by key or by words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flows.engine.answers import option_by_keys, option_by_words
from flows.engine.inputs import Input, Speech
from flows.engine.limits import ACCEPT, CONSIDER
from flows.engine.listening import BETWEEN, WISH, Listener, again, begin, take
from flows.engine.meaning import decided, said_exactly, told_by_examples
from flows.engine.question import Options, Question, Taken, Understood
from flows.engine.readback import confirmation, first_phrase
from flows.engine.run import Run
from flows.engine.slots import said_with
from flows.engine.timing import listen_for
from flows.language.steps import Choice, MenuStep


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
        # What examples have not understood, likeness to the same choices' phrases must not take after all.
        unnamed = replace(options, phrases=tuple({} if each.name else each.phrases for each in step.choices))
        language = run.language
        made = run.flow.compiled[key] = Question(
            prompt=step.prompt,
            listen=listen_for(
                run, step, "menu", 1, max(1, options.longest), "", hints=hints_of(step.choices, language)
            ),
            keys=lambda _, entry: option_by_keys(options, entry),
            words=lambda now, speech: option_by_words(
                unnamed if told_by_examples(now.flow, step, now.language) else options, speech, now.language
            ),
            no_input=step.no_input,
            no_match=step.no_match,
            exhausted=step.exhausted,
            menu=True,
            meant=lambda now, speech: _meant(now, step, speech),
        )
    return made


def _meant(run: Run, step: MenuStep, speech: Speech) -> Understood | None:
    """What the flow's examples tell; None in a menu whose choices have no names."""
    exact = said_exactly(step, speech.alternatives[0].text, run.language)
    heard = [(each.text, each.confidence) for each in speech.alternatives if each.confidence >= CONSIDER]
    decision = decided(run.flow, step, heard, run.language)
    if decision is None or (exact is not None and heard):
        return None
    indexes = {choice.name: index for index, choice in enumerate(step.choices) if choice.name}
    if decision.intent in indexes:
        index = indexes[decision.intent]
        run.slots = said_with(run, step.choices[index].takes, speech)
        run.wish = decision.also or ""
        trusted = max(confidence for _, confidence in heard) > ACCEPT
        return Understood(Taken(index, sure=trusted, as_=step.choices[index].next))
    if decision.intent in run.flow.document.commands:
        return Understood(command=decision.intent)
    if decision.intent == "unsure" and run.mode != BETWEEN:
        first, second = indexes.get(decision.first or ""), indexes.get(decision.second or "")
        askable = run.flow.document.defaults.between is not None
        pair = tuple(each for each in (first, second if askable else None) if each is not None)
        if first is not None:
            run.slots = said_with(run, step.choices[first].takes, speech)
            return Understood(between=pair)
    return Understood()


def _accept(run: Run, step: MenuStep, value: int) -> str | None:
    choice = step.choices[value]
    if choice.name:
        run.slots = {name: given for name, given in run.slots.items() if name in choice.takes}
    if choice.say is not None:
        run.say(choice.say)
    return choice.next


def _called(run: Run, choice: Choice) -> str:
    """A choice as the caller would say it."""
    return run.words(choice.called) if choice.called else first_phrase(choice.phrases, run.language)


def _confirm(run: Run, step: MenuStep) -> Question:
    if run.mode == BETWEEN:
        return _between(run, step)
    called = _called(run, step.choices[run.candidate])
    if run.mode == WISH and step.remembered is not None:
        return replace(confirmation(run, step, step.remembered, called), prompt_extra=lambda _: {"wish": called})
    return confirmation(run, step, run.flow.document.defaults.confirm, called)


def _between(run: Run, step: MenuStep) -> Question:
    """Which of two was meant: by keys 1 and 2, or in words."""
    first, second = run.candidate
    names = {"first": _called(run, step.choices[first]), "second": _called(run, step.choices[second])}
    prompt = run.flow.document.defaults.between
    assert prompt is not None

    def by_keys(_: Run, entry: str) -> Taken | None:
        index = {"1": first, "2": second}.get(entry[:1])
        return None if index is None else Taken(index, entry[1:], as_=step.choices[index].next)

    return replace(
        _question(run, step),
        prompt=prompt,
        listen=listen_for(run, step, "menu", 1, 1, "", hints=tuple(names.values())),
        keys=by_keys,
        no_input=None,
        prompt_extra=lambda _: names,
    )


def _reads_back(run: Run, step: MenuStep, taken: Taken) -> bool:
    return not taken.sure


LISTENER = Listener(_question, _accept, _confirm, _reads_back)


def enter(run: Run, step: MenuStep) -> str | None:
    if step.remembered is not None and run.wish and not run.carried:
        index = next((index for index, choice in enumerate(step.choices) if choice.name == run.wish), None)
        run.wish = ""
        if index is not None:
            run.mode, run.candidate = WISH, index
    return begin(run, step, LISTENER)


def advance(run: Run, step: MenuStep, given: Input) -> str | None:
    return take(run, step, LISTENER, given)


def wait(run: Run, step: MenuStep) -> None:
    again(run, step, LISTENER)
