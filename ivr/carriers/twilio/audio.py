"""The music that callers in line hear: made by the program, once, into the data folder."""

from __future__ import annotations

import threading
from pathlib import Path

from flask import Response, current_app, send_file

from voice import tones

_making = threading.Lock()


def music() -> Response:
    """A loop of about half a minute, as a wave file."""
    return send_file(music_file(current_app.config["HOTLINE"].data_dir), mimetype="audio/wav", max_age=86_400)


def music_file(data_dir: Path) -> Path:
    """The file, made when it is not there."""
    path = (data_dir / "audio" / "music.wav").resolve()
    if not path.exists():
        with _making:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                tones.write_all(path.parent)
    return path
