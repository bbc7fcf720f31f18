"""The working state of one input: a session being changed, and the events gathered so far."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.engine.events import Event, HangUp, Say, Trouble
from flows.engine.hours import home_zone, is_open
from flows.engine.session import Secrets, Session
from flows.engine.zones import zone_of
from flows.language.flow import Flow
from flows.language.parts import Texts
from flows.language.texts import Condition, Text, TextError, compile_condition, compile_text

_OUTPUT = re.compile(r"\{\{.*?\}\}")
_PATH = re.compile(r"^\s*\{\{\s*([a-z][\w.]*)\s*\}\}\s*$")


@dataclass(frozen=True, slots=True)
class _Open(Mapping[str, bool]):
    """``open.support`` in texts and conditions: whether a queue works now. Worked out when asked for."""

    run: Run

    def __getitem__(self, queue: str) -> bool:
        if queue not in self.run.flow.document.queues:
            raise KeyError(queue)
        return self.run.is_open(queue)

    def __iter__(self) -> Iterator[str]:
        return iter(self.run.flow.document.queues)

    def __len__(self) -> int:
        return len(self.run.flow.document.queues)


class Run:
    """One input's work. Attributes named like the session's are its fields; :meth:`freeze` gives the new session."""

    def __init__(self, flow: Flow, session: Session, now: datetime) -> None:
        self.flow = flow
        self.now = now
        self.call = session.call
        self.language = session.language
        self.step = session.step
        self.hours = session.hours
        self.variables: dict[str, Any] = dict(session.variables)
        self.asked: dict[str, str] = dict(session.secrets.asked)
        self.proof: dict[str, str] = dict(session.secrets.proof)
        self.pending = session.pending
        self.ended = session.ended
        self.mode = session.mode
        self.candidate = session.candidate
        self.carried = session.carried
        self.reason = session.reason
        self.wanted = session.wanted
        self.no_input = session.no_input
        self.no_match = session.no_match
        self.silences = session.silences
        self.refusals = session.refusals
        self.rescues = session.rescues
        self.serial = session.serial
        self.visits: dict[str, int] = dict(session.visits)
        self.trail: list[str] = list(session.trail)
        self.slots: dict[str, Any] = dict(session.slots)
        self.wish = session.wish
        self.events: list[Event] = []
        self._session = session
        self._context: dict[str, Any] | None = None
        self._local_now: datetime | None = None

    def freeze(self) -> Session:
        """The session after this input."""
        return Session(
            call=self.call,
            flow=self._session.flow,
            revision=self._session.revision,
            language=self.language,
            step=self.step,
            hours=self.hours,
            variables=self.variables,
            secrets=Secrets(self.asked, self.proof),
            pending=self.pending,
            ended=self.ended,
            mode=self.mode,
            candidate=self.candidate,
            carried=self.carried,
            reason=self.reason,
            wanted=self.wanted,
            no_input=self.no_input,
            no_match=self.no_match,
            silences=self.silences,
            refusals=self.refusals,
            rescues=self.rescues,
            serial=self.serial,
            visits=self.visits,
            trail=tuple(self.trail),
            calendar=self._session.calendar,
            shut=self._session.shut,
            slots=self.slots,
            wish=self.wish,
        )

    # What steps do

    def say(self, texts: Texts, extra: Mapping[str, Any] | None = None) -> None:
        """Raises :class:`TextError` when a variable is missing."""
        words = self.words(texts, extra)
        if words:
            self.events.append(Say(words, self.language))

    def words(self, texts: Texts, extra: Mapping[str, Any] | None = None) -> str:
        """The text in the call's language, filled in. Raises :class:`TextError`."""
        source = texts.get(self.language)
        if source is None:
            source = next(iter(texts.values()))
        return self.fill(source, extra)

    def fill(self, source: str, extra: Mapping[str, Any] | None = None, *, secrets: bool = False) -> str:
        """A Liquid text, filled in. ``secrets``: only for arguments of actions. Raises :class:`TextError`."""
        text = _compiled(self.flow, source)
        if isinstance(text, str):
            return text
        variables = self.context()
        if extra or secrets:
            variables = {**variables, **(self.asked if secrets else {}), **(extra or {})}
        return text.render(variables, self.language, self.local_now())

    def loosely(self, source: str) -> str:
        """Like :meth:`fill`, leaving out what isn't known: for notes to a human, who matters more than they."""
        try:
            return self.fill(source)
        except TextError:
            if "{%" in source:
                return ""
            return _OUTPUT.sub(lambda part: "" if part[0] == source else self.loosely(part[0]), source).strip()

    def value(self, source: str) -> Any:
        """Like :meth:`fill`, but a source that is one ``{{ path }}`` gives the value with its type."""
        path = _PATH.match(source)
        if path is None:
            return self.fill(source)
        found: Any = self.context()
        for part in path[1].split("."):
            if not isinstance(found, Mapping) or part not in found:
                raise TextError(f"'{path[1]}' is undefined")
            found = found[part]
        return found

    def holds(self, condition: str) -> bool:
        """Raises :class:`TextError`."""
        key = ("when", condition)
        compiled: Condition | None = self.flow.compiled.get(key)
        if compiled is None:
            compiled = self.flow.compiled[key] = compile_condition(condition)
        return compiled.holds(self.context())

    def context(self) -> dict[str, Any]:
        """The variables that texts and conditions see. Never a secret."""
        if self._context is None:
            now = self.local_now()
            self._context = {
                **self.variables,
                "caller": {"number": self.call.caller, "withheld": self.call.caller is None},
                "open": _Open(self),
                "language": self.language,
                "today": now.date().isoformat(),
                "now": now.isoformat(timespec="seconds"),
            }
        return self._context

    def set(self, name: str, value: Any) -> None:
        self.variables[name] = value
        if self._context is not None:
            self._context[name] = value

    def speak(self, language: str) -> bool:
        """From now on the call is in this language, if the flow has it."""
        if language not in self.flow.languages:
            return False
        self.language = language
        if self._context is not None:
            self._context["language"] = language
        return True

    def is_open(self, queue: str, at: datetime | None = None) -> bool:
        """Whether the queue works now, or ``at`` a time to come: what is forced or shut now says nothing of that,
        but for hours that are forced open."""
        table = self._session.calendar
        if at is None:
            return queue not in self._session.shut and is_open(self.flow, queue, self.now, self.hours, table)
        return is_open(self.flow, queue, at, "open" if self.hours == "open" else "flow", table)

    def local_now(self) -> datetime:
        """``now`` on the shop's clock."""
        if self._local_now is None:
            zone = home_zone(self.flow, self._session.calendar)
            self._local_now = self.now.astimezone(zone) if zone else self.now
        return self._local_now

    def caller_now(self) -> datetime:
        """``now`` on the caller's clock, where their number tells it; else on the shop's."""
        zone = zone_of(self.call.caller) if self.call.caller else None
        return self.now.astimezone(zone) if zone else self.local_now()

    def next_id(self, letter: str) -> str:
        """An id that no other event of this call has had; becomes what is awaited."""
        self.serial += 1
        self.pending = f"{letter}{self.serial}"
        return self.pending

    def trouble(self, what: str, **detail: Any) -> None:
        self.events.append(Trouble(self.step, what, detail))

    def hang_up(self, reason: str) -> None:
        self.pending = None
        self.ended = True
        self.carried = ""
        self.asked = {}
        self.proof = {}
        self.candidate = None
        self.events.append(HangUp(reason))


def _compiled(flow: Flow, source: str) -> Text | str:
    """The parsed text; a text without anything to fill in is its own rendering."""
    text: Text | str | None = flow.compiled.get(source)
    if text is None:
        text = compile_text(source)
        if "{{" not in source and "{%" not in source:
            text = text.render({}, flow.languages[0])
        flow.compiled[source] = text
    return text
