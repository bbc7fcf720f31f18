"""The supervisors' pages as one blueprint."""

from __future__ import annotations

from ivr.floor import acts, board_views, recordings, report_views
from ivr.floor.blueprint import blueprint

__all__ = ["acts", "blueprint", "board_views", "recordings", "report_views"]
