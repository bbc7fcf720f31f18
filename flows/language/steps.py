"""The steps of a flow as values. A step is one kind's block plus where the call goes next; the ways on (``next``,
``found``, ``exhausted``…) may stand beside the block or inside it, and both give the same model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from flows.language.parts import Confirm, Examples, Expect, Keys, Length, Name, Part, Phrases, Slot, Texts, Way


class Timeouts(Part):
    """How long a listening step waits, in seconds. Unset ones come from ``defaults``."""

    no_input_after: float | None = Field(None, ge=1, le=60)
    between_digits: float | None = Field(None, ge=1, le=20)
    end_of_speech: float | None = Field(None, ge=0.3, le=10)


class Listening(Timeouts):
    """What menus and asks share. Own ``no_input`` and ``no_match`` words replace the prompt; the words of ``defaults``
    are followed by the prompt. There are as many retries as words, then ``exhausted``."""

    prompt: Texts
    no_input: list[Texts] | None = None
    no_match: list[Texts] | None = None
    exhausted: Way | None = Field(None, description="After the last retry. Default: the operator command's step.")


class Choice(Part):
    """One option of a menu. ``say`` is said when it is taken. ``name`` is what it is understood as, wherever it is
    offered: choices of one name share their examples, those under the flow's ``examples`` among them."""

    name: Name | None = None
    called: Texts | None = Field(None, description="In a question between two choices: delivery, or a return?")
    digits: Keys | None = None
    phrases: Phrases = Field(default_factory=dict)
    examples: Examples = Field(default_factory=dict)
    takes: dict[Name, Slot] = Field(
        default_factory=dict,
        description="Variables that may be said in the same breath; asks that fill them are passed over.",
    )
    say: Texts | None = None
    next: Way

    @model_validator(mode="after")
    def _reachable(self) -> Choice:
        if self.digits is None and not self.phrases and self.name is None:
            raise ValueError("a choice needs digits, phrases, or a name that has examples")
        if self.examples and self.name is None:
            raise ValueError("a choice with examples needs a name")
        return self


class SayStep(Part):
    """``say: {ru: …, en: …}``, then ``next``."""

    kind: Literal["say"]
    texts: Texts
    next: Way

    def ways(self) -> Iterator[tuple[str, str]]:
        yield "next", self.next


class MenuStep(Listening):
    """``remembered`` offers the second of two wishes, once the first is served: {{ wish }} is what it is called."""

    kind: Literal["menu"]
    choices: list[Choice] = Field(min_length=1)
    remembered: Texts | None = Field(None, description="Yes: one, no: two. Asked before the menu's own prompt.")

    def ways(self) -> Iterator[tuple[str, str]]:
        for index, choice in enumerate(self.choices):
            yield f"choices.{index}.next", choice.next
        if self.exhausted is not None:
            yield "exhausted", self.exhausted


class Option(Part):
    """One answer of ``ask: {expect: one_of}``; ``value`` goes into the variable."""

    value: Name
    digits: Keys | None = None
    phrases: Phrases = Field(default_factory=dict)


class AskStep(Listening):
    """Asks for a value and puts it into ``into``. What the variable then holds: digits, phone (E.164), one_of, free:
    text; number: integer; money: decimal text; yes_no: true or false; date: ``YYYY-MM-DD``; time: date and time in
    ISO 8601 with the caller's offset, the next such moment (keys: HHMM)."""

    kind: Literal["ask"]
    expect: Expect
    into: Name
    length: Length | None = Field(None, description="How many digits; only with expect: digits.")
    confirm: Confirm = "when_unsure"
    confirm_prompt: Texts | None = Field(None, description="Instead of defaults.confirm; {{ heard }} is the value.")
    secret: bool = False
    options: list[Option] = Field(default_factory=list)
    least: int | None = None
    most: int | None = None
    next: Way

    @model_validator(mode="after")
    def _fitting(self) -> AskStep:
        if (self.expect == "digits") != (self.length is not None):
            raise ValueError("length is needed with expect: digits, and only there")
        if (self.expect == "one_of") != bool(self.options):
            raise ValueError("options are needed with expect: one_of, and only there")
        if (self.least is not None or self.most is not None) and self.expect not in ("number", "money"):
            raise ValueError("least and most go with expect: number or money")
        if self.secret and self.confirm == "always":
            raise ValueError("a secret is never read back: set confirm: never")
        return self

    def ways(self) -> Iterator[tuple[str, str]]:
        yield "next", self.next
        if self.exhausted is not None:
            yield "exhausted", self.exhausted


class LookupStep(Part):
    """Asks the shop for something, or changes something there. ``with`` gives the arguments; the engine asks for the
    proof that the action needs. ``into`` holds the answer, or nothing (``nil``) when the answer is not ``found``."""

    kind: Literal["lookup"]
    action: str
    with_: dict[Name, str] = Field(default_factory=dict, alias="with")
    into: Name | None = None
    filler: Texts | None = Field(None, description="Instead of the flow's filler.")
    found: Way | None = Field(None, description="Where to when it was found, or the change is done.")
    done: Way | None = Field(None, description="The same as found; reads better for a change.")
    missing: Way | None = Field(None, description="No such thing, or its state does not allow it.")
    refused: Way | None = Field(None, description="Wrong proof, after proofs.refused was said. Default: asked again.")
    limited: Way | None = Field(None, description="Too many wrong proofs. Default: proofs.limited.")
    failed: Way

    @model_validator(mode="after")
    def _one_way(self) -> LookupStep:
        if (self.found is None) == (self.done is None):
            raise ValueError("a lookup needs either found or done: where the call goes when it worked")
        return self

    @property
    def worked(self) -> str:
        return self.found or self.done or ""

    def ways(self) -> Iterator[tuple[str, str]]:
        for field in ("found", "done", "missing", "refused", "limited", "failed"):
            target = getattr(self, field)
            if target is not None:
                yield field, target


class Case(Part):
    when: str
    next: Way


class DecideStep(Part):
    """The first case whose Liquid condition holds; ``else`` otherwise."""

    kind: Literal["decide"]
    cases: list[Case] = Field(min_length=1)
    else_: Way = Field(alias="else")

    def ways(self) -> Iterator[tuple[str, str]]:
        for index, case in enumerate(self.cases):
            yield f"cases.{index}.next", case.next
        yield "else", self.else_


class SetStep(Part):
    """``set: {topic: delivery, language: "{{ customer.language }}"}``: variables, and the call's ``language``. A value
    that is one ``{{ path }}`` keeps its type."""

    kind: Literal["set"]
    values: dict[Name, str | bool | int] = Field(min_length=1)
    next: Way

    def ways(self) -> Iterator[tuple[str, str]]:
        yield "next", self.next


class RecordStep(Part):
    """Records the caller after a beep. ``nothing``: where to when nothing was said (default ``next``)."""

    kind: Literal["record"]
    purpose: Literal["message", "complaint"]
    prompt: Texts
    max_seconds: int = Field(120, ge=5, le=600)
    silence_seconds: int = Field(5, ge=2, le=30)
    queue: Name | None = Field(None, description="Whose desk lists it. Default: the first queue.")
    summary: str = ""
    next: Way
    nothing: Way | None = None

    def ways(self) -> Iterator[tuple[str, str]]:
        yield "next", self.next
        if self.nothing is not None:
            yield "nothing", self.nothing


class TransferStep(Part):
    """Gives the caller to a human. ``say`` is said first. ``priority``: a number, or Liquid giving a number or a key of
    the queue's ``priorities``; anything else counts as 0."""

    kind: Literal["transfer"]
    queue: Name
    priority: int | str = 0
    summary: str = ""
    say: Texts | None = None
    unavailable: Way = Field(description="Nobody on duty, closed, full or broken.")
    callback: Way | None = Field(None, description="The caller chose a callback while waiting. Default: unavailable.")
    next: Way | None = Field(None, description="After an agent, with the caller still there. Default: the call ends.")

    def ways(self) -> Iterator[tuple[str, str]]:
        for field in ("unavailable", "callback", "next"):
            target = getattr(self, field)
            if target is not None:
                yield field, target


class CallbackStep(Part):
    """Promises a call back. ``when``: ``keep_place``, or Liquid giving a moment (an ask with expect: time). A moment
    outside the queue's hours goes to ``outside`` (default ``refused``), one at which as many are promised as the queue
    can keep to ``full`` (default ``outside``). ``moves``: gives the open promise of this number another time; its queue
    and summary stay, and ``refused`` follows when there is none.

    Sets ``callback_at`` (nothing for keep_place): ISO 8601 with offset; and ``callback_free``: ``first`` and
    ``second``, the free times nearest to a full one (nothing otherwise)."""

    kind: Literal["callback"]
    queue: Name | None = Field(None, description="Whose agents phone back. Needed, but for a step that moves.")
    moves: bool = False
    number: str = "{{ caller.number }}"
    when: str = "keep_place"
    summary: str = ""
    promised: Way
    refused: Way
    failed: Way
    outside: Way | None = None
    full: Way | None = Field(None, description="As many are promised for that time as can be kept. Default: outside.")

    @model_validator(mode="after")
    def _whose(self) -> CallbackStep:
        if (self.queue is None) != self.moves:
            raise ValueError("a callback needs a queue; one that moves a promise has none: the promise's own stays")
        return self

    def ways(self) -> Iterator[tuple[str, str]]:
        for field in ("promised", "refused", "failed", "outside", "full"):
            target = getattr(self, field)
            if target is not None:
                yield field, target


class HangupStep(Part):
    kind: Literal["hangup"]
    say: Texts | None = None

    def ways(self) -> Iterator[tuple[str, str]]:
        yield from ()


AnyStep = (
    SayStep
    | MenuStep
    | AskStep
    | LookupStep
    | DecideStep
    | SetStep
    | RecordStep
    | TransferStep
    | CallbackStep
    | HangupStep
)

KINDS: Mapping[str, type[Part]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model
    for model in (
        SayStep,
        MenuStep,
        AskStep,
        LookupStep,
        DecideStep,
        SetStep,
        RecordStep,
        TransferStep,
        CallbackStep,
        HangupStep,
    )
}
"""Step kinds by the key that stands for them in the file."""

WHOLE_BODY: Mapping[str, str] = {"say": "texts", "set": "values"}
"""Kinds whose block is one field as a whole; the ways on stand beside it."""

WAYS = frozenset(
    (
        *("next", "exhausted", "found", "done", "missing", "refused", "limited", "failed", "else", "nothing"),
        *("unavailable", "callback", "promised", "outside", "full"),
    )
)
"""Fields that say where the call goes next: they may stand beside the kind's block."""


def shape_step(written: Any) -> Any:
    """A step as written (``{ask: {…}, next: …}``) as the flat mapping that the models take (``{kind: ask, …}``).
    Raises ``ValueError`` when it is no step; what is merely wrong inside is left for the models to say."""
    if not isinstance(written, dict):
        raise ValueError("a step needs one kind, such as say, menu or ask")  # noqa: TRY004 - pydantic's error
    kinds = [key for key in written if key in KINDS and not _is_way(written, key)]
    if len(kinds) != 1:
        return {**written, "kind": "+".join(kinds)}
    kind = kinds[0]
    body = written[kind]
    beside = {key: value for key, value in written.items() if key != kind}
    if kind in WHOLE_BODY:
        return {"kind": kind, WHOLE_BODY[kind]: body, **beside}
    if kind == "decide" and isinstance(body, list):
        body = {"cases": body}
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise ValueError(f"what follows {kind}: must be fields")  # noqa: TRY004 - pydantic's error
    twice = sorted(str(key) for key in body if key in beside)
    if twice:
        raise ValueError(f"{', '.join(twice)} stands both inside and beside {kind}:")
    return {"kind": kind, **body, **beside}


def _is_way(written: Mapping[str, Any], key: str) -> bool:
    """``callback: other_step`` beside ``transfer:`` is a way on, not a step kind."""
    return key == "callback" and "transfer" in written and not isinstance(written[key], dict)


Step = Annotated[Annotated[AnyStep, Field(discriminator="kind")], BeforeValidator(shape_step)]
