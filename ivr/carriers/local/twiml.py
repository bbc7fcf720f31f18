"""TwiML as the carrier reads it: parsing a reply, and its attributes with their defaults."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from urllib.parse import urljoin

Element = ET.Element

LIMIT_BYTES = 64_000


class TwimlError(Exception):
    """The reply cannot be run. ``code`` is Twilio's error number (12100 not XML, 12200 schema, 12300 content type)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Document:
    """Verbs to run, and the address they came from, which relative addresses and default actions refer to."""

    verbs: tuple[Element, ...]
    url: str

    def resolve(self, url: str | None) -> str:
        """An address in the document, made absolute; None or empty means the document's own."""
        return urljoin(self.url, url.strip()) if url else self.url


def parse(body: bytes, content_type: str, url: str) -> Document:
    """The verbs of a reply. Raises :class:`TwimlError`."""
    kind = content_type.partition(";")[0].strip().lower()
    if len(body) > LIMIT_BYTES:
        raise TwimlError(11750, f"the reply is over {LIMIT_BYTES} bytes")
    if kind == "text/plain":
        say = ET.Element("Say")
        say.text = body.decode("utf-8", "replace")
        return Document((say,), url)
    if kind.startswith("audio/"):
        play = ET.Element("Play")
        play.text = url
        return Document((play,), url)
    if kind not in ("", "text/xml", "application/xml", "text/html"):
        raise TwimlError(12300, f"content type {kind} is neither XML, audio nor plain text")
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        raise TwimlError(12100, f"the reply is not XML: {error}") from error
    if root.tag != "Response":
        raise TwimlError(12200, f"the root is <{root.tag}>, not <Response>")
    return Document(tuple(root), url)


def text_of(element: Element) -> str:
    """All the text inside, marks for the voice (SSML) dropped, white space made single."""
    return " ".join("".join(element.itertext()).split())


def flag(element: Element, name: str, default: bool) -> bool:
    """A yes/no attribute."""
    value = element.get(name)
    return default if value is None else value.strip().lower() == "true"


def number(element: Element, name: str, default: float) -> float:
    """A number of seconds or a count; the default when it is missing, ``auto`` or not a number."""
    try:
        return float(element.get(name, default))
    except ValueError:
        return default


def language_of(element: Element, default: str) -> str:
    """``ru`` for ``ru-RU``; the call's own language when the verb names none."""
    return (element.get("language") or default).partition("-")[0].lower()
