"""Finds a glucose meter that shows no figure but HI or LO: beyond what it can measure, and a danger.

Home meters show HI above 600 mg/dL and LO below 20 (their manuals; a few end at 500 and 40): far beyond
every limit that calls somebody. An error code is no reading, and is asked for again.
"""

from __future__ import annotations

import re

from outreach.triage.rules.measures import Measure
from outreach.triage.rules.numerals import Figures

_METER = (
    r"(?:meter|metre|monitor|glucometer|glucometro|aparat(?:o|ito)|maquin(?:a|ita)|machine|cgm|dexcom"
    r"|libre|sensor|medidor)"
)
_SUGAR = r"(?:blood sugars?|sugars?|bg|bs|glucose|azucar|glucosa|reading|lectura|it|me)"
_SHOWS = (
    r"(?:says?|said|saying|reads?|reading|shows?|showed|showing|displays?|gives?|gave|dice|decia|dijo"
    r"|marca|marco"
    r"|marcaba|marcando|salio|sale|puso|pone|aparece)"
)
_LITTLE = r"(?:\s+(?:just|only|me|solo|nomas|nada mas|que|is|it|the word|un|still|puro))*\s*[\"'(]*\s*"
_SIGN = r"(?P<sign>hi|lo|high|low|alto|bajo)"
_SHOWN = re.compile(rf"\b(?:{_METER}|{_SUGAR})\b(?:\s+[a-z]+){{0,3}}?\s+{_SHOWS}\b{_LITTLE}{_SIGN}\b")
_ASKED = re.compile(rf"\b{_SHOWS}\b{_LITTLE}{_SIGN}\b(?!\s*(?:\d|of|on|in|de|mas|mismo|que)\b)")
_BARE = re.compile(
    r"[^a-z0-9]*(?:(?P<soft>(?:its?|it is|it was|was|esta|estaba|sali?o|mine is|my sugar is"
    r"|my sugar was)\s+(?:too |very |muy )?"
    r"|too |very |muy |really )?(?P<sign>hi|lo|high|low|alto|bajo|alta|baja))[^a-z0-9]*"
)
_LOW = frozenset(("lo", "low", "bajo", "baja"))
_GREETS = frozenset(("hi", "lo"))
HI, LO = 600.0, 20.0


def find(text: str, said: Figures, *, asked: bool) -> list[Measure]:
    """List what a meter shows beyond its range; `asked` is whether a reading was asked for."""
    for match in _ASKED.finditer(said.text) if asked else _SHOWN.finditer(said.text):
        if _is_shown(text, said, match):
            return [_beyond(match, "RED")]
    bare = _BARE.fullmatch(said.text) if asked else None
    if bare is None:
        return []
    # "Hi" may greet; in capitals, as a meter shows it, it does not.
    doubtful = bare["soft"] or (bare["sign"] == "hi" and _typed(text, said, bare) != "HI")
    return [_beyond(bare, "ORANGE" if doubtful else "RED")]


def _typed(text: str, said: Figures, match: re.Match[str]) -> str:
    return text[said.original(match.start("sign")) : said.original_end(match.end("sign"))]


def _is_shown(text: str, said: Figures, match: re.Match[str]) -> bool:
    """Say whether HI and LO are a meter's, not "dice lo mismo" or "says hi to you"."""
    if match["sign"] not in _GREETS or _typed(text, said, match).isupper():
        return True
    return (
        re.match(r"[\"')]*\s*(?:$|[.,;!?\n]|and\b|y\b|but\b|pero\b|again\b|otra\b)", said.text[match.end() :])
        is not None
    )


def _beyond(match: re.Match[str], tier: str) -> Measure:
    low = match["sign"] in _LOW
    start, end = match.span("sign")
    return Measure("glucose", LO if low else HI, None, start, end, "low" if low else "high", tier)
