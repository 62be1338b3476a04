"""Cuts a text into plain words that remember where they stood.

Everything that makes the same word look different goes here: capitals, accents, full-width and styled
letters, zero-width characters, letters borrowed from other alphabets, keycap emoji, spaced-out letters.
What a word *means* is none of this file's business.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

MAX_CHARS = 4_000
"""Longer texts are read up to here.

Twilio's longest body is 1,600 characters (Programmable Messaging limits).
"""

_SKINS = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
"""What gives a hand its color."""
COMMA = ","
STOP = "."
QUESTION = "?"

# Letters of other alphabets that look like ours. Folded only inside a word we would not know otherwise: a
# Russian word stays Russian.
_LOOKALIKE = {
    ord(foreign): latin
    for latin, letters in {
        "a": "аαɑᴀ", "b": "вьβʙ", "c": "сϲςᴄ", "d": "ԁᴅ", "e": "еεᴇ", "f": "ғꜰ", "g": "ɡɢ", "h": "һнհʜ",
        "i": "іιıɪ", "j": "јϳ", "k": "кκᴋ", "l": "ӏʟ", "m": "мᴍ", "n": "ոηɴ", "o": "оοσօᴏ", "p": "рρᴘ",
        "q": "ԛ", "r": "гʀ", "s": "ѕ", "t": "тτᴛ", "u": "υսᴜ", "v": "νѵᴠ",
        "w": "ѡԝωᴡ", "x": "хχ", "y": "уγʏ", "z": "ᴢ",
    }.items()
    for foreign in letters
}  # fmt: skip
_NON_LATIN_LOOKALIKE = re.compile("[" + "".join(map(chr, _LOOKALIKE)) + "]")
_SHAPES = str.maketrans(
    {
        "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "＇": "'", "′": "'", "‛": "'", "ʹ": "'",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-",
        "¿": " ", "¡": " ", "…": "\u2026", "ß": "s", "ø": "o", "đ": "d", "ł": "l", "æ": "e", "œ": "e",
        "⁄": "/", "∕": "/",
    }
)  # fmt: skip

_TOKEN = re.compile(
    r"(?P<spaced>(?<![a-z0-9'])[a-z](?:[ .\-_*~|]{1,2}[a-z]){2,11}(?![a-z0-9']))"
    r"|(?P<time>(?<![\d.])\d{1,2}[:h]\d{2}(?![\d:]))"
    r"|(?P<number>\d+(?:[.,]\d+)*(?![\da-z@$]|[.,]\d))"
    r"|(?P<measure>\d+(?:[.,]\d+)*(?:am|pm|a|p|lbs?|kgs?|kilos?|mg|ml|st|nd|rd|th|x|hrs?|h|mins?|days?|weeks?|wks?|yrs?|yo|f|c|bpm|ish)\b)"
    r"|(?P<word>(?:[^\W_]|[@$])+(?:[*'](?:[^\W_]|[@$])+)*)"
    r"|(?P<soft>(?:\.{2,}|\u2026|!|,|:|\()+)"
    r"|(?P<question>\?[?!.]*)"
    r"|(?P<stop>[.;\n\r]+)"
    r"|(?P<mark>[/#+\-=%&)])"
    r"|(?P<other>[^\s\w])"
)
_DIGITS = re.compile(r"[\d.,]+")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a text: its plain form and where it stood in the text as it came."""

    form: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in plain small letters, with the position each letter had."""

    text: str
    positions: tuple[int, ...] | None

    def original(self, index: int) -> int:
        """Say where in the text as it came a plain letter stood."""
        if self.positions is None:
            return index
        return self.positions[min(index, len(self.positions) - 1)] if self.positions else 0

    def original_end(self, index: int) -> int:
        """Say where in the text as it came a run that ends before a plain letter ended."""
        if self.positions is None:
            return index
        return self.positions[index - 1] + 1 if index and self.positions else 0


@lru_cache(maxsize=4_096)
def _fold_char(char: str) -> str:
    """Turn one character into plain small letters, or nothing when it only decorates."""
    if "\uac00" <= char <= "\ud7a3":
        return char  # a Korean syllable is one letter to us
    char = char.translate(_SHAPES)
    kept: list[str] = []
    for part in unicodedata.normalize("NFKD", _unboxed(char)):
        category = unicodedata.category(part)
        if category in ("Mn", "Me", "Cf", "Cs", "Co", "Cn") or part in _SKINS:
            continue
        if category in ("Zs", "Zl", "Zp") or (category == "Cc" and part not in "\n\r"):
            kept.append(" ")
        elif category == "Nd":
            kept.append(str(unicodedata.decimal(part)))
        else:
            kept.append(part.lower().translate(_SHAPES))
    return "".join(kept)


def _unboxed(char: str) -> str:
    """Turn a letter drawn in a black circle or square, or as half a flag, into the letter."""
    code = ord(char) if len(char) == 1 else 0
    for first in (0x1F150, 0x1F170, 0x1F1E6):
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    if char == "🔟":
        return "10"
    if 0x278A <= code <= 0x2792:
        return chr(ord("1") + code - 0x278A)
    return char


def fold(text: str) -> Folded:
    """Turn a text into plain small letters without accents, disguises or invisible characters."""
    text = text[:MAX_CHARS]
    if text.isascii():
        return Folded(text.lower(), None)
    letters: list[str] = []
    positions: list[int] = []
    for index, char in enumerate(text):
        plain = char.lower() if char < "\x80" else _fold_char(char)
        letters.append(plain)
        if len(plain) == 1:
            positions.append(index)
        else:
            positions.extend([index] * len(plain))
    return Folded("".join(letters), tuple(positions))


def without_lookalikes(word: str) -> str:
    """Turn letters borrowed from another alphabet into the Latin ones they look like."""
    return word.translate(_LOOKALIKE)


def borrows_letters(text: str) -> bool:
    """Say whether a folded text holds letters of the alphabets that are used to disguise Latin ones."""
    return _NON_LATIN_LOOKALIKE.search(text) is not None


def cut(folded: Folded) -> list[Token]:
    """Cut a folded text into tokens; "s t o p" stays one, for the lexicon to judge."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(folded.text):
        kind = match.lastgroup or "other"
        start, end = match.span()
        if kind == "measure":
            number = _DIGITS.match(match.group())
            middle = start + (number.end() if number else 0)
            tokens.append(_token(folded, "number", start, middle))
            tokens.append(_token(folded, "word", middle, end))
        else:
            tokens.append(_token(folded, kind, start, end))
    return tokens


def _token(folded: Folded, kind: str, start: int, end: int) -> Token:
    return Token(folded.text[start:end], kind, folded.original(start), folded.original_end(end))
