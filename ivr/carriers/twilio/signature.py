"""Twilio's request signature: HMAC-SHA1 over the full public address and the sorted POST parameters.

https://www.twilio.com/docs/usage/security. There is no time in it, so a replay is valid:
effects are idempotent instead.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

HEADER = "X-Twilio-Signature"
BODY_HASH = "bodySHA256"

Params = Mapping[str, Sequence[str]]


def signature(token: str, url: str, params: Params) -> str:
    """The signature, base64. A parameter with several values counts each different value, sorted."""
    return _signed(token, url, _joined(params))


def _joined(params: Params) -> str:
    return "".join(name + value for name in sorted(params) for value in sorted(set(params[name])))


def _signed(token: str, url: str, joined: str) -> str:
    return b64encode(hmac.digest(token.encode(), (url + joined).encode(), "sha1")).decode()


def valid(token: str, url: str, params: Params, given: str, body: bytes | None = None) -> bool:
    """Whether ``given`` signs this request. ``url`` is the public address, with its query; the carrier may have signed
    it with or without the port. ``body`` is a JSON body (then ``params`` do not count, its hash in the query does)."""
    if body is not None:
        wanted = parse_qs(urlsplit(url).query).get(BODY_HASH, [""])[0]
        if not _same(hashlib.sha256(body).hexdigest(), wanted.lower()):
            return False
        params = {}
    joined = _joined(params)
    # Both are always computed, so that the time taken tells nothing.
    matches = [_same(_signed(token, form, joined), given) for form in _with_and_without_port(url)]
    return any(matches)


def _same(ours: str, given: str) -> bool:
    return hmac.compare_digest(ours.encode(), given.encode())


def _with_and_without_port(url: str) -> tuple[str, str]:
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    bare, ported = _places(scheme, place)
    return f"{scheme}://{bare}{slash}{path}", f"{scheme}://{ported}{slash}{path}"


@lru_cache(maxsize=64)
def _places(scheme: str, place: str) -> tuple[str, str]:
    """A host without and with its port."""
    parts = urlsplit(f"{scheme}://{place}")
    user, at, host = place.rpartition("@")
    bare = host[: -len(f":{parts.port}")] if parts.port else host.removesuffix(":")
    port = parts.port or (443 if scheme == "https" else 80)
    return f"{user}{at}{bare}", f"{user}{at}{bare}:{port}"
