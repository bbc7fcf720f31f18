"""The desk's blueprint; its views register on it from their own files."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("desk", "ivr.desk")
