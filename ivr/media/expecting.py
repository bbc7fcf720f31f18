"""What a step listens for, in a recogniser's terms: words, and patience."""

from __future__ import annotations

import re
from functools import lru_cache

from flows.engine.events import Listen
from flows.understand.vocabulary import ONE_OF, vocabulary
from voice.endpoint import YES_NO, Patience
from voice.recognition import Expectation

_APOSTROPHES = re.compile("[’ʼ`]")
_NOT_WORDS = re.compile(r"[^\w']+")
LONGEST = 60.0


@lru_cache(maxsize=2048)
def expected(listen: Listen) -> Expectation:
    """The words that may be said now: the kind's own, the choices', the commands'."""
    if listen.kind == "free":
        return Expectation(listen.language, "free")
    said = dict.fromkeys([*map(_plain, listen.hints), *vocabulary(listen.kind, listen.language)])
    kind = "phrases" if listen.kind in ONE_OF else "digits"
    return Expectation(listen.language, "digits" if kind == "digits" else "phrases", tuple(filter(None, said)))


def patience(listen: Listen) -> Patience:
    """The step's own end of speech; a yes or no is over sooner."""
    after = listen.end_of_speech
    if listen.kind in ("yes_no", "confirm"):
        after = min(after, YES_NO.after)
    return Patience(after=after, most=LONGEST if listen.kind == "free" else 30.0)


def _plain(phrase: str) -> str:
    return " ".join(_NOT_WORDS.sub(" ", _APOSTROPHES.sub("'", phrase.lower())).split())
