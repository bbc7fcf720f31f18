"""Log lines of every process: one format, and no phone number, card or PIN in any of them."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from typing import Any

MASK = "•••"

_SEPARATORS = r"(?:[\s().\-\u2010-\u2015]|%20|%28|%29|%2[dD])"
_NUMBER = re.compile(rf"(?:\+|%2[bB])?\d(?:{_SEPARATORS}{{0,3}}\d){{6,}}")
_SECRET = re.compile(
    r"(?i)\b(pin|pincode|cvv|cvc|password|passwd|auth_?token|secret(?:_?key)?|phone_last4|digits|speechresult)"
    r"(\W{1,4})([^\s&,;}'\"\]]+)"
)
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_KEPT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d{1,6})?"
    rf"|(?<![\d.])(?:{_OCTET}\.){{3}}{_OCTET}(?::\d{{1,5}})?(?![\d.])"
    r"|\b(?:[A-Z]{2})?[0-9a-f]{32}\b"
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
)
"""Moments, IP addresses and identifiers (of calls, of jobs) look like numbers, and are needed to find a fault."""


def mask(text: str) -> str:
    """``text`` without secrets: any run of seven digits or more (with separators, URL-encoded too), PINs, passwords."""
    pieces, end = [], 0
    for kept in _KEPT.finditer(text):
        pieces += [_masked(text[end : kept.start()]), kept.group()]
        end = kept.end()
    return "".join([*pieces, _masked(text[end:])])


def _masked(text: str) -> str:
    return _NUMBER.sub(MASK, _SECRET.sub(rf"\1\2{MASK}", text))


class MaskingFormatter(logging.Formatter):
    """Formats as asked, tracebacks included, and masks the whole."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


def _is_news(record: logging.LogRecord) -> bool:
    """Python before 3.12 logs each connection that a stopping server cancels as an error, with a traceback."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def set_up(level: str = "INFO") -> None:
    """Log to standard error in this process, masked; third parties' own handlers are taken away."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_is_news)
    handler.setFormatter(MaskingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in THIRD_PARTIES:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.disabled = False
        logger.setLevel(logging.NOTSET)
    for name, quiet in QUIET.items():
        logging.getLogger(name).setLevel(quiet)


THIRD_PARTIES = (
    *("gunicorn.error", "gunicorn.access", "hypercorn.error", "hypercorn.access"),
    *("rq.worker", "rq.job", "rq", "flask", "werkzeug"),
)
QUIET: dict[str, Any] = {
    "ivr.media.socket": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "hypercorn.access": logging.ERROR,
    "gunicorn.access": logging.ERROR,
    "rq.worker": logging.WARNING,
    "twilio.http_client": logging.WARNING,
    "alembic": logging.WARNING,
}
"""Lines that only repeat addresses and arguments."""
