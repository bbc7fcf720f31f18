"""Inside a conference of the built-in carrier: hold music, whispering, keys played to one, and numbers called in."""

from __future__ import annotations

import asyncio

import pytest
from test_carrier_queue import (  # noqa: F401 - fixtures among them
    CONFERENCE,
    Web,
    carrier,
    connected,
    rest,
    run,
    token,
    until,
    web,
)
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ivr.carriers.local.line import Line, NotHeard

OUTSIDE = "+79160000001"


async def third(line: Line, web: Web) -> None:  # noqa: F811
    """Another participant, labelled ``third``."""
    web.documents["/twilio/agent"] = CONFERENCE.format(ends="false", label="third")
    await line.register(token=token("agent-8"))
    await line.dial("", params={"offer": "6"})
    await line.answered()
    await until(lambda: any(form.get("ParticipantLabel") == "third" for form in web.forms("/conference")))


def test_a_whisper_is_heard_by_the_agent_only(web: Web, carrier: str, rest: Client) -> None:  # noqa: F811
    async def script() -> None:
        async with Line(carrier) as caller, Line(carrier) as agent, Line(carrier) as boss:
            await connected(caller, agent, web, rest)
            await third(boss, web)
            (conference,) = await asyncio.to_thread(rest.conferences.list, friendly_name="ticket-1")
            seat = rest.conferences(conference.sid).participants(boss.sid)
            await asyncio.to_thread(seat.update, coaching=True, call_sid_to_coach=agent.sid)
            await boss.say("предложите скидку")
            await agent.hear("предложите скидку")
            await asyncio.to_thread(seat.update, muted=True, coaching=False)
            await boss.say("меня не слышно")
            await caller.say("что вы говорите?")
            await boss.hear("что вы говорите")
            shown = await asyncio.to_thread(seat.update, muted=False)
            assert (shown.muted, shown.coaching) == (False, False)
            await boss.say("теперь слышат все")
            await caller.hear("теперь слышат все")
            await agent.hear("теперь слышат все")
            heard = caller.printed() + agent.printed()
            assert "меня не слышно" not in heard
            assert "скидку" not in caller.printed()
            with pytest.raises(TwilioRestException) as refused:
                await asyncio.to_thread(seat.update, coaching=True, call_sid_to_coach="CA" + "0" * 32)
            assert refused.value.status == 400
            await boss.hangup()
            await agent.say("мы ещё здесь")
            await caller.hear("мы ещё здесь")

    run(script)


def test_hold_plays_the_applications_document_with_its_method(web: Web, carrier: str, rest: Client) -> None:  # noqa: F811
    web.documents["/hold"] = "<Say>Please hold</Say><Pause length='30'/>"

    async def script() -> None:
        async with Line(carrier) as caller, Line(carrier) as agent:
            await connected(caller, agent, web, rest)
            (conference,) = await asyncio.to_thread(rest.conferences.list, friendly_name="ticket-1")
            seat = rest.conferences(conference.sid).participants(caller.sid)
            held = await asyncio.to_thread(seat.update, hold=True, hold_url=f"{web.url}/hold", hold_method="POST")
            assert held.hold
            await caller.hear("please hold")
            await agent.say("он не слышит")
            await asyncio.to_thread(seat.update, hold=False)
            await agent.say("снова слышно")
            await caller.hear("снова слышно")
            assert "он не слышит" not in caller.printed()

    run(script)
    assert [form["Hold"] for form in web.events("participant-hold") + web.events("participant-unhold")] == [
        "true",
        "false",
    ]


def test_keys_are_played_to_one_participant(web: Web, carrier: str, rest: Client) -> None:  # noqa: F811
    web.documents["/keys"] = '<Play digits="12#"/>'

    async def script() -> None:
        async with Line(carrier) as caller, Line(carrier) as agent:
            await connected(caller, agent, web, rest)
            (conference,) = await asyncio.to_thread(rest.conferences.list, friendly_name="ticket-1")
            seat = rest.conferences(conference.sid).participants(caller.sid)
            await asyncio.to_thread(seat.update, announce_url=f"{web.url}/keys")
            await until(lambda: "keys 12#" in caller.printed())
            assert "keys" not in agent.printed()

    run(script)
    assert web.forms("/keys")[0]["FriendlyName"] == "ticket-1"


def test_a_number_is_called_into_the_conference(web: Web, carrier: str, rest: Client) -> None:  # noqa: F811
    async def script() -> None:
        async with Line(carrier) as caller, Line(carrier) as agent, Line(carrier) as outside:
            await outside.register(number=OUTSIDE)
            await connected(caller, agent, web, rest)
            (conference,) = await asyncio.to_thread(rest.conferences.list, friendly_name="ticket-1")
            people = rest.conferences(conference.sid).participants
            made = await asyncio.to_thread(people.create, to=OUTSIDE, from_="+74950000000", label="outside", beep=False)
            await outside.incoming()
            await outside.answer()
            await outside.listening()
            await outside.say("склад слушает")
            await caller.hear("склад слушает")
            assert {one.label for one in await asyncio.to_thread(people.list)} == {"caller", "agent", "outside"}
            await asyncio.to_thread(people(made.call_sid).delete)
            assert await outside.ended() == "completed"
            with pytest.raises(NotHeard):
                await caller.ended(0.3)

    run(script)
