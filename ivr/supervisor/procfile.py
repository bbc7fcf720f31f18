"""Reads the Procfile, the one list of processes, in the format that Heroku and honcho read."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).parents[2] / "Procfile"
RELEASE = "release"
"""The name of the line that runs once, to its end, before the others."""

_LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(\S.*)$")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class ProcfileError(Exception):
    """A line is not ``name: command``; the message names it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A process: its name and its command as written."""

    name: str
    command: str

    def arguments(self, environment: Mapping[str, str]) -> list[str]:
        """The words; ``$NAME`` and ``${NAME}`` come from ``environment`` (empty when unset). No shell runs."""
        filled = _VARIABLE.sub(lambda found: environment.get(found[1] or found[2], ""), self.command)
        return shlex.split(filled)


def parse(text: str) -> list[Line]:
    """The lines in order. Empty lines and ``#`` comments are skipped. Raises :class:`ProcfileError`."""
    lines: list[Line] = []
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.lstrip().startswith("#"):
            continue
        found = _LINE.match(raw.strip())
        if not found:
            raise ProcfileError(f"Procfile:{number}: a line is `name: command`; this is {raw!r}")
        if any(line.name == found[1] for line in lines):
            raise ProcfileError(f"Procfile:{number}: there are two processes named {found[1]!r}")
        lines.append(Line(found[1], found[2]))
    return lines


def needed(lines: list[Line], *, embedded_valkey: bool, built_in_carrier: bool, own_voice: bool = True) -> list[Line]:
    """Without ``valkey`` when Redis is somebody else's, without ``carrier`` when Twilio is the carrier, and without
    ``media`` when no call is heard by ourselves."""
    uses = (("valkey", embedded_valkey), ("carrier", built_in_carrier), ("media", own_voice))
    left_out = {name for name, use in uses if not use}
    return [line for line in lines if line.name not in left_out]
