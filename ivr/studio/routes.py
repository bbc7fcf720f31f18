"""What the studio serves without a page: the schema by which editors complete flows."""

from __future__ import annotations

import json
from functools import lru_cache

from flask import Blueprint, Response

from flows.language import json_schema

blueprint = Blueprint("flow_schema", __name__)


@blueprint.get("/flow.schema.json")
def schema() -> Response:
    """The JSON Schema of flow files; open to all, since it holds nothing of this installation."""
    return Response(_schema(), mimetype="application/schema+json", headers={"Cache-Control": "max-age=3600"})


@lru_cache
def _schema() -> str:
    return json.dumps(json_schema(), ensure_ascii=False)
