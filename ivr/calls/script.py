"""What a call's last turn said and wants, kept as data beside the carrier's words for it: the media process says it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from flows.engine.events import Listen, Record, Say
from ivr.calls.model import Bridge, DialOut, End, Over, Park, Poll, Resume

_ENDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Listen, Record, Poll, Park, Bridge, DialOut, Resume, Over)
}


@dataclass(frozen=True, slots=True)
class Script:
    """``says``, then ``end``. Round-trips through JSON."""

    says: tuple[Say, ...]
    end: End

    def to_json(self) -> str:
        data = {
            "says": [[say.text, say.language] for say in self.says],
            "end": type(self.end).__name__,
            "with": asdict(self.end),
        }
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def from_json(text: str | bytes) -> Script:
        """Fields of a later version are left aside. Raises ``ValueError`` or ``KeyError`` for what is no script."""
        data = json.loads(text)
        kind = _ENDS[data["end"]]
        known = {name: value for name, value in data["with"].items() if name in kind.__slots__}
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}
        return Script(tuple(Say(*one) for one in data["says"]), kind(**values))
