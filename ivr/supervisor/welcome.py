"""What `make run` prints when all is ready: addresses, sign-ins, callers to try, and what to do first."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ivr.settings import Settings
from ivr.supervisor.prepare import SignIn

if TYPE_CHECKING:
    from ivr.shop.sample import SampleCaller

log = logging.getLogger(__name__)

RULE = "─" * 78


def welcome(settings: Settings, sign_ins: list[SignIn]) -> str:
    """The text, ready to print. Passwords are in it: it is for the terminal of whoever started us, not for a log."""
    web = settings.web_url
    parts = [RULE, f"Hotline is ready.  {web}", ""]
    rows = [(f"{web}/desk", "the agent's desk")]
    if settings.demo:
        rows.insert(0, (f"{web}/phone", "a telephone in the browser"))
    parts += [f"  {address:<44} {what}" for address, what in rows]
    if sign_ins:
        parts += ["", f"Sign-ins (kept in {settings.data_dir / 'sign-ins'}; delete that file to hide them):"]
        parts += [f"  {one.login:<10} {one.password:<14} {one.role}" for one in sign_ins]
    if settings.demo:
        parts += _callers(settings)
        parts += [
            "",
            "First: open the phone, choose a caller, call, press 1 for a delivery. Then sign in at the desk in",
            "another window, choose Ready, call again and press 0: the call comes to the desk with its story.",
            "The same in a terminal: hotline call --help.  More callers: hotline shop sample.",
        ]
    else:
        parts += ["", "First: hotline doctor, then hotline twilio setup, which puts PHONE_NUMBER on this address."]
    parts += ["Ctrl-C stops everything; the data stays.", RULE]
    return "\n".join(parts)


def _callers(settings: Settings) -> list[str]:
    from ivr.shop.sample import SampleError, callers

    if settings.shop_database_url:
        return []
    try:
        found = callers(settings.shop_database)
    except SampleError as error:
        log.warning("no sample callers to show: %s", error)
        return []
    rows = []
    for language in ("ru", "en"):
        with_card = [caller for caller in found if caller.language == language and caller.card and caller.orders]
        rows += [_caller(caller) for caller in with_card[:2]]
    return ["", "Callers to try:", *rows] if rows else []


def _caller(caller: SampleCaller) -> str:
    order = caller.orders[0]
    return (
        f"  {caller.number}  {caller.language}  order {order.number} ({order.state.replace('_', ' ')})"
        f"  card {caller.card} PIN {caller.pin}  {caller.name}"
    )
