"""The sayings of spanish.yaml, written as they sound, and what of them a question offers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from outreach.triage.rules import words
from outreach.triage.rules.meanings import OpenQuestion, Option
from outreach.triage.rules.patterns import BadLexicon
from outreach.triage.rules.sounds import Ear, sound, sound_pattern, vocabulary

Pattern = re.Pattern[str]


@dataclass(frozen=True, kw_only=True)
class Saying:
    """All the ways to say one meaning: as a whole clause, or with more around it that a person reads."""

    name: str
    labels: frozenset[str]
    beside: str | None
    about: Pattern | None
    calm: bool
    over: bool
    refuse: bool
    asks: bool
    neutral: bool
    whole: Pattern | None
    holds: Pattern | None
    never: Pattern | None

    def heard(self, clause: str) -> str | None:
        """Return "says" or "holds" where a clause says this, None if it doesn't."""
        if self.whole is not None and self.whole.fullmatch(clause):
            how = "says"
        elif self.holds is not None and self.holds.fullmatch(clause):
            how = "holds"
        else:
            return None
        return None if self.never is not None and self.never.search(clause) else how


@dataclass(frozen=True, kw_only=True)
class Spanish:
    """The lexicon, compiled."""

    ear: Ear
    sayings: tuple[Saying, ...]
    courtesies: Pattern
    softeners: Pattern
    signs: Mapping[str, tuple[Pattern, Pattern]]
    parts: Mapping[str, Pattern]

    def offered(self, question: OpenQuestion) -> Iterator[tuple[Saying, Option | None]]:
        """List the sayings that mean an option of a question, and those that mean none of any."""
        labels = [
            (one, {word for words in one.labels.values() for word in words}) for one in question.options
        ]
        every = set().union(*(theirs for _, theirs in labels))
        for saying in self.sayings:
            if saying.neutral:
                yield saying, None
            if saying.beside is not None and saying.beside not in every:
                continue
            if saying.about is not None and not saying.about.search(told_of(question.asks)):
                continue
            for option, theirs in labels:
                if not saying.labels.isdisjoint(theirs):
                    yield saying, option
                    break

    def asked(self, question: OpenQuestion) -> dict[str, Pattern]:
        """Return the signs a question asks about, each with how somebody tells of it."""
        return {
            name: told for name, (asked, told) in self.signs.items() if asked.search(told_of(question.asks))
        }


@lru_cache(maxsize=1_000)
def told_of(text: str) -> str:
    """Return what a question's text asks, in plain small letters, without what every text says."""
    return " ".join(map(sound, re.findall(r"[a-z0-9]+", words.fold(_FIELDS.sub("", text)).text)))


_FIELDS = re.compile(r"\[.*?\]|\{.*?\}|STOP.*|(?:¿)?(?:Emergencia|Preguntas).*|No tiene que responder.*")


def compiled(content: Mapping[str, Any]) -> Spanish:
    """Compile the lexicon. Raise BadLexicon naming what is no regular expression."""
    macros = _filled_macros(content["macros"])
    sayings = tuple(_saying(name, one, macros) for name, one in content["classes"].items())
    signs = {
        name: (
            _compile(name, one["asked"], macros),
            _compile(name, rf"(?<![a-z%]){one['told']}(?![a-z%])", macros),
        )
        for name, one in content["signs"].items()
    }
    parts = {
        name: _compile(name, rf"(?<![a-z%]){content[name]}(?![a-z%])", macros)
        for name in (
            "denies",
            "stands",
            "past",
            "compared",
            "today",
            "others",
            "asking",
            "troubles",
            "wished",
        )
    }
    parts["rather"] = _compile("rather", content["rather"], macros)
    parts["counted"] = _compile("counted", rf"(?:\S+ ){{0,1}}{content['counted']}(?![a-z%])", macros)
    for name in ("asked", "denied", "effort"):
        parts[f"rest_{name}"] = _compile(name, content["at_rest"][name], macros)
    courtesies = _compile("courtesies", _anywhere(content["courtesies"]), macros)
    softeners = _compile(
        "softeners", _anywhere(sorted(map(str, content["softeners"]), key=len, reverse=True)), macros
    )
    sources = [one.pattern for saying in sayings for one in (saying.whole, saying.holds) if one is not None]
    sources += [told.pattern for _, told in signs.values()]
    return Spanish(
        ear=Ear(content["short"], vocabulary(sources)),
        sayings=sayings,
        courtesies=courtesies,
        softeners=softeners,
        signs=signs,
        parts=parts,
    )


def _filled_macros(macros: Mapping[str, str]) -> dict[str, str]:
    filled = dict(macros)
    for _ in range(3):
        filled = {name: _fill(one, filled) for name, one in filled.items()}
    return filled


def _fill(source: str, macros: Mapping[str, str]) -> str:
    return re.sub(r"\{([a-z]+)\}", lambda found: macros[found.group(1)], source)


def _compile(name: str, source: str, macros: Mapping[str, str]) -> Pattern:
    try:
        return re.compile(sound_pattern(_fill(source, macros)))
    except (re.error, KeyError) as error:
        raise BadLexicon(f"spanish.yaml, {name}: {error}") from error


def _anywhere(sources: Iterable[str]) -> str:
    return rf"(?:(?<= )|^)(?:{'|'.join(f'(?:{one})' for one in sources)})(?= |$)"


def _saying(name: str, one: Mapping[str, Any], macros: Mapping[str, str]) -> Saying:
    def patterns(key: str) -> Pattern | None:
        return (
            _compile(name, "|".join(f"(?:{source})" for source in one[key]), macros) if key in one else None
        )

    return Saying(
        name=name,
        labels=frozenset(map(str, one.get("for", ()))),
        beside=one.get("beside"),
        about=_compile(name, one["about"], macros) if "about" in one else None,
        calm=bool(one.get("calm")),
        over=bool(one.get("over")),
        refuse=bool(one.get("refuse")),
        asks=bool(one.get("asks")),
        neutral=bool(one.get("neutral")),
        whole=patterns("says"),
        holds=patterns("holds"),
        never=patterns("never"),
    )
