"""What was tried on the phone, kept as a scenario: appended to the scenarios' text, whose comments and order stay."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from flows.language.flow import Flow
from flows.scenarios import run_scenarios
from ivr.studio.trying import Settings, moment

_LIST = re.compile(r"^scenarios:[ \t]*(?:#.*)?$", re.MULTILINE)
_ITEM = re.compile(r"^([ \t]*)- name:", re.MULTILINE)
_FRAGMENT = 60
"""Letters of a sentence that a scenario expects: enough to know it by, and few enough to survive small changes."""


class Tried(BaseModel):
    """A run as the page has it. ``acts``: steps of a scenario in order; ``answers``: the shop's that are not in the
    table, by action."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=120)
    world: Settings
    acts: list[dict[str, Any]] = Field(min_length=1, max_length=400)
    answers: dict[str, str] = Field(default_factory=dict)
    waits: dict[str, Any]
    promised: bool = False
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """``text``: the scenarios with the new one. ``failure``: why it does not pass; '' when it does."""

    text: str
    failure: str


def keep(flow: Flow, scenarios: str, tried: Tried) -> Kept:
    """The scenarios' text with what was tried at its end. Raises ``flows.language.FlowErrors`` when the text is no
    scenarios' file."""
    text = _appended(scenarios, _written(flow, tried))
    result = run_scenarios(flow, text, "scenarios").results[-1]
    return Kept(text, result.failure)


def _written(flow: Flow, tried: Tried) -> dict[str, Any]:
    world = tried.world
    made: dict[str, Any] = {"name": " ".join(tried.name.split())}
    if world.language:
        made["language"] = world.language
    made["from"] = world.caller or "anonymous"
    made["at"] = moment(flow, world.at).strftime("%Y-%m-%d %H:%M")
    if world.hours != "flow":
        made["hours"] = world.hours
    if tried.answers:
        made["shop"] = {action: [{"outcome": outcome}] for action, outcome in tried.answers.items()}
    made["steps"] = [_act(act) for act in tried.acts]
    made["ends"] = ends_with(tried.waits, promised=tried.promised, recorded=tried.recorded)
    return made


def _act(act: Mapping[str, Any]) -> dict[str, Any]:
    heard = act.get("hear")
    if isinstance(heard, str) and len(heard) > _FRAGMENT:
        return {"hear": heard[:_FRAGMENT].rsplit(" ", 1)[0]}
    return dict(act)


def ends_with(waits: Mapping[str, Any], *, promised: bool, recorded: bool) -> str:
    """How a scenario calls that end."""
    if waits.get("for") == "human":
        return "human"
    if waits.get("for") == "recording":
        return "recording"
    if waits.get("for") != "over":
        return "listening"
    if waits.get("reason") == "caller":
        return "caller"
    return "callback" if promised else "message" if recorded else "hangup"


def _appended(text: str, scenario: Mapping[str, Any]) -> str:
    if not _LIST.search(text):
        text = f"{text.rstrip()}\n\nscenarios:\n".lstrip("\n")
    items: Sequence[str] = _ITEM.findall(text)
    indent = items[-1] if items else "  "
    lines = _yaml([scenario]).rstrip("\n").split("\n")
    return f"{text.rstrip()}\n\n" + "".join(f"{indent}{line}\n" if line else "\n" for line in lines)


def _yaml(value: Any) -> str:
    writer = YAML()
    writer.width = 10_000
    writer.allow_unicode = True
    writer.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    writer.dump(value, out)
    text = out.getvalue()
    return re.sub(r"^ {2}", "", text, flags=re.MULTILINE)
