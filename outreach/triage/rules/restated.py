"""Reads an answer that goes on, tells of two days, concludes, or tells what was asked about.

It looks again at what no label and no whole saying answers. In doubt it chooses nothing, and where the
rest of a text may matter a person reads it. It also takes back an answer that another clause contradicts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from outreach.triage.rules import cores, plainly, signed, turns
from outreach.triage.rules.answers import Found
from outreach.triage.rules.cores import Part
from outreach.triage.rules.heard import (
    SHORT,
    URGENT,
    Heard,
    Saying,
    Text,
    heard_in,
    presses,
    troubles,
)
from outreach.triage.rules.lexicon import Encoded, Lexicon
from outreach.triage.rules.meanings import Answer, Kind, OpenQuestion, Option


def settle(lexicon: Lexicon, encoded: Encoded, question: OpenQuestion, found: Found) -> Found:
    """Return what was found, taken back where the text contradicts it, or what its cores say instead."""
    if not 0 < len(encoded.words) <= cores.MOST_WORDS or len(question.options) < 2:
        return found
    known = lexicon.cores
    told = plainly.Told.of(lexicon, encoded)
    parts = cores.parts(known, told.words, told.kinds)
    text = Text(
        known=known,
        question=question,
        encoded=encoded,
        told=told,
        parts=parts,
        said=list(_said(known, question, parts)),
    )
    if found.answer is not None:
        return _checked(text, found)
    if _asks_for_a_time(question) and _names_a_clock(text):
        return replace(found, problems=(*found.problems, plainly.NOT_PLAIN))
    corrected = turns.corrected(text)
    if corrected is not None:
        return _taken(text, corrected)
    if plainly.ASKED_BACK in found.problems or plainly.knows_not(told) or plainly.asks(told):
        return found if not any(one.core.name in _WISHES for one in text.said) else _wished(text, found)
    heard = None if plainly.says_both(told, ()) else _heard(text)
    if heard is None or heard.option is None:
        return found
    grave = question.gravest
    if grave is not None and heard.option is not grave and plainly.hedges(told):
        return found
    return _taken(text, heard)


_WISHES = frozenset(("call", "medicines", "appointment", "other", "book"))
"""What may be said in a question: "can somebody call me?"."""


def _wished(text: Text, found: Found) -> Found:
    heard = None if plainly.knows_not(text.told) else _of_cores(text)
    return found if heard is None or heard.option is None else _taken(text, heard)


def _taken(text: Text, heard: Heard) -> Found:
    option = heard.option
    if option is None:
        return Found(answer=None)
    where = text.encoded.where(heard.first, max(heard.last, heard.first + 1))
    answer = Answer.choosing(option, how="meaning", confidence=0.85, where=where)
    problems = (plainly.HEDGED,) if heard.doubtful else ()
    used = frozenset(range(heard.first, heard.last)) if heard.used is None else heard.used
    return Found(answer=answer, used=used, problems=problems)


def _heard(text: Text) -> Heard | None:
    ways = (
        turns.replied,
        turns.concluded,
        turns.by_day,
        signed.of_signs,
        _of_cores,
        signed.restated,
        signed.polar,
    )
    for way in ways:
        heard = way(text)
        if heard is not None:
            return heard
    return None


def _checked(text: Text, found: Found) -> Found:
    """Take an answer back where a clause says another option: the graver one, or nobody knows which."""
    answer = found.answer
    if answer is None or _is_unreal(text, answer):
        return _nothing(found)
    if answer.how in ("digit", "word", "number", "position"):
        return found
    others = [one for one in text.said if one.option.word != answer.word]
    if not others:
        return found
    if len({one.option.word for one in others}) > 1:
        return _nothing(found)
    return _weighed(text, found, answer, others[0])


def _weighed(text: Text, found: Found, answer: Answer, other: Saying) -> Found:
    places = [at for at in other.used if _covers(text.encoded, at, answer)]
    if answer.how == "label" and places and len(places) < len(other.used):
        return _taken(text, heard_in(other, doubtful=False))
    if text.question.calls_most(other.option) and other.option.tier in URGENT:
        return _taken(text, heard_in(other, doubtful=True))
    mine = any(said.option.word == answer.word for said in text.said)
    return _nothing(found) if mine or other.part.turned else found


def _is_unreal(text: Text, answer: Answer) -> bool:
    """Say whether an answer is somebody else's, a wish, over, or an hour that nobody offered."""
    if _asks_for_a_time(text.question) and answer.how != "digit" and _names_a_clock(text):
        return True
    if answer.how != "label" or not text.parts:
        return False
    labels = {label for one in text.question.options for label in cores.labels_of(one)}
    patterns = text.known.patterns
    return all(patterns["theirs"].search(part.text) for part in text.parts) or (
        not labels.isdisjoint(_STATES) and any(patterns["unreal"].search(part.text) for part in text.parts)
    )


_STATES = frozenset(("better", "same", "worse", "fever"))


def _covers(encoded: Encoded, at: int, answer: Answer) -> bool:
    start, end = encoded.where(at, at + 1)
    return answer.start <= start and end <= answer.end


def _nothing(found: Found) -> Found:
    return replace(found, answer=None, problems=(*found.problems, plainly.AMBIGUOUS))


def _asks_for_a_time(question: OpenQuestion) -> bool:
    return any(one.means is Kind.RESCHEDULE for one in question.options)


def _names_a_clock(text: Text) -> bool:
    """Say whether an hour is called fine, that may not be the one that was asked about."""
    return any(
        text.known.patterns["clock"].match(" ".join(text.told.words[part.first : part.last]))
        for part in text.parts
    )


def _said(known: cores.Cores, question: OpenQuestion, parts: list[Part]) -> Iterator[Saying]:
    offered = cores.offered(known, question)
    line = " ".join(part.text for part in parts)
    whole = next((one for one in offered if one[0].name == "same" and one[0].holds(line)), None)
    if whole is not None and len(parts) > 1:
        every = replace(parts[0], last=parts[-1].last)
        yield Saying(option=whole[1], part=every, core=whole[0], used=frozenset(range(every.last)))
        return
    wishes = any(core.name in _WISHES for core, _ in offered)
    for part in parts:
        of_now = not any(known.patterns[name].search(part.text) for name in ("gone", "others"))
        if wishes or (of_now and not part.asks):
            yield from _said_in(known, offered, part)


def _said_in(known: cores.Cores, offered: list[tuple[cores.Core, Option]], part: Part) -> Iterator[Saying]:
    ways = cores.starts(known, part.text)
    for core, option in offered:
        span = None if part.asks and core.name not in _WISHES else core.says_it(ways)
        if span is not None:
            used = frozenset(part.places[span[0] : span[1]])
            yield Saying(option=option, part=part, core=core, used=used)


def _both_sides(text: Text) -> bool:
    """Say whether a medicine that harms was left off, too: two options, and a person's to weigh."""
    line = " ".join(part.text for part in text.parts)
    return bool(text.known.patterns["harms"].search(line) and text.known.patterns["leaves"].search(line))


def _of_cores(text: Text) -> Heard | None:
    """Take the one option that the cores choose, if the other clauses may stand beside it."""
    if not text.said or (
        _both_sides(text) and any("stopped" in cores.labels_of(one) for one in text.question.options)
    ):
        return None
    chosen = {one.option.word for one in text.said}
    one = text.said[0]
    if len(chosen) > 1:
        pressing = [
            said for said in text.said if presses(text.question, said.option) and said.option.tier in URGENT
        ]
        if len({said.option.word for said in pressing}) != 1:
            return Heard(option=None)
        one = pressing[0]
    rest = [part for part in text.parts if part is not one.part]
    calm = one.core.calm and not presses(text.question, one.option)
    if calm and (
        any(troubles(text, part) for part in rest) or text.known.patterns["doubt"].search(one.part.text)
    ):
        return None
    turned = any(part.turned for part in rest)
    if calm and plainly.complains(text.told) and any(len(part.places) > SHORT for part in rest):
        return None
    more = any(len(part.places) > SHORT or text.known.patterns["trouble"].search(part.text) for part in rest)
    return heard_in(one, doubtful=more or len(chosen) > 1 or turned or bool(text.told.places("guesses")))
