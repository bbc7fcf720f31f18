"""The addresses that we give the carrier: absolute, with explicit limits for its requests to us."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from ivr.calls.ears import token

OVERRIDES = "#rc=5&rp=ct,rt,5xx&ct=2000&rt=4500"
"""Connection overrides (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides): try up to five times
more after no connection in 2 s, no answer in 4.5 s, or a 5xx; the defaults do not repeat a slow read. The carrier gives
up 15 s after the first try all the same, so that five quick refusals outlast a restart of ours and three slow reads
still fit. Our handlers answer a repeat with the same bytes."""


class Urls:
    """``base`` is the public address without a slash at its end; ``media`` that of the media process (``wss://…``), for
    which ``key`` signs addresses."""

    def __init__(self, base: str, media: str = "", key: str = "") -> None:
        self.base = base
        self._media, self._key = media, key

    def turn(self, call: str, n: int, secret: bool = False) -> str:
        """``secret`` tells the built-in carrier not to show what is keyed; we take no notice of it."""
        return self._make(f"turn/{_part(call)}/{n}", **({"secret": 1} if secret else {}))

    def media(self, call: str, stream: str) -> str:
        """Where a stream of the call's sound goes. Such addresses lose their query, so all of it is in the path."""
        return f"{self._media}/media/{_part(call)}/{token(self._key, call, stream)}"

    def stream_over(self, call: str, stream: str) -> str:
        return self._make(f"stream/{_part(call)}/{stream}")

    def wait(self, call: str, n: int, **query: int) -> str:
        return self._make(f"wait/{_part(call)}/{n}", **query)

    def recording(self, call: str, n: int) -> str:
        return self._make(f"recording/{_part(call)}/{n}")

    def connect(self, ticket: int) -> str:
        return self._make(f"connect/{ticket}")

    def requeue(self, ticket: int, dropped: bool = True) -> str:
        """``dropped``: their agent's line; otherwise they are being transferred."""
        return self._make(f"requeue/{ticket}", **({} if dropped else {"transfer": 1}))

    def outside(self, ticket: int) -> str:
        return self._make(f"outside/{ticket}")

    def supervisor_phone(self, supervision: int, agent: int) -> str:
        return self._make(f"supervisor/phone/{supervision}", agent=agent)

    def recorded(self, recording: int) -> str:
        return self._make(f"recorded/{recording}")

    def consent(self, ticket: int) -> str:
        return self._make(f"consent/{ticket}")

    def keys(self, id: int) -> str:
        return self._make(f"keys/{id}")

    def conference(self, ticket: int) -> str:
        return self._make("conference", ticket=ticket)

    def callback(self, callback: int, attempt: int, heard: bool = False) -> str:
        """``heard``: the sentence that greets them was said."""
        return self._make(f"callback/{callback}/{attempt}", **({"heard": 1} if heard else {}))

    def agent(self) -> str:
        return self._make("agent")

    def agent_phone(self, offer: int, agent: int) -> str:
        return self._make(f"agent/phone/{offer}", agent=agent)

    def status(self, **query: int) -> str:
        return self._make("status", **query)

    def voice(self) -> str:
        return self._make("voice")

    def fallback(self, **query: int) -> str:
        return self._make("fallback", **query)

    def music(self) -> str:
        return f"{self.base}/audio/music.wav"

    def again(self, path: str, query: dict[str, str]) -> str:
        """The address that was asked, with another query."""
        return f"{self.base}{path}?{urlencode(query)}{OVERRIDES}"

    def _make(self, path: str, **query: int) -> str:
        asked = f"?{urlencode(query)}" if query else ""
        return f"{self.base}/twilio/{path}{asked}{OVERRIDES}"


def _part(call: str) -> str:
    return quote(call, safe="")
