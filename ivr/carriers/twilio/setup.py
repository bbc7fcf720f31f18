"""Putting a number on the hotline: which addresses it should have, which it has, and setting them. The TwiML app that
agents' browser phones call likewise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from twilio.rest import Client

from callqueue.ports import CarrierRefused, CarrierUnknown
from ivr.carriers.twilio.telephone import asked, rest_client
from ivr.carriers.twilio.urls import Urls
from ivr.settings import Settings

FIELDS = ("voice_url", "voice_method", "voice_fallback_url", "voice_fallback_method", "status_callback",
          "status_callback_method")  # fmt: skip


APP_FIELDS = ("voice_url", "voice_method", "status_callback", "status_callback_method")
APP_NAME = "Hotline agents"
"""The app is found by this name when TWILIO_APP_SID does not name it."""


class SetupFailed(Exception):
    """Says what is wrong and how to mend it."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the account and its addresses, by the API's field names."""

    sid: str
    number: str
    addresses: dict[str, str]


@dataclass(frozen=True, slots=True)
class App:
    """The TwiML app of the agents' browser phones and its addresses."""

    sid: str
    name: str
    addresses: dict[str, str]


def wanted(settings: Settings) -> dict[str, str]:
    """The addresses the number should have. Without ``FALLBACK_URL`` the fallback is our own, which helps when one of
    our processes fails but not when all are down."""
    urls = Urls(settings.web_url)
    return {
        "voice_url": urls.voice(),
        "voice_method": "POST",
        "voice_fallback_url": settings.fallback_url or urls.fallback(),
        "voice_fallback_method": "GET" if settings.fallback_url else "POST",
        "status_callback": urls.status(),
        "status_callback_method": "POST",
    }


def wanted_of_app(settings: Settings) -> dict[str, str]:
    """The addresses the app should have. It has no fallback: that one is for callers, and an agent who gets no answer
    hears a sentence from Twilio, while their caller goes to the next agent."""
    urls = Urls(settings.web_url)
    return {
        "voice_url": urls.agent(),
        "voice_method": "POST",
        "status_callback": urls.status(),
        "status_callback_method": "POST",
    }


def find(settings: Settings, number: str, client: Client | None = None) -> Number:
    """The account's number ``number`` (E.164). Raises :class:`SetupFailed`."""
    client = client or rest_client(settings)
    try:
        found = asked(lambda: client.incoming_phone_numbers.list(phone_number=number, limit=20))
    except (CarrierRefused, CarrierUnknown) as error:
        raise SetupFailed(_mend(error, settings)) from error
    for one in found:
        if one.phone_number == number:
            return Number(str(one.sid), number, {name: getattr(one, name) or "" for name in FIELDS})
    have = ", ".join(str(one.phone_number) for one in _all(client)) or "none"
    raise SetupFailed(
        f"account {settings.account_sid} has no number {number}. It has: {have}. "
        "Set PHONE_NUMBER to one of these, or buy the number in Twilio's console."
    )


def put(settings: Settings, number: str, client: Client | None = None) -> tuple[Number, Number]:
    """Set the addresses; the number before and after. Raises :class:`SetupFailed`."""
    host = urlsplit(settings.web_url).hostname or ""
    if not settings.demo and (host in ("localhost", "127.0.0.1", "::1") or not settings.web_url.startswith("https://")):
        raise SetupFailed(
            f"PUBLIC_URL is {settings.web_url}: Twilio must reach it from the internet. "
            "Set PUBLIC_URL to the https:// address of this hotline."
        )
    client = client or rest_client(settings)
    before = find(settings, number, client)
    try:
        made = asked(lambda: client.incoming_phone_numbers(before.sid).update(**wanted(settings)))
    except (CarrierRefused, CarrierUnknown) as error:
        raise SetupFailed(_mend(error, settings)) from error
    return before, Number(before.sid, number, {name: getattr(made, name) or "" for name in FIELDS})


def find_app(settings: Settings, client: Client | None = None) -> App | None:
    """The app that TWILIO_APP_SID names, else the one named :data:`APP_NAME`; None when there is none. Raises
    :class:`SetupFailed`, also when TWILIO_APP_SID names one that the account does not have."""
    client = client or rest_client(settings)
    try:
        if settings.twilio_app_sid:
            found = [asked(lambda: client.applications(settings.twilio_app_sid).fetch())]
        else:
            found = asked(lambda: client.applications.list(friendly_name=APP_NAME, limit=1))
    except (CarrierRefused, CarrierUnknown) as error:
        if settings.twilio_app_sid and "HTTP 404" in str(error):
            raise SetupFailed(
                f"account {settings.account_sid} has no TwiML app {settings.twilio_app_sid}. Unset TWILIO_APP_SID and "
                "run the command again: it makes one and prints its SID."
            ) from error
        raise SetupFailed(_mend(error, settings)) from error
    return _app(found[0]) if found else None


def put_app(settings: Settings, client: Client | None = None) -> tuple[App | None, App]:
    """Make the app or set its addresses; the app before (None: it is new) and after. Raises :class:`SetupFailed`."""
    client = client or rest_client(settings)
    before = find_app(settings, client)
    try:
        if before is None:
            made = asked(lambda: client.applications.create(friendly_name=APP_NAME, **wanted_of_app(settings)))
        else:
            made = asked(lambda: client.applications(before.sid).update(**wanted_of_app(settings)))
    except (CarrierRefused, CarrierUnknown) as error:
        raise SetupFailed(_mend(error, settings)) from error
    return before, _app(made)


def _app(found: Any) -> App:
    addresses = {name: getattr(found, name) or "" for name in APP_FIELDS}
    return App(str(found.sid), str(found.friendly_name or ""), addresses)


def _all(client: Client) -> list[Any]:
    try:
        return list(asked(lambda: client.incoming_phone_numbers.list(limit=20)))
    except (CarrierRefused, CarrierUnknown):
        return []


def _mend(error: Exception, settings: Settings) -> str:
    text = str(error)
    where = settings.carrier_api_url or "Twilio's API"
    if "HTTP 401" in text or "HTTP 403" in text:
        return f"{where} does not accept the credentials. Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN."
    if "HTTP 404" in text:
        return f"{where} does not know account {settings.account_sid}. Check TWILIO_ACCOUNT_SID and TWILIO_API_URL."
    if isinstance(error, CarrierUnknown):
        return f"{where} gave no usable answer ({text}). Run the command again: it may be repeated safely."
    return f"{where}: {text}. Check TWILIO_API_URL, the network and the credentials."
