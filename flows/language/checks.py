"""What the model can't see: whether a flow, as a whole, serves a caller."""

from __future__ import annotations

from flows.language.checking import actions, examples, menus, tables, variables, ways, words
from flows.language.flow import Flow
from flows.language.places import Report
from flows.language.problems import Problem


def check_flow(flow: Flow) -> list[Problem]:
    """Everything wrong with the flow as a whole, errors first, then by line."""
    report = Report(flow.source)
    for check in (tables.check, ways.check, words.check, menus.check, examples.check, actions.check, variables.check):
        check(flow, report)
    return report.sorted()
