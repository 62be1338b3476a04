"""How many parts a text is cut into, and look-alikes that keep it in the cheaper alphabet.

GSM 03.38 (3GPP TS 23.038): a text wholly in its alphabet holds 160 septets, or 153 in each part of several;
one character outside makes the whole text UCS-2, 70 code units or 67 in each part. Characters of the
extension table take two septets. Neither those nor a surrogate pair may be split between parts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = GSM_BASIC | GSM_EXTENSION

_SINGLE = {"GSM-7": 160, "UCS-2": 70}
_PART = {"GSM-7": 153, "UCS-2": 67}

# Only what a reader would not notice. Accents stay ("año" is not "ano"), so does "½": "21/2 pills" misreads.
_LOOK_ALIKES = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "´": "'", "`": "'", "ʼ": "'", "＇": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"', "＂": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "﹣": "-", "－": "-",
    "…": "...", "•": "-", "‣": "-", "·": "-", "∙": "-", "‹": "<", "›": ">", "⁄": "/", "∕": "/",
    "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2004": " ", "\u2005": " ", "\u2006": " ", "\u2007": " ",
    "\u2008": " ", "\u2009": " ", "\u200a": " ", "\u202f": " ", "\u205f": " ", "\u3000": " ", "\t": " ",
    "\u2028": "\n", "\u2029": "\n",
    "\u200b": "", "\u2060": "", "\ufeff": "", "\u00ad": "",
}  # fmt: skip
_TABLE = str.maketrans(_LOOK_ALIKES)


@dataclass(frozen=True, slots=True)
class SegmentCount:
    """What carriers count and bill: `units` are septets in GSM-7 and 16-bit code units in UCS-2."""

    encoding: Encoding
    units: int
    segments: int


def encoding_of(text: str) -> Encoding:
    """Return the alphabet the text needs: one character outside GSM 03.38 makes all of it UCS-2."""
    return "GSM-7" if _GSM.issuperset(text) else "UCS-2"


def count_segments(text: str) -> SegmentCount:
    """Count the parts a text is sent in. An empty text is one part, as carriers send and bill it."""
    encoding = encoding_of(text)
    if encoding == "GSM-7":
        units = len(text) + sum(map(text.count, GSM_EXTENSION))
    else:
        units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if units <= _SINGLE[encoding]:
        return SegmentCount(encoding, units, 1)
    room = _PART[encoding]
    # Only a character of two units can leave a part one unit short.
    parts = -(-units // room) if units == len(text) else _parts(_sizes(text, encoding), room)
    return SegmentCount(encoding, units, parts)


def normalize_gsm(text: str) -> str:
    """Replace typographic look-alikes (curly quotes, dashes, ellipsis, odd spaces, bullets) by plain ones.

    Applied before a text is approved, so that the approved text is the sent text. It changes no letters,
    so a text with "á" or an emoji stays UCS-2.
    """
    return text.translate(_TABLE)


def without_accents(text: str) -> str:
    """Return a text whose letters outside GSM-7 have lost their marks: "María Peña" is "Maria Peña".

    A letter that is more than a plain one with a mark stays, and so does whatever is in the alphabet.
    """
    return "".join(letter if letter in _GSM else _unmarked(letter) for letter in text)


def _unmarked(letter: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one))
    return plain if _GSM.issuperset(plain) and plain.isalpha() else letter


def outside_gsm(text: str) -> tuple[str, ...]:
    """Return the distinct characters, in order, that make the text UCS-2."""
    return tuple(dict.fromkeys(character for character in text if character not in _GSM))


def _sizes(text: str, encoding: Encoding) -> Iterable[int]:
    if encoding == "GSM-7":
        return (2 if character in GSM_EXTENSION else 1 for character in text)
    return (2 if ord(character) > 0xFFFF else 1 for character in text)


def _parts(sizes: Iterable[int], room: int) -> int:
    parts, used = 1, 0
    for size in sizes:
        if used + size > room:
            parts, used = parts + 1, 0
        used += size
    return parts
