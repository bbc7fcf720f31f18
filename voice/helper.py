"""The process that speaks: ``python -m voice.helper``, one JSON line in, one out, until its input ends.

In:  ``{"text": …, "voice": "zle/ru", "rate": 150, "volume": 100, "path": …, "line": …}``: the WAV goes to ``path``, the
same as the telephone's mu-law to ``line`` unless that is empty. Out: ``{"ok": true}`` or ``{"error": …}``.

It is a process of its own because pyttsx3's engine hangs when it is used from threads or carelessly a second time, and
because espeak-ng is C: what it does to its process it does to this one only.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
import threading
import wave
from pathlib import Path
from typing import Any

from voice.audio import read_wav
from voice.resample import write_mulaw

_LAST_BUFFER_SECONDS = 5.0
"""How long the engine may take to write its file once all is spoken."""


def use_packaged_espeak() -> None:
    """Make pyttsx3 load the espeak-ng of the ``espeakng-loader`` wheel: it asks for a system library by fixed names."""
    import espeakng_loader

    os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
    load = ctypes.cdll.LoadLibrary

    def load_packaged(name: str) -> ctypes.CDLL:
        return load(espeakng_loader.get_library_path() if "espeak" in name.lower() else name)

    ctypes.cdll.LoadLibrary = load_packaged  # type: ignore[method-assign]


def speak(text: str, voice: str, rate: int, volume: int, path: str) -> None:
    """Write the words to ``path``. Raises ``RuntimeError`` when the engine did not."""
    from pyttsx3.drivers import _espeak
    from pyttsx3.engine import Engine

    faults: list[str] = []
    finished = threading.Event()
    engine = Engine("espeak")
    engine.connect("error", lambda name, exception: faults.append(str(exception)))
    engine.connect("finished-utterance", lambda name, completed: finished.set())
    engine.setProperty("voice", voice)
    engine.setProperty("rate", rate)
    engine.setProperty("volume", volume / 100)
    engine.save_to_file(text, path)
    engine.runAndWait()
    # espeak-ng speaks in a thread, and runAndWait returns before it is through with longer text.
    _espeak.Synchronize()
    finished.wait(_LAST_BUFFER_SECONDS)
    # The old engine must be gone before the next is made: its end takes the sound callback away from whoever has it.
    del engine
    gc.collect()
    if faults:
        raise RuntimeError(faults[0])
    # Exceptions in espeak-ng's callback are swallowed by ctypes, a file that could not be written among them.
    if not finished.is_set() or not Path(path).is_file():
        raise RuntimeError("the engine wrote no file")


def main() -> None:
    # Ctrl-C reaches the whole terminal group; the parent ends us by closing our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # pyttsx3 prints
    sys.stdout = sys.stderr
    use_packaged_espeak()
    for line in sys.stdin:
        answer: dict[str, Any] = {"ok": True}
        try:
            question = json.loads(line)
            for_line = question.pop("line")
            speak(**question)
            if for_line:
                write_mulaw(Path(for_line), read_wav(Path(question["path"])))
        except (RuntimeError, OSError, ValueError, TypeError, KeyError, ImportError, EOFError, wave.Error) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
