"""Fetching a model from a server of ours that behaves as the maker's, and as one on a bad day."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.commands.voice import command
from ivr.settings import settings
from voice.models import FetchFailed, fetch, installed


def archive(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, data in members or (("vosk-model-small-ru-0.22/am/final.mdl", b"m" * 200_000),):
            file.writestr(name, data)
    return made.getvalue()


class Maker(ThreadingHTTPServer):
    """``data`` is the archive; ``cut`` bytes are sent of it at most; ``asked`` are the ranges that were asked for."""

    data = archive()
    cut: int | None = None
    ranges = True
    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def list(self) -> bytes:
        model = {
            "lang": "ru", "name": "vosk-model-small-ru-0.22", "type": "small", "obsolete": "false",
            "url": f"{self.address}/vosk-model-small-ru-0.22.zip", "size": len(self.data),
            "md5": hashlib.md5(self.data, usedforsecurity=False).hexdigest(),
        }  # fmt: skip
        older = model | {"name": "vosk-model-small-ru-0.4", "obsolete": "true", "url": "http://127.0.0.1:9/none"}
        return json.dumps([older, model, model | {"lang": "en-us", "type": "big"}]).encode()


class Handler(BaseHTTPRequestHandler):
    server: Maker

    def do_GET(self) -> None:
        if self.path == "/model-list.json":
            self._send(self.server.status, self.server.list())
            return
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.server.ranges else 0
        part = self.server.data[start:]
        self._send(206 if start else 200, part, self.server.cut)

    def _send(self, status: int, data: bytes, cut: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:cut])

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def maker() -> Iterator[Maker]:
    server = Maker()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def nothing(there: int, whole: int) -> None:
    """No bar."""


def test_a_model_is_fetched_checked_and_listed(maker: Maker, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    made = fetch("ru", tmp_path, lambda there, whole: seen.append((there, whole)), maker=maker.address)
    assert (made.language, made.name, made.folder) == ("ru", "vosk-model-small-ru-0.22", tmp_path / "ru")
    assert seen[-1] == (len(maker.data), len(maker.data))
    assert installed(tmp_path) == [made]
    assert [path.name for path in tmp_path.iterdir()] == ["ru"], "nothing is left beside it"


def test_a_download_that_was_cut_off_goes_on(maker: Maker, tmp_path: Path) -> None:
    maker.cut = 70_000
    with pytest.raises(FetchFailed, match="Try again"):
        fetch("ru", tmp_path, nothing, maker=maker.address)
    maker.cut = None
    assert fetch("ru", tmp_path, nothing, maker=maker.address).language == "ru"
    assert maker.asked[0] is None
    start = int(str(maker.asked[1]).removeprefix("bytes=").rstrip("-"))
    assert 0 < start <= 70_000


def test_a_server_without_ranges_begins_anew(maker: Maker, tmp_path: Path) -> None:
    (tmp_path / ".vosk-model-small-ru-0.22.zip.part").write_bytes(maker.data[:1000])
    maker.ranges = False
    assert fetch("ru", tmp_path, nothing, maker=maker.address).language == "ru"


def test_another_file_than_listed_is_refused_and_the_old_model_stays(maker: Maker, tmp_path: Path) -> None:
    fetch("ru", tmp_path, nothing, maker=maker.address)
    (tmp_path / ".vosk-model-small-ru-0.22.zip.part").write_bytes(b"x" * len(maker.data))
    with pytest.raises(FetchFailed, match="checksum differs"):
        fetch("ru", tmp_path, nothing, maker=maker.address)
    assert [one.language for one in installed(tmp_path)] == ["ru"]
    assert fetch("ru", tmp_path, nothing, maker=maker.address).language == "ru", "the next try begins anew"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ((("../../evil", b"x"),), "leads out of it"),
        ((("/evil", b"x"),), "leads out of it"),
        ((("readme", b"x"),), "holds no Vosk model"),
    ],
)
def test_an_archive_that_is_no_model_changes_nothing(
    maker: Maker, tmp_path: Path, members: tuple[tuple[str, bytes], ...], message: str
) -> None:
    maker.data = archive(*members)
    with pytest.raises(FetchFailed, match=message):
        fetch("ru", tmp_path / "models", nothing, maker=maker.address)
    assert not (tmp_path / "evil").exists()
    assert installed(tmp_path / "models") == []


def test_a_language_without_a_small_model_is_named(maker: Maker, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match="no small model of 'xx'; there are ru"):
        fetch("xx", tmp_path, nothing, maker=maker.address)


def test_a_host_that_cannot_be_reached_is_named_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match=r"http://127\.0\.0\.1:9 cannot be reached .*unpack it to .*/ru"):
        fetch("ru", tmp_path, nothing, maker="http://127.0.0.1:9")


def test_an_error_page_is_named(maker: Maker, tmp_path: Path) -> None:
    maker.status = 503
    with pytest.raises(FetchFailed, match="answered 503"):
        fetch("ru", tmp_path, nothing, maker=maker.address)


def test_the_command_says_what_there_is(maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOSK_MODELS", str(tmp_path))
    monkeypatch.setenv("VOSK_MODELS_URL", maker.address)
    settings.cache_clear()
    try:
        assert "No Vosk model in" in CliRunner().invoke(command, ["models"]).output
        fetched = CliRunner().invoke(command, ["fetch", "ru"])
        assert fetched.exit_code == 0, fetched.output
        assert "ru  vosk-model-small-ru-0.22, 0 MB" in CliRunner().invoke(command, ["models"]).output
        failed = CliRunner().invoke(command, ["fetch", "xx"])
        assert failed.exit_code == 1
        assert "no small model of 'xx'" in failed.output
    finally:
        settings.cache_clear()
