"""Telling the operator's webhook of an alert: a job, signed, with a time limit, tried again until it is taken.

The address is the operator's own setting, so it may be inside their network; nothing that a caller or an agent writes
reaches it. No redirect is followed, and no answer read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from ivr.settings import Settings, settings
from ivr.store import alerts
from ivr.store.alerts import Delivery
from ivr.store.engine import engine

log = logging.getLogger(__name__)

SECONDS = 5.0
AGAIN = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 120, 600, 1800, 3600, 3600, 3600))
"""Waits after each failed try; then it is given up."""
SIGNATURE = "Hotline-Signature"
"""``t=<unix time>,v1=<hex>``: HMAC-SHA256 of ``<unix time>.<body>`` with ALERT_WEBHOOK_SECRET. Refuse old times."""


def deliver(delivery: int) -> None:
    """Job on ``house``: try one delivery that is due."""
    configured, source = settings(), engine()
    now = datetime.now(UTC)
    with source.begin() as conn:
        claimed = alerts.claim_delivery(conn, delivery, now)
    if claimed is None:
        return
    trouble = post(configured, claimed, now) if configured.alert_webhook else "ALERT_WEBHOOK is not set any more"
    now = datetime.now(UTC)
    with source.begin() as conn:
        if not trouble:
            alerts.delivered(conn, delivery, now)
            return
        again = AGAIN[claimed.tries - 1] if claimed.tries <= len(AGAIN) and configured.alert_webhook else None
        alerts.put_off(conn, delivery, trouble, now + again if again else None, now)
    log.warning("alert %d not told to the webhook: %s%s", claimed.alert.id, trouble, "" if again else "; given up")


def post(configured: Settings, delivery: Delivery, now: datetime) -> str:
    """One request. Returns what went wrong, empty when it was taken (any 2xx)."""
    body = json.dumps(message(configured, delivery), ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Hotline",
        "Hotline-Delivery": str(delivery.id),
        SIGNATURE: sign(configured.alert_secret, int(now.timestamp()), body),
    }
    try:
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as http,
            http.stream("POST", configured.alert_webhook, content=body, headers=headers) as answer,
        ):
            return "" if answer.is_success else f"it answered {answer.status_code}"
    except httpx.HTTPError as error:
        return f"no answer ({type(error).__name__})"


def message(configured: Settings, delivery: Delivery) -> dict[str, Any]:
    """What is posted. ``id`` and ``event`` name it: a receiver may get the same twice."""
    alert = delivery.alert
    return {
        "id": alert.id,
        "event": delivery.event,
        "kind": alert.kind,
        "subject": alert.subject,
        "data": dict(alert.data),
        "opened_at": alert.opened_at.isoformat(),
        "closed_at": alert.closed_at.isoformat() if alert.closed_at else None,
        "page": f"{configured.web_url}/supervisor",
    }


def sign(secret: str, at: int, body: bytes) -> str:
    """The value of :data:`SIGNATURE`."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
