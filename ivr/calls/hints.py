"""What a calling number hints at before anything is said."""

from __future__ import annotations

import phonenumbers
from babel.core import get_global


def language_of(number: str | None) -> str | None:
    """The language most spoken where the number is from (Unicode's likely subtags); None when that is unknown.

    A hint only: the flow serves it when it speaks that language, and the caller can change it at any step.
    """
    if not number:
        return None
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None
    if not region or region == "001":
        return None
    # Regions that English is likeliest in have no row of their own: they share the one for "und".
    likely: str = get_global("likely_subtags").get(f"und_{region}", "en")
    return likely.split("_")[0]
