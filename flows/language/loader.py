"""From a file's text to a :class:`Flow`, or to everything that is wrong with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flows.language.actions import Catalogue
from flows.language.flow import Flow
from flows.language.model import Document
from flows.language.source import read_source


def load_flow(text: str, name: str, catalogue: Catalogue) -> Flow:
    """The flow in ``text``; ``name`` is what problems call the file. Raises :class:`FlowErrors`."""
    source = read_source(text, name)
    document = Document.model_validate(source.data)
    revision = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Flow(document.flow, tuple(document.languages), revision, document, catalogue, source)


def read_flow(path: Path, catalogue: Catalogue) -> Flow:
    """Like :func:`load_flow`, from a file. Raises :class:`FlowErrors`, ``OSError``."""
    return load_flow(path.read_text("utf-8"), path.name, catalogue)
