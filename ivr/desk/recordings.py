"""Recorded messages, fetched from the carrier with our credentials and passed on to the agent's page."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

import httpx
from flask import abort
from werkzeug.wrappers import Response

from ivr.desk.roles import settings

log = logging.getLogger(__name__)

CARRIER_API = "https://api.twilio.com"
SECONDS = 8.0
LIMIT = 20 * 1024 * 1024
"""Bytes of one recording: 20 minutes of telephone sound in WAV."""


def recording(name: str, range: str | None = None) -> Response:
    """The recording that the carrier calls ``name`` (its id ``RE…`` or its address). 404 when it is gone, 503 when
    the carrier doesn't answer. Only the carrier's own address is asked, whatever a webhook said."""
    configured = settings()
    base = configured.carrier_api_url or CARRIER_API
    url = name
    if "://" not in name:
        url = f"{base}/2010-04-01/Accounts/{configured.account_sid}/Recordings/{name}.wav"
    elif not url.rsplit("/", 1)[-1].endswith((".wav", ".mp3")):
        url += ".wav"
    if urlsplit(url)[:2] != urlsplit(base)[:2]:
        log.warning("a recording's address is not the carrier's; not fetched")
        abort(404)
    headers = {"Range": range} if range else {}
    try:
        answer = httpx.get(
            url,
            auth=(configured.account_sid, configured.auth_token),
            headers=headers,
            timeout=SECONDS,
            follow_redirects=False,
        )
    except httpx.HTTPError as error:
        log.warning("recording not fetched: %s", type(error).__name__)
        abort(503)
    if answer.status_code not in (200, 206) or len(answer.content) > LIMIT:
        abort(404)
    passed = Response(answer.content, answer.status_code, mimetype=answer.headers.get("Content-Type", "audio/wav"))
    for header in ("Content-Range", "Accept-Ranges"):
        if header in answer.headers:
            passed.headers[header] = answer.headers[header]
    return passed
