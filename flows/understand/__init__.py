"""Making out what a caller said: pure functions over recognised (or typed) words.

Each function takes the words, the language of the call (``ru``, ``en``…; a language without a table of words still
matches phrases and plain digits) and gives a value, or ``None`` when the words do not hold exactly one such value.
None of them raises on any text, and each takes time linear in the text, of which only the first 400 characters count.
"""

from flows.understand.choices import Match, best_choice
from flows.understand.mentions import Meant, Range
from flows.understand.values import (
    KINDS,
    as_json,
    date_in,
    digits_in,
    money_in,
    number_in,
    phone_in,
    time_in,
    value_meant,
    yes_no_in,
)

__all__ = [
    "KINDS",
    "Match",
    "Meant",
    "Range",
    "as_json",
    "best_choice",
    "date_in",
    "digits_in",
    "money_in",
    "number_in",
    "phone_in",
    "time_in",
    "value_meant",
    "yes_no_in",
]
