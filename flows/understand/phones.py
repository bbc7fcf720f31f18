"""Telephone numbers, dictated or written."""

from __future__ import annotations

import phonenumbers

from flows.understand.dictation import runs_in
from flows.understand.languages import words
from flows.understand.mentions import NOTHING, Meant, meant
from flows.understand.pieces import pieces

_AT_HOME = "RU"
"""Where a number without a country is looked for after the language's own country."""
_FEWEST, _MOST = 7, 17
_LONGEST = 10
_MOST_TRIED = 24


def phone_meant(text: str, language: str, region: str | None = None) -> Meant:
    """The number said, in E.164. ``region`` (ISO 3166, ``RU``) is the country of a number without one; by default
    that of the language. Nothing when it is no possible number."""
    table = words(language)
    said = pieces(text, language)
    international = any(word == "+" or (table is not None and word in table.plus) for word in said)
    home = region or (table.region if table else _AT_HOME)
    numbers = (
        number
        for digits in runs_in(text, language)[:_MOST_TRIED]
        if _FEWEST <= len(digits) <= _MOST and (number := _number(digits, home, international=international))
    )
    if _either(said, language):
        return meant(*numbers)
    found = next(numbers, None)
    return NOTHING if found is None else meant(found)


def _either(said: tuple[str, ...], language: str) -> bool:
    table = words(language)
    return table is not None and any(word in table.either for word in said)


def _number(digits: str, home: str, *, international: bool) -> str | None:
    candidates: list[tuple[str, str | None]] = [("+" + digits, None)] if international else []
    candidates += [(digits, each) for each in dict.fromkeys((home, _AT_HOME))]
    # A Russian number begins with 8 at home, and with a slip in it must not be taken for a Japanese one.
    abroad = not international and len(digits) >= 11 and digits[0] not in "08"
    candidates += [("+" + digits, None)] if abroad else []
    if home == "UA":
        candidates += [("+3" + digits, None)] if digits.startswith("80") else []
        candidates += [("+" + digits, None)] if digits.startswith("380") else []
        candidates += [("+3" + digits, None)] if digits.startswith("380") else []
    for number, at_home in candidates:
        try:
            parsed = phonenumbers.parse(number, at_home)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed) or (_may_be(parsed) and at_home in (home, None)):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return None


def _may_be(number: phonenumbers.PhoneNumber) -> bool:
    """Of other countries a number of the right length will do: new ranges come faster than the lists of them."""
    if number.country_code is None or number.country_code == 7:
        return False
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return False
    region = phonenumbers.region_code_for_country_code(number.country_code)
    mobile = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    # Where all mobile numbers are of one length, a shorter one was not said to its end.
    return mobile is None or len(str(number.national_number)) >= min(len(str(mobile.national_number)), _LONGEST)
