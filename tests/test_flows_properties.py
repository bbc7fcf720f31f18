"""What holds for every call, whatever is pressed, said, answered or broken."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.engine import CallFacts, Session, Step, advance, start
from flows.engine.events import Change, Event, HandOff, HangUp, Listen, Lookup, Record, Trouble
from flows.engine.inputs import (
    Alternative,
    Digits,
    HungUp,
    Input,
    LookupDone,
    NoInput,
    RecordingDone,
    Speech,
    StreamEnded,
    TransferEnded,
    input_from_dict,
    input_to_dict,
)
from flows.language import Flow, load_flow
from flows.library import PATH
from ivr.actions import CATALOGUE

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SMALL = Path(__file__).parent / "flows" / "small.yaml"
FLOWS: dict[str, Flow] = {path.stem: load_flow(path.read_text("utf-8"), path.name, CATALOGUE) for path in (SMALL, PATH)}
WAITS = (Listen, Lookup, Change, Record, HandOff)
CANARY = "73917391"

keys = st.text("0123456789*#", min_size=1, max_size=20).map(Digits)
SAID = """да нет оператор доставка баллы operator подтвердить отменить жалоба магазины часы ноль"""
words = st.sampled_from(
    [*SAID.split(), "где мой заказ", "четыре два один семь", "восемь девятьсот шестнадцать", "в пять", "\x00{{ x }}"]
)
speech = st.builds(
    lambda text, sure: Speech((Alternative(text, sure),)),
    st.one_of(words, st.text(max_size=30)),
    st.floats(0, 1),
)
values = st.sampled_from(
    [
        None,
        {},
        "garbage",
        [],
        {"number": "4217", "sum": "1250.50", "state": "new", "can_cancel": True, "can_confirm": True, "items": []},
        {"points": 21, "burn_points": 0, "burn_on": None, "worth": "21.00", "tier": "gold"},
        {"known": True, "language": "en", "tier": "gold"},
        {"known": True, "language": "xx", "tier": None},
    ]
)
outcomes = st.sampled_from(["found", "found", "missing", "refused", "limited", "failed"])
answers = st.builds(lambda outcome, value: LookupDone("", outcome, value), outcomes, values)
transfers = st.sampled_from(["connected", "callback", "nobody", "closed", "full", "failed"]).map(TransferEnded)
recordings = st.integers(0, 100).map(lambda seconds: RecordingDone("RE1", seconds))
odd = st.sampled_from([LookupDone("stale", "found", {}), StreamEnded(), NoInput()])
anything = st.one_of(keys, keys, speech, speech, answers, transfers, recordings, odd, st.just(NoInput()))


def fitting(step: Step, given_input: Input) -> Input:
    """An answer for what is awaited gets its id; keys while a secret is asked become the canary."""
    last = step.events[-1]
    if isinstance(given_input, LookupDone) and given_input.id == "" and isinstance(last, Lookup | Change):
        return LookupDone(last.id, given_input.outcome, given_input.value)
    if isinstance(last, Listen) and last.secret and isinstance(given_input, Digits):
        return Digits(CANARY[: max(last.min_digits, 4)])
    return given_input


def sound(step: Step) -> None:
    """A turn's events end with the one that waits or hangs up, and the session survives JSON."""
    ends = [event for event in step.events if isinstance(event, (*WAITS, HangUp))]
    assert len(ends) == 1
    assert step.events[-1] is ends[0]
    assert step.session.ended == isinstance(ends[0], HangUp)
    assert Session.from_json(step.session.to_json()) == step.session
    assert not [event for event in step.events if isinstance(event, Trouble) and event.what == "fault"]


def leaks(events: tuple[Event, ...], session: Session) -> bool:
    shown = [event for event in events if not isinstance(event, Lookup | Change)]
    return CANARY[:4] in repr(shown) or CANARY[:4] in repr(dict(session.variables))


@pytest.mark.parametrize("name", FLOWS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    inputs=st.lists(anything, max_size=40),
    caller=st.sampled_from(["+79161234567", None]),
    hours=st.sampled_from(["flow", "open", "closed"]),
)
def test_every_call_is_sound_and_ends(name: str, inputs: list[Input], caller: str | None, hours: str) -> None:
    flow = FLOWS[name]
    step = start(flow, CallFacts("CA1", caller, "+74950000000"), NOW, hours)  # type: ignore[arg-type]
    sound(step)
    for each in inputs:
        chosen = fitting(step, each)
        assert input_from_dict(input_to_dict(chosen)) == chosen
        before = Session.from_json(step.session.to_json())
        step = advance(flow, before, chosen, NOW)
        sound(step)
        assert not leaks(step.events, step.session)
    # Then the caller falls silent and everything outside fails: the call still ends, and by a rule.
    for _ in range(200):
        if step.session.ended:
            break
        step = advance(flow, step.session, giving_up(step.events[-1]), NOW)
        sound(step)
    assert step.session.ended
    assert step.session.pending is None
    for each in (NoInput(), Digits("1"), HungUp()):
        assert advance(flow, step.session, each, NOW).events == (HangUp("done"),)


def giving_up(awaited: Event) -> Input:
    match awaited:
        case Lookup() | Change():
            return LookupDone(awaited.id, "failed")
        case Record():
            return RecordingDone("RE1", 0)
        case HandOff():
            return TransferEnded("failed")
    return NoInput()


@pytest.mark.parametrize("name", FLOWS)
@settings(max_examples=60, deadline=None)
@given(inputs=st.lists(anything, max_size=15), stray=anything)
def test_what_is_not_awaited_changes_nothing(name: str, inputs: list[Input], stray: Input) -> None:
    flow = FLOWS[name]
    step = start(flow, CallFacts("CA1", "+79161234567", "+74950000000"), NOW)
    for each in inputs:
        step = advance(flow, step.session, fitting(step, each), NOW)
    last = step.events[-1]
    strays: tuple[type, ...] = {
        Listen: (LookupDone, RecordingDone, TransferEnded, StreamEnded),
        Lookup: (Digits, Speech, NoInput, RecordingDone, TransferEnded, StreamEnded),
        Change: (Digits, Speech, NoInput, RecordingDone, TransferEnded, StreamEnded),
        Record: (LookupDone, TransferEnded, StreamEnded),
        HandOff: (Digits, Speech, NoInput, LookupDone, RecordingDone, StreamEnded),
    }.get(type(last), ())
    if isinstance(stray, strays):
        after = advance(flow, step.session, stray, NOW)
        assert after.session == step.session
        assert after.events == (last,)
