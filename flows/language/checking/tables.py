"""Languages, hours and queues: the tables that steps refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from flows.language.days_off import is_holiday
from flows.language.flow import Flow
from flows.language.near import suggest
from flows.language.places import Report
from flows.language.source import Path
from flows.language.steps import AskStep, CallbackStep, RecordStep, SetStep, TransferStep

_DAY = "(mon|tue|wed|thu|fri|sat|sun)"
_DAYS = re.compile(rf"^(every|{_DAY}(-{_DAY})?(\s*,\s*{_DAY}(-{_DAY})?)*)$")


def check(flow: Flow, report: Report) -> None:
    _languages(flow, report)
    _hours(flow, report)
    for path, queue in _queues_used(flow):
        if queue not in flow.queues:
            mend = suggest(queue, flow.queues, f"Queues are {', '.join(flow.queues)}.")
            report.error(path, f"there is no queue '{queue}'", mend)
    for name in flow.document.titles:
        if name not in flow.steps:
            mend = suggest(name, flow.steps, "A title stands under the name of its step.")
            report.error(("titles", name), f"there is no step '{name}'", mend)
    for name, step in flow.steps.items():
        if isinstance(step, AskStep) and step.least is not None and step.most is not None and step.least > step.most:
            report.error(("steps", name, "least"), "is more than most", "Swap the two.")


def _languages(flow: Flow, report: Report) -> None:
    for index, language in enumerate(flow.languages):
        if language in flow.languages[:index]:
            report.error(("languages", index), f"'{language}' stands twice", "Remove one of the two.")
    for language in flow.document.voices:
        if language not in flow.languages:
            mend = suggest(language, flow.languages, f"Languages are {', '.join(flow.languages)}.")
            report.error(("voices", language), f"'{language}' is not a language of this flow", mend)
    for name, step in flow.steps.items():
        written = step.values.get("language") if isinstance(step, SetStep) else None
        if written is not None and not (isinstance(written, str) and ("{{" in written or written in flow.languages)):
            mend = f"Languages are {', '.join(flow.languages)}."
            report.error(("steps", name, "values", "language"), f"'{written}' is not a language of this flow", mend)


def _hours(flow: Flow, report: Report) -> None:
    for name, hours in flow.document.hours.items():
        if not _zone_known(hours.timezone):
            report.error(
                ("hours", name, "timezone"),
                f"there is no time zone '{hours.timezone}'",
                "Write one like Europe/Moscow.",
            )
        if hours.holidays is not None and not _country_known(hours.holidays):
            report.error(
                ("hours", name, "holidays"),
                f"the holidays of '{hours.holidays}' are not known",
                "Write a country such as RU, or a part of one such as DE-BY, as ISO 3166 has them.",
            )
        for index, period in enumerate(hours.open):
            path: Path = ("hours", name, "open", index)
            if not _DAYS.match(period.days):
                report.error((*path, "days"), f"'{period.days}' is not days", "Write mon-fri, or sat,sun, or every.")
            if period.from_ == period.to:
                report.error((*path, "to"), "is the same as from", 'For a whole day write from "00:00" to "24:00".')
    for name, queue in flow.queues.items():
        if queue.hours is not None and queue.hours not in flow.document.hours:
            mend = suggest(queue.hours, flow.document.hours, "Add it under hours.")
            report.error(("queues", name, "hours"), f"there are no hours '{queue.hours}'", mend)


@lru_cache(maxsize=64)
def _zone_known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True


@lru_cache(maxsize=64)
def _country_known(where: str) -> bool:
    try:
        is_holiday(where, date(2026, 1, 1))
    except NotImplementedError:
        return False
    return True


def _queues_used(flow: Flow) -> Iterator[tuple[Path, str]]:
    for name, step in flow.steps.items():
        if isinstance(step, TransferStep | CallbackStep | RecordStep) and step.queue is not None:
            yield ("steps", name, "queue"), step.queue
