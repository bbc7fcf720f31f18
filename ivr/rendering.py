"""Prompts made before anybody hears them: every text of a flow that is always the same, in each of its languages."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.language.checking.words import spoken
from flows.language.flow import Flow
from flows.language.texts import TextError, analyse, render
from flows.library import PATH
from ivr.calls.words import WORDS
from ivr.manner import manner_of, recordings_folder
from ivr.settings import Settings
from ivr.yaml_file import YamlFileError
from voice.prompts import PLAIN, Manner, Prompts
from voice.synthesis import SpeechFailed

log = logging.getLogger(__name__)

POSITIONS, MINUTES = range(1, 21), range(1, 31)
"""What the waiting line says of most callers."""
PATIENCE = 60.0
"""Seconds for one text, when nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """``texts`` there are, ``made`` now (the rest was there), ``failed``: what could not be spoken, and why."""

    texts: int
    made: int
    failed: tuple[str, ...]


def texts_of(flow: Flow) -> list[tuple[str, str]]:
    """(text, language) of all that is said the same way in every call, each once: the flow's texts without values,
    the first places and minutes of the waiting line, and the program's own words."""
    return list(dict.fromkeys(_texts(flow)))


def render_flow(flow: Flow, manner: Manner, prompts: Prompts) -> Rendered:
    """Make what is not there yet."""
    texts = texts_of(flow)
    made, failed = 0, []
    for text, language in texts:
        if prompts.ready(text, language, manner) is not None:
            continue
        try:
            prompts.prompt(text, language, manner)
            made += 1
        except SpeechFailed as error:
            failed.append(f"{language}: {text[:40]!r}: {error}")
    return Rendered(len(texts), made, tuple(failed))


def _texts(flow: Flow) -> Iterator[tuple[str, str]]:
    for path, by_language, _, _ in spoken(flow):
        for language in flow.languages:
            text = by_language.get(language)
            if text is None:
                continue
            used = analyse(text).variables
            if used <= {"position"} and path[0] == "waiting" and used:
                yield from _filled(text, language, "position", POSITIONS)
            elif used <= {"minutes"} and path[0] == "waiting" and used:
                yield from _filled(text, language, "minutes", MINUTES)
            elif not used:
                yield from _filled(text, language, "", range(1))
    for by_name in WORDS.values():
        for language in flow.languages:
            if language in by_name and "{" not in by_name[language]:
                yield by_name[language], language


def _filled(text: str, language: str, name: str, values: range) -> Iterator[tuple[str, str]]:
    for value in values:
        try:
            said = render(text, {name: value} if name else {}, language)
        except TextError as error:
            log.warning("a text cannot be made before its call: %s", error)
            return
        if said:
            yield said, language


class Rendering:
    """Keeps the prompts of the flow that is live made, and knows how it is spoken. :meth:`look` is cheap."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._revision = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._manner = PLAIN

    def manner(self) -> Manner:
        """How the flow seen last is spoken."""
        return self._manner

    def look(self, flow: Flow, text: str | None) -> None:
        """``flow`` is live; ``text`` is its file's. A new one is rendered by a process of its own, which gives way to
        all others."""
        if flow.revision == self._revision:
            return
        try:
            self._manner = manner_of(flow, recordings_folder(flow_file(self._settings)))
        except YamlFileError as error:
            log.error("recordings are not played: %s", error)
            self._manner = manner_of(flow, None)
        self._revision = flow.revision
        if text is None or (self._process is not None and self._process.poll() is None):
            return
        command = [sys.executable, "-m", "ivr.cli", "voice", "render", "--gently", "-"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert self._process.stdin
        try:
            self._process.stdin.write(text.encode())
            self._process.stdin.close()
        except OSError as error:
            log.warning("prompts are not made before their calls (%s)", error)

    def close(self) -> None:
        """End the process that renders."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def flow_file(settings: Settings) -> Path:
    """The flow's file; its folder holds the recordings."""
    return settings.flow or PATH
