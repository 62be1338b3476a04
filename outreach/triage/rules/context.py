"""Decides whether a sign that was seen is really there ("no chest pain", "my chest pain is gone").

In doubt a sign stands. Only what is said in so many words takes it back, and what is taken back for any
reason but a plain "no" or a figure of speech still goes to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from outreach.triage.rules import patterns
from outreach.triage.rules.lexicon import Hit, Lexicon

NEGATED = "negated"
RESOLVED = "resolved"
LONG_AGO = "long_ago"
HYPOTHETICAL = "hypothetical"
THIRD_PERSON = "third_person"

# What a "better now" or "years ago" never takes back: the danger outlasts the moment.
_LASTING = frozenset({"self_harm", "violence", "overdose", "call_911", "fall", "faint", "seizure"})
_NEVER_EXCUSED = frozenset({"self_harm", "violence"})
_DENIES_REACH, _DOUBTS_REACH = 2, 4
_REACH_BACK = 12
_ENDS = frozenset((patterns.STOP, patterns.QUESTION))


@dataclass(frozen=True, slots=True)
class Cues:
    """The cue words of context.yaml as characters."""

    negators: frozenset[str]
    bare_no: str
    nevers: frozenset[str]
    filler: frozenset[str]
    answered: frozenset[str]
    inner: frozenset[str]
    deniers: frozenset[str]
    doubts: tuple[str, ...]
    subjects: frozenset[str]
    resolved: tuple[str, ...]
    resolved_last: frozenset[str]
    resolved_filler: frozenset[str]
    not_over: frozenset[str]
    novelty: tuple[str, ...]
    remote: tuple[str, ...]
    fresh: frozenset[str]
    hypothetical: tuple[str, ...]
    unsure: tuple[str, ...]
    far: frozenset[str]
    never_us: frozenset[str]
    resolved_before: tuple[str, ...]
    self: frozenset[str]
    right_now: tuple[str, ...]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Cues:
        """Take the cues from the lexicon's sets."""
        sets = lexicon.sets
        single = {name: frozenset(word for word in words if len(word) == 1) for name, words in sets.items()}
        return cls(
            negators=single["negators"],
            bare_no=sets["bare_no"][0],
            nevers=single["nevers"],
            filler=single["filler"],
            answered=single["after_answer_no"],
            inner=single["inner_negators"],
            deniers=single["deniers"],
            doubts=sets["doubts"],
            subjects=single["subjects"],
            resolved=tuple(sorted(sets["resolved"], key=len, reverse=True)),
            resolved_last=single["resolved_last"],
            resolved_filler=single["resolved_filler"],
            not_over=single["not_over"],
            novelty=sets["novelty"],
            remote=sets["remote"],
            fresh=single["fresh"],
            hypothetical=sets["hypothetical"],
            unsure=sets["hypothetical_not"],
            far=single["far"],
            never_us=single["never_us"],
            resolved_before=sets["resolved_before"],
            self=single["self_words"],
            right_now=sets["right_now"],
        )


@lru_cache(maxsize=4)
def cues_of(lexicon: Lexicon) -> Cues:
    """Take a lexicon's cue words, once."""
    return Cues.of(lexicon)


def excuse(cues: Cues, codes: str, hit: Hit) -> str | None:
    """Say why a sign doesn't count, or None when it does."""
    if _is_negated(cues, codes, hit):
        return NEGATED
    topic = hit.rule.topic
    if _is_never_us(cues, codes, hit):
        return THIRD_PERSON
    if topic in _NEVER_EXCUSED:
        return None
    if topic not in _LASTING and _is_resolved(cues, codes, hit):
        return RESOLVED
    if _is_long_ago(cues, codes, hit):
        return LONG_AGO
    if _is_hypothetical(cues, codes, hit):
        return HYPOTHETICAL
    if _is_far_person(cues, codes, hit):
        return THIRD_PERSON
    return None


def is_denied(cues: Cues, codes: str, hit: Hit) -> bool:
    """Say whether a yes has a no in its midst or right before it: "we are not coming"."""
    if hit.pattern.has_no:
        return False
    before = codes[max(hit.start - _DOUBTS_REACH, 0) : hit.start]
    if any(phrase in before for phrase in cues.doubts):
        return True
    inside = codes[hit.start + 1 : hit.end - 1]
    # "Don't worry, I'll be there": a yes with an "I" of its own is not what was denied before it.
    close = "" if codes[hit.start] in cues.subjects else before[-_DENIES_REACH:]
    return any(code in cues.deniers for code in inside + close)


def _is_negated(cues: Cues, codes: str, hit: Hit) -> bool:
    inside = codes[hit.start + 1 : hit.start + 2] + codes[max(hit.start + 2, hit.end - 4) : hit.end - 1]
    if not hit.pattern.has_no and hit.end - hit.start > 2 and any(code in cues.inner for code in inside):
        return True
    for at in range(hit.start - 1, max(-1, hit.start - 1 - _REACH_BACK), -1):
        code = codes[at]
        if code in cues.negators:
            return not _means_otherwise(cues, codes, hit, at)
        if code not in cues.filler:
            return False
    return False


def _means_otherwise(cues: Cues, codes: str, hit: Hit, at: int) -> bool:
    """Say whether a negator denies something else: "no, my chest hurts", "never had chest pain like this"."""
    if codes[at] == cues.bare_no and at + 1 < len(codes) and codes[at + 1] in cues.answered:
        return True
    after = codes[hit.end : hit.end + 5]
    return codes[at] in cues.nevers and any(phrase in after for phrase in cues.novelty)


def _is_resolved(cues: Cues, codes: str, hit: Hit) -> bool:
    if not hit.pattern.has_end and any(
        phrase in codes[hit.start + 1 : hit.end - 1] for phrase in cues.resolved
    ):
        return True
    if _was_resolved(cues, codes, hit):
        return True
    for at in range(hit.end, min(len(codes), hit.end + 9)):
        phrase = next((phrase for phrase in cues.resolved if codes.startswith(phrase, at)), None)
        if phrase is not None:
            rest = codes[hit.end : at + len(phrase) + 6]
            return not any(code in cues.not_over for code in rest.replace(phrase, "", 1))
        if codes[at] in cues.resolved_last and _ends_at(codes, at + 1):
            return True
        if codes[at] not in cues.resolved_filler:
            return False
    return False


def _was_resolved(cues: Cues, codes: str, hit: Hit) -> bool:
    before = codes[max(0, hit.start - 8) : hit.start]
    for reach in range(min(5, len(before))):
        upto = before[: len(before) - reach]
        if reach and before[len(before) - reach] not in cues.filler:
            return False
        if any(upto.endswith(phrase) for phrase in cues.resolved_before):
            return not any(code in cues.not_over for code in codes[hit.end : hit.end + 5])
    return False


def _ends_at(codes: str, at: int) -> bool:
    return at >= len(codes) or codes[at] in _ENDS or codes[at] == patterns.COMMA


def _is_long_ago(cues: Cues, codes: str, hit: Hit) -> bool:
    after = _until(codes[hit.end : hit.end + 8], cues.fresh)
    before = _until(codes[max(0, hit.start - 6) : hit.start][::-1], cues.fresh)[::-1]
    return any(phrase in after or phrase in before for phrase in cues.remote)


def _is_hypothetical(cues: Cues, codes: str, hit: Hit) -> bool:
    before = _until(codes[max(0, hit.start - 8) : hit.start][::-1], frozenset((patterns.COMMA,)))[::-1]
    if any(phrase in before for phrase in cues.unsure):
        return False
    return any(phrase in before for phrase in cues.hypothetical)


def _is_never_us(cues: Cues, codes: str, hit: Hit) -> bool:
    before = _until(codes[max(0, hit.start - 5) : hit.start][::-1], cues.self)
    return any(code in cues.never_us for code in before)


def _is_far_person(cues: Cues, codes: str, hit: Hit) -> bool:
    before = _until(codes[max(0, hit.start - 7) : hit.start][::-1], cues.self)
    if not any(code in cues.far for code in before + codes[hit.start : hit.end]):
        return False
    return not any(phrase in codes for phrase in cues.right_now)


def _until(codes: str, stops: frozenset[str]) -> str:
    for at, code in enumerate(codes):
        if code in _ENDS or code in stops:
            return codes[:at]
    return codes
