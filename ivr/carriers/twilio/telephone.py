"""The carrier's REST API through Twilio's SDK, for the jobs; never used inside a webhook."""

from __future__ import annotations

from datetime import datetime

from ivr.settings import Settings


class TwilioTelephone:
    """Implements :class:`callqueue.ports.Telephone`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def connect_waiting(self, call: str, queue_sid: str, ticket: int) -> None:
        raise NotImplementedError

    def call_customer(self, number: str, callback: int, attempt: int) -> str:
        raise NotImplementedError

    def call_agent(self, number: str, ticket: int, agent: int, offer: int) -> str:
        raise NotImplementedError

    def return_to_line(self, call: str, ticket: int) -> None:
        raise NotImplementedError

    def hang_up(self, call: str) -> None:
        raise NotImplementedError

    def is_live(self, call: str) -> bool:
        raise NotImplementedError

    def find_callback_call(self, number: str, callback: int, attempt: int, since: datetime) -> str | None:
        raise NotImplementedError
