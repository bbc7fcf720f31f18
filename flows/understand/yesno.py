"""Yes and no, as people say them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from flows.understand.languages import Words, words
from flows.understand.mentions import NOTHING, Meant
from flows.understand.pieces import pieces

_LONG, _LONG_AFTER_ANSWER = 2, 5
"""Words of the caller's own, beyond yes and no, after which it is a story and not an answer; more may follow one."""
_SHORT = 5
"""Words up to which a "not" with any word after it is a no."""

UNCLEAR = Meant(None, ("yes", "no"))
"""An answer, but neither of the two."""
_YES, _NO = Meant("yes", ("yes",)), Meant("no", ("no",))


@dataclass(frozen=True, slots=True)
class _Tag:
    """``yes``, ``no``, ``doubt``, ``softly``, ``turn`` (what follows counts), or ``other``."""

    name: str
    phrase: tuple[str, ...]
    at: int

    @property
    def end(self) -> int:
        return self.at + len(self.phrase)


def yes_no_meant(text: str, language: str) -> Meant:
    """``yes`` or ``no``; neither value for doubt ("да нет, наверное") and for both, with both as readings; nothing for
    what is no answer: a long story, or none of its words."""
    table = words(language)
    said = pieces(text, language)
    if table is None or not said:
        return NOTHING
    tags = _turned(_tags(said, table), table)
    answers = [tag for tag in tags if tag.name in ("yes", "no")]
    doubts = [tag for tag in tags if tag.name == "doubt"]
    if _is_story(tags, answers or doubts, said, table):
        return NOTHING
    if doubts and not _resolved(doubts[-1], answers):
        return UNCLEAR
    if doubts:
        answers = [tag for tag in answers if tag.at > doubts[-1].at]
    if not answers:
        return UNCLEAR if any(tag.name == "softly" for tag in tags) else NOTHING
    return _verdict(answers, table)


def _verdict(answers: list[_Tag], table: Words) -> Meant:
    names = {tag.name for tag in answers}
    if names == {"yes"}:
        return _YES
    if names == {"no"}:
        return _NO
    yes = [tag for tag in answers if tag.name == "yes"]
    no = [tag for tag in answers if tag.name == "no"]
    # "конечно нет", "нет, конечно": an emphasis has no meaning of its own.
    if all(" ".join(tag.phrase) in table.emphasis for tag in yes):
        return _NO
    # "да не надо", "ладно, не хочу": it only opened what follows.
    if yes[-1].at < no[0].at and all(" ".join(tag.phrase) in table.opening for tag in yes):
        return _NO
    return UNCLEAR


def _is_story(tags: list[_Tag], answers: list[_Tag], said: tuple[str, ...], table: Words) -> bool:
    others = sum(1 for tag in tags if tag.name == "other")
    if not answers:
        return False
    begins = all(tag.name != "other" for tag in tags if tag.at < answers[0].at)
    guessed = all(len(tag.phrase) == 2 and " ".join(tag.phrase) not in table.no for tag in answers if tag.name == "no")
    if guessed and answers[0].name == "no" and all(tag.name == "no" for tag in answers):
        return len(said) > _SHORT
    return others > (_LONG_AFTER_ANSWER if begins else _LONG)


def _resolved(doubt: _Tag, answers: list[_Tag]) -> bool:
    """Whether a clear answer follows the doubt, not in one breath with it: "не знаю… ну давайте"."""
    return bool(answers) and answers[-1].at > doubt.end


def _turned(tags: list[_Tag], table: Words) -> list[_Tag]:
    """Without what a correction took back: "да, то есть нет", "no, wait, yes"."""
    for index in range(len(tags) - 1, -1, -1):
        tag = tags[index]
        stops = tag.name == "doubt" and " ".join(tag.phrase) in table.corrections
        answered = any(each.name in ("yes", "no") for each in tags[:index])
        if tag.name != "turn" and not (stops and answered):
            continue
        if any(each.name in ("yes", "no", "doubt") for each in tags[index + 1 :]):
            return tags[index + 1 :]
    return tags


def _tags(said: tuple[str, ...], table: Words) -> list[_Tag]:
    tags: list[_Tag] = []
    at = 0
    while at < len(said):
        tag = _phrase_at(said, at, table) or _negated(said, at, table)
        if tag is None:
            name = "" if said[at] in table.filler or said[at] in table.opening else "other"
            tag = _Tag(name, said[at : at + 1], at)
        tags.append(tag)
        at = tag.end
    return tags


def _phrase_at(said: tuple[str, ...], at: int, table: Words) -> _Tag | None:
    for phrase, name in _phrases(table.code).get(said[at], ()):
        if said[at : at + len(phrase)] != phrase:
            continue
        if len(phrase) == 1 and phrase[0] in table.negations and name == "no":
            negated = _negated(said, at, table)
            if negated is not None:
                return negated
        return _Tag(name, phrase, at)
    return None


def _negated(said: tuple[str, ...], at: int, table: Words) -> _Tag | None:
    """ "не отправляйте", "dont send": a no, whatever the word."""
    if said[at] not in table.negators or at + 1 >= len(said) or said[at + 1] in table.filler - table.yes:
        return None
    if _phrase_at(said, at + 1, table) is not None and said[at + 1] not in table.yes:
        return None
    return _Tag("no", said[at : at + 2], at)


@lru_cache(maxsize=16)
def _phrases(code: str) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """All phrases of the table by their first word, longest first, each with what it means."""
    table = words(code)
    assert table is not None
    turns = table.corrections - table.no - table.yes - table.doubt
    listed = (("turn", turns), ("doubt", table.doubt), ("no", table.no), ("yes", table.yes), ("softly", table.softly))
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, phrases in listed:
        for phrase in phrases:
            split = tuple(phrase.split())
            found.setdefault(split[0], []).append((split, name))
    return {first: tuple(sorted(each, key=lambda item: -len(item[0]))) for first, each in found.items()}
