"""The flow file as values: what may stand in it, and of what type. ``docs/flow-language.md`` explains it for ops.

The steps are in :mod:`flows.language.steps`. Texts are one Liquid text per language.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from flows.language.parts import Examples, Keys, Language, Length, Name, Part, Phrases, Texts, Way
from flows.language.steps import Step
from flows.understand.meaning.limits import ASK, TAKE


class Command(Part):
    """Heard at every step. ``next``: where to; ``language``: speak that from now on, and say the step's prompt again.
    The command named ``repeat`` has neither."""

    digits: Keys | None = None
    phrases: Phrases = Field(default_factory=dict)
    examples: Examples = Field(default_factory=dict)
    next: Way | None = None
    language: Language | None = None


Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


class Open(Part):
    """``days: mon-fri``, ``days: sat,sun`` or ``days: every``, from and to as ``"09:00"``."""

    days: str
    from_: Clock = Field(alias="from")
    to: Clock


class Hours(Part):
    timezone: str
    open: list[Open] = Field(min_length=1)
    closed: list[Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")]] = Field(
        default_factory=list, description='Days off, as quoted dates: "2027-01-01".'
    )
    holidays: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = Field(
        None, description="Public holidays are days off, too: of a country (RU), or of a part of one (DE-BY)."
    )


class Queue(Part):
    """``hours`` names one of the flow's hours; without it the queue is always open. ``priorities`` turns words into
    numbers (``gold: 20``) for a transfer's ``priority``."""

    hours: Name | None = None
    priorities: dict[str, int] = Field(default_factory=dict)


class ProofText(Part):
    prompt: Texts
    length: Length | None = Field(None, description="Default: number 4..8, phone_last4 4, card 8..19, pin 4.")


class Proofs(Part):
    """What the engine says when an action needs a proof. Only those needed by the flow's actions must be there.
    ``number`` is asked only when the lookup's ``with`` doesn't give it."""

    number: ProofText | None = None
    phone_last4: ProofText | None = None
    card: ProofText | None = None
    pin: ProofText | None = None
    refused: Texts = Field(description="Said for every kind of wrong proof alike.")
    limited: Way = Field(description="Where to after too many wrong proofs.")
    no_input: list[Texts] | None = None
    no_match: list[Texts] | None = None


class WaitingTexts(Part):
    """The queue's wait loop. ``position`` may use ``{{ position }}``, ``wait`` ``{{ minutes }}``."""

    position: Texts
    wait: Texts
    wait_unknown: Texts | None = None
    callback_key: Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")] | None = None
    callback_offer: Texts | None = None
    returned: Texts | None = Field(None, description="Said when the agent was lost and the caller is first in line.")


class Defaults(Part):
    """``confirm`` may use ``{{ heard }}``; it should name keys 1 (yes) and 2 (no). ``sorry`` is the last resort, said
    before hanging up when even the way to a human failed over and over."""

    no_input: list[Texts] = Field(min_length=2)
    no_match: list[Texts] = Field(min_length=2)
    confirm: Texts
    between: Texts | None = Field(None, description="Which of two was meant: {{ first }} or {{ second }}? Keys 1, 2.")
    sorry: Texts
    no_input_after: float = Field(5.0, ge=1, le=60)
    between_digits: float = Field(3.0, ge=1, le=20)
    end_of_speech: float = Field(1.0, ge=0.3, le=10)
    end_of_dictation: float = Field(2.5, ge=0.3, le=10, description="Silence that ends dictated digits.")


class VoiceWish(Part):
    """How a language is spoken by our own voices; what is left out stays as it is. ``name`` is the voice's, as
    ``hotline voice voices`` lists them."""

    name: str | None = Field(None, min_length=1, max_length=80)
    rate: int | None = Field(None, ge=80, le=300, description="Words per minute.")
    volume: int | None = Field(None, ge=10, le=100, description="Percent.")


class Understand(Part):
    """How sure the flow must be of what was said in words of the caller's own: from ``take`` a choice is taken, from
    ``ask`` it is asked about; below, nothing was understood."""

    take: float = Field(TAKE, ge=0.3, le=0.99)
    ask: float = Field(ASK, ge=0.1, le=0.99)


class Document(Part):
    """A whole flow file."""

    flow: Name
    languages: list[Language] = Field(min_length=1)
    voice: Literal["carrier", "local"] = Field(
        "carrier",
        description="Who hears and speaks: the carrier's recogniser and voices, or ours, where a language has them.",
    )
    start: Way
    voicemail: Way | None = Field(
        None,
        description="Where calls go while everything is switched to voicemail. Default: the first step that records a "
        "message.",
    )
    commands: dict[Name, Command]
    hours: dict[Name, Hours] = Field(default_factory=dict)
    queues: dict[Name, Queue] = Field(min_length=1)
    defaults: Defaults
    proofs: Proofs | None = None
    waiting: WaitingTexts
    understand: Understand = Field(default_factory=Understand)
    examples: dict[Name, Examples] = Field(
        default_factory=dict, description="What callers say for a choice or a command, by its name."
    )
    filler: Texts = Field(description="One moment: said when an answer is slow.")
    titles: dict[Name, dict[Language, str]] = Field(
        default_factory=dict,
        description="What agents read for a step in a call's path, in the languages of their page. Never spoken.",
    )
    voices: dict[Language, VoiceWish] = Field(
        default_factory=dict, description="How our own voices speak each language; the carrier's are not concerned."
    )
    steps: dict[Name, Step] = Field(min_length=1)
