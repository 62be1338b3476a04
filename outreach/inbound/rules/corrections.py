"""Whether a text takes back what was answered before, and what it says instead: "oops I meant 1"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from outreach.inbound.rules.letters import without_apostrophes

_MEANT = (
    r"(?:i )?(?:meant|mean)(?: to (?:say|put|text|type|send|answer|press|hit))?|no wait|wait no|hold on|o+ps"
    r"|whoops|ups|uh oh|correction|my (?:mistake|bad|fault)|mistake|typo|that was (?:a mistake|wrong)"
    r"|i (?:made a mistake|messed up|goofed)|scratch that|make (?:that|it)"
    r"|(?:i )?(?:hit|pressed|sent|typed|texted|put) the wrong (?:one|number|thing|button|key|answer)"
    r"|wrong (?:one|answer|button|key)|(?:please )?change (?:it|that|my answer)(?: to)?"
    r"|should(?:ve| have| of)? (?:been|be|said)|quise (?:decir|poner|escribir)|queria (?:decir|poner)|digo"
    r"|me equivoque|corrijo|correccion|mejor dicho|no espere?|espere? no|cambio mi respuesta"
)
_WAIT = (
    "wait|sorry|actually|perdon|perdone|disculpe|espere?|no|its|it is|es|la|el|the|and|y|a|that|number|oh|era"
)
_STRONG = re.compile(rf"(?:{_MEANT})(?= |$)")
_WEAK = re.compile(rf"(?:{_WAIT})(?= |$)")
_ANSWER = r"(?:\d+|[a-f]|one|two|three|four|five|uno|dos|tres|cuatro|cinco)"
_THE = r"(?:an? |the |el |la |un )?"
_INSTEAD = re.compile(rf"(?: |^)(?:and |y )?(?:not|instead of|en vez de|en lugar de|no) {_THE}{_ANSWER}$")
_INSTEAD_FIRST = re.compile(rf"^(?:not|no) {_THE}{_ANSWER}(?: |$)(?:but |sino |its |es )?")
_WITHIN = re.compile(
    r"^(?P<first>.{1,60}?) (?:no wait|wait no|i mean(?:t)?|o+ps|scratch that|digo|no perdon|mejor dicho"
    r"|correction) (?P<then>.+)$"
)
_OF_THE_CLOCK = re.compile(
    r"(?:^| )(?:a las?|at|by|around|como a las?) (?:\d+|una|dos|tres|one|two|three)(?= |$)"
)


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What a text says instead of an earlier answer."""

    says: str
    strong: bool
    """It says that something was wrong; "sorry" and "wait" alone say less."""
    within: bool = False
    """What it takes back stands in the same text: "1 no wait 3"."""


def find(said: str) -> Correction | None:
    """Return what a text says instead of what was answered before, None if it takes nothing back."""
    words, rest, strong, weak = _words(said), "", False, False
    rest = words
    while rest:
        marker = _STRONG.match(rest)
        found = marker or _WEAK.match(rest)
        if found is None or (strong and marker is None and found.end() == len(rest)):
            break  # "I meant no" says no
        strong, weak = strong or marker is not None, True
        rest = rest[found.end() :].strip()
    denied = _INSTEAD.search(rest) or (_INSTEAD_FIRST.match(rest) if strong else None)
    if denied is not None and len(rest) > len(denied.group()):
        strong = True
        rest = (rest[: denied.start()] + " " + rest[denied.end() :]).strip()
    if not strong and _OF_THE_CLOCK.search(words):
        return None  # "a las 2 verdad?" asks for the hour of a visit
    if rest and (strong or weak):
        return Correction(says=rest, strong=strong)
    within = _WITHIN.match(words)
    return Correction(says=within["then"], strong=True, within=True) if within else None


def _words(said: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", without_apostrophes(said)))
