"""Two agents and a supervisor on the whole program: consulting, handing over, and a caller who hangs up anywhere."""

from __future__ import annotations

import asyncio

import pytest
from floor_people import Person, asked_to_come, nobody_left, people, until_heard, wrap_up
from system import System, wait_for

from ivr.carriers.local.line import Line, NotHeard

NUMBER = "+74950000000"
OUTSIDE = "+74991234567"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole")]


@pytest.fixture
def system(hotline: System) -> System:
    return hotline


async def talking(caller: Line, anna: Person) -> int:
    """The caller has asked for a human and talks with Anna; the ticket."""
    await anna.agent.ready()
    await caller.dial(NUMBER, from_="+79161112233")
    await caller.listening()
    await caller.press("0")
    ticket = await anna.accept()
    await anna.line.listening(20)
    await caller.listening(20)
    await anna.line.say("Анна, слушаю вас")
    await caller.hear("анна, слушаю", 20)
    await anna.shows('data-mode="connected"', 20)  # they hear each other before the queue is told so
    return ticket


async def consulting(caller: Line, anna: Person, boris: Person) -> tuple[int, int]:
    """The caller is on hold while Anna asks Boris; both tickets."""
    ticket = await talking(caller, anna)
    await boris.agent.ready()
    await anna.does(f"tickets/{ticket}/transfer", target=f"agent:{boris.id}", how="warm")
    await wait_for(lambda: caller.music)
    other = await boris.accept()
    await boris.line.listening(20)
    await anna.line.say("клиент спрашивает про чайник")
    await boris.line.hear("про чайник")
    assert "чайник" not in caller.printed(), "the caller hears music"
    return ticket, other


def test_consult_hand_over_and_both_wrap_up(system: System) -> None:
    async def script() -> None:
        async with people(system, "agent", "agent") as (anna, boris), Line(system.carrier) as caller:
            ticket, other = await consulting(caller, anna, boris)
            await anna.does(f"tickets/{ticket}/hand-over")
            await anna.line.ended(10)
            await until_heard(boris.line, "Борис, продолжим", caller)
            await caller.say("здравствуйте ещё раз")
            await boris.line.hear("здравствуйте ещё раз")
            await anna.shows("/wrap-up")
            await boris.does(f"tickets/{other}/hang-up")
            await caller.ended(10)
            await boris.shows("/wrap-up")
            await wrap_up(anna)
            await wrap_up(boris)
            await nobody_left(system)

    asyncio.run(script())


def test_consult_and_take_back(system: System) -> None:
    async def script() -> None:
        async with people(system, "agent", "agent") as (anna, boris), Line(system.carrier) as caller:
            ticket, _ = await consulting(caller, anna, boris)
            await anna.does(f"tickets/{ticket}/take-back")
            await boris.line.ended(10)
            await wait_for(lambda: caller.ear is not None)
            await anna.line.say("Анна снова с вами")
            await caller.hear("снова с вами")
            await boris.agent.status("off")
            await caller.hangup()
            await anna.line.ended(10)
            await wrap_up(anna)
            await nobody_left(system)

    asyncio.run(script())


@pytest.mark.parametrize("when", ["ringing", "consulting", "handed over"])
def test_the_caller_hangs_up(system: System, when: str) -> None:
    async def script() -> None:
        async with people(system, "agent", "agent") as (anna, boris), Line(system.carrier) as caller:
            if when == "ringing":
                ticket = await talking(caller, anna)
                await boris.agent.ready()
                await anna.does(f"tickets/{ticket}/transfer", target=f"agent:{boris.id}", how="warm")
                await boris.offered()
            else:
                ticket, _ = await consulting(caller, anna, boris)
            if when == "handed over":
                await anna.does(f"tickets/{ticket}/hand-over")
                await anna.line.ended(10)
            await caller.hangup()
            await nobody_left(system)
            await anna.shows("/wrap-up")
            await boris.shows("/wrap-up" if when == "handed over" else 'data-mode="idle"')
            await wrap_up(anna)
            if when == "handed over":
                await wrap_up(boris)
            await boris.agent.status("off")

    asyncio.run(script())


def test_a_number_does_not_answer_and_then_does(system: System) -> None:
    async def script() -> None:
        async with (
            people(system, "agent") as (anna,),
            Line(system.carrier) as caller,
            Line(system.carrier) as outside,
        ):
            await outside.register(number=OUTSIDE)
            ticket = await talking(caller, anna)
            await anna.does(f"tickets/{ticket}/transfer", target="number", number=OUTSIDE, how="warm")
            await outside.incoming()
            await outside.reject()
            await wait_for(lambda: caller.ear is not None)
            await anna.does(f"tickets/{ticket}/transfer", target="number", number=OUTSIDE, how="cold")
            await outside.incoming()
            await anna.line.ended(10)
            await wait_for(lambda: caller.ear is None)
            await outside.answer()
            await outside.listening(10)
            await until_heard(outside, "склад, слушаю", caller)
            await outside.hangup()
            await caller.ended(10)
            await wrap_up(anna)
            await nobody_left(system)

    asyncio.run(script())


def test_a_supervisor_whispers_and_the_caller_does_not_hear(system: System) -> None:
    async def script() -> None:
        async with people(system, "agent", "supervisor") as (anna, vera), Line(system.carrier) as caller:
            ticket = await talking(caller, anna)
            shows = await vera.does(f"supervise/{ticket}", mode="listen")
            assert "supervise" in shows
            supervision = await asked_to_come(vera)
            await vera.line.dial("desk", params={"supervision": str(supervision)})
            await vera.line.answered()
            await caller.say("это слышит супервизор")
            await vera.line.hear("это слышит супервизор")
            await vera.line.say("меня никто не слышит")
            await vera.does(f"supervise/{ticket}", mode="whisper")
            await until_heard(vera.line, "предложите скидку", anna.line)
            with pytest.raises(NotHeard):
                await caller.hear("скидку", 1)
            await vera.does(f"supervise/{ticket}", mode="barge")
            await until_heard(vera.line, "добрый день всем", caller)
            assert "никто не слышит" not in caller.printed() + anna.line.printed()
            await vera.does(f"supervise/{ticket}", mode="leave")
            await vera.line.ended(10)
            await anna.line.say("мы остались вдвоём")
            await caller.hear("остались вдвоём")
            await caller.hangup()
            await anna.line.ended(10)
            await wrap_up(anna)
            await nobody_left(system)

    asyncio.run(script())
