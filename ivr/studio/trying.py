"""A draft on the phone beside its editor: the engine itself, one act of the caller at a time, without a call.

Nothing is kept here: the page holds the session and hands it back. The shop answers with the rows of the draft's
scenarios, so that what was tried can be kept as a scenario and says the same there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.engine import advance, start
from flows.engine.engine import Step
from flows.engine.events import Change, Entered, HandOff, HangUp, Listen, Lookup, Record, Say, Trouble
from flows.engine.hours import home_zone
from flows.engine.inputs import (
    Alternative,
    Digits,
    HungUp,
    Input,
    NoInput,
    RecordingDone,
    Speech,
    TransferEnded,
    TransferOutcome,
)
from flows.engine.session import CallFacts, Session
from flows.engine.steps.callback import MOVE, PROMISE
from flows.language.flow import Flow
from flows.language.problems import FlowErrors
from flows.language.source import read_source
from flows.scenario_file import Row, ScenarioFile

IN_A_ROW = 20
"""Look-ups after one act: more is a circle."""
CALLED = "+74950000000"


class Settings(BaseModel):
    """The world in which the draft is tried."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str | None = None
    caller: str | None = "+79161234567"
    at: datetime | None = None
    hours: Literal["flow", "open", "closed"] = "flow"
    shop_down: bool = False
    nobody: bool = False


class Deed(BaseModel):
    """What the caller does: exactly one of its fields, as a scenario's step has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    press: str | None = Field(None, pattern=r"^[0-9*#]{1,32}$")
    say: str | None = Field(None, min_length=1, max_length=300)
    silence: Literal[True] | None = None
    record: int | None = Field(None, ge=0, le=600)
    transfer: TransferOutcome | None = None
    hangup: Literal[True] | None = None

    def input(self) -> Input:
        if self.press is not None:
            return Digits(self.press)
        if self.say is not None:
            return Speech((Alternative(self.say),))
        if self.record is not None:
            return RecordingDone("RE" + "0" * 32, self.record)
        if self.transfer is not None:
            return TransferEnded(self.transfer)
        return HungUp() if self.hangup else NoInput()


@dataclass
class Turn:
    """What came of one deed. ``acts`` are steps of a scenario: what was heard, and who did not come. ``answers``: the
    shop's that are not in its table, by action. ``promised``: a call back. ``waits``: for what, or ``over``."""

    session: str = ""
    heard: list[dict[str, str]] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    shop: list[str] = field(default_factory=list)
    acts: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    promised: bool = False
    variables: dict[str, Any] = field(default_factory=dict)
    waits: dict[str, Any] = field(default_factory=dict)


def table_in(scenarios: str) -> Mapping[str, Sequence[Row]]:
    """The shop's rows of a scenarios' file; none of one that is empty or wrong: its own check tells."""
    if not scenarios.strip():
        return {}
    try:
        return ScenarioFile.model_validate(read_source(scenarios, "scenarios").data).shop
    except (FlowErrors, ValidationError):
        return {}


def moment(flow: Flow, at: datetime | None) -> datetime:
    """The moment of the call, in the flow's own zone unless it says its own; now without one."""
    zone = home_zone(flow) or ZoneInfo("Europe/Moscow")
    if at is None:
        return datetime.now(zone)
    return at.replace(tzinfo=zone) if at.tzinfo is None else at


def begin(flow: Flow, world: Settings, table: Mapping[str, Sequence[Row]]) -> Turn:
    """The call comes in."""
    now = moment(flow, world.at)
    facts = CallFacts("CA" + "0" * 32, world.caller or None, CALLED, world.language)
    return _Trial(flow, world, table, now).took(start(flow, facts, now, world.hours))


def go(flow: Flow, world: Settings, table: Mapping[str, Sequence[Row]], session: str, deed: Deed) -> Turn:
    """The caller does something. Raises ``ValueError`` when that is no session."""
    now = moment(flow, world.at)
    here = Session.from_json(session)
    return _Trial(flow, world, table, now).took(advance(flow, here, deed.input(), now))


class _Trial:
    def __init__(self, flow: Flow, world: Settings, table: Mapping[str, Sequence[Row]], now: datetime) -> None:
        self.flow, self.world, self.table, self.now = flow, world, table, now
        self.turn = Turn()

    def took(self, step: Step) -> Turn:
        """Goes on until somebody must do something: the shop, and the desk where nobody is, answer at once."""
        for _ in range(IN_A_ROW):
            self._note(step)
            given = self._answer(step.events[-1])
            if given is None:
                break
            step = advance(self.flow, step.session, given, self.now)
        self.turn.session = step.session.to_json()
        self.turn.variables = {**step.session.variables, "language": step.session.language}
        self.turn.waits = _waits(step.events[-1])
        return self.turn

    def _note(self, step: Step) -> None:
        for event in step.events:
            if isinstance(event, Say):
                self.turn.heard.append({"text": event.text, "language": event.language})
                self._hears(event.text)
            elif isinstance(event, Entered):
                self.turn.steps.append(event.step)
            elif isinstance(event, Trouble):
                self.turn.troubles.append(f"{event.step}: {event.what}")

    def _hears(self, text: str) -> None:
        if words := text.strip():
            self.turn.acts.append({"hear": words})

    def _answer(self, event: object) -> Input | None:
        if isinstance(event, HandOff):
            outcome: TransferOutcome | None = "nobody" if self.world.nobody else None if event.open else "closed"
            if outcome is None:
                return None
            self.turn.acts.append({"transfer": outcome})
            return TransferEnded(outcome)
        if not isinstance(event, Lookup | Change):
            return None
        row = self._row(event)
        self.turn.shop.append(f"{event.action}: {row.outcome}")
        self.turn.promised = self.turn.promised or (event.action in (PROMISE, MOVE) and row.outcome == "found")
        return row.answer(event.id)

    def _row(self, event: Lookup | Change) -> Row:
        if not self.world.shop_down:
            for row in self.table.get(event.action, ()):
                if row.fits(event.arguments):
                    return row
            if event.action in (PROMISE, MOVE):
                return Row(found={})
        row = Row(outcome="failed" if self.world.shop_down else "missing")
        self.turn.answers[event.action] = row.outcome
        return row


def _waits(event: object) -> dict[str, Any]:
    if isinstance(event, Listen):
        return {"for": "caller", "secret": event.secret, "language": event.language}
    if isinstance(event, Record):
        return {"for": "recording", "secret": False, "language": event.language}
    if isinstance(event, HandOff):
        return {"for": "human", "queue": event.queue, "summary": event.summary, "reason": event.reason}
    if isinstance(event, HangUp):
        return {"for": "over", "reason": event.reason}
    return {"for": "over", "reason": "limit"}
