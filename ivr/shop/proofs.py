"""Whether a proof is right. Takes the same time for a wrong proof and for something that is not there."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import Any, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from ivr.shop.fields import digits, garbage

PinType = Literal["argon2", "sha256", "plain"]


def last_four_match(phone: Any, given: str) -> bool:
    """Whether ``given`` is the last four digits of the shop's ``phone`` (None: no such order)."""
    known = digits(phone) if phone is not None else ""
    if phone is not None and len(known) < 4:
        garbage("customers.phone", "a telephone number")
    right = hmac.compare_digest(known[-4:].encode(), given.encode())
    return right and phone is not None and len(given) == 4


def pin_match(kind: PinType, stored: Any, salt: Any, given: str) -> bool:
    """Whether ``given`` is the PIN that the shop keeps as ``stored`` (None: no such card)."""
    if not given:
        return False
    if stored is not None and not isinstance(stored, str | int):
        garbage("cards.pin", "a text")
    if kind == "argon2":
        return _argon2(_decoy() if stored is None else str(stored), given) and stored is not None
    if kind == "sha256":
        given = hashlib.sha256(f"{'' if salt is None else salt}{given}".encode()).hexdigest()
        stored = None if stored is None else str(stored).lower()
    known = b"" if stored is None else str(stored).encode()
    return hmac.compare_digest(known, given.encode()) and stored is not None


def _argon2(stored: str, given: str) -> bool:
    try:
        return PasswordHasher().verify(stored, given)
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError):
        garbage("cards.pin", "an argon2 hash")


@lru_cache
def _decoy() -> str:
    """A hash of nothing anybody can type, of the sample's cost."""
    return CHEAP.hash("no card\n")


CHEAP = PasswordHasher(time_cost=2, memory_cost=4096, parallelism=1)
"""For the sample's few hundred PINs, made at set-up. Verification takes its cost from the hash."""
