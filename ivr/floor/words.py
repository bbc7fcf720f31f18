"""How figures look on the page and in files: one place for each figure's name, formula, form and colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal, cast

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from ivr.desk.texts import Texts
from ivr.floor.figures import Average, Figures, Ratio
from ivr.settings import Settings

Form = Literal["count", "percent", "seconds"]
Tone = Literal["", "ok", "warn", "bad"]
NEAR = 0.1
"""So far under a target is a warning; further is bad."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure: its name ``figure_<key>`` and formula ``formula_<key>`` in the locales, and how to take it."""

    key: str
    form: Form
    take: Callable[[Figures], Ratio | Average | float]
    better: Literal["up", "down", ""] = ""


SHOWN: tuple[Shown, ...] = (
    Shown("came", "count", lambda f: f.came),
    Shown("answered", "count", lambda f: f.answered),
    Shown("abandoned", "count", lambda f: f.abandoned, "down"),
    Shown("took_callback", "count", lambda f: f.took_callback),
    Shown("diverted", "count", lambda f: f.diverted, "down"),
    Shown("service_level", "percent", lambda f: f.service_level, "up"),
    Shown("abandonment", "percent", lambda f: f.abandonment, "down"),
    Shown("answer", "seconds", lambda f: f.answer, "down"),
    Shown("longest_wait", "seconds", lambda f: f.longest_wait, "down"),
    Shown("conversations", "count", lambda f: f.conversations),
    Shown("talk", "seconds", lambda f: f.talk),
    Shown("hold", "seconds", lambda f: f.hold, "down"),
    Shown("wrap_up", "seconds", lambda f: f.wrap_up),
    Shown("handle", "seconds", lambda f: f.handle, "down"),
    Shown("promises", "count", lambda f: f.promises),
    Shown("kept_5_minutes", "percent", lambda f: f.kept_5_minutes, "up"),
    Shown("kept_hour", "percent", lambda f: f.kept_hour, "up"),
    Shown("kept_as_promised", "percent", lambda f: f.kept_as_promised, "up"),
    Shown("first_call", "percent", lambda f: f.first_call, "up"),
    Shown("calls", "count", lambda f: f.calls),
    Shown("served_alone", "percent", lambda f: f.served_alone, "up"),
)
BY_KEY = {one.key: one for one in SHOWN}


def number(value: Ratio | Average | float) -> float | None:
    """A figure as one number: a share, an average in seconds, a count. None: there is none."""
    if isinstance(value, Ratio):
        return value.share
    return value.mean if isinstance(value, Average) else value


def written(value: float | None, form: Form, language: str) -> str:
    """A number as people read it: ``84 %``, ``1:05``, ``1 204``; a dash for none."""
    if value is None:
        return "–"
    if form == "percent":
        # Rounded down at the top: 99.7 % is not all.
        shown = value if value in (0, 1) else min(max(round(value, 2), 0.01), 0.99)
        return str(
            format_percent(shown, format="#,##0\N{NO-BREAK SPACE}%" if language != "en" else "#,##0%", locale=language)
        )
    if form == "seconds":
        whole = round(value)
        hours, rest = divmod(whole, 3600)
        minutes, seconds = divmod(rest, 60)
        return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
    return str(format_decimal(round(value), locale=language))


def cell(value: str | float | None, kind: str, language: str) -> str:
    """A table's value as the page shows it."""
    if isinstance(value, str):
        return value
    return written(value, cast(Form, kind), language)


def busy(row: Sequence[object]) -> bool:
    """Whether anything happened in a row: the parts of a day in which nobody called are left out."""
    return any(isinstance(value, int | float) and value for value in row)


def moment(value: datetime | None, step: str, zone: tzinfo, language: str) -> str:
    """A moment in ``zone``; ``step``: how fine (``half_hour``, ``hour``, ``day``, ``week``; else day and minute)."""
    if value is None:
        return "–"
    local = value.astimezone(zone)
    if step == "half_hour":
        return f"{local:%H:%M}"
    shown = str(format_date(local.date(), "d MMM", locale=language))
    return shown if step in ("day", "week") else f"{shown} {local:%H:%M}"


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the wall: ``value`` big, ``note`` what it counts, ``before`` the same hours last week, ``moved``
    whether that is better or worse."""

    key: str
    name: str
    formula: str
    value: str
    note: str
    before: str
    moved: Literal["", "better", "worse"]
    tone: Tone


def tile(key: str, now: Figures, before: Figures, words: Texts, settings: Settings) -> Tile:
    """A figure of today beside last week's."""
    one = BY_KEY[key]
    taken, earlier = one.take(now), number(one.take(before))
    value = number(taken)
    moved: Literal["", "better", "worse"] = ""
    if one.better and value is not None and earlier is not None and abs(value - earlier) >= _notable(one.form, earlier):
        moved = "better" if (value > earlier) == (one.better == "up") else "worse"
    note = ""
    if isinstance(taken, Ratio):
        note = words.figure_of.format(part=taken.part, whole=taken.whole)
    elif isinstance(taken, Average):
        note = words.figure_count.format(count=taken.count)
    return Tile(
        key=key,
        name=name(one, words, settings),
        formula=formula(one, words, settings),
        value=written(value, one.form, words.code),
        note=note,
        before=written(earlier, one.form, words.code),
        moved=moved,
        tone=_tone(key, value, settings),
    )


def name(one: Shown, words: Texts, settings: Settings) -> str:
    return words.get(f"figure_{one.key}").format(seconds=settings.service_level_seconds)


def formula(one: Shown, words: Texts, settings: Settings) -> str:
    """The formula in words; ``{seconds}`` and ``{target}`` are the settings'."""
    return words.get(f"formula_{one.key}").format(
        seconds=settings.service_level_seconds, target=settings.service_level_target
    )


def _notable(form: Form, earlier: float) -> float:
    return 0.01 if form == "percent" else max(1.0, 0.05 * earlier)


def _tone(key: str, value: float | None, settings: Settings) -> Tone:
    """Colours mean: on target, a little off, far off. Only where there is a target."""
    if value is None:
        return ""
    if key == "service_level":
        target = settings.service_level_target / 100
        return "ok" if value >= target else "warn" if value >= target - NEAR else "bad"
    if key == "abandonment":
        return "ok" if value <= 0.05 else "warn" if value <= 0.1 else "bad"
    if key.startswith("kept_"):
        return "ok" if value >= 0.95 else "warn" if value >= 0.85 else "bad"
    return ""
