"""Callers in streams of one media process, which is then killed: how soon each hears a sentence and goes on by keys.

python bench/media_killed.py [CALLERS]        needs the recordings (../shared/speech) beside the checkout
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from system import System, running  # noqa: E402

from ivr.carriers.local.line import CallEnded, Line, NotHeard  # noqa: E402
from voice.audio import read_wav  # noqa: E402

NUMBER = "+74950000000"
SPEECH = ROOT.parent / "shared" / "speech" / "digits-en" / "1_jackson_0.wav"
TALK_SECONDS = 8.0


async def caller(system: System, number: int, killed: asyncio.Event, heard: dict[int, bool]) -> float | None:
    """Seconds from the kill to the sentence; None when it did not come, or no key was taken after it."""
    async with Line(system.carrier) as line:
        await line.dial(NUMBER, from_=f"+4420712345{number:02d}", mic=True, language="en")
        heard[number] = bool((await line.listening(30)).get("sound"))
        sound = read_wav(SPEECH).to_mulaw() + b"\xff" * 16_000
        talking = asyncio.create_task(line.play(sound * 60))
        await killed.wait()
        at = time.monotonic()
        try:
            await line.hear("I cannot hear you", 20)
            seconds = time.monotonic() - at
            await line.listening(10)
            await line.press("1")
            await line.hear("", 10)
            return seconds
        except (NotHeard, CallEnded) as error:
            print(f"caller {number}: {error}")
            return None
        finally:
            talking.cancel()


async def measure(system: System, callers: int) -> int:
    killed, heard = asyncio.Event(), dict[int, bool]()
    calls = [asyncio.create_task(caller(system, one, killed, heard)) for one in range(callers)]
    await asyncio.sleep(TALK_SECONDS)
    print(f"{sum(heard.values())} of {callers} callers in a stream, speaking; the media process is killed")
    system.kill("media")
    killed.set()
    seconds = await asyncio.gather(*calls)
    well = sorted(one for one in seconds if one is not None)
    if well:
        middle = well[len(well) // 2]
        print(
            f"{len(well)} hear the sentence and go on by keys: {middle:.2f} s in the middle, {well[-1]:.2f} s at most"
        )
    return 0 if len(well) == callers and well[-1] < 2 else 1


def main() -> int:
    if not SPEECH.exists():
        print(f"{SPEECH} is missing: the recordings are not beside the checkout")
        return 2
    callers = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), VOICE="") as system:
        return asyncio.run(measure(system, callers))


if __name__ == "__main__":
    sys.exit(main())
