"""The engine: pure. ``start`` and ``advance`` take a flow and what happened, and give a session and events."""

from flows.engine.engine import Step, advance, start
from flows.engine.session import CallFacts, Session

__all__ = ["CallFacts", "Session", "Step", "advance", "start"]
