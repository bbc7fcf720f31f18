"""Recordings at the carrier: fetching one, and having one deleted. For jobs and commands, never inside a webhook."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

import httpx

from ivr.settings import Settings, settings

log = logging.getLogger(__name__)

CARRIER_API = "https://api.twilio.com"
SECONDS = 20.0


class CarrierAway(Exception):
    """It cannot be known whether it was done; asking again does no harm."""


def fetch(name: str) -> bytes | None:
    """The sound of a recording, WAV; None when the carrier has it no more or does not answer."""
    try:
        answer = _ask("GET", name, ".wav")
    except CarrierAway as error:
        log.warning("a recording was not fetched: %s", error)
        return None
    return answer.content if answer is not None and answer.status_code == 200 else None


def delete(name: str) -> None:
    """Have the carrier delete it; one it does not have is as good as deleted. Raises :class:`CarrierAway`."""
    _ask("DELETE", name, ".json")


def _ask(method: str, name: str, ending: str) -> httpx.Response | None:
    """None: the carrier does not have it. Only the carrier's own address is asked, whatever a webhook said."""
    configured = settings()
    url = _address(configured, name, ending)
    if url is None:
        return None
    try:
        answer = httpx.request(
            method, url, auth=(configured.account_sid, configured.auth_token), timeout=SECONDS, follow_redirects=False
        )
    except httpx.HTTPError as error:
        raise CarrierAway(type(error).__name__) from error
    if answer.status_code == 404:
        return None
    if answer.status_code >= 400:
        raise CarrierAway(f"HTTP {answer.status_code}")
    return answer


def _address(configured: Settings, name: str, ending: str) -> str | None:
    base = configured.carrier_api_url or CARRIER_API
    if "://" in name:
        if urlsplit(name)[:2] != urlsplit(base)[:2]:
            return None
        name = name.rsplit("/", 1)[-1]
    sid = name.removesuffix(".wav").removesuffix(".mp3").removesuffix(".json")
    if not sid.isalnum():
        return None
    return f"{base}/2010-04-01/Accounts/{configured.account_sid}/Recordings/{sid}{ending}"
