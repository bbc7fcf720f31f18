"""Asking and taking answers: early keys, commands, retries, reading back. Shared by all steps that listen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flows.engine.events import Listen, Understood
from flows.engine.inputs import Digits, Input, NoInput, Speech
from flows.engine.limits import ACCEPT, CONSIDER, MAX_ENTRY, VISITS_PER_STEP
from flows.engine.question import Question, Taken
from flows.engine.question import Understood as Understood_
from flows.engine.run import Run
from flows.engine.words import choose, keys_named
from flows.language.steps import SayStep

CONFIRM = "confirm"
"""The session's mode while a yes or no is awaited."""

WISH = "wish"
"""The same, on whether the second thing that the caller spoke of is still wanted."""

BETWEEN = "between"
"""The session's mode while the caller says which of two was meant."""

_NOT_KEYS = re.compile(r"[^0-9*#]")


@dataclass(frozen=True, slots=True)
class Listener:
    """A step that listens. ``question`` is what it asks in the session's mode; ``accept`` takes an answer and gives the
    next step, or None when it goes on listening; ``confirm`` is the question that reads an answer back, or None to
    take it as it is."""

    question: Callable[[Run, Any], Question]
    accept: Callable[[Run, Any, Any], str | None]
    confirm: Callable[[Run, Any], Question]
    reads_back: Callable[[Run, Any, Taken], bool]


def begin(run: Run, step: Any, listener: Listener, *, fresh: bool = True) -> str | None:
    """Asks; or, when keys were pressed early, takes them instead."""
    if fresh:
        run.no_input = run.no_match = 0
    question = _asked(run, step, listener)
    if run.carried:
        entry, run.carried = run.carried, ""
        if question.menu or _complete(question, entry):
            return _keys(run, step, listener, question, entry)
        # Too few keys for an answer yet: the caller is still pressing, so nothing is said over it.
        run.carried = entry
        _listen(run, question.listen)
        return None
    question.say(run)
    _listen(run, question.listen)
    return None


def again(run: Run, step: Any, listener: Listener) -> None:
    """Goes on listening, without a word."""
    _listen(run, _asked(run, step, listener).listen)


def take(run: Run, step: Any, listener: Listener, given: Input) -> str | None:
    """An answer, or silence. Gives the next step, or None while listening goes on."""
    question = _asked(run, step, listener)
    if isinstance(given, Digits):
        entry = (run.carried + _NOT_KEYS.sub("", given.digits))[:MAX_ENTRY]
        run.carried = ""
        return _keys(run, step, listener, question, entry) if entry else _silence(run, question)
    if isinstance(given, Speech):
        run.carried = ""
        return _words(run, step, listener, question, given)
    if isinstance(given, NoInput) and run.carried:
        run.carried = ""
        question.say(run)
        _listen(run, question.listen)
        return None
    return _silence(run, question)


def _asked(run: Run, step: Any, listener: Listener) -> Question:
    return listener.confirm(run, step) if run.mode in (CONFIRM, WISH, BETWEEN) else listener.question(run, step)


def _complete(question: Question, entry: str) -> bool:
    return len(entry.split("#")[0]) >= question.least or "#" in entry


def _keys(run: Run, step: Any, listener: Listener, question: Question, entry: str) -> str | None:
    commands = run.flow.document.commands
    if not question.menu:
        whole = entry.rstrip("#") or entry
        for name, command in commands.items():
            if command.digits in (whole, entry):
                return _command(run, step, listener, name, "keys")
    taken = question.keys(run, entry)
    if taken is None and question.menu:
        for name, command in sorted(commands.items(), key=lambda item: -len(item[1].digits or "")):
            if command.digits and entry.startswith(command.digits):
                run.carried = entry[len(command.digits) :].lstrip("#")
                return _command(run, step, listener, name, "keys")
    if taken is None:
        return _misunderstood(run, question, "keys")
    run.carried = taken.rest
    return _taken(run, step, listener, taken, "keys")


def _words(run: Run, step: Any, listener: Listener, question: Question, speech: Speech) -> str | None:
    if not any(each.confidence >= CONSIDER for each in speech.alternatives):
        return _misunderstood(run, question, "words")
    if question.meant is not None:
        understood = question.meant(run, speech)
        if understood is not None:
            return _understood(run, step, listener, question, speech, understood)
    taken = question.words(run, speech)
    if taken is None or question.menu or question.free:
        name = _spoken_command(run, speech, whole=question.free)
        # A menu's own choice wins over a command that fits no better.
        if name is not None and (taken is None or question.free or _command_wins(run, speech, taken)):
            return _command(run, step, listener, name, "words")
    if taken is None:
        return _misunderstood(run, question, "words")
    return _taken(run, step, listener, taken, "words")


def _understood(
    run: Run, step: Any, listener: Listener, question: Question, speech: Speech, understood: Understood_
) -> str | None:
    """What examples told; what they did not tell may still be a phrase of a choice that has no name."""
    if understood.command is not None:
        return _command(run, step, listener, understood.command, "words")
    if understood.between:
        run.events.append(Understood(run.step, "unsure", "words"))
        pair = list(understood.between)
        run.mode, run.candidate = (BETWEEN, pair) if len(pair) > 1 else (CONFIRM, pair[0])
        asked = listener.confirm(run, step)
        asked.say(run)
        _listen(run, asked.listen)
        return None
    if understood.taken is not None:
        return _taken(run, step, listener, understood.taken, "words")
    taken = question.words(run, speech)
    if taken is not None:
        return _taken(run, step, listener, taken, "words")
    name = _spoken_command(run, speech, whole=True, own=False)
    if name is not None:
        return _command(run, step, listener, name, "words")
    return _misunderstood(run, question, "words")


def _spoken_command(run: Run, speech: Speech, *, whole: bool, own: bool = True) -> str | None:
    """The command said, in the call's language (unless not ``own``) or else another of the flow's: people in need use
    their own."""
    commands = [(name, command.phrases) for name, command in run.flow.document.commands.items() if command.phrases]
    phrases = [phrases for _, phrases in commands]
    others = tuple(each for each in run.flow.languages if each != run.language)
    for language in (run.language, *others) if own else others:
        found = choose(speech, phrases, language, whole=whole)
        if found is not None and (language == run.language or found.confidence > ACCEPT):
            return commands[found.index][0]
    named = keys_named(speech, run.language)
    return next((name for name, each in run.flow.document.commands.items() if named and each.digits == named), None)


def _command_wins(run: Run, speech: Speech, taken: Taken) -> bool:
    phrases = [command.phrases for command in run.flow.document.commands.values() if command.phrases]
    found = choose(speech, phrases, run.language)
    return found is not None and not taken.sure and found.confidence > ACCEPT


def _command(run: Run, step: Any, listener: Listener, name: str, by: Any) -> str | None:
    run.events.append(Understood(run.step, f"command:{name}", by))
    command = run.flow.document.commands[name]
    if command.next is not None:
        run.reason = "asked" if name == "operator" else ""
        return command.next
    run.visits[run.step] = run.visits.get(run.step, 0) + 1
    if run.visits[run.step] > VISITS_PER_STEP:
        return run.step  # entering it again is what finds the limit passed
    if command.language is not None:
        run.speak(command.language)
    run.carried = ""
    for said in run.trail:
        spoken = run.flow.steps.get(said)
        if isinstance(spoken, SayStep):
            run.say(spoken.texts)
    question = _asked(run, step, listener)
    question.say(run)
    _listen(run, question.listen)
    return None


def command_for(run: Run, given: Input) -> str | None:
    """Where a command leads that was pressed or said while something other than listening goes on (a recording)."""
    commands = run.flow.document.commands
    if isinstance(given, Digits):
        for command in commands.values():
            if command.digits == given.digits.rstrip("#") and command.next:
                return command.next
    if isinstance(given, Speech):
        name = _spoken_command(run, given, whole=True)
        if name is not None:
            return commands[name].next
    return None


def _taken(run: Run, step: Any, listener: Listener, taken: Taken, by: Any) -> str | None:
    run.events.append(Understood(run.step, taken.as_, by))
    if run.mode == BETWEEN:
        run.mode, run.candidate = "", None
        run.trail.clear()
        return listener.accept(run, step, taken.value)
    if run.mode in (CONFIRM, WISH):
        wished = run.mode == WISH
        candidate, run.candidate, run.mode = run.candidate, None, ""
        if taken.value:
            run.trail.clear()
            return listener.accept(run, step, candidate)
        question = listener.question(run, step)
        run.slots = {}
        run.no_match += not wished
        if run.no_match > len(question.no_match or run.flow.document.defaults.no_match):
            return _exhausted(run, question, "no_match")
        question.say(run)
        _listen(run, question.listen)
        return None
    if listener.reads_back(run, step, taken):
        run.mode, run.candidate, run.carried = CONFIRM, taken.value, ""
        question = listener.confirm(run, step)
        question.say(run)
        _listen(run, question.listen)
        return None
    run.trail.clear()
    run.reason = ""
    return listener.accept(run, step, taken.value)


def _silence(run: Run, question: Question) -> str | None:
    run.events.append(Understood(run.step, "no_input", "silence"))
    run.no_input += 1
    own = question.no_input
    return _retry(run, question, run.no_input, own, run.flow.document.defaults.no_input, "no_input")


def _misunderstood(run: Run, question: Question, by: Any) -> str | None:
    if run.mode == BETWEEN:
        run.mode, run.candidate = "", None  # the menu's own words follow, and its own keys
    run.events.append(Understood(run.step, "no_match", by))
    run.no_match += 1
    own = question.no_match
    return _retry(run, question, run.no_match, own, run.flow.document.defaults.no_match, "no_match")


def _retry(run: Run, question: Question, count: int, own: Any, general: Any, reason: str) -> str | None:
    words = own or general
    if count > len(words):
        return _exhausted(run, question, reason)
    run.say(words[count - 1])
    if not own or run.mode in (CONFIRM, WISH):
        question.say(run)
    _listen(run, question.listen)
    return None


def _exhausted(run: Run, question: Question, reason: str) -> str:
    run.reason = reason
    return question.exhausted or run.flow.human


def _listen(run: Run, listen: Listen) -> None:
    if run.carried:
        listen = replace(listen, no_input_after=listen.between_digits)  # in the middle of an entry
    run.pending = "listen"
    run.events.append(listen)
