"""Hand-offs, agents and callbacks: rules (pure), store (its own tables), jobs and clock."""

from callqueue.bound import NotBound, bind

__all__ = ["NotBound", "bind"]
