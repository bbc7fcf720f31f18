"""Messages and recorded conversations written down, one per job, on the queue ``transcripts``.

A job says "look now": which recording is next, and who has it, is in the records. A worker that is killed leaves a
claim that ends by itself; a job that runs twice finds nothing to do.
"""

from __future__ import annotations

import io
import logging
import wave
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flows.understand.hidden import masked
from ivr.house import recordings
from ivr.jobs import wake
from ivr.settings import Settings, settings
from ivr.store import transcripts
from ivr.store.engine import engine, reading
from ivr.store.transcripts import Wanted
from voice.audio import Audio, read_wav_from
from voice.models import installed
from voice.recognition import Heard, RecognitionFailed, Word
from voice.transcription import transcriber

log = logging.getLogger(__name__)

JOB = "ivr.house.transcribe:run"
AGAIN = timedelta(minutes=1)
"""After a carrier that did not answer, or an engine that broke."""


def due(now: datetime | None = None) -> bool:
    """Whether a recording waits for which there is a model. Raises ``SQLAlchemyError``."""
    languages = _languages(settings())
    if languages == ():
        return False
    with reading(engine()) as conn:
        return transcripts.next_wanted(conn, languages, now or datetime.now(UTC)) is not None


def run() -> str:
    """Job: write down the next recording; what came of it. Wakes itself while there are more."""
    configured = settings()
    languages = _languages(configured)
    now = datetime.now(UTC)
    if languages == ():
        return "no model"
    with engine().begin() as conn:
        wanted = transcripts.next_wanted(conn, languages, now)
        tries = transcripts.claim(conn, wanted, now) if wanted else None
    if wanted is None:
        return "nothing"
    done = "taken" if tries is None else _write_down(wanted, tries, configured)
    if due():
        wake("transcripts", JOB)
    return done


def _write_down(wanted: Wanted, tries: int, configured: Settings) -> str:
    try:
        heard, engine_name = _heard(wanted, configured)
    except RecognitionFailed as error:
        return _not_now(wanted, tries, str(error), never=not error.again)
    heard = mask(heard, wanted.language)
    words = [[word.text, round(word.start, 2), round(word.end, 2), round(word.confidence, 2)] for word in heard.words]
    with engine().begin() as conn:
        done = transcripts.finish(conn, wanted, heard.text, words, engine_name, datetime.now(UTC))
    if done and wanted.kind == "message":
        _tell()
    return "done" if done else "late"


def mask(heard: Heard, language: str) -> Heard:
    """With dictated numbers made unreadable, in words and in text."""
    hidden = masked([word.text for word in heard.words], language)
    words = tuple(replace(word, text=text) for word, text in zip(heard.words, hidden, strict=True))
    return Heard(_joined(words), heard.confidence, words)


def _joined(words: tuple[Word, ...]) -> str:
    said: list[str] = []
    for word in words:
        if not (said and said[-1] == word.text == "•••"):
            said.append(word.text)
    return " ".join(said)


def _heard(wanted: Wanted, configured: Settings) -> tuple[Heard, str]:
    """Raises :class:`RecognitionFailed`."""
    sound = recordings.fetch(wanted.recording)
    if sound is None:
        raise RecognitionFailed("the carrier does not give the recording")
    try:
        audio = read_wav_from(io.BytesIO(sound))
    except (wave.Error, EOFError) as error:
        raise RecognitionFailed(f"the recording is no WAV: {error}", again=False) from error
    writer = transcriber(wanted.language, configured.vosk_folder, configured.whisper_model)
    if writer is None:
        raise RecognitionFailed("no model", again=False)
    longest = configured.transcribe_minutes * 60
    audio = Audio(audio.samples[: longest * audio.rate * 2], audio.rate)
    return writer.transcribe(audio, wanted.language.split("-")[0]), writer.name


def _not_now(wanted: Wanted, tries: int, reason: str, *, never: bool) -> str:
    now = datetime.now(UTC)
    log.warning("a %s was not written down (try %s): %s", wanted.kind, tries, reason)
    with engine().begin() as conn:
        if never or tries >= transcripts.TRIES:
            transcripts.fail(conn, wanted, reason, now)
            return "failed"
        transcripts.put_off(conn, wanted, now + AGAIN * tries, reason)
    return "put off"


def _tell() -> None:
    """The desk's list of messages is drawn anew."""
    from ivr.queueing import callqueue

    callqueue().records.write(None, lambda tx: tx.push("desk", "messages"))


def _languages(configured: Settings) -> tuple[str, ...] | None:
    """Which languages can be written down: None: any."""
    if configured.transcribe == "off":
        return ()
    if configured.whisper_model:
        return None
    return tuple(one.language for one in installed(configured.vosk_folder))
