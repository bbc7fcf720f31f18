"""The JSON Schema of flow files as they are written, for editors that complete and underline."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from flows.language.model import Document
from flows.language.steps import KINDS, WAYS, WHOLE_BODY


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12). A step is described as it stands in the file: the kind's block, ways on inside or beside
    it; that a way is there at all is left to ``hotline flows check``."""
    models: list[tuple[Any, Any]] = [(model, "validation") for model in (Document, *KINDS.values())]
    _, made = models_json_schema(models, by_alias=True, ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = made["$defs"]
    for kind, model in KINDS.items():
        definitions[model.__name__] = _written(kind, definitions[model.__name__])
    document = definitions.pop("Document")
    document["properties"]["steps"]["additionalProperties"] = {
        "oneOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in KINDS.values()]
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document, "$defs": definitions}


def _written(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: each for name, each in schema["properties"].items() if name != "kind"}
    ways = {name: each for name, each in fields.items() if name in WAYS}
    whole = WHOLE_BODY.get(kind)
    if whole is not None:
        body = fields[whole]
    else:
        body = {
            "type": "object",
            "properties": fields,
            "required": [name for name in schema.get("required", []) if name in fields and name not in WAYS],
            "additionalProperties": False,
        }
        if kind == "decide":
            body = {"anyOf": [body, fields["cases"]]}
            body["anyOf"][0]["required"] = ["cases"]
        if not body.get("required", True):
            body = {"anyOf": [body, {"type": "null"}]}
    return {
        "type": "object",
        "description": schema.get("description", ""),
        "properties": {kind: body, **ways},
        "required": [kind],
        "additionalProperties": False,
    }
