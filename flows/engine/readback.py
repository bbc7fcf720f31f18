"""Reading an answer back: "four two one seven, is that right?"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.engine.inputs import Speech
from flows.engine.limits import CONSIDER
from flows.engine.question import Question, Taken
from flows.engine.run import Run
from flows.engine.timing import listen_for
from flows.engine.words import keys_named, readers
from flows.language.parts import Phrases, Texts

_HEARD: Mapping[str, str] = {
    "digits": "{{ heard | digits }}",
    "number": "{{ heard }}",
    "date": "{{ heard | date }}",
    "time": "{{ heard | time }}",
    "phone": "{{ heard | phone }}",
    "money": "{{ heard | money }}",
    "free": "{{ heard }}",
}
"""How a value of each kind is said."""


def first_phrase(phrases: Phrases, language: str) -> str:
    """A choice as its caller would say it."""
    listed = phrases.get(language) or next((each for each in phrases.values() if each), [""])
    return listed[0]


def spoken_value(run: Run, expect: str, value: Any) -> str:
    return run.fill(_HEARD[expect], {"heard": value})


def confirmation(run: Run, step: Any, prompt: Texts, heard: str) -> Question:
    """Asks whether ``heard`` is right: 1 or yes, 2 or no."""
    return Question(
        prompt=prompt,
        listen=listen_for(run, step, "confirm", 1, 1, ""),
        keys=_keys,
        words=_words,
        no_input=None,
        no_match=None,
        exhausted=getattr(step, "exhausted", None),
        prompt_extra=lambda _: {"heard": heard},
    )


def _keys(run: Run, entry: str) -> Taken | None:
    answer = {"1": True, "2": False}.get(entry[:1])
    return None if answer is None else Taken(answer, as_="yes" if answer else "no")


def _words(run: Run, speech: Speech) -> Taken | None:
    read = readers(run).yes_no
    for each in speech.alternatives:
        answer = read(each.text) if each.confidence >= CONSIDER else None
        if answer is not None:
            return Taken(answer, as_="yes" if answer else "no")
    named = keys_named(speech, run.language)
    return _keys(run, named) if named in ("1", "2") else None
