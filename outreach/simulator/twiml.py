"""Reading the application's answer to an inbound text."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from outreach.kernel.errors import OutreachError
from outreach.simulator.webhooks import TWIML_LIMIT

MOST_REPLIES = 10
XML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


class BadTwiml(OutreachError):
    """The answer to the webhook can't be carried out."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One `<Message>` of an answer."""

    body: str
    to: str = ""
    media: tuple[str, ...] = ()
    callback: str = ""


def replies(content_type: str, body: bytes) -> list[Reply]:
    """Return the texts an answer asks for. An empty answer asks for none; plain text is one text.

    Raise BadTwiml with the provider's code: 11750 too large, 12100 not XML, 12300 a type it doesn't read,
    14109 more than ten replies.
    """
    if len(body) > TWIML_LIMIT:
        raise BadTwiml(11750)
    if not body.strip():
        return []
    kind = content_type.split(";")[0].strip().lower()
    if kind == "text/plain":
        return [Reply(body=body.decode("utf-8", "replace"))]
    if kind not in XML_TYPES:
        raise BadTwiml(12300)
    found = [_reply(node) for node in _root(body) if node.tag in ("Message", "Sms")]
    if len(found) > MOST_REPLIES:
        raise BadTwiml(14109)
    return found


def _root(body: bytes) -> ElementTree.Element:
    try:
        # The application under test wrote it, at most 64 kB of it.
        root = ElementTree.fromstring(body)  # noqa: S314
    except ElementTree.ParseError:
        raise BadTwiml(12100) from None
    if root.tag != "Response":
        raise BadTwiml(12100)
    return root


def _reply(node: ElementTree.Element) -> Reply:
    inner = node.find("Body")
    return Reply(
        body=((inner.text if inner is not None else node.text) or "").strip(),
        to=node.get("to", ""),
        media=tuple(item.text.strip() for item in node.findall("Media") if item.text),
        callback=node.get("statusCallback", ""),
    )
