"""Calls whose end was never told: the carrier is asked whether it still holds them, and those it does not are ended."""

from __future__ import annotations

import logging

from callqueue.bound import bound
from callqueue.ports import CarrierRefused, CarrierUnknown
from ivr.carriers.twilio.edge import build
from ivr.settings import settings

log = logging.getLogger(__name__)

AT_ONCE = 20


def check() -> int:
    """Job on ``house``: ask about the calls that have not been heard of for long; returns how many were over.

    A carrier that does not answer ends it for now: they stay unsure, and the clock wakes it again.
    """
    _, telephone = bound()
    loop = build(settings()).loop
    over = 0
    for call in loop.door.unsure(AT_ONCE):
        try:
            alive = telephone.is_live(call)
        except (CarrierRefused, CarrierUnknown) as error:
            log.warning("the carrier does not say which calls live: %s", error)
            return over
        if alive:
            loop.door.alive(call)
        else:
            log.warning("call %s is over, which was never told", call)
            loop.hung_up(call, "never told")
            over += 1
    return over
