"""The engine, one habit at a time: keys, commands, retries, reading back, proofs, limits, hours, waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.engine import CallFacts, Session, Step, advance, start
from flows.engine.events import (
    Change,
    Entered,
    Event,
    HandOff,
    HangUp,
    Listen,
    Lookup,
    Record,
    Say,
    Trouble,
    Understood,
)
from flows.engine.hours import days_in, is_open
from flows.engine.inputs import (
    Alternative,
    Digits,
    HungUp,
    Input,
    LookupDone,
    NoInput,
    RecordingDone,
    Speech,
    TransferEnded,
)
from flows.engine.waiting import announcement, callback_key
from flows.engine.zones import zone_of
from flows.language import Flow, load_flow
from flows.language.loader import parse_flow
from ivr.actions import CATALOGUE

TEXT = (Path(__file__).parent / "flows" / "small.yaml").read_text("utf-8")
FLOW = load_flow(TEXT, "small.yaml", CATALOGUE)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday, noon in Moscow
ORDER = {"number": "4217", "state": "new", "sum": "1250.50", "can_cancel": True}


class Call:
    """A call in progress: inputs in, what was said and what is awaited out."""

    def __init__(
        self, flow: Flow = FLOW, caller: str | None = "+79161234567", hours: Any = "flow", **facts: Any
    ) -> None:
        self.flow = flow
        self.step: Step = start(flow, CallFacts("CA1", caller, "+74950000000", **facts), NOW, hours)

    def give(self, given: Input) -> Call:
        self.step = advance(self.flow, Session.from_json(self.step.session.to_json()), given, NOW)
        return self

    def press(self, digits: str) -> Call:
        return self.give(Digits(digits))

    def say(self, text: str, confidence: float = 1.0) -> Call:
        return self.give(Speech((Alternative(text, confidence),)))

    def silence(self) -> Call:
        return self.give(NoInput())

    def answer(self, outcome: Any, value: Any = None) -> Call:
        assert isinstance(self.last, Lookup | Change)
        return self.give(LookupDone(self.last.id, outcome, value))

    @property
    def last(self) -> Event:
        return self.step.events[-1]

    @property
    def said(self) -> str:
        return " ".join(event.text for event in self.step.events if isinstance(event, Say))

    @property
    def session(self) -> Session:
        return self.step.session

    def find(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.step.events if isinstance(event, kind)]


def changed(*pairs: tuple[str, str]) -> Flow:
    text = TEXT
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after, 1)
    return load_flow(text, "small.yaml", CATALOGUE)


# Listening


def test_a_prompt_is_said_and_listened_for_in_the_callers_language() -> None:
    call = Call(language="en")
    assert call.said == "Hello. Order, one; points, two; complaint, three."
    listen = call.last
    assert isinstance(listen, Listen)
    assert (listen.kind, listen.language, listen.max_digits) == ("menu", "en", 1)
    assert {"order", "points", "operator"} <= set(listen.hints)


def test_an_unknown_language_is_the_flows_first() -> None:
    assert Call(language="de").session.language == "ru"


def test_first_silence_and_first_misunderstanding_have_own_words_and_are_counted_apart() -> None:
    call = Call()
    assert "не услышал" in call.silence().said
    assert "Нет такого" in call.press("7").said
    assert "Соединяю" in call.silence().said
    assert call.last == HandOff("h1", "support", 20, "Order", "no_input", "ru", True)


def test_words_of_the_defaults_are_followed_by_the_prompt() -> None:
    call = Call().press("1")
    assert call.silence().said == "Не слышу вас. Номер заказа?"
    assert call.silence().said == "Всё ещё не слышу. Номер заказа?"
    assert call.press("1").said == "Не понял. Номер заказа?"
    assert isinstance(call.silence().last, HandOff)


def test_early_keys_go_to_the_next_step() -> None:
    call = Call().press("14217#4567")
    assert call.find(Entered) == [Entered("ask_order"), Entered("details")]
    assert isinstance(call.last, Lookup)
    assert dict(call.last.arguments) == {"number": "4217", "phone_last4": "4567"}
    assert call.said == ""


def test_too_few_early_keys_wait_for_the_rest_without_a_word() -> None:
    call = Call().press("142")
    assert call.said == ""
    assert isinstance(call.last, Listen)
    assert call.press("17").session.variables["number"] == "4217"


def test_too_few_early_keys_and_then_silence_say_the_prompt() -> None:
    call = Call().press("142").silence()
    assert call.said == "Номер заказа?"
    assert call.session.no_input == 0


def test_a_command_among_digits_counts_only_as_the_whole_entry() -> None:
    assert isinstance(Call().press("1").press("0").last, HandOff)
    assert isinstance(Call().press("1").press("0#").last, HandOff)
    call = Call().press("1").press("0912")
    assert call.session.variables["number"] == "0912"


@pytest.mark.parametrize("words", ["оператор", "позовите человека", "operator", "ноль"])
def test_the_operator_is_called_by_words_in_any_language(words: str) -> None:
    last = Call().say(words).last
    assert isinstance(last, HandOff)
    assert last.reason == "asked"


def test_a_menu_takes_the_name_of_a_key() -> None:
    assert Call().say("один").find(Understood) == [Understood("main", "ask_order", "words")]


def test_repeat_says_what_was_said_since_the_last_answer() -> None:
    call = Call()
    assert call.press("9").said == "Здравствуйте. Заказ — один, баллы — два, жалоба — три."
    assert call.press("1").press("9").said == "Номер заказа?"


def test_repeating_for_ever_reaches_a_human() -> None:
    call = Call()
    for _ in range(30):
        call.press("9")
        if isinstance(call.last, HandOff):
            break
    assert isinstance(call.last, HandOff)
    assert call.last.reason == "limit"
    assert call.find(Trouble)[0].what == "limit visits"


def test_a_command_changes_the_language() -> None:
    call = Call().press("8")
    assert call.said == "Hello. Order, one; points, two; complaint, three."
    assert call.session.language == "en"


def test_the_end_of_an_entry_of_one_length_needs_no_key() -> None:
    listen = Call().press("1").press("4217").last
    assert isinstance(listen, Listen)
    assert (listen.min_digits, listen.max_digits, listen.finish_on, listen.secret) == (4, 4, "", True)


# Being unsure


def test_unsure_speech_is_read_back() -> None:
    call = Call().say("доставка", 0.6)
    assert call.said == "заказ. Верно? Да один, нет два."
    assert isinstance(call.last, Listen)
    assert call.last.kind == "confirm"
    assert call.say("ага").session.step == "ask_order"


def test_a_wrong_guess_is_asked_again_and_counts() -> None:
    call = Call().say("доставка", 0.6).press("2")
    assert call.said.startswith("Заказ — один")
    assert call.session.no_match == 1
    assert isinstance(call.say("доставка", 0.6).press("2").last, HandOff)


@pytest.mark.parametrize(("confidence", "kind"), [(0.95, "digits"), (0.7, "confirm"), (0.3, "digits")])
def test_dictated_digits_are_taken_read_back_or_asked_again(confidence: float, kind: str) -> None:
    call = Call().press("1").say("четыре два один семь", confidence)
    assert isinstance(call.last, Listen)
    assert call.last.kind == kind
    assert call.session.variables.get("number") == ("4217" if confidence > 0.8 else None)
    assert ("4 2 1 7" in call.said) == (kind == "confirm")


def test_repeat_while_reading_back_says_the_value_again() -> None:
    assert Call().press("1").say("четыре два один семь", 0.6).press("9").said.startswith("4 2 1 7")


# Values


ASK = 'ask: {expect: yes_no, into: wants_cancel, prompt: {ru: "Отменить заказ?", en: "Cancel it?"}}'


@pytest.mark.parametrize(
    ("ask", "given", "value"),
    [
        ("expect: yes_no", Digits("2"), False),
        ("expect: yes_no", Speech((Alternative("не надо"),)), False),
        ("expect: number, most: 10", Digits("7#"), 7),
        ("expect: number, most: 10", Speech((Alternative("семь"),)), 7),
        ("expect: money", Speech((Alternative("сто рублей"),)), "100.00"),
        ("expect: date", Digits("2511#"), "2026-11-25"),
        ("expect: date", Digits("0101#"), "2027-01-01"),
        ("expect: date", Digits("25112026"), "2026-11-25"),
        ("expect: date", Speech((Alternative("завтра"),)), "2026-11-24"),
        ("expect: time", Digits("1730"), "2026-11-23T17:30+03:00"),
        ("expect: time", Digits("0930"), "2026-11-24T09:30+03:00"),
        ("expect: time", Speech((Alternative("через минуту"),)), "2026-11-23T12:01:00+03:00"),
        ("expect: phone", Digits("89161234567"), "+79161234567"),
        ("expect: free", Speech((Alternative("  синяя   куртка "),)), "синяя куртка"),
        ("expect: one_of, options: [{value: red, digits: '1'}, {value: blue, digits: '2'}]", Digits("2"), "blue"),
    ],
)
def test_values(ask: str, given: Input, value: object) -> None:
    prompt = '{ru: "Что?", en: "What?"}'
    flow = parse_flow(TEXT.replace(ASK, f"ask: {{{ask}, into: it, prompt: {prompt}}}"), "small.yaml", CATALOGUE)
    call = Call(flow)
    call.step = Step(_at(call.session, "cancel_menu"), ())
    call.give(given)
    assert call.session.variables.get("it") == value


def _at(session: Session, step: str) -> Session:
    data = session.to_json().replace(f'"step":"{session.step}"', f'"step":"{step}"')
    return Session.from_json(data)


@pytest.mark.parametrize("keys", ["3511#", "1", "12345#", "99992026"])
def test_dates_that_are_none_are_asked_again(keys: str) -> None:
    flow = parse_flow(TEXT.replace("expect: yes_no", "expect: date"), "small.yaml", CATALOGUE)
    call = Call(flow)
    call.step = Step(_at(call.session, "cancel_menu"), ())
    assert "Не понял" in call.press(keys).said


# Lookups, changes, proofs


def order(call: Call) -> Call:
    return call.press("1").press("4217").press("4567")


def test_a_change_is_a_change_and_a_proven_order_is_not_proven_again() -> None:
    call = order(Call()).answer("found", ORDER).press("1")
    assert isinstance(call.last, Change)
    assert (call.last.action, dict(call.last.arguments)) == (
        "orders.cancel",
        {"number": "4217", "phone_last4": "4567"},
    )
    assert call.answer("found", {}).said.startswith("Отменён.")


def test_another_order_needs_another_proof() -> None:
    call = order(Call()).answer("found", ORDER | {"can_cancel": False}).press("1").press("1").press("5555")
    assert call.said == "Последние четыре цифры телефона?"
    call.press("1111")
    assert isinstance(call.last, Lookup)
    assert dict(call.last.arguments) == {"number": "5555", "phone_last4": "1111"}


def test_a_card_and_pin_leave_the_session_once_used() -> None:
    call = Call().press("2").press("12345678#").press("7391")
    assert isinstance(call.last, Lookup)
    assert "7391" in call.session.to_json()
    call.answer("found", {"points": 21})
    assert "21 балл" in call.said
    assert "7391" not in call.session.to_json()
    assert "12345678" not in call.session.to_json()


def test_every_wrong_proof_sounds_alike_and_the_third_is_a_human() -> None:
    call = order(Call())
    assert call.answer("refused").said == "Не совпало. Последние четыре цифры телефона?"
    assert call.press("0001").answer("refused").said == "Не совпало. Последние четыре цифры телефона?"
    call.press("0002").answer("refused")
    assert isinstance(call.last, HandOff)
    assert call.last.reason == "limit"


def test_wrong_proofs_count_over_the_whole_call() -> None:
    call = order(Call()).answer("refused").press("0001").answer("refused").press("0003").answer("missing")
    call.press("2").press("12345678#").press("1111").answer("refused")
    assert isinstance(call.last, HandOff)


def test_the_answer_may_replace_the_variable_that_was_asked_with() -> None:
    call = order(
        Call(changed(('with: {number: "{{ order.number }}"}}', 'with: {number: "{{ order.number }}"}, into: order}')))
    )
    call.answer("found", ORDER).press("1").answer("missing")
    assert "Нет такого заказа" in call.said
    assert call.session.variables["order"] is None
    call = order(
        Call(changed(('with: {number: "{{ order.number }}"}}', 'with: {number: "{{ order.number }}"}, into: order}')))
    )
    call.answer("found", ORDER).press("1").answer("refused")
    assert call.said == "Не совпало. Последние четыре цифры телефона?"


def test_a_proof_that_the_flow_asked_for_itself() -> None:
    flow = changed(
        (
            "  points:\n    lookup: {action: cards.points, into: card_points}",
            "  points:\n    ask: {expect: digits, length: 8, into: my_card, secret: true,"
            " prompt: {ru: 'Карта?', en: 'Card?'}}\n    next: points_of\n"
            "  points_of:\n    lookup: {action: cards.points, with: {card: '{{ my_card }}'}, into: card_points}",
        )
    )
    call = Call(flow).press("2").press("12345678").press("0000").answer("refused")
    assert call.said == "Не совпало. ПИН?"
    call.press("7391")
    assert isinstance(call.last, Lookup)
    assert dict(call.last.arguments) == {"card": "12345678", "pin": "7391"}
    call.answer("found", {"points": 1})
    assert "12345678" not in call.session.to_json()


def test_a_way_that_leads_nowhere_is_a_human() -> None:
    text = TEXT.replace("    next: main\n  main:", "    next: nowhere\n  main:")
    call = Call(parse_flow(text, "small.yaml", CATALOGUE))
    assert isinstance(call.last, HandOff)


def test_a_shop_that_limits_is_a_human() -> None:
    last = order(Call()).answer("limited").last
    assert isinstance(last, HandOff)
    assert last.reason == "limit"


@pytest.mark.parametrize("value", ["garbage", None, [], {"number": None}])
def test_garbage_from_the_shop_is_a_human(value: object) -> None:
    call = order(Call()).answer("found", value)
    assert isinstance(call.last, HandOff)
    assert call.last.reason == "failed"
    assert call.find(Trouble)


def test_a_shop_that_fails_is_named() -> None:
    call = order(Call()).answer("failed")
    assert call.find(Trouble)[0].what == "orders.details failed"
    assert isinstance(call.last, HandOff)


def test_a_stale_answer_is_asked_for_again_with_the_same_id() -> None:
    call = order(Call()).answer("refused").press("1111")
    asked, before = call.last, call.session
    call.give(LookupDone("l1", "found", ORDER))
    assert call.last == asked
    assert call.session == before


# Hand-off, callback, recording


def test_nobody_is_a_message_and_a_callback_is_a_callback() -> None:
    call = Call().press("0").give(TransferEnded("nobody"))
    assert isinstance(call.last, Record)
    call.give(RecordingDone("RE1", 7))
    assert call.last == HangUp("done")
    call = Call().press("0").give(TransferEnded("callback"))
    assert isinstance(call.last, Change)
    assert call.last.arguments["kind"] == "keep_place"
    assert call.answer("found", {}).last == HangUp("done")


def test_after_an_agent_the_call_ends() -> None:
    assert Call().press("0").give(TransferEnded("connected")).last == HangUp("done")


def test_a_callback_at_a_time_says_when_and_asks_the_records_first() -> None:
    call = Call().press("4").say("в пять вечера")
    assert isinstance(call.last, Change)
    assert call.said == ""
    assert dict(call.last.arguments) == {
        "queue": "support",
        "number": "+79161234567",
        "kind": "at_time",
        "at": "2026-11-23T17:00+03:00",
        "summary": "Asked for a call",
        "language": "ru",
    }
    assert "Перезвоним сегодня" in call.answer("found", {}).said


def test_a_callback_outside_hours_or_without_a_number_is_refused() -> None:
    assert "Не сможем" in Call().press("4").press("0300").said
    assert "Не сможем" in Call(caller=None).press("4").press("1700").said


def test_closed_by_force_promises_by_the_usual_hours() -> None:
    assert isinstance(Call(hours="closed").press("4").press("1700").last, Change)
    assert "Не сможем" in Call(hours="closed").press("4").press("0300").said


def test_the_operator_is_reached_from_a_recording() -> None:
    call = Call().press("3")
    assert isinstance(call.last, Record)
    assert isinstance(call.press("0").last, HandOff)


def test_a_summary_leaves_out_what_is_not_known() -> None:
    last = Call().press("0").last
    assert isinstance(last, HandOff)
    assert (last.summary, last.priority) == ("Order", 20)


# Ends and limits


def test_hanging_up_ends_and_nothing_begins_again() -> None:
    call = Call().give(HungUp())
    assert call.last == HangUp("caller")
    assert call.press("1").step.events == (HangUp("done"),)


def test_a_broken_text_is_a_human() -> None:
    text = TEXT.replace("{{ order.sum | money }}", "{{ order.nothing | money }}")
    flow = parse_flow(text, "small.yaml", CATALOGUE)
    call = order(Call(flow)).answer("found", ORDER)
    assert isinstance(call.last, HandOff)
    assert call.last.reason == "failed"
    assert call.find(Trouble)[0].what == "text failed"


def test_a_circle_is_a_human_and_then_an_end() -> None:
    text = TEXT.replace("    next: main\n  main:", "    next: hello\n  main:")
    call = Call(parse_flow(text, "small.yaml", CATALOGUE))
    assert isinstance(call.last, HandOff)
    assert call.find(Trouble)[0].what == "limit visits"


def test_when_even_the_human_is_broken_the_call_ends_by_rule() -> None:
    text = TEXT.replace("    unavailable: message", "    unavailable: hello").replace(
        "    next: main\n  main:", "    next: to_human\n  main:"
    )
    call = Call(parse_flow(text, "small.yaml", CATALOGUE))
    for _ in range(200):
        if call.session.ended:
            break
        call.give(TransferEnded("nobody"))
    assert call.last == HangUp("limit")
    assert call.said.endswith("Простите, позвоните позже.")


def test_a_session_of_a_flow_that_lost_its_step_is_a_human() -> None:
    call = Call()
    call.step = Step(_at(call.session, "gone"), ())
    assert isinstance(call.press("1").last, HandOff)


def test_a_session_is_small_and_says_its_version() -> None:
    call = order(Call()).answer("found", ORDER | {"items": [{"name": "Куртка", "quantity": 1, "price": "900.00"}] * 5})
    assert len(call.session.to_json().encode()) < 2048
    assert '"version":1' in call.session.to_json()


@pytest.mark.parametrize("text", ["[]", "{}", '{"version": 1}', '{"version": 1, "call": [1]}'])
def test_what_is_no_session_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a session"):
        Session.from_json(text)


# Hours and waiting


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        ("2026-11-23T09:00+03:00", True),
        ("2026-11-23T08:59+03:00", False),
        ("2026-11-23T21:00+03:00", False),
        ("2026-11-22T10:00+03:00", True),
        ("2026-11-22T09:30+03:00", False),
        ("2027-01-01T12:00+03:00", False),
        ("2026-11-23T06:30+00:00", True),
    ],
)
def test_hours(moment: str, works: bool) -> None:
    assert is_open(FLOW, "support", datetime.fromisoformat(moment)) is works
    assert is_open(FLOW, "support", datetime.fromisoformat(moment), "open")
    assert not is_open(FLOW, "support", datetime.fromisoformat(moment), "closed")


def test_hours_over_midnight() -> None:
    flow = changed(('{days: mon-fri, from: "09:00", to: "21:00"}', '{days: mon-fri, from: "22:00", to: "06:00"}'))
    at: Callable[[str], bool] = lambda moment: is_open(flow, "support", datetime.fromisoformat(moment))  # noqa: E731
    assert at("2026-11-23T23:00+03:00")
    assert at("2026-11-24T05:59+03:00")
    assert at("2026-11-28T05:00+03:00")
    assert not at("2026-11-23T05:00+03:00")


def test_days() -> None:
    assert days_in("mon-fri") == {0, 1, 2, 3, 4}
    assert days_in("sat, sun") == {5, 6}
    assert days_in("fri-mon") == {4, 5, 6, 0}
    assert days_in("every") == set(range(7))


def test_the_hand_off_says_whether_the_queue_works() -> None:
    last = Call(hours="closed").press("0").last
    assert isinstance(last, HandOff)
    assert not last.open


def test_waiting() -> None:
    session = Call(language="en").press("0").session
    said = [say.text for say in announcement(FLOW, session, 2, 3, first=True, again=False)]
    assert said == ["You are number 2.", "About 3 minutes.", "For a call back, press one."]
    said = [say.text for say in announcement(FLOW, session, 1, None, first=False, again=False)]
    assert said == ["You are number 1.", "For a call back, press one."]
    assert callback_key(FLOW) == "1"


def test_zones() -> None:
    assert str(zone_of("+74951234567")) == "Europe/Moscow"
    assert zone_of("+79161234567") is None
    british = zone_of("+447700900493")
    assert british is not None
    assert [datetime(2026, month, 1, 12, tzinfo=UTC).astimezone(british).hour for month in (1, 7)] == [12, 13]
    assert zone_of("nonsense") is None
