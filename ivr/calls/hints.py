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
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    # A number may be of no known range (a new one, one kept for fiction): its country code still tells.
    region = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    if region in ("001", "ZZ"):
        return None
    # Regions that English is likeliest in have no row of their own: they share the one for "und".
    likely: str = get_global("likely_subtags").get(f"und_{region}", "en")
    return likely.split("_")[0]
