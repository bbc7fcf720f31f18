"""The faults: each is one coroutine that does it to a running system and ends when the world is well again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from ivr.settings import Settings

if TYPE_CHECKING:
    from fault_world import World

AWAY = 10.0

PROCESSES = (
    "web",
    "live",
    "worker-lookups",
    "worker-changes",
    "worker-handoffs",
    "worker-errands",
    "worker-dialing",
    "worker-journal",
    "clock",
    "valkey",
)


@dataclass(frozen=True)
class Kind:
    """``share``: how often it is drawn, beside the others. ``what``: two of the same do not overlap."""

    name: str
    do: Callable[[World, random.Random], Awaitable[None]]
    share: int = 10
    what: str = ""


def killed(process: str) -> Kind:
    async def do(world: World, dice: random.Random) -> None:
        for _ in range(100):
            if world.system.kill(process):
                return
            await asyncio.sleep(0.3)  # it is just being started
        raise LookupError(f"there is no {process} to kill")

    return Kind(f"{process} killed", do, what=process)


async def web_worker(world: World, dice: random.Random) -> None:
    """One of the web server's processes, not their parent."""
    for _ in range(100):
        if workers := world.system.kinds().get("web", [])[1:]:
            dice.choice(workers).kill()
            return
        await asyncio.sleep(0.3)  # it is just being started
    raise LookupError("the web server has no workers to kill")


async def busy_worker(world: World, dice: random.Random) -> None:
    """The workers that talk to the carrier, in the middle of a job: before or after the carrier got the request."""
    done = asyncio.Event()

    async def kill() -> None:
        for process in ("worker-handoffs", "worker-errands", "worker-dialing"):
            world.system.kill(process)
        done.set()

    if dice.random() < 0.5:
        world.between.before = kill
    else:
        world.between.after = kill
    await asyncio.wait_for(done.wait(), 60)


def _redis(world: World) -> redis.Redis:
    return redis.Redis.from_url(Settings(data_dir=world.system.data).redis, socket_timeout=20)


async def valkey_away(world: World, _: random.Random) -> None:
    for process in world.system.kinds().get("valkey", []):
        process.suspend()
        await asyncio.sleep(AWAY)
        process.resume()


async def valkey_emptied(world: World, _: random.Random) -> None:
    await asyncio.to_thread(lambda: _redis(world).flushall())


async def records_away(world: World, _: random.Random) -> None:
    await world.records.away(AWAY)


async def records_cut(world: World, _: random.Random) -> None:
    await world.records.cut(AWAY)


def network(chaos: str) -> Kind:
    """Calls that begin now, and their agents', are over a bad network."""

    async def do(world: World, _: random.Random) -> None:
        world.disturb(chaos, True)
        await asyncio.sleep(6)
        world.disturb(chaos, False)

    return Kind(f"webhooks {chaos}", do, what=chaos)


async def api_hangs(world: World, _: random.Random) -> None:
    world.between.mood = "hangs"
    await asyncio.sleep(5)
    world.between.mood = "well"
    await asyncio.sleep(world.between.hang)


async def api_loses(world: World, _: random.Random) -> None:
    world.between.mood = "loses answers"
    await asyncio.sleep(6)
    world.between.mood = "well"


async def api_refuses(world: World, _: random.Random) -> None:
    world.between.mood = "refuses"
    await asyncio.sleep(4)
    world.between.mood = "well"


async def shop_slow(world: World, _: random.Random) -> None:
    """Nothing can be read or written for three seconds."""
    from fault_records import held

    await held(Path(world.system.data) / "shop.db", 3)


async def shop_broken(world: World, _: random.Random) -> None:
    """A table is not there."""
    world.shop("ALTER TABLE orders RENAME TO orders_away")
    await asyncio.sleep(3)
    world.shop("ALTER TABLE orders_away RENAME TO orders")


async def closing_time(world: World, _: random.Random) -> None:
    """The queue's hours end, in the flow that is served, and begin again."""
    await world.closed(8)


KINDS = (
    *map(killed, PROCESSES),
    Kind("web: one worker killed", web_worker),
    Kind("worker killed in the middle of a job", busy_worker, what="api"),
    Kind("valkey away 10 s", valkey_away, 3, "valkey"),
    Kind("valkey emptied", valkey_emptied, 6),
    Kind("records away 10 s", records_away, 3, "records"),
    Kind("records: connections cut, or locked", records_cut, 3, "records"),
    *map(network, ("doubled", "late", "reordered")),
    Kind("carrier's API hangs", api_hangs, 5, "api"),
    Kind("carrier's API loses answers", api_loses, what="api"),
    Kind("carrier's API refuses", api_refuses, what="api"),
    Kind("shop slow 3 s", shop_slow, what="shop"),
    Kind("shop broken 3 s", shop_broken, what="shop"),
    Kind("closing time", closing_time, 4, "hours"),
)


@dataclass(frozen=True)
class Planned:
    """An injection: seconds from the beginning, which, and the seed of its own choices."""

    at: float
    kind: Kind
    seed: int


def plan(seed: int, count: int, every: float) -> list[Planned]:
    """The schedule, the same for the same arguments: each kind once in a random order, then by their shares."""
    dice = random.Random(f"{seed}:plan")
    kinds = dice.sample(KINDS, len(KINDS))[:count]
    kinds += dice.choices(KINDS, [kind.share for kind in KINDS], k=max(0, count - len(KINDS)))
    made, at = [], 5.0
    for kind in kinds:
        made.append(Planned(at, kind, dice.randrange(1 << 30)))
        at += dice.uniform(0.4, 1.6) * every
    return made
