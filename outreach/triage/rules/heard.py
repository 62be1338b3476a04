"""What the clauses of a text say of a question, and what may stand beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from outreach.triage.rules import cores, plainly, words
from outreach.triage.rules.cores import Part
from outreach.triage.rules.lexicon import Encoded
from outreach.triage.rules.meanings import OpenQuestion, Option

SHORT = 3


URGENT = frozenset(("red", "orange"))


@dataclass(frozen=True, kw_only=True)
class Heard:
    """An option that a text chooses, and the words that say it; None where it chooses several."""

    option: Option | None
    first: int = 0
    last: int = 0
    doubtful: bool = False
    """A person should read the rest."""
    used: frozenset[int] | None = None
    """The words that say it, where these are not all from first to last."""


@dataclass(frozen=True, kw_only=True)
class Saying:
    option: Option
    part: Part
    core: cores.Core
    used: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Text:
    known: cores.Cores
    question: OpenQuestion
    encoded: Encoded
    told: plainly.Told
    parts: list[Part]
    said: list[Saying]
    """What the cores of its clauses say."""


def heard_in(one: Saying, *, doubtful: bool) -> Heard:
    return Heard(
        option=one.option, first=one.part.first, last=one.part.last, doubtful=doubtful, used=one.used
    )


def presses(question: OpenQuestion, option: Option) -> bool:
    return option.tier is not None and question.calls_most(option)


def troubles(text: Text, part: Part) -> bool:
    """Say whether a clause tells of something that a calm answer must not stand beside."""
    if part.turned:
        return not part.text.startswith("still ") or bool(re.search(r"\b(?:worse|more|cant)\b", part.text))
    found = text.known.patterns["trouble"].search(part.text)
    return bool(found) and not re.search(
        r"\b(?:no|not|dont|isnt|without|never|havent|didnt|nothing)\b",
        part.text[: found.start() if found else 0],
    )


def any_trouble(text: Text, but: Part) -> bool:
    return any(troubles(text, one) for one in text.parts if one is not but)


def named(question: OpenQuestion, said: str) -> Option | None:
    """Return the option of a reply word or label, None if there is none."""
    said = {"yeah": "yes", "yep": "yes", "nope": "no", "nah": "no"}.get(said, said)
    exact = [one for one in question.options if words.fold(one.word).text.strip() == said]
    if exact:
        return exact[0]
    named = [one for one in question.options if said in cores.labels_of(one)]
    return named[0] if len(named) == 1 else None
