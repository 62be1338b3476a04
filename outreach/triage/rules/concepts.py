"""What questions ask about (asked.yaml), by how they are worded and which answers they offer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outreach.triage.rules import cores, words
from outreach.triage.rules.meanings import OpenQuestion, Option
from outreach.triage.rules.patterns import BadLexicon


@dataclass(frozen=True, kw_only=True, slots=True)
class Concept:
    """One thing that questions ask about, with a label of each of its answers."""

    name: str
    about: re.Pattern[str] | None
    answers: Mapping[str, str]
    may_lack: frozenset[str]
    grave: bool

    def options(self, question: OpenQuestion) -> dict[str, Option] | None:
        """Return the option of each answer; None where a question asks for something else."""
        if self.about is not None and not self.about.search(question.wording.lower()):
            return None
        found: dict[str, Option] = {}
        for name, label in self.answers.items():
            mine = [one for one in question.options if label in cores.labels_of(one)]
            if len(mine) > 1 or (not mine and name not in self.may_lack):
                return None
            if mine:
                found[name] = mine[0]
        return found if len({one.word for one in found.values()}) == len(found) else None


def compiled(content: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> tuple[Concept, ...]:
    """Compile asked.yaml. Raise BadLexicon naming the concept that is no regular expression."""
    found = []
    for name, one in content["concepts"].items():
        try:
            about = re.compile(str(one["about"])) if "about" in one else None
        except re.error as error:
            raise BadLexicon(f"asked.yaml, {name}: {error}") from error
        answers = one["answers"]
        listed = one.get("may_lack", ())
        found.append(
            Concept(
                name=name,
                about=about,
                answers={key: words.fold(str(label)).text for key, label in answers.items()},
                may_lack=frozenset(map(str, listed)),
                grave=one.get("grave") == "true",
            )
        )
    return tuple(found)
