"""Reads what is told of the signs a question asks about, and the question said over."""

from __future__ import annotations

import re

from outreach.triage.rules import cores, plainly
from outreach.triage.rules.cores import Part
from outreach.triage.rules.heard import (
    URGENT,
    Heard,
    Text,
    named,
    presses,
    troubles,
)

_OPENED = 3


def of_signs(text: Text) -> Heard | None:
    """Take a sign that was asked for and is told for a yes, and all of them denied or well for a no."""
    signs = cores.asked_signs(text.known, text.question)
    yes, no = named(text.question, "yes"), named(text.question, "no")
    if not signs or yes is None or no is None:
        return None
    weighed = [(part, *_signs_in(text, signs, part)) for part in text.parts]
    told = [part for part, told_here, _, _ in weighed if told_here]
    if any(unclear for *_, unclear in weighed) or (told and plainly.asks(text.told)):
        return Heard(option=None)
    if told:
        one = told[0]
        return Heard(option=yes, first=one.first, last=one.last, doubtful=len(text.parts) > len(told))
    cleared = {nth for _, _, cleared_here, _ in weighed for nth in cleared_here}
    opens = bool(text.parts) and text.known.patterns["opens_no"].match(text.parts[0].text) is not None
    if len(cleared) == len(signs) or (cleared and opens and len(text.told.words) > _OPENED):
        calm = not any(part.turned for part in text.parts) and not _left_trouble(text, signs)
        return Heard(option=no, first=0, last=len(text.told.words)) if calm else None
    return None


def _signs_in(text: Text, signs: list[cores.Sign], part: Part) -> tuple[bool, set[int], bool]:
    """Return whether a clause tells a sign, which ones it clears, and whether one is unclear."""
    told, cleared, unclear = False, set[int](), False
    for nth, sign in enumerate(signs):
        state = _state(text, sign, part)
        told = told or state == "told"
        unclear = unclear or state == "unclear"
        if state == "cleared":
            cleared.add(nth)
    return told, cleared, unclear


def _state(text: Text, sign: cores.Sign, part: Part) -> str | None:
    """Return whether a sign is told, cleared or unclear in a clause, None if nothing is said of it."""
    negates = text.known.patterns["negates"]
    well, match = sign.well.search(part.text), sign.told.search(part.text)
    denied = well is not None and not negates.search(part.text[: well.start()])
    if match and not (well and well.start() <= match.start() < well.end()):
        if not negates.search(part.text[: match.start()]):
            return "unclear" if _is_unclear(text, sign, part) else "told"
        denied = True
    elif not well and sign.asked in ("chest pain", "belly pain") and re.search(r"\bno pain\b", part.text):
        denied = True
    return "cleared" if denied else None


def _is_unclear(text: Text, sign: cores.Sign, part: Part) -> bool:
    """Say whether a sign is told of others, of earlier, as mild where the bad is asked for, or as a guess."""
    patterns = text.known.patterns
    mild = f"bad {sign.asked}" in text.question.wording.lower() and patterns["mild"].search(
        " ".join(text.told.words)
    )
    earlier = not sign.lasting and patterns["old"].search(part.text)
    guessed = re.search(r"\b(?:if|dont think|when (?:i )?was)\b", part.text)
    return bool(mild or earlier or guessed or part.asks or patterns["others"].search(part.text))


def _left_trouble(text: Text, signs: list[cores.Sign]) -> bool:
    return any(
        troubles(text, part)
        and not any(sign.told.search(part.text) or sign.well.search(part.text) for sign in signs)
        for part in text.parts
    )


def restated(text: Text) -> Heard | None:
    """Take the question said over: "it is, the bus ...", "not hard at all"."""
    yes, no = named(text.question, "yes"), named(text.question, "no")
    asked = text.question.wording.lower()
    if yes is None or no is None or not text.known.patterns["aux"].search(asked) or not text.parts:
        return None
    grave = text.question.gravest is not None
    first = text.parts[0]
    goes_on = len(text.told.words) > 2 and not any(part.turned for part in text.parts)
    if (
        text.known.patterns["affirms"].match(first.text)
        and goes_on
        and yes.tier is not None
        and yes.tier not in URGENT
    ):
        return Heard(option=yes, first=first.first, last=first.last, doubtful=True)
    if grave or any(troubles(text, one) for one in text.parts[1:]):
        return None
    match = text.known.patterns["not_so"].match(first.text)
    if match and re.search(rf"\b{re.escape(match['adjective'])}\b", asked):
        return Heard(option=no, first=first.first, last=first.last, doubtful=len(text.parts) > 1)
    return None


def polar(text: Text) -> Heard | None:
    """Take a yes or no that opens a text, where what follows is a sentence of its own."""
    if not text.parts or text.question.gravest is not None:
        return None
    first = text.parts[0]
    for name in ("no", "yes"):
        match = text.known.patterns[f"{name}_first"].match(first.text)
        option = named(text.question, name)
        if match is None or option is None:
            continue
        runs_on = match["rest"] and not text.known.patterns["addressed"].match(first.text)
        if runs_on or any(one.option.word != option.word for one in text.said):
            return None
        if not presses(text.question, option) and not _may_follow(text, match["rest"]):
            return None
        return Heard(option=option, first=first.first, last=first.last, doubtful=True)
    return None


def _may_follow(text: Text, rest: str) -> bool:
    """Say whether what follows a yes or no that calls nobody leaves it as it is."""
    others = text.parts[1:]
    line = " ".join(one.text for one in others)
    patterns = text.known.patterns
    asks = any(one.asks for one in others)
    return not (
        asks
        or plainly.complains(text.told)
        or patterns["cuts_off"].search(line)
        or patterns["trouble"].search(rest)
    )
