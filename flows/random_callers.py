"""Callers at random: keys, words, silence and whatever the shop answers, drawn by a seed. They find what no scenario
was written for: circles, dead ends, texts that cannot be filled in, and ways on which a human is far.

Each caller wanders for a while and then wants a human: from there on they press or say what the flow has for that.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flows.engine import CallFacts, Session, Step, advance, start
from flows.engine.events import Change, Entered, HandOff, HangUp, Listen, Lookup, Record, Say, Trouble
from flows.engine.hours import home_zone
from flows.engine.inputs import (
    Alternative,
    Digits,
    Input,
    LookupDone,
    LookupOutcome,
    NoInput,
    RecordingDone,
    Speech,
    TransferEnded,
    TransferOutcome,
)
from flows.engine.session import HoursSetting
from flows.language.checking.graph import WAITS, edges, reach
from flows.language.flow import Flow

WANDER = 12
"""Turns for which a caller may wander, at most, before they want a human."""
FAR = 3
"""Turns that a human, a promise of a call or a recorder may be away from whoever wants them."""
LONGEST = 40
"""Turns after which a call that goes on is a circle."""

WORDS = ("да", "нет", "yes", "no", "сорок два семнадцать", "four two one seven", "абракадабра", "mumble", "завтра")
TRANSFERS: tuple[TransferOutcome, ...] = ("connected", "callback", "nobody", "closed", "full", "failed")
LOOKUPS: tuple[LookupOutcome, ...] = ("found", "found", "found", "missing", "refused", "limited", "failed")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that went wrong: ``what`` in words, at which step, in how many calls; ``transcript`` of the
    shortest."""

    what: str
    step: str
    calls: int
    transcript: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wandered:
    """What came of all callers. ``unreached`` steps and ``unwalked`` ways none of them came to; ``ends``: how their
    calls ended, and how often."""

    calls: int
    findings: tuple[Finding, ...]
    unreached: tuple[str, ...]
    unwalked: tuple[tuple[str, str], ...]
    ends: Mapping[str, int] = field(default_factory=dict)


def wander(flow: Flow, calls: int = 100, seed: int = 1, far: int = FAR) -> Wandered:
    """Let so many callers call. The same flow, number and seed are the same callers."""
    found: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    visited: set[str] = set()
    walked: set[tuple[str, str]] = set()
    ends: Counter[str] = Counter()
    for index in range(calls):
        caller = _Caller(flow, random.Random(f"{seed}:{index}"), far)
        ends[caller.call()] += 1
        visited |= caller.visited
        walked |= caller.walked
        for what, step in dict.fromkeys(caller.wrong):
            found.setdefault((what, step), []).append(tuple(caller.transcript))
    findings = [
        Finding(what, step, len(transcripts), min(transcripts, key=len))
        for (what, step), transcripts in sorted(found.items(), key=lambda item: -len(item[1]))
    ]
    ways = list(dict.fromkeys((edge.step, edge.target) for edge in edges(flow) if edge.step and not edge.implied))
    return Wandered(
        calls,
        tuple(findings),
        tuple(name for name in flow.steps if name not in visited),
        tuple((step, target) for step, target in ways if (step, target) not in walked),
        dict(ends),
    )


class _Caller:
    """One caller."""

    def __init__(self, flow: Flow, chance: random.Random, far: int) -> None:
        self.flow = flow
        self.chance = chance
        self.far = far
        self.patience = chance.randint(0, WANDER)
        self.transcript: list[str] = []
        self.visited: set[str] = set()
        self.walked: set[tuple[str, str]] = set()
        self.wrong: list[tuple[str, str]] = []
        self.here = ""

    def call(self) -> str:
        """From the first word to the end; how it ended."""
        chance = self.chance
        zone = home_zone(self.flow) or ZoneInfo("UTC")
        now = datetime(2026, 11, 23, tzinfo=zone) + timedelta(minutes=chance.randrange(7 * 24 * 60))
        number = None if chance.random() < 0.1 else "+79161234567"
        language = chance.choice((None, *self.flow.languages))
        hours: HoursSetting = chance.choice(("flow", "flow", "open", "closed"))
        facts = CallFacts("CA" + "0" * 32, number, "+74950000000", language)
        step = start(self.flow, facts, now, hours)
        turns = wanted = 0
        while True:
            self._note(step)
            last = step.events[-1]
            if isinstance(last, HangUp):
                if last.reason not in ("done", "silence"):
                    self._wrong(f"the call ends by a limit ({last.reason})")
                return "hung up"
            turns += isinstance(last, Listen)
            if self.patience <= 0:
                if isinstance(last, HandOff | Record) or (wanted and self._offered(last)):
                    return "helped"
                wanted += isinstance(last, Listen)
                if wanted > self.far:
                    self._wrong(f"a human is more than {self.far} turns away")
                    return "no human"
            if turns > LONGEST:
                self._wrong("the call goes round and round")
                return "a circle"
            self.patience -= isinstance(last, Listen)
            given = self._asks_human(last) if self.patience < 0 else self._answers(last)
            self.transcript.append(f"> {_shown(given)}")
            step = advance(self.flow, Session.from_json(step.session.to_json()), given, now)

    def _note(self, step: Step) -> None:
        for event in step.events:
            if isinstance(event, Say):
                self.transcript.append(f"< {event.text}")
            elif isinstance(event, Entered):
                if self.here:
                    self.walked.add((self.here, event.step))
                self.here = event.step
                self.visited.add(event.step)
            elif isinstance(event, Trouble) and event.what == "text failed":
                self.wrong.append((f"a text cannot be filled in: {event.detail.get('error')}", event.step))
            elif isinstance(event, Trouble) and not event.what.endswith((" failed", " limited")):
                self.wrong.append((f"{event.what} {dict(event.detail) or ''}".strip(), event.step))

    def _wrong(self, what: str) -> None:
        self.wrong.append((what, self.here))

    def _offered(self, last: Any) -> bool:
        """Whether a call back or a recorder is one answer away, now that a human was asked for and there is none."""
        targets = [edge.target for edge in edges(self.flow) if edge.step == self.here and edge.field != "exhausted"]
        near = reach(self.flow, targets, through=lambda name: self.flow.steps[name].kind not in WAITS)
        return isinstance(last, Listen) and any(self.flow.steps[name].kind in ("callback", "record") for name in near)

    def _asks_human(self, last: Any) -> Input:
        if not isinstance(last, Listen):
            return self._answers(last)
        command = self.flow.document.commands.get("operator")
        words = [phrase for phrases in command.phrases.values() for phrase in phrases] if command else []
        if command is not None and command.digits is not None and (not words or self.chance.random() < 0.5):
            return Digits(command.digits)
        return Speech((Alternative(self.chance.choice(words or ["operator"])),))

    def _answers(self, last: Any) -> Input:
        chance = self.chance
        match last:
            case Listen():
                return self._says(last)
            case Lookup():
                return LookupDone(last.id, *self._shop(last.action))
            case Change():
                return LookupDone(last.id, *self._shop(last.action))
            case Record():
                return RecordingDone("RE" + "0" * 32, chance.choice((0, 5, 30)))
            case _:
                return TransferEnded(chance.choice(TRANSFERS))

    def _says(self, last: Listen) -> Input:
        chance = self.chance
        what = chance.random()
        if what < 0.1:
            return NoInput()
        if what < 0.25:
            return Speech((Alternative(chance.choice(WORDS), chance.choice((1.0, 0.7, 0.3))),))
        if what < 0.45 and last.hints:
            return Speech((Alternative(chance.choice(last.hints), chance.choice((1.0, 0.7))),))
        most = last.max_digits or 16
        if last.kind in ("menu", "one_of", "confirm", "yes_no"):
            return Digits(chance.choice("123456"))
        length = chance.randint(last.min_digits, max(last.min_digits, most))
        return Digits("".join(chance.choice("0123456789") for _ in range(length)) + last.finish_on)

    def _shop(self, action: str) -> tuple[LookupOutcome, Any]:
        chance = self.chance
        outcome = chance.choice(LOOKUPS)
        known = self.flow.catalogue.get(action)
        if outcome != "found":
            return outcome, {"reason": chance.choice(("slot", "hours", "prefix")), "free": []}
        if known is None:
            return outcome, {}
        value = {name: _made(kind, known.item, chance) for name, kind in known.result.items()}
        return outcome, value


def _made(kind: str, item: Mapping[str, Any], chance: random.Random) -> Any:
    match kind:
        case "integer":
            return chance.choice((0, 1, 21, 1250))
        case "money":
            return chance.choice(("0.00", "990.50", "15481.50"))
        case "date":
            return chance.choice((None, "2026-11-24"))
        case "time":
            return chance.choice((None, "10:00"))
        case "moment":
            return chance.choice((None, "2026-11-24T17:30+03:00"))
        case "yes_no":
            return chance.random() < 0.5
        case "list":
            return [{name: _made(each, {}, chance) for name, each in item.items()} for _ in range(chance.randint(0, 3))]
    return chance.choice(("4217", "ready", "new"))


def _shown(given: Input) -> str:
    match given:
        case Digits(digits):
            return f"presses {digits}"
        case Speech(alternatives):
            return f"says “{alternatives[0].text}” ({alternatives[0].confidence})"
        case NoInput():
            return "is silent"
        case LookupDone():
            return f"(the shop: {given.outcome})"
        case RecordingDone():
            return f"(recorded {given.seconds} s)"
        case TransferEnded():
            return f"(the transfer: {given.outcome})"
    return type(given).__name__
