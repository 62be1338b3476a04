"""A question, and whether what a text chooses of it is plainly chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.triage.rules import plainly
from outreach.triage.rules.meanings import OpenQuestion, Option

_YES_OR_NO = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place in a text that may choose an option."""

    word: str
    how: str
    first: int
    last: int
    confidence: float


@dataclass(frozen=True)
class Asked:
    """A question, what it offers, and a text that may answer it."""

    question: OpenQuestion
    offered: dict[str, Option]
    told: plainly.Told

    def is_idle(self, one: Candidate) -> bool:
        """Say whether a label only stands in a word of politeness or begins a story: "well, I slept"."""
        return plainly.inside(self.told.places("idioms"), one.first) or plainly.begins_a_story(
            self.told, (one.first, one.last)
        )

    def leans(self, found: Sequence[Candidate]) -> Option | None:
        """Return the option among those named that calls somebody at once, sooner than any other would."""
        named = (self.offered[one.word] for one in found)
        pressing = (one for one in named if one.tier in ("red", "orange") and self.question.calls_most(one))
        return next(pressing, None)

    def is_plain(self, one: Candidate) -> bool:
        """Say whether a label is what its clause says."""
        certain = self.question.calls_most(self.offered[one.word])
        return plainly.is_plain(self.told, (one.first, one.last), certain=certain)

    def is_qualified(self, chosen: Candidate) -> bool:
        """Say whether a person should weigh what stands around a choice: "I think", "last night"."""
        yes_or_no = len(self.question.options) == _YES_OR_NO and plainly.hedges(self.told)
        guesses = chosen.how == "label" and bool(self.told.places("guesses"))
        return yes_or_no or guesses or bool(self.told.places("past"))

    def problem(self, listed: Sequence[Candidate], labeled: Sequence[Candidate]) -> str | None:
        """Say why a text that holds reply words or labels is no plain answer, None if it is one."""
        if all(plainly.asks_back(self.told, one.first) for one in listed or labeled):
            return plainly.ASKED_BACK
        if plainly.knows_not(self.told):
            return plainly.UNSURE
        return self._problem_of_words(listed, labeled) if listed else self._problem_of_labels(labeled)

    def _problem_of_words(self, listed: Sequence[Candidate], labeled: Sequence[Candidate]) -> str | None:
        """Look for another choice beside a reply word: "ok then B" is none, "1, no" is."""
        chosen = {one.word for one in listed}
        others = [one for one in labeled if not plainly.is_filler(self.told, (one.first, one.last))]
        if self.question.calls_most(self.offered[listed[0].word]):
            others = [one for one in others if self.is_plain(one)]
        grave = self.question.gravest
        if grave is not None and self.offered[listed[0].word] is not grave and plainly.hedges(self.told):
            return plainly.UNSURE
        agreeing = {one.word for one in others}
        return plainly.AMBIGUOUS if len(chosen) > 1 or (agreeing and not chosen <= agreeing) else None

    def _problem_of_labels(self, labeled: Sequence[Candidate]) -> str | None:
        places = [(one.first, one.last) for one in labeled]
        polar = all(plainly.is_polar(self.told, place) for place in places)
        if polar and plainly.hedges(self.told) and not self._only_says_how_much(labeled):
            return plainly.UNSURE
        if plainly.says_both(self.told, [place for place in places if place[1] - place[0] > 1]):
            return plainly.AMBIGUOUS
        plain = {one.word for one in labeled if self.is_plain(one)}
        bare = {one.word for one in labeled if plainly.is_polar(self.told, (one.first, one.last))}
        if plain and len(plain | bare) > 1:
            return plainly.AMBIGUOUS
        if not plain:
            several = len({one.word for one in labeled}) > 1
            return plainly.AMBIGUOUS if several else plainly.NOT_PLAIN
        return plainly.NOT_PLAIN if self._is_qualified_away(labeled, self.offered[plain.pop()]) else None

    def _only_says_how_much(self, labeled: Sequence[Candidate]) -> bool:
        """Say whether a "yes" that calls somebody is but measured: "yes some redness"."""
        first = labeled[0]
        yes = self.told.words[first.first : first.last] in self.told.sets["strong_yes"]
        option = self.offered[first.word]
        measured = len(self.told.places("hedges")) == len(self.told.places("how_much"))
        grave = option.tier in ("yellow", "orange") and self.question.calls_most(option)
        return yes and grave and measured and len({one.word for one in labeled}) == 1

    def _is_qualified_away(self, labeled: Sequence[Candidate], option: Option) -> bool:
        """Say whether a label that calls nobody at once is followed by a "but", or is about calls."""
        ranked = any(one.tier for one in self.question.options)
        if not ranked or option.tier not in (None, "ask") or self.question.calls_most(option):
            return False
        mine = [(one.first, one.last) for one in labeled if self.is_plain(one)]
        last = max(end for _, end in mine)
        turned = any(self.told.has("excepts", word) for word in self.told.words[last:])
        if turned and (option.tier is None or self.told.places("past")):
            return True
        if all(plainly.is_polar(self.told, place) for place in mine) and plainly.complains(self.told):
            return True
        return any(not plainly.inside(mine, at) for at, _ in self.told.places("calls"))
