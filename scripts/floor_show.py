"""`make floor-show`: ten callers and three agents on the running program, and what each of them saw, as tables.

One agent is at a desk in a headless Chromium, two at desks over HTTP; the callers have telephones of the built-in
carrier. Everything starts in a temporary folder and is stopped at the end. Each row is checked against what
``docs/queue.md`` promises; one that is not so says why, and the exit code is 1.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser import executable  # noqa: E402
from floor_cast import BrowserDesk, HttpDesk, Show  # noqa: E402
from floor_scenes import SCENES  # noqa: E402
from system import System  # noqa: E402

TAKES_CALLS = ("agent", "supervisor")


async def play(system: System) -> Show:
    """Every scene, one after the other; a scene that breaks is a row that says so, and the next begins anew."""
    logins = [(login, password) for login, password, role in system.sign_ins() if role in TAKES_CALLS][:3]
    for (login, _), skill in zip(logins, ("complaints=5", "complaints=3", "cards=7"), strict=True):
        done = system.hotline("people", "skills", login, skill, timeout=300)
        if done.returncode:
            raise RuntimeError(done.stderr)
    show = Show(system, [one for one in system.callers() if one["language"] == "en"])
    async with AsyncExitStack() as stack:
        anna = await stack.enter_async_context(BrowserDesk(show, "Anna", *logins[0]))
        boris = await stack.enter_async_context(HttpDesk(show, "Boris", *logins[1]))
        vera = await stack.enter_async_context(HttpDesk(show, "Vera", *logins[2]))
        show.at_desks(anna, boris, vera)
        for scene in SCENES:
            await show.play(scene)
    return show


def main() -> int:
    if executable() is None:
        sys.exit("no Chromium on the PATH, in which Anna works")
    with tempfile.TemporaryDirectory(prefix="hotline-") as folder:
        system = System(Path(folder) / "data", env={"HOURS": "open"})
        try:
            show = asyncio.run(play(system.start(within=600)))
            print(show.printed())
        finally:
            system.stop()
    return 1 if show.faults else 0


if __name__ == "__main__":
    sys.exit(main())
