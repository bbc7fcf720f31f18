"""Vosk models on this machine: which there are, and fetching their maker's small one for a language.

One folder per language, named by it: ``<models>/ru``. The maker's list (https://alphacephei.com/vosk/models) says what
there is and with which checksum; a download that was cut off goes on where it ended.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

LIST = "model-list.json"
MAKERS_NAMES = {"en": "en-us"}
"""What the maker calls a language, where it is not its code."""
TIMEOUT = httpx.Timeout(30, connect=10)
PIECE = 1 << 16
MOST_UNPACKED = 4 << 30
"""Bytes: no small model has a tenth of it, and a disk should not be filled by a bad archive."""

Progress = Callable[[int, int], None]
"""Told (bytes there, bytes in all)."""


class FetchFailed(Exception):
    """The model could not be fetched; the message says what to do. ``again``: whether trying again may help."""

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again


class Listed(BaseModel):
    """A model in its maker's list. ``md5`` and ``size`` (bytes) are of the archive."""

    lang: str
    name: str
    url: str
    md5: str
    size: int
    type: str
    obsolete: str = "false"


@dataclass(frozen=True, slots=True)
class Installed:
    """A model on this machine. ``name`` is its maker's where it is known."""

    language: str
    name: str
    folder: Path
    megabytes: int


def installed(models: Path) -> list[Installed]:
    """By language; a folder that holds no model is none."""
    found = []
    for folder in sorted(models.iterdir()) if models.is_dir() else ():
        if is_model(folder):
            note = folder / "NAME"
            name = note.read_text("utf-8").strip() if note.is_file() else folder.name
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            found.append(Installed(folder.name, name, folder, round(size / 1e6)))
    return found


def is_model(folder: Path) -> bool:
    """Whether Vosk could load it: the acoustic model is there."""
    return any((folder / path).is_file() for path in ("am/final.mdl", "final.mdl"))


def fetch(language: str, models: Path, progress: Progress, *, maker: str) -> Installed:
    """Download, check and unpack the maker's small model of a language to ``models/<language>``, in place of one that
    is there. ``maker`` is the address of the folder that holds the list. Raises :class:`FetchFailed`; what was
    downloaded so far stays for the next try."""
    models.mkdir(parents=True, exist_ok=True)
    with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as client:
        try:
            model = _listed(client, language, maker)
            archive = models / f".{model.name}.zip.part"
            _download(client, model, archive, progress)
        except httpx.HTTPStatusError as error:
            answer = error.response
            raise FetchFailed(f"{answer.url} answered {answer.status_code} {answer.reason_phrase}") from error
        except httpx.HTTPError as error:
            raise FetchFailed(
                f"{maker} cannot be reached ({error or type(error).__name__}). Try again; or download the model on "
                f"another machine and unpack it to {models / language}"
            ) from error
    _check(archive, model)
    folder = _unpack(archive, model, models / language)
    archive.unlink()
    return next(one for one in installed(models) if one.folder == folder)


def _listed(client: httpx.Client, language: str, maker: str) -> Listed:
    answer = client.get(f"{maker}/{LIST}")
    answer.raise_for_status()
    try:
        every = TypeAdapter(list[Listed]).validate_json(answer.content)
    except ValidationError as error:
        raise FetchFailed(f"{maker}/{LIST} is no list of models", again=False) from error
    wanted = MAKERS_NAMES.get(language, language)
    small = [
        one for one in every if one.lang == wanted and one.type == "small" and str(one.obsolete) in ("False", "false")
    ]
    if not small:
        known = sorted({one.lang for one in every if one.type == "small"})
        raise FetchFailed(f"there is no small model of {language!r}; there are {', '.join(known)}", again=False)
    return max(small, key=lambda one: one.name)


def _download(client: httpx.Client, model: Listed, archive: Path, progress: Progress) -> None:
    there = archive.stat().st_size if archive.is_file() else 0
    if there > model.size:
        archive.unlink()
        there = 0
    if there == model.size:
        progress(there, model.size)
        return
    with client.stream("GET", model.url, headers={"Range": f"bytes={there}-"} if there else {}) as answer:
        answer.raise_for_status()
        if answer.status_code != httpx.codes.PARTIAL_CONTENT:
            there = 0  # a server that knows no ranges begins anew
        with archive.open("ab" if there else "wb") as file:
            for piece in answer.iter_bytes(PIECE):
                file.write(piece)
                there += len(piece)
                progress(there, model.size)


def _check(archive: Path, model: Listed) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    with archive.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    if digest.hexdigest() == model.md5:
        return
    size = archive.stat().st_size
    if size < model.size:
        raise FetchFailed(
            f"{model.name} was cut off after {size} of {model.size} bytes; try again, it goes on from there"
        )
    archive.unlink()
    raise FetchFailed(f"{model.name} is not what its maker lists: its checksum differs. Nothing was installed")


def _unpack(archive: Path, model: Listed, folder: Path) -> Path:
    """Beside, then in place: a process never finds half a model."""
    beside = folder.with_name(f".{model.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as file:
            members = file.infolist()
            if sum(member.file_size for member in members) > MOST_UNPACKED:
                raise FetchFailed(f"{model.name} is too large unpacked", again=False)
            for member in members:
                parts = PurePosixPath(member.filename).parts
                if member.filename.startswith("/") or ".." in parts:
                    raise FetchFailed(f"{model.name} holds a path that leads out of it: {member.filename}", again=False)
            file.extractall(beside)
    except (zipfile.BadZipFile, OSError) as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise FetchFailed(f"{model.name} cannot be unpacked: {error}") from error
    except FetchFailed:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    inside = next((path for path in (beside, *beside.iterdir()) if is_model(path)), None)
    if inside is None:
        shutil.rmtree(beside)
        raise FetchFailed(f"{model.name} holds no Vosk model", again=False)
    (inside / "NAME").write_text(model.name, "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    inside.rename(folder)
    shutil.rmtree(beside, ignore_errors=True)
    return folder
