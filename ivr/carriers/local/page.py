"""`/phone`: a telephone in the browser, for the demo. The call itself goes over `/line`, not through here."""

from __future__ import annotations

from typing import Any

import phonenumbers
from flask import Blueprint, current_app, render_template, request, session

from ivr.carriers.local.page_texts import TEXTS
from ivr.settings import Settings
from voice.listeners import available

blueprint = Blueprint("phone", __name__)

KEYS = (
    ("1", ""), ("2", "ABC"), ("3", "DEF"),
    ("4", "GHI"), ("5", "JKL"), ("6", "MNO"),
    ("7", "PQRS"), ("8", "TUV"), ("9", "WXYZ"),
    ("*", ""), ("0", "+"), ("#", ""),
)  # fmt: skip


@blueprint.get("/phone")
def phone() -> str:
    """The dial pad. Callers to play come from ``app.config["PHONE_CALLERS"]``: a list, or a function that gives it,
    of mappings with ``number``, ``language``, ``name``, and what they know: ``orders``, ``card``, ``pin``,
    ``points``."""
    settings: Settings = current_app.config["HOTLINE"]
    given = current_app.config.get("PHONE_CALLERS") or []
    callers: list[dict[str, Any]] = list(given() if callable(given) else given)
    return render_template(
        "phone/phone.html",
        number=settings.phone_number,
        shown_number=_shown(settings.phone_number),
        carrier=settings.carrier_url,
        carrier_port=settings.port + 2,
        callers=callers,
        keys=KEYS,
        hears=_hears(settings),
        t=TEXTS[_language()],
    )


def _hears(settings: Settings) -> dict[str, bool]:
    """Languages in which a caller with a microphone is heard; whether by the small recogniser."""
    if settings.hears == "carrier":
        return {}
    return {language: not name.startswith("vosk") for language, name in available(settings.vosk_folder).items()}


def _shown(number: str) -> str:
    """``+74950000000`` as ``+7 495 000-00-00``; what is no number as it is."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number


def _language() -> str:
    chosen = session.get("language")
    if chosen in TEXTS:
        return str(chosen)
    return request.accept_languages.best_match(list(TEXTS), "en") or "en"
