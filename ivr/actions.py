"""Everything that flows may ask for: the shop's actions, and the program's own."""

from __future__ import annotations

from flows.language.actions import Catalogue
from ivr.calls.promises import ACTIONS as PROMISES
from ivr.shop.actions import CATALOGUE as SHOP

CATALOGUE = Catalogue(*SHOP.values(), *PROMISES.values())
