"""The JSON Schema of flow files, for editors."""

from __future__ import annotations

from typing import Any

from flows.language.model import Document


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a flow file as it is written."""
    return Document.model_json_schema()
