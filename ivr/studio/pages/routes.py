"""The studio's pages as one blueprint."""

from __future__ import annotations

from ivr.studio.pages import editor, phone, publish, switchboard, traffic
from ivr.studio.pages.blueprint import blueprint

__all__ = ["blueprint", "editor", "phone", "publish", "switchboard", "traffic"]
