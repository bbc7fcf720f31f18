"""Which of the expected phrases was said, allowing for endings, slips of a recogniser and words around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from flows.understand.languages import Words, words
from flows.understand.tokens import sounds, stem, tokens

LEAST = 0.5
"""Below this nothing was understood. From 0.8 a match may be taken without asking back."""
TOO_CLOSE = 0.08
"""A runner-up this near means that it can't be told which of the two was meant."""
_FULL_COVER = 0.65
"""The score of a phrase found whole in the middle of much else; the rest is how much of the utterance it explains."""
_NEGATED = 0.4
_LATER_READING = 0.97
_SHORT = 3
"""Words this short must be said exactly: "нет" is not "нёс"."""


@dataclass(frozen=True, slots=True)
class Match:
    """The phrase group that was meant. Scores are 0..1; ``second_key`` is the runner-up, when another group matched."""

    key: str
    score: float
    second_key: str | None = None
    second_score: float = 0.0


@dataclass(frozen=True, slots=True)
class _Scored:
    score: float
    places: frozenset[int]


def best_choice(
    alternatives: Sequence[tuple[str, float]], phrases_by_key: Mapping[str, Sequence[str]], language: str
) -> Match | None:
    """The key whose phrases fit best what was said.

    ``alternatives`` are readings with the recogniser's confidence 0..1, best first. None when nothing scores
    :data:`LEAST`, or when two keys are too close to tell. A phrase that says more ("отменить заказ") wins over one
    inside it ("заказ").
    """
    best: dict[str, _Scored] = {}
    for rank, (text, confidence) in enumerate(alternatives[:5]):
        said = tokens(text)
        if not said:
            continue
        weight = (0.5 + 0.5 * min(max(confidence, 0.0), 1.0)) * _LATER_READING**rank
        for key, phrases in phrases_by_key.items():
            for phrase in phrases:
                scored = _score(said, tokens(phrase), language)
                score = scored.score * weight
                if score > 0 and (key not in best or score > best[key].score):
                    best[key] = _Scored(score, scored.places)
    ranked = sorted(best.items(), key=lambda item: (-item[1].score, item[0]))
    if not ranked or ranked[0][1].score < LEAST:
        return None
    key, first = ranked[0]
    rivals = [(name, scored) for name, scored in ranked[1:] if not scored.places < first.places]
    if rivals and first.score - rivals[0][1].score < TOO_CLOSE:
        return None
    second = ranked[1] if len(ranked) > 1 else None
    return Match(key, first.score, second[0] if second else None, second[1].score if second else 0.0)


@lru_cache(maxsize=4096)
def _score(said: tuple[str, ...], phrase: tuple[str, ...], language: str) -> _Scored:
    """How well the phrase is found in what was said, and at which words of it."""
    nothing = _Scored(0.0, frozenset())
    if not phrase:
        return nothing
    if said == phrase:
        return _Scored(1.0, frozenset(range(len(said))))
    table = words(language)
    places: set[int] = set()
    found = alike = wanted = 0.0
    for word in phrase:
        weight = _weight(word, table)
        wanted += weight
        at, likeness = _most_like(word, said, places, table)
        if at is not None:
            places.add(at)
            found += weight
            alike += weight * likeness
    # A word that is missing tells more against a phrase than a word that is slightly off.
    cover = alike / wanted * (found / wanted)
    glued = _glued(said, phrase)
    if glued > cover:
        return _Scored(glued, frozenset(range(len(said))))
    if cover < LEAST:
        return nothing
    total = sum(_weight(word, table) for word in said)
    explained = sum(_weight(said[at], table) for at in places) / total
    score = cover * (_FULL_COVER + (1 - _FULL_COVER) * explained)
    if sum(len(word) for word in phrase) <= _SHORT and explained < 1:
        score *= 0.5 + 0.5 * explained
    if table and _negated(said, places, phrase, table):
        score *= _NEGATED
    return _Scored(score, frozenset(places))


def _weight(word: str, table: Words | None) -> float:
    """Longer words say more; words without meaning of their own say next to nothing."""
    if table and word in table.filler:
        return 0.5
    return float(min(max(len(word), 2), 8))


def _most_like(word: str, said: tuple[str, ...], taken: set[int], table: Words | None) -> tuple[int | None, float]:
    best: int | None = None
    most = 0.0
    for at, other in enumerate(said):
        if at not in taken:
            likeness = _likeness(word, other, table.stemmer if table else "")
            if likeness > most:
                best, most = at, likeness
    return best, most


@lru_cache(maxsize=32768)
def _likeness(word: str, other: str, stemmer: str) -> float:
    """0 or 0.5..1: how surely two words are the same one."""
    if word == other:
        return 1.0
    if word.isascii() != other.isascii():
        word, other = sounds(word), sounds(other)
        if word == other:
            return 0.97
    if min(len(word), len(other)) <= _SHORT or word[0].isdigit() or other[0].isdigit():
        return 0.0
    algorithm = "english" if stemmer and word.isascii() else stemmer
    if algorithm and stem(word, algorithm) == stem(other, algorithm):
        return 0.98
    longest = max(len(word), len(other))
    away = Levenshtein.distance(word, other, score_cutoff=2)
    if away > (1 if longest < 7 else 2):
        return 0.0
    near = 1 - away / longest
    # "погодите" is two letters off "помогите": a slip of one letter is likely, of two or of the first one less so.
    return near if away == 1 and word[0] == other[0] else near * near


def _glued(said: tuple[str, ...], phrase: tuple[str, ...]) -> float:
    """Likeness of the whole, blanks aside: recognisers cut words in two and join two into one."""
    whole, wanted = "".join(said), "".join(phrase)
    if min(len(whole), len(wanted)) < 6 or abs(len(whole) - len(wanted)) > 3:
        return 0.0
    likeness = Levenshtein.normalized_similarity(whole, wanted)
    return likeness if likeness >= 0.85 else 0.0


def _negated(said: tuple[str, ...], places: set[int], phrase: tuple[str, ...], table: Words) -> bool:
    """Whether the words found are denied: "не надо оператора", "not the delivery"."""
    if any(word in table.negations for word in phrase):
        return False
    passed = 0
    for at in range(min(places, default=0) - 1, -1, -1):
        if said[at] in table.negations:
            return True
        passed += said[at] not in table.filler
        if passed > 1:
            break
    return False
