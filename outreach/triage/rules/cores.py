"""Finds the core of an answer in a sentence that goes on: "she got me in wednesday so its all set".

A clause begins with what it says, and its rest only tells why; what the question's own words ask about
(breathing, a ride, redness) is told, or said to be well. Cores that choose two options choose none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from outreach.triage.rules.meanings import OpenQuestion, Option
from outreach.triage.rules.patterns import BadLexicon

MOST_WORDS = 60
_MOST_OPENERS = 7
_NEVER = re.compile("(?!)")
_CUTS = frozenset(["soft", "stop", "question"])
_JOINS = frozenset(["so", "and", "n", "cause", "because", "cuz"])
_ADDRESSES = frozenset(
    [
        "hun",
        "hon",
        "honey",
        "baby",
        "dear",
        "maam",
        "sir",
        "miss",
        "sweetie",
        "doc",
        "lol",
        "haha",
        "please",
        "thanks",
        "sugar",
        "darling",
        "yall",
    ]
)
_WHOLES = frozenset(
    ["all", "everything", "everyone", "one", "them", "em", "it", "nothing", "anything", "none", "every"]
)
"""Before a "but" these are what it takes something out of."""
_STARTS = frozenset(
    [
        "i",
        "im",
        "ive",
        "id",
        "ill",
        "my",
        "its",
        "it",
        "she",
        "he",
        "hes",
        "shes",
        "they",
        "the",
        "we",
        "breathing",
        "yes",
        "no",
        "not",
        "thats",
        "that",
        "now",
        "isnt",
        "dont",
        "cant",
        "just",
        "guess",
        "then",
        "today",
        "yesterday",
        "somebody",
        "nobody",
        "got",
        "want",
        "need",
    ]
)


@dataclass(frozen=True, kw_only=True)
class Core:
    """One meaning, how a clause that says it begins, and what takes it back."""

    name: str
    labels: frozenset[str]
    beside: str | None
    calm: bool
    about: re.Pattern[str] | None
    """What a question's own words must hold."""
    says: re.Pattern[str] | None
    anywhere: re.Pattern[str] | None
    never: re.Pattern[str] | None

    def says_it(self, ways: Sequence[str]) -> tuple[int, int] | None:
        """Return which words of a clause say this: it begins so, or holds what only means this."""
        found = self._found(ways)
        return None if found is None or (self.never is not None and self.never.search(ways[0])) else found

    def holds(self, line: str) -> bool:
        """Say whether a text holds what only means this."""
        return self.anywhere is not None and bool(self.anywhere.search(line))

    def _found(self, ways: Sequence[str]) -> tuple[int, int] | None:
        for way in ways if self.says is not None else ():
            if self.says is not None and (match := self.says.match(way)):
                opened = ways[0].count(" ") - way.count(" ")
                return 0, opened + match.group().rstrip().count(" ") + 1
        if self.anywhere is not None and (match := self.anywhere.search(ways[0])):
            start = ways[0].count(" ", 0, match.start())
            return start, start + match.group().strip().count(" ") + 1
        return None


@dataclass(frozen=True, kw_only=True)
class Sign:
    """What a question may ask about: told, or said to be well."""

    asked: str
    told: re.Pattern[str]
    well: re.Pattern[str]
    lasting: bool
    """It matters if it was weeks ago, too."""


@dataclass(frozen=True, kw_only=True)
class Cores:
    """All meanings and signs, and the words that turn what was said."""

    classes: tuple[Core, ...]
    signs: tuple[Sign, ...]
    lead: re.Pattern[str]
    turns: frozenset[str]
    patterns: Mapping[str, re.Pattern[str]]
    """How an answer is led in, taken back or said over, by name."""
    dropped: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A clause without its openers; `turned` if "but" stands before it, `asks` if a question mark ends it."""

    text: str
    first: int
    last: int
    places: tuple[int, ...]
    """Where its words stand."""
    turned: bool
    asks: bool


def compiled(content: Mapping[str, Any]) -> Cores:
    """Compile the cores. Raise BadLexicon naming the one that is no regular expression."""
    macros = content["macros"]

    def made(name: str, sources: Iterable[str]) -> re.Pattern[str] | None:
        filled = []
        for source in sources:
            while found := re.search(r"\{([a-z]+)\}", source):
                source = source.replace(found.group(0), macros[found.group(1)])
            filled.append(f"(?:{source})")
        try:
            return re.compile("|".join(filled)) if filled else None
        except re.error as error:
            raise BadLexicon(f"cores.yaml, {name}: {error}") from error

    def bounded(name: str, sources: Iterable[str]) -> re.Pattern[str]:
        return made(name, (rf"\b(?:{one})\b" for one in sources)) or _NEVER

    classes = tuple(
        Core(
            name=name,
            labels=frozenset(one["for"]),
            beside=one.get("beside"),
            calm=one.get("calm") == "true" or one.get("calm") is True,
            about=re.compile(one["about"]) if "about" in one else None,
            says=made(name, one.get("says", ())),
            anywhere=made(name, one.get("anywhere", ())),
            never=made(name, one.get("never", ())),
        )
        for name, one in content["classes"].items()
    )
    signs = tuple(
        Sign(
            asked=one["asked"],
            told=bounded(name, one["told"]),
            well=bounded(name, one["well"]),
            lasting="lasting" in one,
        )
        for name, one in content["signs"].items()
    )
    return Cores(
        classes=classes,
        signs=signs,
        lead=re.compile(f"{content['lead']} "),
        turns=frozenset(content["turns"]),
        patterns={name: re.compile(one) for name, one in content["patterns"].items()},
        dropped={one[:-1]: one for one in content["dropped"]} | content["spelled"],
    )


def parts(known: Cores, words: tuple[str, ...], kinds: tuple[str, ...]) -> list[Part]:
    """Cut a text into clauses: at signs, before a "but", and where "so" or "and" begins a sentence."""
    found: list[Part] = []
    start, turned = 0, False
    for at in range(len(words) + 1):
        sign = at == len(words) or kinds[at] in _CUTS
        turns = not sign and words[at] in known.turns and not (at and words[at - 1] in _WHOLES)
        joins = not sign and words[at] in _JOINS and at + 1 < len(words) and words[at + 1] in _STARTS
        if not (sign or turns or (joins and at > start)):
            continue
        asks = at < len(words) and kinds[at] == "question"
        one = _part(known, words, kinds, start, at, turned=turned, asks=asks)
        if one is not None:
            found.append(one)
        start = at + 1 if sign or turns else at
        turned = turns or (turned and one is None)
    return found


def _part(
    known: Cores,
    words: tuple[str, ...],
    kinds: tuple[str, ...],
    start: int,
    end: int,
    *,
    turned: bool,
    asks: bool,
) -> Part | None:
    places = tuple(at for at in range(start, end) if kinds[at] in ("word", "number"))
    if not places:
        return None
    while len(places) > 1 and words[places[-1]] in _ADDRESSES:
        places = places[:-1]
    text = " ".join(known.dropped.get(words[at], words[at]) for at in places)
    return Part(text=text, first=start, last=end, places=places, turned=turned, asks=asks)


def starts(known: Cores, text: str) -> list[str]:
    """List a clause as it stands, and with its openers left out one after the other."""
    found = [text]
    while (opener := known.lead.match(found[-1])) and len(found) < _MOST_OPENERS:
        found.append(found[-1][opener.end() :])
    return found


@lru_cache(maxsize=256)
def _labels(option_labels: tuple[tuple[str, ...], ...]) -> frozenset[str]:
    return frozenset(one.replace("'", "") for listed in option_labels for one in listed)


def labels_of(option: Option) -> frozenset[str]:
    """Return an option's labels in all languages, as the lexicons spell them."""
    return _labels(tuple(tuple(listed) for listed in option.labels.values()))


def offered(known: Cores, question: OpenQuestion) -> list[tuple[Core, Option]]:
    """List the meanings that are an option of this question."""
    labels = [(one, labels_of(one)) for one in question.options]
    return [
        (core, option)
        for core in known.classes
        for option, theirs in labels
        if core.labels & theirs
        and (core.about is None or core.about.search(question.wording.lower()))
        and (core.beside is None or any(core.beside in others for one, others in labels if one is not option))
    ]


def asked_signs(known: Cores, question: OpenQuestion) -> list[Sign]:
    """List the signs a question's own words ask about."""
    asked = question.wording.lower()
    return [one for one in known.signs if one.asked in asked] if asked else []
