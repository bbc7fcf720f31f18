"""A flow that was loaded: the model, its texts compiled, and what the program may ask about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flows.language.actions import Catalogue
from flows.language.model import Document, Queue
from flows.language.source import Source
from flows.language.steps import AnyStep, RecordStep, TransferStep


@dataclass(frozen=True)
class Flow:
    """Immutable but for ``compiled``, where the engine keeps parsed templates. ``revision`` is a short hash of the
    file's text: the same text always has the same revision."""

    name: str
    languages: tuple[str, ...]
    revision: str
    document: Document
    catalogue: Catalogue
    source: Source
    compiled: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def local_voice(self) -> bool:
        """Whether calls should be heard and spoken by ourselves."""
        return self.document.voice == "local"

    @property
    def queues(self) -> dict[str, Queue]:
        return self.document.queues

    @property
    def steps(self) -> dict[str, AnyStep]:
        return self.document.steps

    @property
    def human(self) -> str:
        """The step that leads to a human: where the command ``operator`` goes."""
        command = self.document.commands.get("operator")
        return (command.next if command else None) or self.document.start

    @property
    def transfer(self) -> str:
        """A step that is itself a transfer: the shortest way to a human."""
        return next((name for name, step in self.document.steps.items() if step.kind == "transfer"), self.human)

    @property
    def voicemail(self) -> str | None:
        """The step that takes messages; None in a flow that takes none."""
        named = self.document.voicemail
        if named is not None:
            return named
        steps = self.document.steps.items()
        return next((name for name, step in steps if isinstance(step, RecordStep) and step.purpose == "message"), None)

    @property
    def transfer_queue(self) -> str:
        """Whose human that is; '' in a flow without one."""
        step = self.document.steps.get(self.transfer)
        return step.queue if isinstance(step, TransferStep) else ""
