"""What an agent's browser phone signs in to Twilio with."""

from __future__ import annotations

from datetime import timedelta

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from ivr.settings import Settings

LIFE = timedelta(minutes=15)
"""Longer than a browser may put a hidden page's timers off (a minute), so that the page is always in time to renew."""


def browser_token(settings: Settings, identity: str) -> str:
    """A token with which the browser of ``identity`` may call our TwiML app for :data:`LIFE`, and nothing else.

    It may be called as well: the SDK registers only then, and registration is how the page knows that the phone works.
    """
    token = AccessToken(
        settings.account_sid,
        settings.twilio_api_key,
        settings.twilio_api_secret,
        identity=identity,
        ttl=int(LIFE.total_seconds()),
    )
    token.add_grant(VoiceGrant(incoming_allow=True, outgoing_application_sid=settings.twilio_app_sid))
    return str(token.to_jwt())
