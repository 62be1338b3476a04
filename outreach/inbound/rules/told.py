"""Of whom and of when a text tells: a caregiver's own value, or yesterday's where that was asked for."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from outreach.inbound.rules.letters import without_apostrophes

_OWN = re.compile(
    r"\b(?:i weigh(?:ed)?|my own|mine|myself|my (?:weight|sugar|pressure|bp|reading|pain) (?:is|was)|im at"
    r"|yo peso|yo pese|mi (?:peso|azucar|presion|dolor)|la mia|lo mio|el mio)\b"
)
_BESIDE = re.compile(
    r"\b(?:i weigh(?:ed)?|my own|mine|yo (?:tambien|misma?)|i (?:also|too)|me too|lo mio|el mio"
    r"|la mia)\b[^.;]{0,40}?\d"
    r"|\d[\d./]* (?:is |was |es |era )?(?:myself|mine|mi[ao]\b|yo misma?)"
)
"""Their own, though the patient is named, too: "im 210 myself, she wont get on"."""
_THEIRS = re.compile(
    r"\b(?:she|shes|her|hers|he|hes|his|him|moms?|mommy|mothers?|mamas?|mami|dads?|daddy|fathers?"
    r"|papas?|papi|wifes?"
    r"|husbands?|ella|el de el|abuel[ao]s?|grandmas?|grandpas?|granny|nanas?|tia|tio|espos[ao])\b"
)
_THEN = re.compile(
    r"(?<!than )(?<!like )(?<!as )(?<!from )(?<!since )(?<!que )(?<!como )(?<!desde )(?<!de )"
    r"\b(?:yesterday|ayer)(?: (?:morning|am|a\.m\.|por la mañana|en la mañana|temprano))?\b",
    re.IGNORECASE,
)
DAY_BEFORE = (timedelta(hours=14), timedelta(hours=48))
"""So old a question is that "yesterday" means the day it asks about."""


def tells_own_value(said: str) -> bool:
    """Return whether a caregiver tells of themselves and not of the patient: "I weigh 210 myself"."""
    letters = without_apostrophes(said)
    if len(re.findall(r"\d+(?:[./]\d+)?", letters)) == 1 and _BESIDE.search(letters):
        return True
    return bool(_OWN.search(letters)) and not _THEIRS.search(letters)


def as_of_then(said: str, *, asked_at: datetime, now: datetime) -> str:
    """Return a text as it reads on the day that was asked about: without "yesterday", where that was the day.

    Every other letter keeps its place.
    """
    least, most = DAY_BEFORE
    if not least <= now - asked_at < most:
        return said
    return _THEN.sub(lambda found: " " * len(found[0]), said)
