"""What a draft is worth: its problems, its scenarios, and what they reach. Pure but for the queues' file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.language import FlowErrors, Problem, check_flow
from flows.language.flow import Flow
from flows.language.loader import parse_flow
from flows.scenarios import Outcome, run_scenarios
from ivr.actions import CATALOGUE
from ivr.queues import load_queues
from ivr.settings import settings


@dataclass(frozen=True, slots=True)
class Look:
    """``flow`` None: it is not a flow yet. ``problems``: of the flow; ``scenario_problems``: of the scenarios' file;
    ``outcome`` None: they were not run."""

    flow: Flow | None
    problems: Sequence[Problem]
    scenario_problems: Sequence[Problem]
    outcome: Outcome | None

    @property
    def errors(self) -> list[str]:
        """What keeps it from being published, a line each; empty when nothing does."""
        found = [str(problem) for problem in (*self.problems, *self.scenario_problems) if problem.severity == "error"]
        for result in self.outcome.failures if self.outcome else ():
            found.append(f"{self.outcome.file if self.outcome else ''}:{result.line}: {result.name}: {result.failure}")
        return found


def look(name: str, text: str, scenarios: str) -> Look:
    """Check the text and run the scenarios against it; empty scenarios are none."""
    file, beside = f"{name}.yaml", f"{name}.scenarios.yaml"
    try:
        flow = parse_flow(text, file, CATALOGUE)
    except FlowErrors as error:
        return Look(None, error.problems, (), None)
    problems = [*check_flow(flow), *_queues(flow, file)]
    if not scenarios.strip():
        return Look(flow, problems, (), None)
    try:
        return Look(flow, problems, (), run_scenarios(flow, scenarios, beside))
    except FlowErrors as error:
        return Look(flow, problems, error.problems, None)


def _queues(flow: Flow, file: str) -> list[Problem]:
    """Queues that the flow hands callers to and the queues' file does not have."""
    known = load_queues(settings().queues).queues
    return [
        Problem(
            file,
            flow.source.line(("queues", name)),
            f"queues.{name}",
            "is not in the queues' file, so nobody serves it",
            f"Queues there are {', '.join(known)}.",
        )
        for name in flow.queues
        if name not in known
    ]
