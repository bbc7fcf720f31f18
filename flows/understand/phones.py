"""Telephone numbers, dictated or written."""

from __future__ import annotations

import phonenumbers

from flows.understand.languages import words
from flows.understand.numbers import digits_in

_AT_HOME = "RU"
"""Where a number without a country is looked for after the language's own country."""


def phone_in(text: str, language: str, region: str | None = None) -> str | None:
    """The number said, in E.164. ``region`` (ISO 3166, ``RU``) is the country of a number without one; by default
    that of the language. None when it is no possible number."""
    digits = digits_in(text, language)
    if digits is None or not 7 <= len(digits) <= 15:
        return None
    table = words(language)
    regions = [region or (table.region if table else _AT_HOME), _AT_HOME]
    international = "+" in text or (table is not None and any(word in text.casefold() for word in table.plus))
    candidates: list[tuple[str, str | None]] = [("+" + digits, None)] if international else []
    candidates += [(digits, each) for each in dict.fromkeys(regions)]
    # A Russian number begins with 8 at home, and with a slip in it must not be taken for a Japanese one.
    abroad = not international and len(digits) >= 11 and digits[0] not in "08"
    candidates += [("+" + digits, None)] if abroad else []
    for number, home in candidates:
        try:
            parsed = phonenumbers.parse(number, home)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed) or _may_be(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return None


def _may_be(number: phonenumbers.PhoneNumber) -> bool:
    """Of other countries a number of the right length will do: new ranges come faster than the lists of them."""
    reason = phonenumbers.is_possible_number_with_reason(number)
    return number.country_code != 7 and reason == phonenumbers.ValidationResult.IS_POSSIBLE
