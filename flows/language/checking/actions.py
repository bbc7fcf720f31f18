"""What lookups ask of the shop: actions, arguments, proofs."""

from __future__ import annotations

from flows.language.actions import PROOF_ARGUMENTS, Action
from flows.language.flow import Flow
from flows.language.near import suggest
from flows.language.places import Report
from flows.language.source import Path
from flows.language.steps import LookupStep


def check(flow: Flow, report: Report) -> None:
    for name, step in flow.steps.items():
        if not isinstance(step, LookupStep):
            continue
        action = flow.catalogue.get(step.action)
        if action is None:
            mend = suggest(step.action, flow.catalogue, f"Actions are {', '.join(sorted(flow.catalogue))}.")
            report.error(("steps", name, "action"), f"there is no action '{step.action}'", mend)
        else:
            _arguments(step, action, ("steps", name), report)
            _proofs(flow, step, action, ("steps", name), report)


def _arguments(step: LookupStep, action: Action, path: Path, report: Report) -> None:
    proof = PROOF_ARGUMENTS[action.proof]
    known = (*action.arguments, *proof)
    for argument in step.with_:
        if argument not in known:
            otherwise = f"It takes {', '.join(known)}." if known else "It takes none: remove with."
            mend = suggest(argument, known, otherwise)
            report.error((*path, "with", argument), f"'{action.name}' takes no argument '{argument}'", mend)
    for argument in action.arguments:
        if argument not in step.with_:
            report.error(
                (*path, "with"),
                f"'{action.name}' needs the argument '{argument}'",
                f'Add with: {{{argument}: "{{{{ … }}}}"}}.',
            )


def _proofs(flow: Flow, step: LookupStep, action: Action, path: Path, report: Report) -> None:
    asked = [name for name in PROOF_ARGUMENTS[action.proof] if name not in step.with_]
    if action.proof == "none":
        return
    proofs = flow.document.proofs
    if proofs is None:
        report.error(
            path, f"'{action.name}' needs a proof, and the flow has no proofs", "Add proofs: at the top level."
        )
        return
    for name in asked:
        if getattr(proofs, name) is None:
            report.error(
                path,
                f"'{action.name}' needs the proof '{name}', which nothing asks for",
                f"Add proofs.{name} with a prompt, or give it in with.",
            )
    if not asked and step.refused is None:
        report.error(path, "nothing can be asked again after a wrong proof", "Add refused: and the step that asks.")
