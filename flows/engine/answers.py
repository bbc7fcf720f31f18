"""Taking an entry of keys, or speech, as a value of the kind that is expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from flows.engine.inputs import Speech
from flows.engine.limits import ACCEPT, CONSIDER, MAX_TEXT
from flows.engine.question import Options, Taken
from flows.engine.run import Run
from flows.engine.words import Reader, choose, keys_named, readers
from flows.language.parts import Expect
from flows.language.steps import AskStep

KEY_LIMITS: Mapping[Expect, tuple[int, int, str]] = {
    "number": (1, 9, "#"),
    "yes_no": (1, 1, ""),
    "date": (4, 8, "#"),
    "time": (3, 4, "#"),
    "phone": (10, 15, "#"),
    "money": (1, 9, "#"),
    "free": (1, 1, ""),
}
"""Fewest and most keys of an answer, and the key that ends it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An entry cut where the answer ends: its digits, and the keys after it."""

    digits: str
    rest: str


def cut(entry: str, most: int) -> Cut:
    """At ``#``, or after ``most`` digits."""
    head, hash_, tail = entry.partition("#")
    if len(head) > most:
        return Cut(head[:most], head[most:] + hash_ + tail)
    return Cut(head, tail)


def option_by_keys(options: Options, entry: str) -> Taken | None:
    """The longest option that the entry begins with."""
    for keys, index in options.keys:
        if entry.startswith(keys):
            return Taken(index, entry[len(keys) :].removeprefix("#"), as_=options.names[index])
    return None


def option_by_words(options: Options, speech: Speech, language: str) -> Taken | None:
    found = choose(speech, options.phrases, language)
    if found is None:
        spoken = keys_named(speech, language)
        index = dict(options.keys).get(spoken) if spoken else None
        return None if index is None else Taken(index, as_=options.names[index])
    return Taken(found.index, sure=found.confidence > ACCEPT, as_=options.names[found.index])


def digits_by_keys(entry: str, least: int, most: int) -> Taken | None:
    part = cut(entry, most)
    return Taken(part.digits, part.rest) if len(part.digits) >= least and part.digits.isdigit() else None


def by_keys(run: Run, step: AskStep, entry: str) -> Taken | None:
    """An entry as what the step expects."""
    if step.expect == "digits":
        assert step.length is not None
        return digits_by_keys(entry, *step.length)
    least, most, _ = KEY_LIMITS[step.expect]
    part = cut(entry, most)
    if not part.digits.isdigit() or len(part.digits) < least:
        return None
    value = _from_digits(run, step, part.digits)
    return None if value is None else Taken(value, part.rest)


def _from_digits(run: Run, step: AskStep, digits: str) -> Any:
    match step.expect:
        case "yes_no":
            return {"1": True, "2": False}.get(digits)
        case "number" | "money":
            return _bounded(step, digits)
        case "date":
            return _date_keyed(digits, run.caller_now())
        case "time":
            return _time_keyed(digits, run.caller_now())
        case "phone":
            return readers(run).phone(digits)
    return None


def by_words(run: Run, step: AskStep, speech: Speech) -> Taken | None:
    """The first alternative that holds such a value."""
    read = _reader(run, step)
    for each in speech.alternatives:
        if each.confidence < CONSIDER:
            continue
        value = read(each.text)
        if value is not None:
            return Taken(value, sure=each.confidence > ACCEPT)
    if step.expect == "yes_no":
        answer = {"1": True, "2": False}.get(keys_named(speech, run.language) or "")
        return None if answer is None else Taken(answer)
    return None


def _reader(run: Run, step: AskStep) -> Reader:
    by = readers(run)
    match step.expect:
        case "digits":
            assert step.length is not None
            least, most = step.length

            def digits(text: str) -> Any:
                found = by.digits(text)
                return found if found is not None and least <= len(found) <= most else None

            return digits
        case "number":
            return lambda text: _bounded(step, by.number(text))
        case "money":
            return lambda text: _bounded(step, by.money(text))
        case "yes_no":
            return by.yes_no
        case "date":
            return by.date
        case "time":
            return by.time
        case "phone":
            return by.phone
    return lambda text: " ".join(text.split())[:MAX_TEXT] or None


def _bounded(step: AskStep, value: Any) -> Any:
    """A number within the step's bounds: an integer, or for money decimal text."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite() or (step.least is not None and number < step.least):
        return None
    if step.most is not None and number > step.most:
        return None
    if step.expect == "money":
        return format(number, "f")
    return int(number) if number == number.to_integral_value() else None


def _date_keyed(digits: str, now: datetime) -> str | None:
    """DDMM (the next such day) or DDMMYYYY."""
    try:
        if len(digits) == 8:
            return date(int(digits[4:]), int(digits[2:4]), int(digits[:2])).isoformat()
        if len(digits) != 4:
            return None
        for year in range(now.year, now.year + 9):
            try:
                day = date(year, int(digits[2:]), int(digits[:2]))
            except ValueError:
                if digits != "2902":
                    return None
                continue
            if day >= now.date():
                return day.isoformat()
    except ValueError:
        return None
    return None


def _time_keyed(digits: str, now: datetime) -> str | None:
    """HMM or HHMM, the next such moment."""
    hour, minute = int(digits[:-2]), int(digits[-2:])
    if hour > 23 or minute > 59:
        return None
    moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if moment <= now:
        moment += timedelta(days=1)
    return moment.isoformat(timespec="minutes")
