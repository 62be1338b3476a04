"""Which question a text answers: the open one, else the one earlier question that listens to these words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from outreach.inbound.rules import corrections, pointing
from outreach.inbound.rules.precedence import UNREADABLE, WHICH, Candidate, to_triage
from outreach.triage.rules.meanings import Answer, Kind, Reading

LATE_HOW = frozenset({"digit", "word", "label", "number"})
"""How a late answer may be read: by what was offered. A vague yes, days later, is a person's to
understand.
"""
GUESSED = frozenset({"learned", "meaning"})
"""Answers in other words than what was offered: another question may be meant."""
FIRM = frozenset((Kind.RESCHEDULE, Kind.DECLINE))
"""Said of the visit alone: no earlier question is rather meant."""
SURELY, CLEARLY = 0.85, 0.15
"""How likely words must answer an earlier question, and how much likelier than the one they don't."""


_NAMES_A_VALUE = re.compile(
    r"^[^a-z]*$|pain|dolor|weigh|weight|pes[oé]|scale|b[aá]scula|\b(?:lbs?|pounds?|libras?|kgs?|kilos?|bp|mg)\b|sugar"
    r"|az[uú]car|glucos|pressure|presi[oó]n|reading|meter|cuff|over|sobre|fever|fiebre|temp|\d\s*/\s*\d"
)
"""Figures that stand alone, or beside the name of what was measured; "3 works" may be for a colleague."""
CORRECTS_HOW = ("digit", "word", "label")
MOST_TAKEN_BACK = 3
"""So many answers back somebody may mean, the last one first."""
FEW_WORDS = 3
"""Fewer words answer one question, not two."""
NODS = frozenset({"ok", "okay", "k", "okey", "oki"})
VALUES = frozenset({"number", "blood_pressure", "weight", "glucose", "pain"})
PRESSING = frozenset({"red", "orange"})
MOST_WORDS, MOST_OTHERS = 7, 3
"""Longer than this it is talk that happens to hold a figure."""
_EN = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred"""
_ES = """cero uno una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte
treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento doscientos doscientas trescientos"""
NUMBER_WORDS = frozenset(f"{_EN} {_ES}".split())
BETWEEN = frozenset(["over", "sobre", "y", "and", "a", "point", "punto", "con"])


class Asked(Protocol):
    """A question as it was asked: a stored prompt, or a dry run's."""

    @property
    def prompt_id(self) -> UUID:
        """Which one."""
        ...

    @property
    def patient_id(self) -> UUID:
        """About whom."""
        ...

    @property
    def question(self) -> Mapping[str, Any]:
        """Its kind and reply words."""
        ...

    @property
    def state(self) -> str:
        """open | answered | superseded | expired"""
        ...

    @property
    def opened_at(self) -> datetime:
        """When it was asked."""
        ...

    @property
    def expires_at(self) -> datetime:
        """When its time is over."""
        ...


A = TypeVar("A", bound=Asked)


def candidates(
    prompts: Iterable[A],
    reading: Reading,
    *,
    read: Callable[[A], Reading],
    staff_wrote_at: datetime | None,
    said: str = "",
    reread: Callable[[A, str], Reading] | None = None,
    about: UUID | None = None,
) -> tuple[Candidate, ...]:
    """Return the questions a text answers. `reading` is of the open question, `read` reads it for another.

    `said` is the text itself: figures that can't be read as the value asked for are asked for again, once.
    `reread` reads what a text says instead of an earlier answer ("oops I meant 1") for that question, or
    beside pointing at it. `about` is the patient of a shared phone whom the text is about: only they were
    asked, then.
    """
    listed = asked_of(prompts, about)
    current = current_of(listed, about)
    if current is not None and current.state != "open":
        reading = read(current)
    taken_back = corrections.find(said) if reread is not None else None
    answered = any(one.state == "answered" for one in listed) or (
        taken_back is not None and taken_back.within
    )
    if not answered:
        taken_back = None  # "oops, no different": only late
    if reread is not None and taken_back is not None and taken_back.strong:
        return _corrected(listed, current, taken_back, reread, staff_wrote_at)
    waiting = tuple(one for one in listed if one.state == "open" or _waits(one))
    if reread is not None and pointing.points(said) and len(waiting) > 1:
        return _pointed(waiting, reread, staff_wrote_at, said)
    others = tuple(one for one in waiting if one is not current)
    answer = _of_current(current, reading, said, staff_wrote_at)
    if current is not None and answer is not None and answer.how != UNREADABLE:
        return _settled(current, answer, others, said, staff_wrote_at, read=read)
    late = _late(others, current, said, staff_wrote_at, read=read)
    if current is not None and answer is not None:
        plainly = len(late) == 1 and late[0].answer.how == "digit"  # "2" is no weight
        return late if plainly else _settled(current, answer, others, said, staff_wrote_at, read=read)
    if late or reread is None or taken_back is None:
        return late if len(late) == 1 else ()
    return _corrected(listed, current, taken_back, reread, staff_wrote_at)


def _of_current(
    current: A | None, reading: Reading, said: str, staff_wrote_at: datetime | None
) -> Answer | None:
    """Return how a text answers the question that is open; figures nobody can read are asked for again."""
    answer = reading.answer
    if current is None:
        return None
    if answer is None and unreadable(current.question, reading, said):
        to_staff = staff_wrote_at is not None and staff_wrote_at >= current.opened_at
        answer = None if to_staff else Answer(how=UNREADABLE, confidence=0.5)
    return None if answer is not None and _only_nods(current.question, answer, said) else answer


def _settled(
    current: A,
    answer: Answer,
    others: tuple[A, ...],
    said: str,
    staff_wrote_at: datetime | None,
    *,
    read: Callable[[A], Reading],
) -> tuple[Candidate, ...]:
    """Return the open question with its answer, unless an earlier one is rather meant."""
    guessed = answer.how in GUESSED and answer.means not in FIRM
    if guessed or (answer.bare and len(said.split()) >= FEW_WORDS):
        matter = pointing.names(said, [current.question, *(one.question for one in others)])
        meant: list[tuple[A, Answer]] | None = None
        if matter:  # of an earlier question, and not of the open one
            answered = read(others[matter - 1]).answer
            meant = [(others[matter - 1], answered)] if answered else []
        elif guessed:
            meant = _rather([(one, read(one).answer) for one in others], answer, said)
        if meant is not None:
            return tuple(replace(_candidate(one, found, staff_wrote_at), more=True) for one, found in meant)
    more = len(said.split()) >= FEW_WORDS and any(_elsewhere(read(one), answer) for one in others)
    return (replace(_candidate(current, answer, staff_wrote_at), more=more, chats=_chats(answer, said)),)


def _late(
    others: Iterable[A],
    current: A | None,
    said: str,
    staff_wrote_at: datetime | None,
    *,
    read: Callable[[A], Reading],
) -> tuple[Candidate, ...]:
    """Return the earlier questions that listen to a text which doesn't answer the open one."""
    found = []
    for one in others:
        answer = read(one).answer
        # A bare "no" beside an open question it doesn't plainly answer may be about either.
        either = answer is not None and answer.bare and current is not None
        if answer is not None and not either and _listens(one, answer, said):
            found.append(_candidate(one, answer, staff_wrote_at))
    return tuple(found)


def asked_of(prompts: Iterable[A], about: UUID | None) -> tuple[A, ...]:
    """Return the questions that a text may answer: of whom it is about, if one waits."""
    listed = tuple(prompts)
    theirs = tuple(one for one in listed if one.patient_id == about or one.question.get("key") == WHICH)
    return theirs if any(one.state == "open" or _waits(one) for one in theirs) else listed


def current_of(listed: Iterable[A], about: UUID | None) -> A | None:
    """Return the question that is open; else, for a patient who is named, the newest of theirs that waits."""
    listed = tuple(listed)
    found = next((one for one in listed if one.state == "open"), None)
    if found is None and about is not None:
        found = next((one for one in listed if _waits(one) and one.patient_id == about), None)
    return found


def _pointed(
    waiting: tuple[A, ...],
    reread: Callable[[A, str], Reading],
    staff_wrote_at: datetime | None,
    said: str,
) -> tuple[Candidate, ...]:
    """Return the question a text points at, if it answers that in what else it says."""
    newest = sorted(waiting, key=lambda one: one.opened_at, reverse=True)
    found = pointing.find(said, [one.question for one in newest])
    if found is None:
        return ()
    one = newest[found[0]]
    answer = reread(one, found[1]).answer
    return () if answer is None else (replace(_candidate(one, answer, staff_wrote_at), more=True),)


def _rather(
    others: Iterable[tuple[A, Answer | None]], answer: Answer, said: str
) -> list[tuple[A, Answer]] | None:
    """Return the earlier question that other words answer plainly, or far likelier, than the open one.

    Empty where nobody can tell which of them is meant; None where it is the open one.
    """
    meant: list[tuple[A, Answer]] = []
    doubtful = False
    for one, found in others:
        if found is None or (found.bare and len(said.split()) < FEW_WORDS):
            continue
        if found.bare:
            doubtful = True
            continue
        plainly = found.how in LATE_HOW - {"word"} and not _only_nods(one.question, found, said)
        likelier = found.confidence - answer.confidence if found.how in GUESSED else -1.0
        if plainly or likelier >= CLEARLY:
            meant.append((one, found))
        doubtful = doubtful or likelier > -CLEARLY
    if not meant:
        return [] if doubtful else None
    return meant if len(meant) == 1 else []


def _chats(answer: Answer, said: str) -> bool:
    """Say whether a number among other words may be an hour or a day: "3 works", "a las 10 esta bien"."""
    if answer.how == "number":
        return _NAMES_A_VALUE.search(said.casefold()) is None
    return bool(re.search(r"\d", said)) and len(said.split()) > 1


def _waits(one: Asked) -> bool:
    return one.state in ("superseded", "expired") and one.question.get("key") != WHICH


def _listens(one: Asked, answer: Answer, said: str) -> bool:
    if answer.how in GUESSED:
        return not answer.bare and answer.confidence >= SURELY
    return answer.how in LATE_HOW and not _only_nods(one.question, answer, said)


def _elsewhere(reading: Reading, answer: Answer) -> bool:
    """Return whether other words may answer an earlier question: "confirm, and no I'm all good"."""
    found = reading.answer
    if found is None or found.how not in ("digit", "label"):
        return found is None and reading.found("ambiguous")
    return found.end <= answer.start or answer.end <= found.start


def _corrected(
    listed: Iterable[A],
    current: A | None,
    taken_back: corrections.Correction,
    reread: Callable[[A, str], Reading],
    staff_wrote_at: datetime | None,
) -> tuple[Candidate, ...]:
    """Return the question whose answer a text takes back; none where it is not clear which.

    A calmer answer than the one that may have called somebody is a person's to believe.
    """
    says = taken_back.says
    said_now = reread(current, says).answer if current is not None else None
    if said_now is not None and not taken_back.strong and not _is_a_reply_word(said_now, says):
        said_now = None  # "no estoy peor" takes nothing back, nor does "no one picked up"
    taken = None if taken_back.within else _answered_before(listed, taken_back, reread)
    if said_now is not None and taken is not None:
        return ()
    if current is not None and said_now is not None:
        return (replace(_candidate(current, said_now, staff_wrote_at), more=True),)
    if taken is None or not _errs_to_the_safe_side(taken[0].question, taken[1]):
        return ()
    return (replace(_candidate(*taken, staff_wrote_at), corrects=True, more=True),)


def _is_a_reply_word(answer: Answer, says: str) -> bool:
    return answer.how in ("digit", "number") or (answer.how == "word" and len(says.split()) == 1)


def _answered_before(
    listed: Iterable[A], taken_back: corrections.Correction, reread: Callable[[A, str], Reading]
) -> tuple[A, Answer] | None:
    answered = [one for one in listed if one.state == "answered" and one.question.get("key") != WHICH]
    hows = CORRECTS_HOW if taken_back.strong else ("digit", "word")
    for one in sorted(answered, key=lambda one: one.opened_at, reverse=True)[:MOST_TAKEN_BACK]:
        found = reread(one, taken_back.says).answer
        if found is not None and found.how in hows:
            return one, found
    return None


def _errs_to_the_safe_side(question: Mapping[str, Any], answer: Answer) -> bool:
    asked = to_triage(question)
    chosen = next((one for one in asked.options if one.word == answer.word), None)
    if chosen is None:
        return False
    return chosen.tier in ("yellow", *PRESSING) or not any(one.tier in PRESSING for one in asked.options)


def _only_nods(question: Mapping[str, Any], answer: Answer, said: str) -> bool:
    """Return whether a bare "ok" was taken for a label like "okay".

    It may be meant for anything we said ("Doing fine? Text us OK"); a choice takes it only where its file
    lists "ok".
    """
    if answer.how != "label" or said.casefold().strip(" .!") not in NODS:
        return False
    options = question.get("options", ())
    chosen: Mapping[str, Any] = next((one for one in options if one["word"] == answer.word), {})
    return not any("ok" in labels for labels in chosen.get("labels", {}).values())


def unreadable(question: Mapping[str, Any], reading: Reading, said: str) -> bool:
    """Return whether a text was meant as the value asked for and can't be read as one: "ciento veinte".

    Only short ones, and only the first time: after that a person reads it.
    """
    if question.get("kind", "choice") not in VALUES or question.get("again") or "?" in said:
        return False
    if any(act not in (Kind.ANSWER, Kind.OTHER, Kind.CONFIRM) for act in reading.acts):
        return False
    words = re.findall(r"[^\W\d_]+|\d+", said.casefold())
    figures = [word for word in words if word.isdigit() or word in NUMBER_WORDS]
    others = [word for word in words if word not in figures and word not in BETWEEN]
    return bool(figures) and len(words) <= MOST_WORDS and len(others) <= MOST_OTHERS


def is_late(one: Asked, *, now: datetime) -> bool:
    """Return whether an answer comes after the question's own time; one superseded early keeps its time."""
    return one.expires_at <= now


def _candidate(one: Asked, answer: Answer, staff_wrote_at: datetime | None) -> Candidate:
    return Candidate(
        prompt_id=one.prompt_id,
        patient_id=one.patient_id,
        answer=answer,
        is_open=one.state == "open",
        is_which=one.question.get("key") == WHICH,
        topic=one.question.get("topic"),
        staff_wrote_since=staff_wrote_at is not None and staff_wrote_at >= one.opened_at,
        calls=_calls(one.question, answer),
    )


def _calls(question: Mapping[str, Any], answer: Answer) -> str | None:
    """Return how soon an answer calls somebody, where it calls sooner than any other would."""
    asked = to_triage(question)
    chosen = next((one for one in asked.options if one.word == answer.word), None)
    return (
        chosen.tier if chosen is not None and chosen.tier in PRESSING and asked.calls_most(chosen) else None
    )
