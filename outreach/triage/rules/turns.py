"""Reads a reply word that opens or ends a text, takes another's place, or is told of the newest day."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.triage.rules import cores, words
from outreach.triage.rules.heard import (
    URGENT,
    Heard,
    Text,
    any_trouble,
    named,
    presses,
    troubles,
)
from outreach.triage.rules.meanings import Option

_SELF_HARM = "self_harm"


_A = frozenset(
    [
        "i",
        "im",
        "ive",
        "id",
        "my",
        "its",
        "he",
        "she",
        "they",
        "we",
        "not",
        "no",
        "had",
        "feel",
        "feeling",
        "been",
        "thanks",
        "sometimes",
        "never",
        "all",
    ]
)


_OTHER_LETTERS = frozenset(["u", "you", "ya", "there", "back", "good"])


def replied(text: Text) -> Heard | None:
    """Take a letter that opens a text for the reply word it is: "B I will figure it out"."""
    word, *rest = text.told.words
    option = next((one for one in text.question.options if words.fold(one.word).text.strip() == word), None)
    if option is None or text.told.kinds[0] != "word" or len(word) != 1 or not rest:
        return None
    if rest[0] in _OTHER_LETTERS or (word in ("a", "i", "y", "o") and rest[0] not in _A):
        return None
    if any(one.option is not option for one in text.said):
        return Heard(option=None)
    grave = any(one.tier in URGENT for one in text.question.options)
    if grave and not presses(text.question, option) and any(troubles(text, one) for one in text.parts):
        return None
    return Heard(option=option, first=0, last=1, doubtful=len(rest) > 2)


_POLAR = re.compile(r"(?:so )?(?:yes|no|nope|yeah|nah)")
_NOES = frozenset(("no", "nope", "nah"))


def concluded(text: Text) -> Heard | None:
    """Take what a text ends with: "so id say better", "... so its just me, no", "she said tell yall 3"."""
    if not text.parts or text.parts[-1].asks or text.parts[-1].turned:
        return None
    last = text.parts[-1]
    option = None
    for name in ("so", "relays", "concludes"):
        match = text.known.patterns[name].search(last.text)
        option = option or (named(text.question, match["x"]) if match else None)
    if option is None and len(text.parts) > 1 and _POLAR.fullmatch(last.text):
        option = named(text.question, last.text.removeprefix("so "))
    denies = text.known.patterns["negates"].search(last.text) and last.text.split()[-1] not in _NOES
    if option is None or denies:
        return None
    others = {one.option.word for one in text.said if one.part is not last} - {option.word}
    grave = any(one.tier == "red" for one in text.question.options)
    if others or (grave and not presses(text.question, option) and any_trouble(text, last)):
        return Heard(option=None)
    if text.question.gravest is not None and text.question.gravest.topic == _SELF_HARM:
        return None
    return Heard(option=option, first=last.first, last=last.last)


_CORRECTS = (
    "no",
    "wait",
    "sorry",
    "oops",
    "mean",
    "meant",
    "actually",
    "correction",
    "scratch",
    "make",
    "i",
    "that",
    "no,",
)


def corrected(text: Text) -> Heard | None:
    """Take the second of two reply words where the first is taken back: "2. no 3"."""
    offered = {words.fold(one.word).text.strip(): one for one in text.question.options}
    said = text.told.words
    places = [at for at, word in enumerate(said) if word in offered and text.told.kinds[at] == "number"]
    if len(places) != 2 or places[0] != 0:
        return None
    between = [said[at] for at in range(1, places[1]) if text.told.kinds[at] == "word"]
    if not between or any(word not in _CORRECTS for word in between):
        return None
    option = offered[said[places[1]]]
    return Heard(option=option, first=0, last=places[1] + 1, doubtful=not presses(text.question, option))


_DAYS = (
    (0, re.compile(r"\b(?:today|now|this morning|tonight|right now|hoy)\b")),
    (1, re.compile(r"\b(?:last night|anoche)\b")),
    (2, re.compile(r"\b(?:yesterday|ayer)\b")),
    (
        3,
        re.compile(
            r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|other day|last week|weekend|first day|before)\b"
        ),
    ),
)


_TREND = {
    "better": "better", "good": "better", "great": "better", "fine": "better", "worse": "worse",
    "bad": "worse", "rough": "worse", "terrible": "worse", "awful": "worse", "same": "same",
}  # fmt: skip


_FAR = 5


def by_day(text: Text) -> Heard | None:
    """Take what is told of the newest of several days: "yesterday bad but today a lot better"."""
    said = text.told.words
    options = {words.fold(one.word).text.strip(): one for one in text.question.options}
    trend = {label: one for one in text.question.options for label in cores.labels_of(one)}
    if "worse" not in trend or "better" not in trend:
        return None
    days = [(at, rank) for rank, pattern in _DAYS for at in _day_places(said, pattern)]
    if len({rank for _, rank in days}) < 2:
        return None
    told: list[tuple[int, int, Option]] = []
    for at, word in enumerate(said):
        option = options.get(word) if text.told.kinds[at] == "number" else trend.get(_TREND.get(word, ""))
        if (
            option is None
            or (at and said[at - 1] == "than")
            or (word == "worse" and said[at + 1 : at + 2] == ("than",))
        ):
            continue
        near = sorted((abs(at - day), rank) for day, rank in days)
        if near[0][0] > _FAR or set(said[max(0, at - 2) : at]) & {"not", "no", "isnt", "dont"}:
            return None
        told.append((near[0][1], at, option))
    newest = min((rank for rank, _, _ in told), default=None)
    chosen = {option.word for rank, _, option in told if rank == newest}
    if len({option.word for _, _, option in told}) < 2 or len(chosen) != 1:
        return None
    _, at, option = next(one for one in told if one[0] == newest)
    return Heard(option=option, first=0, last=len(said), doubtful=newest != 0)


def _day_places(said: tuple[str, ...], pattern: re.Pattern[str]) -> Iterator[int]:
    line = " ".join(said)
    for match in pattern.finditer(line):
        yield line.count(" ", 0, match.start())
