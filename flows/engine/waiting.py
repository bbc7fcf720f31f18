"""What a caller hears while waiting for an agent."""

from __future__ import annotations

from flows.engine.events import Say
from flows.engine.session import Session
from flows.language.flow import Flow


def announcement(
    flow: Flow, session: Session, position: int, wait_minutes: int | None, first: bool, again: bool
) -> tuple[Say, ...]:
    """Position, expected wait and the callback offer. ``first``: on entry; ``again``: back in line after an agent's
    leg was lost."""
    raise NotImplementedError


def callback_key(flow: Flow) -> str | None:
    """The key that asks for a callback while waiting, if the flow offers one."""
    return flow.document.waiting.callback_key
