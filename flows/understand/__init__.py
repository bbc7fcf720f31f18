"""Making out what a caller said: pure functions over recognised (or typed) words.

Each function takes the words, the language of the call (``ru``, ``en``…; a language without a table of words still
matches phrases and plain digits) and gives a value, or ``None`` when the words do not hold exactly one such value.
None of them raises on any text, and each takes time linear in the text, of which only the first 400 characters count.
"""

from flows.understand.choices import Match, best_choice
from flows.understand.days import date_in
from flows.understand.numbers import digits_in, money_in, number_in
from flows.understand.phones import phone_in
from flows.understand.times import time_in
from flows.understand.yesno import yes_no_in

__all__ = [
    "Match",
    "best_choice",
    "date_in",
    "digits_in",
    "money_in",
    "number_in",
    "phone_in",
    "time_in",
    "yes_no_in",
]
