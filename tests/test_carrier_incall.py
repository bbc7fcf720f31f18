"""Inside a conference of the built-in carrier: hold music, whispering, keys played to one, and numbers called in."""

from __future__ import annotations

import array
import asyncio
import io
import wave

import httpx
import pytest
from test_carrier_queue import (  # noqa: F401 - fixtures among them
    CONFERENCE,
    TOKEN,
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
from ivr.settings import DEMO_ACCOUNT

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


def test_a_call_is_recorded_both_ways_and_paused(web: Web, carrier: str, rest: Client) -> None:  # noqa: F811
    async def script() -> None:
        async with Line(carrier) as caller, Line(carrier) as agent:
            await connected(caller, agent, web, rest)
            sounds = rest.calls(caller.sid).recordings
            made = await asyncio.to_thread(sounds.create, recording_status_callback=f"{web.url}/recorded")
            assert made.status == "in-progress"
            await agent.say("Добрый день")
            await caller.hear("добрый день")
            paused = await asyncio.to_thread(sounds("Twilio.CURRENT").update, status="paused", pause_behavior="silence")
            assert paused.status == "paused"
            await caller.say("моя карта 4276")
            await agent.hear("моя карта")
            await asyncio.to_thread(sounds(made.sid).update, status="in-progress")
            await caller.say("спасибо вам")
            await agent.hear("спасибо вам")
            await caller.hangup()
            await agent.ended(5)
            await until(lambda: web.forms("/recorded"), 30)
            (form,) = web.forms("/recorded")
            assert (form["RecordingSid"], form["RecordingStatus"]) == (made.sid, "completed")
            sound = httpx.get(f"{form['RecordingUrl']}.wav", auth=(DEMO_ACCOUNT, TOKEN))
            with wave.open(io.BytesIO(sound.content)) as wav:
                assert (wav.getframerate(), wav.getnchannels()) == (8000, 1)
                samples = array.array("h", wav.readframes(wav.getnframes()))
            assert max(samples) > 1000, "speech is in it"
            assert abs(len(samples) / 8000 - int(form["RecordingDuration"])) <= 1
            with pytest.raises(TwilioRestException):
                await asyncio.to_thread(sounds.create)
            await asyncio.to_thread(rest.recordings(made.sid).delete)
            assert await asyncio.to_thread(sounds.list) == []

    run(script)
