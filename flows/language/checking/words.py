"""Every text of a flow: in all languages, free of mistakes, short enough to listen to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.language.flow import Flow
from flows.language.near import suggest
from flows.language.parts import Phrases, Texts
from flows.language.places import Report
from flows.language.source import Path
from flows.language.steps import (
    AskStep,
    CallbackStep,
    DecideStep,
    HangupStep,
    LookupStep,
    MenuStep,
    RecordStep,
    SayStep,
    SetStep,
    TransferStep,
)
from flows.language.texts import FILTERS, Used, analyse, analyse_condition

LETTERS_PER_SECOND = 14
LONG_PROMPT = 8
"""Seconds that a prompt may take."""
MAX_LETTERS = 750
"""Of one text: what a carrier takes at once."""

_OUTPUT = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}", re.DOTALL)
_SPOKEN_VALUE = "x" * 12
"""What a filled-in value is taken to be long."""


@dataclass(frozen=True, slots=True)
class Text:
    """One Liquid text or condition of the flow. ``step`` None: of the flow as a whole. ``extra`` are variables known
    only there; ``secrets``: may use secret variables; ``loose``: what is unknown is left out."""

    path: Path
    source: str
    step: str | None = None
    extra: Mapping[str, str] | None = None
    condition: bool = False
    secrets: bool = False
    loose: bool = False

    @property
    def used(self) -> Used:
        return analyse_condition(self.source) if self.condition else analyse(self.source)


def spoken(flow: Flow) -> Iterator[tuple[Path, Texts, str | None, Mapping[str, str]]]:
    """Every text per language: where, the texts, its step, variables known only there."""
    document = flow.document
    heard = {"heard": "text"}
    for kind in ("no_input", "no_match"):
        for index, texts in enumerate(getattr(document.defaults, kind)):
            yield ("defaults", kind, index), texts, None, {}
        for index, texts in enumerate(getattr(document.proofs, kind, None) or ()):
            yield ("proofs", kind, index), texts, None, {}
    yield ("defaults", "confirm"), document.defaults.confirm, None, heard
    if document.defaults.between is not None:
        yield ("defaults", "between"), document.defaults.between, None, {"first": "text", "second": "text"}
    yield ("defaults", "sorry"), document.defaults.sorry, None, {}
    if document.proofs is not None:
        yield ("proofs", "refused"), document.proofs.refused, None, {}
        for name in ("number", "phone_last4", "card", "pin"):
            proof = getattr(document.proofs, name)
            if proof is not None:
                yield ("proofs", name, "prompt"), proof.prompt, None, {}
    for field in ("position", "wait", "wait_unknown", "callback_offer", "returned"):
        texts = getattr(document.waiting, field)
        if texts is not None:
            yield ("waiting", field), texts, None, {"position": "integer", "minutes": "integer"}
    yield ("filler",), document.filler, None, {}
    for name, step in document.steps.items():
        at: Path = ("steps", name)
        if isinstance(step, SayStep):
            yield (*at, "texts"), step.texts, name, {}
        if isinstance(step, MenuStep | AskStep | RecordStep):
            yield (*at, "prompt"), step.prompt, name, {}
        if isinstance(step, MenuStep | AskStep):
            for kind in ("no_input", "no_match"):
                for index, texts in enumerate(getattr(step, kind) or ()):
                    yield (*at, kind, index), texts, name, {}
        if isinstance(step, MenuStep):
            if step.remembered is not None:
                yield (*at, "remembered"), step.remembered, name, {"wish": "text"}
            for index, choice in enumerate(step.choices):
                if choice.called is not None:
                    yield (*at, "choices", index, "called"), choice.called, name, {}
                if choice.say is not None:
                    yield (*at, "choices", index, "say"), choice.say, name, {}
        if isinstance(step, AskStep) and step.confirm_prompt is not None:
            yield (*at, "confirm_prompt"), step.confirm_prompt, name, heard
        if isinstance(step, TransferStep | HangupStep) and step.say is not None:
            yield (*at, "say"), step.say, name, {}
        if isinstance(step, LookupStep) and step.filler is not None:
            yield (*at, "filler"), step.filler, name, {}


def texts(flow: Flow) -> Iterator[Text]:
    """Every Liquid text and condition of the flow."""
    for path, by_language, name, extra in spoken(flow):
        for language, source in by_language.items():
            yield Text((*path, language), source, name, extra)
    for name, step in flow.steps.items():
        at: Path = ("steps", name)
        match step:
            case DecideStep():
                for index, case in enumerate(step.cases):
                    yield Text((*at, "cases", index, "when"), case.when, name, condition=True)
            case LookupStep():
                for argument, source in step.with_.items():
                    yield Text((*at, "with", argument), source, name, secrets=True)
            case SetStep():
                for variable, value in step.values.items():
                    if isinstance(value, str):
                        yield Text((*at, "values", variable), value, name)
            case RecordStep():
                yield Text((*at, "summary"), step.summary, name, loose=True)
            case TransferStep():
                yield Text((*at, "summary"), step.summary, name, loose=True)
                if isinstance(step.priority, str):
                    yield Text((*at, "priority"), step.priority, name, loose=True)
            case CallbackStep():
                yield Text((*at, "number"), step.number, name)
                yield Text((*at, "when"), step.when, name)
                yield Text((*at, "summary"), step.summary, name, loose=True)


def check(flow: Flow, report: Report) -> None:
    for path, by_language, name, _ in spoken(flow):
        languages(flow, path, by_language, report)
        asked = name is not None and flow.steps[name].kind in ("menu", "ask") and path[-1] == "prompt"
        for language, source in by_language.items():
            _length(report, (*path, language), source, prompt=asked)
    for text in texts(flow):
        used = text.used
        for name in sorted(used.filters - FILTERS):
            mend = suggest(name, FILTERS, f"Filters are {', '.join(sorted(FILTERS))}.")
            report.error(text.path, f"there is no filter '{name}'", mend)
        if not used.filters - FILTERS:
            for fault in used.errors:
                report.error(
                    text.path, fault.message, "Mend the text; docs/flow-language.md shows what may stand in one."
                )


def languages(flow: Flow, path: Path, by_language: Texts | Phrases, report: Report) -> None:
    """Whether the texts are in the flow's languages, all of them and no other."""
    for language in flow.languages:
        if language not in by_language:
            report.error(path, f"has no text in '{language}'", f"Add {language}: and the words.")
    for language in by_language:
        if language not in flow.languages:
            report.error((*path, language), f"'{language}' is not a language of this flow", "Add it to languages.")


def _length(report: Report, path: Path, source: str, *, prompt: bool) -> None:
    letters = len(" ".join(_TAG.sub("", _OUTPUT.sub(_SPOKEN_VALUE, source)).split()))
    if letters > MAX_LETTERS:
        report.error(path, f"is about {letters} letters long, more than {MAX_LETTERS}", "Split it into several steps.")
    elif prompt and letters > LONG_PROMPT * LETTERS_PER_SECOND:
        seconds = round(letters / LETTERS_PER_SECOND)
        report.warning(path, f"takes about {seconds} s to say, over {LONG_PROMPT}", "Say less, or ask in two steps.")
