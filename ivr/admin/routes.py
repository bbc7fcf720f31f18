"""The pages of whoever runs the house, as one blueprint."""

from __future__ import annotations

from ivr.admin import account, audit, blocked, people
from ivr.admin.blueprint import blueprint

__all__ = ["account", "audit", "blocked", "blueprint", "people"]
