"""From what was said to one decision: taken, two to ask between, or nothing understood."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flows.understand.languages import words as value_words
from flows.understand.meaning.calibration import Calibration, Floats, calibrate
from flows.understand.meaning.clauses import Span, after_correction, denials, wishes
from flows.understand.meaning.features import words_of
from flows.understand.meaning.languages import Talk, nothing, talk
from flows.understand.meaning.limits import ASK, TAKE
from flows.understand.meaning.mending import Mender
from flows.understand.meaning.model import Measured, Model
from flows.understand.tokens import tokens
from flows.understand.values import yes_no_in

NONE = "none"
"""The class of what means nothing here; no choice may have this name."""
_ALTERNATIVES = 3
_LATER_READING = 0.9
_SHORT = 4
"""Letters up to which a word of an answer ("нет", "okay") stays one, whatever examples say."""
_NATIVE = 0.3
"""A negation that costs a class no more than this score belongs to it: "не хочу говорить с роботом"."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Confidence from which a choice is taken, and from which it is asked about. A flow may set its own."""

    take: float = TAKE
    ask: float = ASK


@dataclass(frozen=True, slots=True)
class Decision:
    """``intent``: a choice's name, ``yes``, ``no``, ``unsure`` or ``none``. ``second``: the runner-up, or ``None``;
    with ``unsure``, ``first`` and ``second`` are what to ask between (``second`` may be missing: then whether
    ``first``). ``also``: a second wish, said in the same breath."""

    intent: str
    confidence: float
    first: str | None = None
    second: str | None = None
    also: str | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A class and how sure it is, with the next best real class."""

    name: str
    confidence: float
    score: float
    second: str | None = None
    also: str | None = None
    denied: bool = False


class Understanding:
    """Choices of one flow in one language, told by examples. Made once per revision; then it only reads."""

    def __init__(
        self, language: str, examples: Mapping[str, Sequence[str]], phrases: Mapping[str, Sequence[str]]
    ) -> None:
        self.language = language
        self._talk = talk(language)
        self.exact: dict[tuple[str, ...], str] = {}
        rows: dict[tuple[tuple[str, ...], str], str] = {}
        for listed in (phrases, examples):
            for name, sentences in listed.items():
                for sentence in sentences:
                    said = words_of(sentence, language)
                    if said:
                        rows.setdefault((said, name), sentence)
                        self.exact.setdefault(said, name)
        for sentence in nothing(language):
            said = words_of(sentence, language)
            if said and said not in self.exact:
                rows.setdefault((said, NONE), sentence)
        self.rows = tuple((sentence, name) for (_, name), sentence in rows.items())
        """What was learned from, in order: sentences and the class of each."""
        self.mender = Mender({word for said, _ in rows for word in said}, language)
        self.model = Model.fit(language, [said for said, _ in rows], [name for _, name in rows])
        classes = self.model.classes
        right = np.array([classes.index(name) for _, name in rows])
        self.calibration: Calibration = calibrate(self.model.held_out, self.model.strangeness, right)
        table = value_words(language)
        self._answers: frozenset[str] = frozenset()
        if table is not None:
            answers = {word for phrase in (*table.yes, *table.no) for word in phrase.split()}
            # "соединяйте" is a yes elsewhere; where a choice is told by it, it is that choice.
            told = {word for (said, name) in rows if name != NONE for word in said if len(word) > _SHORT}
            self._answers = frozenset(answers - told)

    def decide(
        self,
        alternatives: Sequence[tuple[str, float]],
        expected: Collection[str] | None = None,
        thresholds: Thresholds | None = None,
    ) -> Decision:
        """What was meant. ``alternatives`` are readings with the recogniser's confidence 0..1, best first;
        ``expected`` the choices that count here (default: all). Never raises on any text."""
        limits = thresholds or Thresholds()
        votes: dict[str, float] = {}
        best: dict[str, _Reading] = {}
        total = 0.0
        for rank, (text, trust) in enumerate(alternatives[:_ALTERNATIVES]):
            reading = self._read(text, expected, limits)
            weight = (0.5 + 0.5 * min(max(trust, 0.0), 1.0)) * _LATER_READING**rank
            total += weight
            votes[reading.name] = votes.get(reading.name, 0.0) + weight * reading.confidence
            if reading.name not in best or reading.confidence > best[reading.name].confidence:
                best[reading.name] = reading
            if rank == 0 and (reading.confidence >= 0.9 or len(alternatives) == 1):
                break
        if not votes:
            return Decision(NONE, 1.0)
        name = max(votes, key=lambda each: (votes[each], each))
        reading = best[name]
        # What only a later alternative says is as sure as its share of the votes.
        confidence = reading.confidence if len(votes) == 1 else min(reading.confidence, 0.5 + votes[name] / total / 2)
        if len(votes) > 1:
            others = [each for each in votes if each not in (name, NONE)]
            if others and reading.second is None:
                reading = _Reading(name, confidence, reading.score, max(others, key=lambda each: votes[each]))
        return self._outcome(reading, confidence, limits)

    def left_out(self) -> list[tuple[str, float]]:
        """For each of :attr:`rows`, the class and the confidence that it would have had if it had not been one."""
        strangeness = self.model.strangeness.tolist()
        readings = [
            self._judged(scores, strange, None)
            for scores, strange in zip(self.model.held_out, strangeness, strict=True)
        ]
        return [(reading.name, reading.confidence) for reading in readings]

    def _outcome(self, reading: _Reading, confidence: float, limits: Thresholds) -> Decision:
        if reading.name in ("yes", "no"):
            return Decision(reading.name, confidence, second=reading.second)
        if reading.name == NONE:
            return Decision(NONE, confidence, second=reading.second)
        if confidence >= limits.take and not reading.denied:
            return Decision(reading.name, confidence, reading.name, reading.second, reading.also)
        if confidence >= limits.ask and not reading.denied:
            return Decision("unsure", confidence, reading.name, reading.second)
        return Decision(NONE, 1 - confidence, second=reading.name)

    def _read(self, text: str, expected: Collection[str] | None, limits: Thresholds) -> _Reading:
        whole = tokens(text)
        said = words_of(text, self.language)
        if not said:
            return _Reading(NONE, 1.0, 0.0)
        exact = self.exact.get(said)
        if exact is not None and (expected is None or exact in expected):
            return _Reading(exact, 1.0, 1.0)
        if self._talk and (whole in self._talk.sarcasm or said in self._talk.sarcasm):
            return _Reading(NONE, 1.0, 0.0)
        answer = self._answer(text, whole, said)
        if answer is not None:
            return answer
        measured = self.model.measure(self.mender.mend(said))
        return self._whole(measured, expected, limits)

    def _answer(self, text: str, whole: tuple[str, ...], said: tuple[str, ...]) -> _Reading | None:
        """A yes or no, when there is nothing else in what was said."""
        if not self._answers or not all(word in self._answers for word in said):
            return None
        answered = yes_no_in(text, self.language)
        return None if answered is None else _Reading("yes" if answered else "no", 1.0, 0.0)

    def _whole(self, measured: Measured, expected: Collection[str] | None, limits: Thresholds) -> _Reading:
        said, count = measured.said, len(measured.said)
        if self._talk is None:
            return self._at(measured, ((0, count),), expected)
        start = 0
        for begin in after_correction(said, self._talk):
            if self._turned(measured, begin, expected, limits, self._talk).confidence >= limits.take:
                start = begin
                break
        return self._turned(measured, start, expected, limits, self._talk)

    def _turned(
        self, measured: Measured, start: int, expected: Collection[str] | None, limits: Thresholds, table: Talk
    ) -> _Reading:
        """What is meant from ``start`` on, with what is denied left out, or with a second wish."""
        plain = self._at(measured, ((start, len(measured.said)),), expected)
        denied = self._undenied(measured, start, plain, expected, limits, table)
        if denied is not None:
            return denied
        return self._wishes(measured, start, plain, expected, limits, table) or plain

    def _undenied(
        self,
        measured: Measured,
        start: int,
        plain: _Reading,
        expected: Collection[str] | None,
        limits: Thresholds,
        table: Talk,
    ) -> _Reading | None:
        best: _Reading | None = None
        worth = 0.0
        first = -1
        refused = False
        settled = -1
        for denial in denials(measured.said, start, table):
            # The first negation that makes sense is the one; and "X не надо Y" denies X, not Y.
            if best is not None and (denial.at != first or settled == denial.at):
                break
            not_meant = self._at(measured, (denial.denied,), expected)
            if not_meant.name == NONE or not_meant.confidence < limits.ask:
                continue
            if not denial.meant:
                native = plain.name == not_meant.name and plain.score >= not_meant.score - _NATIVE
                refused = refused or (plain.name == not_meant.name and not native)
                continue
            meant = self._at(measured, denial.meant, expected)
            if meant.name in (NONE, not_meant.name) or meant.confidence < limits.ask:
                continue
            # Where the whole already says something else than what is denied, the negation is part of it.
            if plain.name not in (NONE, not_meant.name, meant.name) and plain.confidence >= limits.take:
                continue
            value = meant.confidence * (0.5 + 0.5 * not_meant.confidence)
            if value > worth:
                best, worth, first = meant, value, denial.at
                if denial.denied[1] == denial.at:
                    settled = denial.at
        if best is not None:
            return _Reading(best.name, best.confidence, best.score, best.second)
        return _Reading(plain.name, plain.confidence, plain.score, plain.second, denied=True) if refused else None

    def _wishes(
        self,
        measured: Measured,
        start: int,
        plain: _Reading,
        expected: Collection[str] | None,
        limits: Thresholds,
        table: Talk,
    ) -> _Reading | None:
        best: _Reading | None = None
        worth = 0.0
        for first, second in wishes(measured.said, start, table):
            one, other = self._at(measured, (first,), expected), self._at(measured, (second,), expected)
            if NONE in (one.name, other.name) or one.name == other.name:
                continue
            value = min(one.confidence, other.confidence)
            if value >= limits.take and value > worth and plain.name in (NONE, one.name, other.name):
                best = _Reading(one.name, one.confidence, one.score, other.name, also=other.name)
                worth = value
        return best

    def _at(self, measured: Measured, spans: Sequence[Span], expected: Collection[str] | None) -> _Reading:
        exact = self.exact.get(tuple(word for start, end in spans for word in measured.said[start:end]))
        if exact is not None and (expected is None or exact in expected):
            return _Reading(exact, 1.0, 1.0)
        return self._judged(self.model.scores(measured, spans), self.model.strange(measured, spans), expected)

    def _judged(self, scores: Floats, strange: float, expected: Collection[str] | None) -> _Reading:
        """The best class that counts here; one that does not is as much as none. ``strange``: see
        :meth:`~flows.understand.meaning.model.Model.strange`."""
        by_name: dict[str, float] = {}
        for name, score in zip(self.model.classes, scores.tolist(), strict=True):
            here = name if expected is None or name in expected else NONE
            by_name[here] = max(by_name.get(here, -9.0), score)
        ranked = sorted(by_name.items(), key=lambda item: (-item[1], item[0]))
        name, score = ranked[0]
        lead = score - ranked[1][1] if len(ranked) > 1 else score
        second = next((each for each, _ in ranked[1:] if each != NONE), None)
        return _Reading(name, self.calibration.confidence(score, lead, strange), score, second)
