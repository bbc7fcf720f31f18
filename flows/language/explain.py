"""What pydantic found wrong, in the words of those who write flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from flows.language.model import Document
from flows.language.near import suggest
from flows.language.places import Report
from flows.language.source import Path
from flows.language.steps import KINDS, WAYS

_SEE = "See docs/flow-language.md."
_PATTERNS: Mapping[str, tuple[str, str]] = {
    "^[a-z][a-z0-9_]{0,47}$": ("is not a name", "Names are small Latin letters, digits and _, starting with a letter."),
    "^[a-z]{2,3}(-[A-Z]{2})?$": ("is not a language", "Write a language code such as ru or en."),
    "^[0-9*#]{1,4}$": ("is not telephone keys", 'Write one to four of 0-9, * and # in quotes, such as "1".'),
    "^[0-9*#]$": ("is not a telephone key", 'Write one of 0-9, * and # in quotes, such as "1".'),
    r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$": ("is not a time of day", 'Write it in quotes, such as "09:00".'),
    r"^\d{4}-\d\d-\d\d$": ("is not a date", 'Write it in quotes, such as "2027-01-01".'),
}


def explain(error: ValidationError, report: Report, root: type[BaseModel] = Document) -> None:
    """Puts every error of the model into the report."""
    for detail in error.errors():
        path, kind = _path(detail["loc"])
        _one(detail, path, kind, report, root)


def _path(loc: tuple[int | str, ...]) -> tuple[Path, str | None]:
    """The location without pydantic's own marks: the kind that it puts after a step's name, ``[key]``."""
    parts = [part for part in loc if part != "[key]"]
    if len(parts) > 2 and parts[0] == "steps" and parts[2] in KINDS:
        return (*parts[:2], *parts[3:]), str(parts[2])
    return tuple(parts), None


def _one(detail: ErrorDetails, path: Path, kind: str | None, report: Report, root: type[BaseModel]) -> None:
    field = str(path[-1]) if path else "file"
    given = detail["input"]
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing" if field in WAYS:
            report.error(path, "is a dead end: nothing says where the call goes next", f"Add {field}: and a step.")
        case "missing":
            report.error(path, "is missing", f"Add {field}. {_SEE}")
        case "extra_forbidden":
            fields = _fields_at(path[:-1], kind, root)
            advice = f"Allowed here: {', '.join(sorted(fields))}."
            report.error(path, f"there is no field '{field}' here", suggest(field, fields, advice))
        case "union_tag_invalid" | "union_tag_not_found":
            _unknown_kind(given, path, report)
        case "string_pattern_mismatch":
            what, mend = _PATTERNS.get(str(context.get("pattern")), ("is not of the right form", _SEE))
            report.error(path, f"'{given}' {what}", mend)
        case "string_type":
            report.error(path, f"must be text, and is {_shown(given)}", "Write text in quotes.")
        case "dict_type" | "model_type" | "model_attributes_type":
            report.error(path, f"must be fields, and is {_shown(given)}", _advice_fields(path, kind, root))
        case "list_type":
            report.error(path, f"must be a list, and is {_shown(given)}", "Write it as [one, two].")
        case "literal_error":
            report.error(path, f"'{given}' is not possible here", f"Write {context.get('expected')}.".replace("'", ""))
        case "value_error":
            message = str(context.get("error", detail["msg"]))
            report.error(path, message, _SEE)
        case "too_short":
            report.error(path, f"needs at least {context.get('min_length')}", _SEE)
        case "string_too_short":
            report.error(path, "is empty", "Write the words.")
        case "greater_than_equal" | "less_than_equal":
            most = detail["type"] == "less_than_equal"
            limit = context.get("le" if most else "ge")
            report.error(
                path, f"must be at {'most' if most else 'least'} {limit}, and is {given}", "Change the number."
            )
        case _:
            report.error(path, f"{detail['msg'].lower()}, and it is {_shown(given)}", _SEE)


def _unknown_kind(given: Any, path: Path, report: Report) -> None:
    written = {key: value for key, value in given.items() if key != "kind"} if isinstance(given, dict) else {}
    kinds = [key for key in written if key in KINDS]
    if len(kinds) > 1:
        report.error(path, f"has {len(kinds)} kinds: {', '.join(kinds)}", "Split it: a step does one thing.")
        return
    others = [key for key in written if key not in WAYS]
    advice = f"A step is one of {', '.join(KINDS)}."
    if others:
        report.error((*path, others[0]), f"there is no step kind '{others[0]}'", suggest(others[0], KINDS, advice))
    else:
        report.error(path, "does nothing", advice)


def _shown(given: Any) -> str:
    if given is None:
        return "empty"
    if isinstance(given, dict):
        return "fields"
    return "a list" if isinstance(given, list) else f"'{given}'"


def _advice_fields(path: Path, kind: str | None, root: type[BaseModel]) -> str:
    if not path:
        return _SEE
    fields = [name for name in _fields_at(path, kind, root) if name]
    return f"Fields here: {', '.join(sorted(fields))}." if fields else 'Write a text per language: {ru: "…", en: "…"}.'


def _fields_at(path: Path, kind: str | None, root: type[BaseModel]) -> list[str]:
    """The fields that may stand in the thing at ``path``."""
    if len(path) >= 2 and path[0] == "steps" and kind is not None:
        model: Any = KINDS[kind]
        rest = path[2:]
    else:
        model, rest = root, path
    for part in rest:
        model = _inside(model, part)
    found = _model(model)
    return [name for name in _names(found) if name != "kind"] if found else []


def _inside(annotation: Any, part: str | int) -> Any:
    model = _model(annotation)
    if model is not None:
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
        return None
    for each in _members(annotation):
        origin = get_origin(each)
        if origin is dict:
            return get_args(each)[1]
        if origin is list:
            return get_args(each)[0]
    return None


def _members(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (Union, UnionType):
        for each in get_args(annotation):
            yield from _members(each)
    else:
        yield annotation


def _model(annotation: Any) -> type[BaseModel] | None:
    for each in _members(annotation):
        if isinstance(each, type) and get_origin(each) is None and issubclass(each, BaseModel):
            return each
    return None


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]
