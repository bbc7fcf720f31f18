"""From a file's text to a :class:`Flow`, or to everything that is wrong with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from flows.language.actions import Catalogue
from flows.language.checks import check_flow
from flows.language.explain import explain
from flows.language.flow import Flow
from flows.language.model import Document
from flows.language.places import Report
from flows.language.problems import FlowErrors, Problem
from flows.language.source import read_source


def load_flow(text: str, name: str, catalogue: Catalogue) -> Flow:
    """The flow in ``text``; ``name`` is what problems call the file. Raises :class:`FlowErrors` with everything found,
    when any of it is an error; a flow that loads may still have warnings, which :func:`check_flow` tells."""
    flow = parse_flow(text, name, catalogue)
    problems = check_flow(flow)
    if any(problem.severity == "error" for problem in problems):
        raise FlowErrors(problems)
    return flow


def parse_flow(text: str, name: str, catalogue: Catalogue) -> Flow:
    """The flow as far as its form goes, unchecked as a whole. Raises :class:`FlowErrors`."""
    source = read_source(text, name)
    report = Report(source)
    try:
        document = Document.model_validate(source.data)
    except ValidationError as error:
        explain(error, report)
        raise FlowErrors(report.sorted()) from None
    revision = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Flow(document.flow, tuple(document.languages), revision, document, catalogue, source)


def read_flow(path: Path, catalogue: Catalogue) -> Flow:
    """Like :func:`load_flow`, from a file. Raises :class:`FlowErrors`, ``OSError``."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise FlowErrors([Problem(path.name, line, "file", "is not UTF-8 text", "Save it as UTF-8.")]) from error
    return load_flow(text, path.name, catalogue)
