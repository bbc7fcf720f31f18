"""What the model can't see: whether a flow, as a whole, serves a caller."""

from __future__ import annotations

from flows.language.flow import Flow
from flows.language.problems import Problem


def check_flow(flow: Flow) -> list[Problem]:
    """Everything wrong with the flow, errors first."""
    return []
