"""YAML files that ops write, read into a model; whatever is wrong is told with file, line, field and mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8

Model = TypeVar("Model", bound=BaseModel)


class YamlFileError(Exception):
    """The file is wrong; the message names file, line, field and mend, one line for each problem."""


def wrong(message: str, *at: str | int) -> PydanticCustomError:
    """What a model's validator raises about a part below it: ``at`` leads there, by keys and numbers of items."""
    return PydanticCustomError("wrong", "{told}", {"told": message, "at": at})


def read_yaml(path: Path, model: type[Model], *, setting: str, sample: str) -> Model:
    """The file as ``model``. ``setting`` names it in the environment, ``sample`` is a file that shows how it is done.
    Raises :class:`YamlFileError`."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise YamlFileError(f"{path}: {error.strerror}. Set {setting} to a file that can be read") from error
    if len(text) > MAX_BYTES:
        raise YamlFileError(f"{path}: larger than {MAX_BYTES // 1024} kB. Leave only what belongs there in it")
    try:
        _refuse_tricks(path, text, sample)
        data = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = str(error.problem).splitlines()[0]
        raise YamlFileError(f"{path}:{line}: {problem}. Mend the YAML") from error
    except (YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise YamlFileError(f"{path}:1: it is not YAML: {reason}. Save it as UTF-8 text") from error
    if not isinstance(data, dict):
        raise YamlFileError(f"{path}:1: the file holds no sections. Begin with a copy of {sample}")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise YamlFileError("\n".join(_explain(path, data, fault, sample) for fault in error.errors())) from error


def _refuse_tricks(path: Path, text: bytes, sample: str) -> None:
    """Stop at aliases, which can make a small file huge, and at nesting that would take the parser minutes."""
    depth = 0
    for token in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(token, CollectionStartEvent) - isinstance(token, CollectionEndEvent)
        where = f"{path}:{token.start_mark.line + 1}"
        if getattr(token, "anchor", None) is not None:
            raise YamlFileError(f"{where}: anchors and aliases (&, *) are not used here. Write the value out")
        if depth > MAX_DEPTH:
            raise YamlFileError(f"{where}: nested deeper than {MAX_DEPTH} levels. {sample} shows the levels there are")


def _explain(path: Path, data: Any, fault: Any, sample: str) -> str:
    """``file:line: field: what is wrong. mend``."""
    line, names = 1, []
    node: Any = data
    loc = (*fault["loc"], *fault.get("ctx", {}).get("at", ()))
    for part in loc:
        # The alternatives of a union are named in the location too (str, dict[…]); they are no part of the file.
        if isinstance(node, dict) and part in node:
            line, node = _line(node, "key", part), node[part]
        elif isinstance(node, list) and isinstance(part, int):
            line, node = _line(node, "item", part), node[part]
        elif fault["type"] != "missing" or part != loc[-1]:
            continue
        names.append(str(part))
    field = ".".join(names) or "file"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        return f"{path}:{line}: {field}: it is missing. Add it; {sample} shows what belongs there"
    if fault["type"] == "extra_forbidden":
        return f"{path}:{line}: {field}: there is no such field. Remove it or mend its name"
    return f"{path}:{line}: {field}: {message}. {sample} shows what belongs there"


def _line(node: Any, kind: Literal["key", "item"], part: Any) -> int:
    """Where a part of a collection stands, from ruamel's notes (``lc`` counts from 0)."""
    return int(getattr(node.lc, kind)(part)[0]) + 1
