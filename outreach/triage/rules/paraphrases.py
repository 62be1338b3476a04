"""Reads an answer said in other words than its labels: "got plenty", "did some of em", "no hace falta".

A saying counts only as a whole clause, thanks and names of endearment taken out, so that what denies it, or
says more, is never taken for it. Sayings are grouped by what they mean (paraphrases.yaml), and a question's
own labels say which of its options means that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from outreach.triage.rules.meanings import OpenQuestion, Option
from outreach.triage.rules.patterns import UNKNOWN, BadLexicon

LONGEST = 24
"""Words of a clause; a longer one is a story."""
MOST_WORDS = 60
_CUTS = frozenset(["soft", "stop", "question"])
_TURNS = frozenset(["but", "pero", "so", "because", "porque", "cause", "cuz"])
"""Words that begin a clause of their own."""
_GLUE = frozenset(["well", "and", "y", "n", "but", "pero", "so", "cause", "porque", "because", "e"])


@dataclass(frozen=True, kw_only=True)
class Saying:
    """All the ways to say one meaning."""

    name: str
    labels: frozenset[str]
    beside: str | None
    calm: bool
    pressing: bool
    neutral: bool
    whole: re.Pattern[str]
    alone: re.Pattern[str] | None
    """What says this only when nothing else stands in its clause."""
    never: re.Pattern[str] | None

    def says(self, clause: Clause) -> bool:
        """Say whether a clause says this and nothing else, as it is spelled or as it was typed."""
        return self.found(clause) is not None

    def found(self, clause: Clause) -> re.Match[str] | None:
        """Return how a clause says this; a group in it holds words that nobody has read."""
        for one in clause.ways:
            match = self.whole.fullmatch(one)
            if match is not None and not (self.never is not None and self.never.search(one)):
                return match
        alone = self.alone
        return next((found for one in clause.ways if alone and (found := alone.fullmatch(one))), None)


@dataclass(frozen=True, kw_only=True)
class Paraphrases:
    """The sayings, and what is taken out before a clause is compared."""

    sayings: tuple[Saying, ...]
    courtesies: re.Pattern[str]
    """Thanks and the like part what stands before from what stands after: "no gracias estoy bien"."""
    softeners: re.Pattern[str]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the clauses of a text say of a question."""

    option: Option | None
    """The only one they choose; None where they choose several."""
    names: frozenset[str]
    first: int
    last: int
    alone: bool
    """Nothing else is said but courtesies."""
    calm: bool
    pressing: bool
    more: bool
    """It holds words that were not read: "the doctor took me off that one in March"."""


class Spoken(Protocol):
    """A text as it was encoded."""

    @property
    def codes(self) -> str: ...

    @property
    def words(self) -> Sequence[str]: ...

    @property
    def tokens(self) -> Sequence[Any]: ...


def compiled(content: Mapping[str, Any]) -> Paraphrases:
    """Compile the sayings. Raise BadLexicon naming the one that is no regular expression."""
    macros = content["macros"]
    return Paraphrases(
        sayings=tuple(_saying(name, one, macros) for name, one in content["classes"].items()),
        courtesies=_anywhere(content["courtesies"]),
        softeners=_anywhere([*content["fillers"], *sorted(content["softeners"], key=len, reverse=True)]),
    )


def _anywhere(sources: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?:(?<= )|^)(?:{'|'.join(sources)})(?= |$)")


def _saying(name: str, one: Mapping[str, Any], macros: Mapping[str, str]) -> Saying:
    return Saying(
        name=name,
        labels=frozenset(one.get("for", ())),
        beside=one.get("beside"),
        calm=one.get("calm") == "true",
        pressing=one.get("pressing") == "true",
        neutral=one.get("neutral") == "true",
        whole=_any_of(name, one["says"], macros, often=3 if one.get("runs") == "true" else 1),
        alone=_any_of(name, one["alone"], macros) if "alone" in one else None,
        never=_any_of(name, one["never"], macros) if "never" in one else None,
    )


def _any_of(
    name: str, sources: Iterable[str], macros: Mapping[str, str], *, often: int = 1
) -> re.Pattern[str]:
    """Compile one pattern of several, that may follow each other: "no that's ok I'm good"."""
    filled = []
    for source in sources:
        while "{" in source and re.search(r"\{[a-z]+\}", source):
            source = re.sub(r"\{([a-z]+)\}", lambda found: macros[found.group(1)], source)
        filled.append(source)
    try:
        once = "|".join(f"(?:{one})" for one in filled)
        return re.compile(once if often == 1 else f"(?:{once})(?: (?:{once})){{0,{often - 1}}}")
    except re.error as error:
        raise BadLexicon(f"paraphrases.yaml, class {name}: {error}") from error


def read(known: Paraphrases, spoken: Spoken, question: OpenQuestion) -> Said | None:
    """Return what the clauses of a text say of a question, None if none of them says any of its options."""
    if not 0 < len(spoken.words) <= MOST_WORDS:
        return None
    offered = list(_offered(known, question))
    if not offered:
        return None
    clauses = [one for one in _clauses(known, spoken) if one.ways]
    chosen: dict[str, list[tuple[Saying, Option, Clause]]] = {}
    other = more = False
    for clause in clauses:
        found = [(*one, match) for one in offered if (match := one[0].found(clause)) is not None]
        more = more or any(match.lastindex for _, _, match in found)
        for saying, option, _ in found:
            chosen.setdefault(option.word, []).append((saying, option, clause))
        other = other or not (found or _is_neutral(known, clause) or _signs_off(spoken, clause))
    if not chosen:
        return None
    (saying, option, clause), *_ = next(iter(chosen.values()))
    places = [one.place for listed in chosen.values() for _, _, one in listed]
    return Said(
        option=option if len(chosen) == 1 else None,
        names=frozenset(one.name for listed in chosen.values() for one, _, _ in listed),
        first=min(first for first, _ in places),
        last=max(last for _, last in places),
        alone=not other,
        calm=saying.calm,
        pressing=saying.pressing,
        more=more,
    )


def _is_neutral(known: Paraphrases, clause: Clause) -> bool:
    return any(saying.neutral and saying.says(clause) for saying in known.sayings)


def _signs_off(spoken: Spoken, clause: Clause) -> bool:
    """Say whether a clause is but one word we don't know, at the very end: "No ma'am its clean. Harold"."""
    first, last = clause.place
    return first > 0 and last - first == 1 and last == len(spoken.words) and spoken.codes[first] == UNKNOWN


def _offered(known: Paraphrases, question: OpenQuestion) -> Iterator[tuple[Saying, Option]]:
    """List the sayings that mean an option of this question."""
    labels = [(one, {x for listed in one.labels.values() for x in listed}) for one in question.options]
    for saying in known.sayings:
        for option, theirs in labels:
            if saying.labels.isdisjoint(theirs):
                continue
            if saying.pressing and (option.tier in (None, "red") or not question.calls_most(option)):
                continue
            if saying.beside is None or any(
                saying.beside in others for one, others in labels if one is not option
            ):
                yield saying, option


@dataclass(frozen=True, kw_only=True)
class Clause:
    """What is left of a clause when courtesies are taken out, and where it stood."""

    ways: tuple[str, ...]
    """As the lexicons spell it, and as it was typed; none where nothing is left."""
    place: tuple[int, int]


def _clauses(known: Paraphrases, spoken: Spoken) -> Iterator[Clause]:
    start = 0
    kinds = ["soft" if token.form == "-" else token.kind for token in spoken.tokens]
    for at in range(len(kinds) + 1):
        if at == len(kinds) or kinds[at] in _CUTS or (spoken.words[at] in _TURNS and at > start + 1):
            yield from _parts(known, spoken, kinds, start, at)
            start = at + 1


def _parts(
    known: Paraphrases, spoken: Spoken, kinds: Sequence[str], start: int, end: int
) -> Iterator[Clause]:
    """List the parts of a clause between courtesies, as they are spelled and as they were typed."""
    places = [at for at in range(start, end) if kinds[at] in ("word", "number")][: LONGEST + 1]
    tokens = spoken.tokens
    typed = [tokens[at].form for at in places if at == start or tokens[at] is not tokens[at - 1]]
    spelled = _between_courtesies(known, [spoken.words[at] for at in places])
    raw = _between_courtesies(known, typed)
    if len(spelled) != len(raw):
        raw = spelled
    for ways in zip(spelled, raw, strict=True):
        yield Clause(ways=tuple(dict.fromkeys(one for one in ways if one)), place=(start, end))


def _between_courtesies(known: Paraphrases, words: Iterable[str]) -> list[str]:
    said = " ".join(words).replace("'", "")
    return [_bare(known, part) for part in known.courtesies.sub("|", said).split("|")]


def _bare(known: Paraphrases, said: str) -> str:
    left = known.softeners.sub("", said).split()
    while left and left[0] in _GLUE:
        del left[0]
    while left and left[-1] in _GLUE and left[-1] != "well":
        del left[-1]
    return " ".join(left)
