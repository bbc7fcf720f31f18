"""The queues' file: which queues there are, and what each asks for. ``docs/queue.md`` explains it for ops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from callqueue.callback_rules import First, QueueCallbacks
from callqueue.rules import MOST_PRIORITY, Overflow, QueueRules, Rules
from flows.engine.hours import days_in
from flows.language.flow import Flow
from flows.language.model import Hours
from flows.language.model import Queue as FlowQueue
from flows.library import QUEUES
from ivr.yaml_file import YamlFileError, read_yaml, wrong

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Skill = Annotated[str, StringConstraints(pattern=r"^\w[\w -]{0,63}$")]
Level = Annotated[int, Field(ge=1, le=10)]
Seconds = Annotated[int, Field(ge=1, le=86_400)]


class QueuesError(Exception):
    """The queues' file is wrong; the message names file, line, field and mend, one line for each problem."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OverflowStep(_Section):
    after: Seconds
    also: Name | None = None
    skills: dict[Skill, Level] | None = None
    move: Name | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(value is not None for value in (self.also, self.skills, self.move)) != 1:
            raise ValueError("say exactly one of also (a queue), skills (lower levels) or move (a queue)")
        return self


class Callbacks(_Section):
    """What promises to phone back have different in one queue; None: as the settings say for all."""

    per_slot: int | None = Field(None, ge=0, le=10_000)
    first: First | None = None


class Queue(_Section):
    name: dict[str, str] = Field(default_factory=dict)
    skills: dict[Skill, Level] = Field(default_factory=dict)
    priority: int = Field(0, ge=0, le=MOST_PRIORITY)
    max_waiting: int | None = Field(None, ge=0, le=5000)
    prefer: Literal["idle", "level"] = "idle"
    hours: Literal["flow", "always"] | Hours = "flow"
    callbacks: Callbacks = Callbacks()
    overflow: list[OverflowStep] = Field(default_factory=list)

    @field_validator("overflow")
    @classmethod
    def _in_time(cls, steps: list[OverflowStep]) -> list[OverflowStep]:
        moves = min((step.after for step in steps if step.move), default=None)
        for number, step in enumerate(steps):
            if moves is not None and not step.move and step.after >= moves:
                raise wrong("it stands after move, when the ticket is in the other queue; give it less seconds", number)
        if sum(step.move is not None for step in steps) > 1:
            raise ValueError("a ticket moves once only; leave one move")
        return steps

    @field_validator("hours")
    @classmethod
    def _readable(cls, hours: str | Hours) -> str | Hours:
        if isinstance(hours, str):
            return hours
        try:
            ZoneInfo(hours.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise wrong(f"there is no time zone {hours.timezone!r}; write e.g. Europe/Moscow", "timezone") from None
        for number, period in enumerate(hours.open):
            try:
                days_in(period.days)
            except ValueError:
                told = f"days {period.days!r} are written mon-fri, sat,sun or every"
                raise wrong(told, "open", number, "days") from None
        return hours


class Familiar(_Section):
    days: int = Field(30, ge=0, le=365)
    wait: int = Field(15, ge=0, le=300)


class Queues(_Section):
    """The whole file."""

    version: Literal[1]
    point_seconds: int = Field(30, ge=0, le=600)
    familiar: Familiar = Familiar()
    queues: dict[Name, Queue] = Field(min_length=1)

    @model_validator(mode="after")
    def _overflow_leads_somewhere(self) -> Self:
        for name, queue in self.queues.items():
            for number, step in enumerate(queue.overflow):
                to = step.also or step.move
                at = ("queues", name, "overflow", number, "also" if step.also else "move")
                if to is not None and (to not in self.queues or to == name):
                    others = ", ".join(sorted(set(self.queues) - {name})) or "none"
                    raise wrong(f"it names {to}; other queues in this file: {others}", *at)
                if step.move and name in self._moves_from(name):
                    raise wrong(f"tickets move in a circle, back to {name}; end it with a queue that stays", *at)
        return self

    def _moves_from(self, name: str) -> list[str]:
        """The queues a ticket of this one goes through, until one comes twice."""
        through: list[str] = []
        to = next((step.move for step in self.queues[name].overflow if step.move), None)
        while to in self.queues and to not in through:
            through.append(to)
            to = next((step.move for step in self.queues[to].overflow if step.move), None)
        return through


def load_queues(path: Path | None = None) -> Queues:
    """Read the file, by default the shipped one. Raises :class:`QueuesError`."""
    try:
        return read_yaml(path or QUEUES, Queues, setting="QUEUES", sample=QUEUES.name)
    except YamlFileError as error:
        raise QueuesError(str(error)) from error


def check_against(queues: Queues, flow: Flow, path: Path) -> None:
    """Every queue a flow hands callers to must be in the file. Raises :class:`QueuesError`."""
    missing = sorted(set(flow.queues) - set(queues.queues))
    if missing:
        raise QueuesError(
            f"{path}: queues: the flow {flow.name} hands callers to {', '.join(missing)}. Add it here, or mend the flow"
        )


def with_queues(rules: Rules, queues: Queues) -> Rules:
    """The rules with what the file says."""
    return replace(
        rules,
        queues={name: _rules(queue) for name, queue in queues.queues.items()},
        callbacks=replace(
            rules.callbacks,
            queues={
                name: QueueCallbacks(queue.callbacks.per_slot, queue.callbacks.first)
                for name, queue in queues.queues.items()
                if queue.callbacks != Callbacks()
            },
        ),
        point_seconds=queues.point_seconds,
        familiar_days=queues.familiar.days,
        familiar_seconds=queues.familiar.wait,
    )


def _rules(queue: Queue) -> QueueRules:
    return QueueRules(
        names=queue.name,
        needs=queue.skills,
        priority=queue.priority,
        max_waiting=queue.max_waiting,
        prefer=queue.prefer,
        overflow=tuple(
            Overflow(step.after, step.also, step.skills, step.move)
            for step in sorted(queue.overflow, key=lambda step: step.after)
        ),
    )


def with_hours(flow: Flow, queues: Queues) -> Flow:
    """The flow with the hours that the file gives a queue in the place of its own: whatever asks the flow whether a
    queue works (hand-offs, callbacks, conditions) gets one answer."""
    hours: dict[str, Hours] = dict(flow.document.hours)
    named: dict[str, FlowQueue] = dict(flow.document.queues)
    for name, queue in queues.queues.items():
        if queue.hours == "flow":
            continue
        key = None
        if isinstance(queue.hours, Hours):
            key = f"queue {name}"  # no flow can name its hours so
            hours[key] = queue.hours
        named[name] = named.get(name, FlowQueue()).model_copy(update={"hours": key})
    document = flow.document.model_copy(update={"hours": hours, "queues": named})
    return replace(flow, document=document, compiled={})
