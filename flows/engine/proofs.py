"""Asking for a proof: the order's number, the phone's last digits, a card, its PIN."""

from __future__ import annotations

from collections.abc import Mapping

from flows.engine.answers import digits_by_keys
from flows.engine.inputs import Speech
from flows.engine.limits import CONSIDER
from flows.engine.question import Question, Taken
from flows.engine.run import Run
from flows.engine.timing import listen_for
from flows.engine.words import readers
from flows.language.texts import TextError

LENGTHS: Mapping[str, tuple[int, int]] = {
    "number": (4, 8),
    "phone_last4": (4, 4),
    "card": (8, 19),
    "pin": (4, 4),
}
"""Fewest and most digits of each proof, unless the flow says otherwise."""


def proof_question(run: Run, name: str) -> Question:
    """Raises :class:`TextError` when the flow has no words to ask for it."""
    key = ("proof", name, run.language)
    made: Question | None = run.flow.compiled.get(key)
    if made is not None:
        return made
    proofs = run.flow.document.proofs
    asked = getattr(proofs, name, None)
    if proofs is None or asked is None:
        raise TextError(f"proofs.{name} has no prompt")
    least, most = asked.length or LENGTHS[name]

    def words(now: Run, speech: Speech) -> Taken | None:
        read = readers(now).digits
        for each in speech.alternatives:
            found = read(each.text) if each.confidence >= CONSIDER else None
            if found is not None and least <= len(found) <= most:
                return Taken(found)
        return None

    made = run.flow.compiled[key] = Question(
        prompt=asked.prompt,
        listen=listen_for(
            run, None, "digits", least, most, "" if least == most else "#", secret=name != "number", dictated=True
        ),
        keys=lambda _, entry: digits_by_keys(entry, least, most),
        words=words,
        no_input=proofs.no_input,
        no_match=proofs.no_match,
        exhausted=None,
        least=least,
    )
    return made
