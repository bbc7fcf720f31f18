"""The scenes of the floor show: each plays one or a few callers and gives back their rows, checked."""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import AsyncExitStack

from floor_cast import BrowserDesk, Caller, HttpDesk, Row, Show
from floor_people import until_heard
from system import wait_for

RING, NEXT, SENTENCE = 15.0, 20.0, 2.0
"""Seconds: an offer rings; a missed call is with the next agent; the caller hears that their agent is gone."""

HELLO = "Good morning, how can I help?"


async def talk(caller: Caller, desk: BrowserDesk | HttpDesk, text: str = HELLO) -> None:
    """The agent has accepted; both hear each other."""
    await wait_for(lambda: (caller.line.ear or {}).get("talk"), 20)
    await desk.say(f"{desk.name}. {text}")
    await caller.line.hear(f"{desk.name}. ", 15)
    await caller.line.say("Thank you")
    await desk.hears("Thank you")


async def close(
    show: Show, row: Row, caller: Caller, since: str, *desks: BrowserDesk | HttpDesk, others: bool = False
) -> Row:
    """The caller hangs up, those who spoke wrap up; the row of what was heard and seen. ``others``: wait in line."""
    await caller.hangs_up()
    if not others:
        await show.no_legs(row)
    for desk in desks:
        await wait_for(lambda desk=desk: is_in(desk, "wrap_up"), 10)
        await desk.finish()
    row.heard, row.saw, row.ended = show.heard(caller, since), await show.saw(caller.begun), show.ended(caller)
    row.must(all(state in row.ended for state in ("closed (resolved)",)), f"ended {row.ended}")
    return row


async def is_in(desk: BrowserDesk | HttpDesk, mode: str) -> bool:
    return await desk.mode() == mode


async def skills(show: Show) -> list[Row]:
    """Skills."""
    async with AsyncExitStack() as stack:
        caller = await show.caller(stack, 1)
        row = Row("1", "presses 0; Anna transfers the call to the queue *Cards and points*, which needs cards 5")
        before = sum(show.offers("Boris").values())
        await show.on_duty(show.anna, show.boris, show.vera)
        await caller.asks_for_a_person()
        await show.anna.offered()
        await show.anna.accept()
        await talk(caller, show.anna)
        await show.anna.transfer("queue:cards", "cold")
        await show.vera.offered()
        await show.vera.accept()
        await talk(caller, show.vera)
        row.must(sum(show.offers("Boris").values()) == before, "Boris, who cannot do cards, was offered the call")
        return [await close(show, row, caller, "person", show.anna, show.vera)]


async def a_miss_and_priority(show: Show) -> list[Row]:
    """A miss; and priority: two callers in line, the later one with a gold card."""
    async with AsyncExitStack() as stack:
        missed, plain = await show.caller(stack, 4), await show.caller(stack, 2)
        gold = await show.caller(stack, 3, tier="gold")
        rows = [
            Row("4", "presses 0; Anna lets it ring"),
            Row("2", "presses 0 while Boris, the only one on duty, talks"),
            Row("3", "hears their points with card and PIN (gold: 10 points, worth 5 minutes), then presses 0"),
        ]
        await show.on_duty(show.anna, show.boris)
        await missed.asks_for_a_person()
        ticket = await show.anna.offered()
        rang = time.time()
        taken = await show.boris.offered(30)
        waited = time.time() - rang
        rows[0].must(ticket == taken, "the next agent got another call")
        rows[0].must(RING - 1 <= waited <= NEXT, f"with the next agent after {waited:.1f} s")
        rows[0].did += f"; with Boris after {waited:.0f} s"
        await wait_for(lambda: _shows(show.anna, "paused"), 5)
        await show.boris.accept()
        await talk(missed, show.boris)
        await show.anna.status("off")

        await plain.asks_for_a_person()
        await plain.line.hear("number 1", 30)
        await gold.calls()
        await gold.line.press("3")
        await gold.line.hear("card", 20)
        await gold.line.press(gold.knows["card"])
        await gold.line.hear("PIN", 20)
        await gold.line.press(gold.knows["pin"])
        await gold.line.hear("point", 30)
        await gold.line.press("0")
        await gold.line.hear("number 1", 30)
        await close(show, rows[0], missed, "person", show.boris, others=True)
        for row, caller in ((rows[2], gold), (rows[1], plain)):
            ticket = await show.boris.offered()
            row.must(show.caller_of(ticket) == caller.knows["number"], "somebody else was served first")
            await show.boris.accept()
            await talk(caller, show.boris)
            await close(show, row, caller, "person", show.boris, others=caller is gold)
        return [rows[1], rows[2], rows[0]]


async def _shows(desk: BrowserDesk | HttpDesk, words: str) -> bool:
    return words in await desk.shown()


async def a_decline(show: Show) -> list[Row]:
    """A decline."""
    async with AsyncExitStack() as stack:
        caller = await show.caller(stack, 5)
        row = Row("5", "presses 0; Boris declines")
        await show.on_duty(show.boris, show.vera)
        await caller.asks_for_a_person()
        await show.boris.offered()
        await show.boris.decline()
        declined = time.time()
        await show.vera.offered()
        row.must(time.time() - declined < 5, "the next agent got it late")
        paused = show.records("SELECT paused FROM agents WHERE name = 'Boris'")[0]["paused"]
        row.must(paused == "", "who declined was paused")
        await show.vera.accept()
        await talk(caller, show.vera)
        return [await close(show, row, caller, "person", show.vera)]


async def a_break(show: Show) -> list[Row]:
    """A break chosen during ringing."""
    async with AsyncExitStack() as stack:
        caller = await show.caller(stack, 6)
        row = Row("6", "presses 0; Anna chooses *Break, lunch* while it rings")
        missed = show.offers("Anna").get("missed", 0)
        await show.on_duty(show.anna, show.vera)
        await caller.asks_for_a_person()
        await show.anna.offered()
        await show.anna.status("break", "lunch")
        await show.vera.offered(5)
        now = show.records("SELECT status, reason, paused FROM agents WHERE name = 'Anna'")[0]
        row.must(now == {"status": "break", "reason": "lunch", "paused": ""}, f"her status became {now}")
        row.must(show.offers("Anna").get("missed", 0) == missed, "it counted as a miss")
        await show.vera.accept()
        await talk(caller, show.vera)
        return [await close(show, row, caller, "person", show.vera)]


async def a_warm_transfer(show: Show) -> list[Row]:
    """A warm transfer."""
    async with AsyncExitStack() as stack:
        caller = await show.caller(stack, 7)
        row = Row("7", "talks with Anna, who asks Boris first and then hands the call over")
        await _consulting(show, caller, row)
        await show.anna.does("hand-over")
        await until_heard(show.boris.person.line, "Boris here, let us go on", caller.line)
        await caller.line.say("Good")
        await show.boris.hears("Good")
        return [await close(show, row, caller, "person", show.anna, show.boris)]


async def _consulting(show: Show, caller: Caller, row: Row, *, answered: bool = True) -> None:
    """Anna has the caller on hold and asks Boris; ``answered``: who has come."""
    await show.on_duty(show.anna, show.boris)
    await caller.asks_for_a_person()
    await show.anna.offered()
    await show.anna.accept()
    await talk(caller, show.anna)
    await show.anna.transfer(f"agent:{show.boris.person.id}", "warm")
    await wait_for(lambda: caller.line.music, 10)
    await show.boris.offered()
    if not answered:
        return
    await show.boris.accept()
    await show.boris.person.line.listening(20)
    await show.anna.say("Between us: a kettle")
    await show.boris.hears("a kettle")
    row.must("kettle" not in caller.line.printed(), "the caller heard the consultation")


async def every_phase(show: Show) -> list[Row]:
    """A caller who hangs up, in every phase."""
    rows: list[Row] = []
    async with AsyncExitStack() as stack:
        caller, other = await show.caller(stack, 8), await show.caller(stack, 1)

        async def gone(phase: str, since: str, ends: str, *wrap_up: BrowserDesk | HttpDesk) -> None:
            row = Row(f"8{'abcdefgh'[len(rows)]}", f"hangs up {phase}")
            await caller.hangs_up()
            if phase != "in line":
                await show.no_legs(row)
            for desk in show.desks:
                if desk in wrap_up:
                    await wait_for(lambda desk=desk: is_in(desk, "wrap_up"), 10)
                    await desk.finish()
                elif phase != "in line":
                    await wait_for(lambda desk=desk: is_in(desk, "idle"), 5)
            row.heard, row.saw = show.heard(caller, since, 3), await show.saw(caller.begun)
            if ends:
                with contextlib.suppress(TimeoutError):
                    await wait_for(lambda: show.ended(caller).endswith(ends), 5)
            row.ended = show.ended(caller).split("; ")[-1] if ends else "no ticket"
            row.must(row.ended == ends or (not ends and not show.ended(caller)), f"ended {row.ended}, not {ends}")
            rows.append(row)

        await caller.calls()
        await gone("while the robot speaks", "", "")

        await show.on_duty(show.vera)
        await other.asks_for_a_person()
        await show.vera.offered()
        await show.vera.accept()
        await talk(other, show.vera)
        await caller.asks_for_a_person()
        await caller.line.hear("number 1", 30)
        await gone("in line", "person", "support: abandoned (hangup)")
        await other.hangs_up()

        await show.on_duty(show.boris)
        await caller.asks_for_a_person()
        await show.boris.offered()
        await gone("while it rings", "person", "support: abandoned (hangup)")

        await show.on_duty(show.boris)
        await caller.asks_for_a_person()
        await show.boris.offered()
        await show.boris.accept_only()
        await gone("after Boris accepted, before they are connected", "person", "support: abandoned (hangup)")

        await show.on_duty(show.anna)
        await caller.asks_for_a_person()
        await show.anna.offered()
        await show.anna.accept()
        await talk(caller, show.anna)
        await gone("in the conversation", "person", "support: closed (resolved)", show.anna)

        await show.on_duty(show.anna)
        await caller.asks_for_a_person()
        await show.anna.offered()
        await show.anna.accept()
        await talk(caller, show.anna)
        await show.anna.does("hold")
        await wait_for(lambda: caller.line.music, 10)
        await gone("on hold", "person", "support: closed (resolved)", show.anna)

        row = Row("", "")
        await _consulting(show, caller, row, answered=False)
        await gone("while Anna waits for Boris", "person", "support, consult: closed (hangup)", show.anna)
        await _consulting(show, caller, row)
        await gone("while Anna speaks with Boris", "person", "support, consult: closed (hangup)", show.anna)
        return rows


async def a_dropped_leg_and_a_kept_place(show: Show) -> list[Row]:
    """An agent's line drops; and a caller who keeps their place and is phoned when it is their turn."""
    async with AsyncExitStack() as stack:
        caller, patient = await show.caller(stack, 9), await show.caller(stack, 10)
        row = Row("9", "talks with Vera, whose network fails")
        await show.on_duty(show.vera, show.boris)
        await caller.asks_for_a_person()
        await show.vera.offered()
        await show.vera.accept()
        await talk(caller, show.vera)
        await show.vera.write("Asks about a late parcel")
        dropped = time.time()
        await show.vera.drop()
        await show.boris.offered(20)
        told = show.heard_at(caller, "We lost the connection") - dropped
        row.must(told <= SENTENCE, f"the caller was told after {told:.1f} s")
        row.did += f" (the caller is told after {told:.1f} s)"
        await show.boris.accept()
        row.must(await _shows(show.boris, "Asks about a late parcel"), "the next agent does not see the notes")
        await talk(caller, show.boris)
        paused = show.records("SELECT paused FROM agents WHERE name = 'Vera'")[0]["paused"]
        row.must(paused == "line", f"Vera is not paused ({paused!r})")

        kept = Row("10", "in line, presses 1 for a callback, *as soon as it is my turn*, and hangs up; is phoned")
        await patient.asks_for_a_person()
        await patient.line.hear("call you back, press one", 30)
        await patient.line.press("1")
        await patient.line.hear("your turn", 30)
        await patient.line.press("1")
        await patient.line.hear("place is kept", 30)
        first = show.heard(patient, "person", 4)
        await patient.hangs_up()
        await asyncio.sleep(1)
        kept.must(patient.line.ringing is None, "phoned before an agent was free")
        await close(show, row, caller, "person", show.boris)
        await show.boris.offered()
        await show.boris.accept()
        await patient.line.incoming(20)
        await patient.line.answer()
        await talk(patient, show.boris, "You asked us to call back.")
        await close(show, kept, patient, "", show.boris)
        kept.heard = f"{first}; phoned: {kept.heard}"
        state = show.records("SELECT state FROM callbacks WHERE number = ?", patient.knows["number"])
        kept.must([one["state"] for one in state] == ["kept"], f"the promise is {state}")
        await show.vera.plug_in()
        return [row, kept]


SCENES = (
    skills,
    a_miss_and_priority,
    a_decline,
    a_break,
    a_warm_transfer,
    every_phase,
    a_dropped_leg_and_a_kept_place,
)
