"""The application's own audio at the built-in carrier: fetched once, however many listen."""

from __future__ import annotations

import asyncio
import io
import wave
from pathlib import Path

from quart import Quart, Response

from ivr.carriers.local.sound import Sound
from ivr.carriers.local.testing import served


def music() -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 800)
    return held.getvalue()


def test_many_lines_fetch_the_same_music_once(tmp_path: Path) -> None:
    app = Quart("music")
    asked: list[int] = []

    @app.get("/music.wav")
    async def play() -> Response:
        asked.append(1)
        await asyncio.sleep(0.05)
        return Response(music(), mimetype="audio/wav")

    async def listen(url: str) -> list[Path | None]:
        sound = Sound(tmp_path)
        return list(await asyncio.gather(*(sound.fetched(f"{url}/music.wav") for _ in range(20))))

    with served(app) as url:
        paths = asyncio.run(listen(url))
    assert len(asked) == 1
    assert paths[0] is not None
    assert set(paths) == {paths[0]}
    assert paths[0].read_bytes() == music()
