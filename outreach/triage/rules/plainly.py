"""Says whether a reply word or label in a text is its plain answer, or only stands in it.

"No" answers a question when the sentence says no more than no: "no ride" denies a ride, "not sure" knows
nothing, "is 3 the bad one?" asks. What is no plain answer is a person's to read, and is never bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outreach.triage.rules.lexicon import Encoded, Lexicon

UNSURE = "unsure"
ASKED_BACK = "asked_back"
NOT_PLAIN = "not_plain"
AMBIGUOUS = "ambiguous"
HEDGED = "hedged"

Place = tuple[int, int]
_CUTS = frozenset(["soft", "stop", "question"])


@dataclass(frozen=True, kw_only=True)
class Told:
    """A text's words beside its signs, with the sets of replies.yaml."""

    words: tuple[str, ...]
    kinds: tuple[str, ...]
    sets: Mapping[str, frozenset[tuple[str, ...]]]
    starting: Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]]

    @classmethod
    def of(cls, lexicon: Lexicon, encoded: Encoded) -> Told:
        """Take a text as it was encoded."""
        kinds = tuple("soft" if token.form == "-" else token.kind for token in encoded.tokens)
        return cls(words=encoded.words, kinds=kinds, sets=lexicon.replies, starting=lexicon.reply_starts)

    def has(self, name: str, word: str) -> bool:
        """Say whether a single word is in a set."""
        return (word,) in self.sets[name]

    def places(self, name: str, start: int = 0, end: int | None = None) -> list[Place]:
        """List where the phrases of a set stand, between two places."""
        end = len(self.words) if end is None else end
        starting = self.starting[name]
        return [
            (at, at + len(phrase))
            for at in range(start, end)
            for phrase in starting.get(self.words[at], ())
            if at + len(phrase) <= end and self.words[at : at + len(phrase)] == phrase
        ]

    def starts(self, name: str, at: int) -> bool:
        """Say whether a phrase of a set begins at a place."""
        if at >= len(self.words):
            return False
        phrases = self.starting[name].get(self.words[at], ())
        return any(self.words[at : at + len(phrase)] == phrase for phrase in phrases)

    def clause(self, at: int) -> Place:
        """Return the run of words between signs that a place is in."""
        start = at
        while start and self.kinds[start - 1] not in _CUTS:
            start -= 1
        end = at
        while end < len(self.words) and self.kinds[end] not in _CUTS:
            end += 1
        return start, end


def inside(places: Iterable[Place], at: int) -> bool:
    """Say whether a place lies in one of several runs."""
    return any(first <= at < last for first, last in places)


def knows_not(told: Told) -> bool:
    """Say whether the writer doesn't know: "idk", "no sé". "Idk why" knows what, but not why."""
    idioms = told.places("idioms")
    return any(
        not told.starts("unless", last) and not inside(idioms, first) for first, last in told.places("unsure")
    )


def asks(told: Told) -> bool:
    """Say whether a text begins as a question: "why would you ask that"."""
    return any(told.starts("asks", at) for at in range(min(2, len(told.words))))


def is_polite(told: Told) -> bool:
    """Say whether a text is thanks or a greeting, and nothing else."""
    signs = ("soft", "stop", "mark")
    said = [word for word, kind in zip(told.words, told.kinds, strict=True) if kind not in signs]
    return all(told.has("polite", word) for word in said)


def hedges(told: Told) -> bool:
    """Say whether it is put as less than a yes or a no."""
    return bool(told.places("hedges"))


def asks_back(told: Told, at: int) -> bool:
    """Say whether the words around an answer ask about the question: "is 3 the bad one?"."""
    start, end = told.clause(at)
    while start < at and _only_opens(told, start):
        start += 1
    if told.starts("wishes", start):
        return False
    if told.starts("asks", start) or (
        told.has("asks_of", told.words[start])
        and start + 1 < end
        and (told.kinds[start + 1] == "number" or len(told.words[start + 1]) == 1)
    ):
        return True
    turn = next((one for one in range(at + 1, end) if _turns(told, one)), None)
    part = told.words[start : turn or end]
    if any(told.has("about_words", word) for word in part):
        return True
    if turn is not None:
        return False
    last = told.words[end - 1]
    is_question = end < len(told.words) and told.kinds[end] == "question"
    tagged = told.has("tags", last) and any(told.has("be", word) for word in part)
    return is_question or tagged or (end - 1 > at and told.has("trailing", last))


def _only_opens(told: Told, at: int) -> bool:
    first = not at or told.kinds[at - 1] in _CUTS or told.has("so", told.words[at - 1])
    asks = told.starts("asks", at) or (first and told.has("asks_of", told.words[at]))
    return told.has("openers", told.words[at]) and not asks


def _turns(told: Told, at: int) -> bool:
    """Say whether a question of its own begins here: "2 when is my visit?"."""
    if told.has("compares", told.words[at - 1]):
        return False
    if told.starts("turns", at):
        return at + 1 < len(told.words) and told.kinds[at + 1] not in _CUTS
    follows = told.words[at + 1] if at + 1 < len(told.words) else ""
    return told.has("be", told.words[at]) and follows in ("it", "that", "this", "there", "my")


def says_both(told: Told, covered: Iterable[Place]) -> bool:
    """Say whether a plain yes and a plain no are both there: "no ... yes". `covered`: longer labels."""
    apart = [*covered, *told.places("idioms")]
    yes, no = (
        [place for place in told.places(name) if not inside(apart, place[0])]
        for name in ("strong_yes", "strong_no")
    )
    yes = [(first, last) for first, last in yes if told.words[first] not in ("y", "claro")]
    no = [(first, last) for first, last in no if told.words[first] not in ("n", "none")]
    return bool(yes and no)


def is_plain(told: Told, place: Place, *, certain: bool) -> bool:
    """Say whether a label is what its clause says. `certain` is whether "not yet" counts for a no."""
    first, last = place
    if inside(told.places("idioms"), first):
        return False
    phrase = told.words[first:last]
    if phrase in told.sets["not_yet"] and not certain:
        return False
    if phrase in told.sets["strong_yes"]:
        return _plain_yes(told, place)
    if phrase in told.sets["strong_no"]:
        return _plain_no(told, place, certain=certain)
    if phrase in told.sets["weak"]:
        return _plain_weak(told, place, certain=certain)
    if _heightens(told, place) or _takes_out(told, place):
        return False
    return _not_denied(told, place) and _calls_them(told, place)


def is_filler(told: Told, place: Place) -> bool:
    """Say whether a label is but a way to begin: "ok then B"."""
    return place[1] - place[0] == 1 and told.has("fillers", told.words[place[0]])


def begins_a_story(told: Told, place: Place) -> bool:
    """Say whether "well" but begins what is told: "well I slept on three pillows"."""
    first, last = place
    start, end = told.clause(first)
    return (
        told.words[first:last] == ("well",)
        and first == start
        and last < end
        and not told.has("polite", told.words[last])
    )


def is_polar(told: Told, place: Place) -> bool:
    """Say whether a label is but a yes or a no."""
    phrase = told.words[place[0] : place[1]]
    return any(phrase in told.sets[name] for name in ("strong_yes", "strong_no", "weak"))


def _plain_yes(told: Told, place: Place) -> bool:
    start, end = told.clause(place[0])
    ends = place[1] == end
    opened = all(told.has("openers", word) for word in told.words[start : place[0]])
    if not opened and not ends and not _repeats(told, start, place[0], "strong_yes"):
        return False
    if place[1] < end and told.has("if_words", told.words[place[1]]):
        return False
    idioms = told.places("idioms")
    denied = (at for at, word in enumerate(told.words) if told.has("denials", word))
    return all(inside(idioms, at) or inside((place,), at) for at in denied)


def _plain_no(told: Told, place: Place, *, certain: bool) -> bool:
    start, end = told.clause(place[0])
    if not all(
        told.has("openers", word) or told.has("strong_no", word) for word in told.words[start : place[0]]
    ):
        return False
    rest = told.words[place[1] : end]
    if _denies_the_good(told, rest):
        return False
    if not rest or told.has("begins", rest[0]):
        return True
    allowed = (word for word in rest if not (certain and told.has("not_yet", word)))
    return all(told.has("beside_no", word) for word in allowed)


def _denies_the_good(told: Told, rest: tuple[str, ...]) -> bool:
    """Say whether what follows a "no" says that somebody isn't well: "no I'm not doing okay"."""
    denied = next((at for at, word in enumerate(rest) if told.has("denials", word)), len(rest))
    return any(told.has("goods", word) for word in rest[denied:])


def complains(told: Told) -> bool:
    """Say whether a text tells of a trouble that it doesn't deny in the same breath."""
    for at, word in enumerate(told.words):
        if told.has("complaints", word):
            start, _ = told.clause(at)
            denials = (one for one in range(start, at) if told.has("denials", told.words[one]))
            if not any(one > start or not _answers_first(told, one) for one in denials):
                return True
    return False


def _answers_first(told: Told, at: int) -> bool:
    """Say whether a "no" answers, and what follows is a sentence of its own: "no ma'am my leg hurts"."""
    after = told.words[at + 1]
    return told.has("strong_no", told.words[at]) and (
        told.has("begins", after) or told.has("vocatives", after)
    )


def _plain_weak(told: Told, place: Place, *, certain: bool) -> bool:
    start, end = told.clause(place[0])
    phrase = told.words[place[0] : place[1]]
    denies = any(told.has("denials", word) for word in phrase)
    before, after = told.words[start : place[0]], told.words[place[1] : end]
    company = "beside_no" if denies else "beside_yes"
    opened = all(told.has("openers", word) or told.has(company, word) for word in before)
    if denies and after and told.has("begins", after[0]):
        return opened
    allowed = [word for word in after if not (denies and certain and told.has("not_yet", word))]
    return opened and all(told.has(company, word) for word in allowed)


def _not_denied(told: Told, place: Place) -> bool:
    """Say whether no "not" stands before a label in its clause; "no, I'm better" denies something else."""
    start, _ = told.clause(place[0])
    idioms = told.places("idioms")
    turns = [at for at in range(start, place[0]) if told.words[at] in ("but", "pero")]
    for at in range(max(turns, default=start), place[0]):
        if not told.has("denies_before", told.words[at]) or inside(idioms, at):
            continue
        if told.words[at] == "no" and told.has("begins", told.words[at + 1]) and at + 1 < place[0]:
            continue
        return False
    return True


def _heightens(told: Told, place: Place) -> bool:
    """Say whether "bien" only heightens what follows: "las piernas bien hinchadas"."""
    if told.words[place[0] : place[1]] not in told.sets["heightens"]:
        return False
    follows = told.words[place[1] : told.clause(place[0])[1]]
    return bool(follows) and not told.has("beside_well", follows[0])


def _takes_out(told: Told, place: Place) -> bool:
    """Say whether something is taken out of a whole: "got them all but the inhaler"."""
    first, last = place
    return (
        last < told.clause(first)[1]
        and told.has("wholes", told.words[last - 1])
        and told.has("excepts", told.words[last])
    )


def _calls_them(told: Told, place: Place) -> bool:
    """Say whether "call" asks for a call to the patient: not "call my daughter", not "I'll call"."""
    start, end = told.clause(place[0])
    phrase = told.words[place[0] : place[1]]
    if not any(told.has("calls", word) for word in phrase):
        return True
    if place[1] < end and told.has("call_others", told.words[place[1]]) and phrase[-1] != "me":
        return False
    return not any(told.has("callers", word) for word in told.words[max(start, place[0] - 2) : place[0]])


def _repeats(told: Told, start: int, end: int, name: str) -> bool:
    return all(told.has(name, word) or told.has("openers", word) for word in told.words[start:end])
