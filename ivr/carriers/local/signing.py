"""Twilio's request signature, from its published rule: base64(HMAC-SHA1(token, URL + sorted form fields))."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """The value of ``X-Twilio-Signature``. ``url`` is the exact address asked, query included, fragment not;
    ``form`` is empty for a GET."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
