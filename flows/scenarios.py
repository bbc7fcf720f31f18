"""Scenarios: what a caller does, what they must hear, where they end. Run by tests and by ``hotline flows test``.

The file ``NAME.scenarios.yaml`` stands beside ``NAME.yaml``::

    shop:                                   # what the shop answers; of each action the first row that fits
      orders.status:
        - {with: {number: "4217"}, found: {number: "4217", state: ready}}
        - {with: {number: "9999"}, outcome: missing}
        - {outcome: failed}                 # no with: fits everything
    scenarios:
      - name: delivery by keys
        language: ru                        # of the call; default: none known, so the flow's first
        from: "+79161234567"                # default that; anonymous: withheld
        at: "2026-11-23 12:00"              # the shop's clock; default that, a Monday
        hours: flow                         # or open, closed
        steps:
          - hear: "доставка"                # said since the caller's last step, letter case aside; in order
          - press: "1"
          - say: "где мой заказ"            # or {text: …, confidence: 0.6}
          - silence: true
          - not_hear: "карта"               # must not have been said since the caller's last step
          - shop: {orders.status: {outcome: failed}}    # from here on; {outcome: found, value: {…}} likewise
          - transfer: nobody                # how the hand-off ends: connected, callback, nobody, closed, full, failed
          - record: 12                      # seconds of a recording; 0: nothing was said
          - hangup: true
        ends: human                         # human, callback, message, hangup, caller, listening
        reason: asked                       # optional, with human: why (HandOff.reason)

``ends``: ``human``: handed off and not come back; ``callback``: promised one, then hung up; ``message``: recorded one,
then hung up; ``hangup``: the flow ended the call; ``caller``: the caller hung up; ``listening``: still being asked.
Lookups are answered from the table at once; ``callbacks.promise`` and ``callbacks.move`` are ``found`` unless a row
says otherwise. The session goes through JSON before every input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from flows.engine import CallFacts, Session, Step, advance, start
from flows.engine.events import Change, Entered, HandOff, HangUp, Listen, Lookup, Record, Say, Trouble
from flows.engine.hours import home_zone
from flows.engine.inputs import (
    Alternative,
    Digits,
    HungUp,
    Input,
    LookupDone,
    NoInput,
    RecordingDone,
    Speech,
    TransferEnded,
)
from flows.engine.steps.callback import MOVE, PROMISE
from flows.language.checking.graph import edges
from flows.language.explain import explain
from flows.language.flow import Flow
from flows.language.places import Report
from flows.language.problems import FlowErrors
from flows.language.source import read_source
from flows.scenario_file import Act, Row, Scenario, ScenarioFile, Words

_LOOKUPS_IN_A_ROW = 20


@dataclass(frozen=True, slots=True)
class Result:
    """One scenario, run. ``failure`` is empty when it went as written; ``transcript`` is what was heard and done."""

    name: str
    line: int
    failure: str
    transcript: tuple[str, ...]
    visited: frozenset[str] = frozenset()
    walked: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """All scenarios of a file. ``unreached`` steps and ``unwalked`` ways (step, target) no scenario came to."""

    file: str
    results: tuple[Result, ...]
    unreached: tuple[str, ...]
    unwalked: tuple[tuple[str, str], ...]
    steps: int
    ways: int

    @property
    def failures(self) -> list[Result]:
        return [result for result in self.results if result.failure]


def run_scenarios(flow: Flow, text: str, file: str) -> Outcome:
    """Runs a scenario file's text against a flow. Raises :class:`FlowErrors` when the file is wrong."""
    source = read_source(text, file)
    report = Report(source)
    try:
        written = ScenarioFile.model_validate(source.data)
    except ValidationError as error:
        explain(error, report, ScenarioFile)
        raise FlowErrors(report.sorted()) from None
    results = tuple(
        _Runner(flow, written.shop, scenario, source.line(("scenarios", index))).run()
        for index, scenario in enumerate(written.scenarios)
    )
    return _outcome(flow, file, results)


def _outcome(flow: Flow, file: str, results: Sequence[Result]) -> Outcome:
    visited: set[str] = set().union(*(result.visited for result in results))
    walked: set[tuple[str, str]] = set().union(*(result.walked for result in results))
    ways = list(dict.fromkeys((edge.step, edge.target) for edge in edges(flow) if edge.step and not edge.implied))
    return Outcome(
        file,
        tuple(results),
        tuple(name for name in flow.steps if name not in visited),
        tuple((step, target) for step, target in ways if (step, target) not in walked),
        len(flow.steps),
        len(ways),
    )


class _Failed(Exception):
    """The call did not go as written."""


@dataclass
class _Runner:
    flow: Flow
    table: Mapping[str, Sequence[Row]]
    scenario: Scenario
    line: int
    transcript: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    overrides: dict[str, list[Row]] = field(default_factory=dict)
    visited: set[str] = field(default_factory=set)
    walked: set[tuple[str, str]] = field(default_factory=set)
    here: str | None = None
    last: Any = None
    promised: bool = False
    recorded: bool = False

    def run(self) -> Result:
        failure = ""
        try:
            self._begin()
            for act in self.scenario.steps:
                self._act(act)
            self._end()
        except _Failed as error:
            failure = str(error)
        return Result(
            self.scenario.name,
            self.line,
            failure,
            tuple(self.transcript),
            frozenset(self.visited),
            frozenset(self.walked),
        )

    def _begin(self) -> None:
        self.overrides = {name: list(rows) for name, rows in self.scenario.shop.items()}
        try:
            self.now = datetime.fromisoformat(self.scenario.at)
        except ValueError:
            raise _Failed(f"'{self.scenario.at}' is no moment: write it as 2026-11-23 12:00") from None
        if self.now.tzinfo is None:
            self.now = self.now.replace(tzinfo=home_zone(self.flow) or ZoneInfo("Europe/Moscow"))
        caller = None if self.scenario.from_ == "anonymous" else self.scenario.from_
        facts = CallFacts("CA" + "0" * 32, caller, "+74950000000", self.scenario.language)
        self._took(start(self.flow, facts, self.now, self.scenario.hours))

    def _act(self, act: Act) -> None:
        if act.hear is not None:
            for fragment in [act.hear] if isinstance(act.hear, str) else act.hear:
                self._hear(fragment)
        elif act.not_hear is not None:
            if _find(act.not_hear, self.heard) is not None:
                raise _Failed(f"must not be heard: '{act.not_hear}'; heard: {self._shown()}")
        elif act.shop is not None:
            for action, row in act.shop.items():
                self.overrides.setdefault(action, []).insert(0, row)
        else:
            self._caller(act)

    def _caller(self, act: Act) -> None:
        given: Input
        if act.press is not None:
            given = Digits(act.press)
            self._needs(act, Listen, Record)
        elif act.say is not None:
            words = Words(text=act.say) if isinstance(act.say, str) else act.say
            given = Speech((Alternative(words.text, words.confidence),))
            self._needs(act, Listen, Record)
        elif act.silence:
            given = NoInput()
            self._needs(act, Listen)
        elif act.transfer is not None:
            given = TransferEnded(act.transfer)
            self._needs(act, HandOff)
        elif act.record is not None:
            given = RecordingDone("RE" + "0" * 32, act.record)
            self._needs(act, Record)
            self.recorded = self.recorded or act.record > 0
        else:
            given = HungUp()
        self.transcript.append(f"> {_shown_act(act)}")
        self.heard = []
        self._took(advance(self.flow, self._reloaded(), given, self.now))

    def _needs(self, act: Act, *waits: type[Any]) -> None:
        if not isinstance(self.last, waits):
            raise _Failed(
                f"'{_shown_act(act)}' does not fit: the call is at {type(self.last).__name__}; heard: {self._shown()}"
            )

    def _reloaded(self) -> Session:
        return Session.from_json(self.session.to_json())

    def _took(self, step: Step) -> None:
        for _ in range(_LOOKUPS_IN_A_ROW):
            self.session = step.session
            self._note(step)
            self.last = step.events[-1]
            if not isinstance(self.last, Lookup | Change):
                return
            answer = self._answer(self.last)
            step = advance(self.flow, self._reloaded(), answer, self.now)
        raise _Failed(f"{_LOOKUPS_IN_A_ROW} lookups in a row and nothing said")

    def _answer(self, asked: Lookup | Change) -> LookupDone:
        rows: list[Row] = [*self.overrides.get(asked.action, ()), *self.table.get(asked.action, ())]
        for row in rows:
            if row.fits(asked.arguments):
                self.transcript.append(f"  shop: {asked.action} {row.outcome}")
                if asked.action in (PROMISE, MOVE) and row.outcome == "found":
                    self.promised = True
                return row.answer(asked.id)
        if asked.action in (PROMISE, MOVE):
            self.promised = True
            return LookupDone(asked.id, "found", {})
        raise _Failed(f"the shop table has no row for {asked.action} with {dict(asked.arguments)}")

    def _note(self, step: Step) -> None:
        for event in step.events:
            if isinstance(event, Say):
                self.heard.append(event.text)
                self.transcript.append(f"< {event.text}")
            elif isinstance(event, Entered):
                self.visited.add(event.step)
                if self.here is not None:
                    self.walked.add((self.here, event.step))
                self.here = event.step
            elif isinstance(event, Trouble):
                self.transcript.append(f"  trouble at {event.step}: {event.what} {dict(event.detail) or ''}".rstrip())

    def _hear(self, fragment: str) -> None:
        at = _find(fragment, self.heard)
        if at is None:
            raise _Failed(f"expected to hear '{fragment}'; heard: {self._shown()}")
        # What comes after it may be asked for next, the rest of the same words included.
        index, end = at
        self.heard = [self.heard[index][end:], *self.heard[index + 1 :]]

    def _shown(self) -> str:
        said = " / ".join(words.strip() for words in self.heard if words.strip())
        return f"'{said}'" if said else "nothing more"

    def _end(self) -> None:
        came = self._came()
        if came != self.scenario.ends:
            raise _Failed(f"expected to end with {self.scenario.ends}; it is {came}, at step '{self.here}'")
        if self.scenario.reason is not None and getattr(self.last, "reason", None) != self.scenario.reason:
            raise _Failed(f"expected the reason {self.scenario.reason}; it is {getattr(self.last, 'reason', None)}")

    def _came(self) -> str:
        if isinstance(self.last, HandOff):
            return "human"
        if isinstance(self.last, HangUp):
            if self.last.reason == "caller":
                return "caller"
            return "callback" if self.promised else "message" if self.recorded else "hangup"
        return "recording" if isinstance(self.last, Record) else "listening"


def _find(fragment: str, heard: Iterable[str]) -> tuple[int, int] | None:
    """Which of the heard sentences holds the fragment, and where in it that ends."""
    wanted = fragment.casefold()
    for index, words in enumerate(heard):
        at = words.casefold().find(wanted)
        if at >= 0:
            return index, at + len(wanted)
    return None


def _shown_act(act: Act) -> str:
    name = next(iter(act.model_fields_set))
    value = getattr(act, name)
    return f"{name}: {value.text if isinstance(value, Words) else value}"
