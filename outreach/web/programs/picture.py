"""A program as a picture: its steps on a line of days, and where each answer leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from outreach.programs.rules import house, translations
from outreach.programs.rules.definition import Case, Option, Program, Question, Step, Then, Words
from outreach.touchpoints.rules import wording

FIRST, LAST = 2.0, 98.0
"""Where on the line the first and the last day stand, in percent of its width."""
WEEKS_FROM = 45
"""A longer program has a mark each week, a shorter one every five days."""
SAMPLE = {
    "clinic": "Riverside", "name": "Maria", "callback": "202-555-0199", "phrase": "How is eating going?",
}  # fmt: skip
"""What stands for a merge field in a picture: nobody's real name."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A number on the line of days."""

    day: int
    x: float


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One step on the line: a dot for each day it is taken."""

    id: str
    kind: str
    """say | ask | task"""
    days: str
    at: time
    dots: tuple[tuple[int, float], ...]
    may: bool = False
    """Not on every one of its days: by the day of the week, by answers, or for some people only."""


@dataclass(frozen=True, kw_only=True)
class Leads:
    """Where one answer leads, under one condition."""

    when: str | None
    says: Mapping[str, str] | None
    asks: Asked | None
    escalates: str | None
    topic: str | None
    stops: str | None


@dataclass(frozen=True, kw_only=True)
class Branch:
    """One way to answer."""

    word: str
    """The reply word; empty for a value."""
    when: str | None
    """The condition on a value. None of both: any other value."""
    means: str
    leads: tuple[Leads, ...]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question with its branches. `seen` marks one that is drawn further up already."""

    key: str
    texts: Mapping[str, str]
    kind: str
    clinical: bool
    lasts_hours: int
    branches: tuple[Branch, ...]
    seen: bool = False


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How a step follows the answers: after so many stable ones, only on these days of the week."""

    stable: tuple[str, ...]
    back: tuple[str, ...]
    after: int
    weekdays: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Other words of a step, for whom a condition holds."""

    when: str
    texts: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Card:
    """A step in full."""

    id: str
    days: str
    at: time
    when: str | None
    says: Mapping[str, str] | None
    asks: Asked | None
    task: str | None
    weekdays: tuple[int, ...]
    adapt: Rhythm | None
    variants: tuple[Wording, ...]


@dataclass(frozen=True, kw_only=True)
class Translation:
    """Who answers for the words in one language, and how many of them nobody answers for as they stand."""

    language: str
    who: str
    dated: date | None
    in_english: int


@dataclass(frozen=True, kw_only=True)
class Picture:
    """All of it."""

    marks: tuple[Mark, ...]
    lanes: tuple[Lane, ...]
    cards: tuple[Card, ...]
    first: Mark
    last: Mark
    silent_after: int | None
    """So many questions unanswered in a row, and `silence` is said and a person told."""
    silence: Mapping[str, str] | None
    silent_tier: str
    asked: tuple[float, float] | None
    """Where the line of days has its first and its last question."""
    stops: tuple[str, ...]
    answers_stop: bool
    """Whether an answer can end it."""
    translations: tuple[Translation, ...]


def draw(program: Program) -> Picture:
    """Return the picture of a program. A question is drawn once; further on its name leads back to it."""
    days = [0, program.days, *(day for step in program.steps for day in step.days)]
    first, last = min(days), max(days)

    def x(day: int) -> float:
        return round(FIRST + (day - first) / max(last - first, 1) * (LAST - FIRST), 2)

    apart = 7 if last - first > WEEKS_FROM else 5
    seen: set[str] = set()
    asked = [x(day) for step in program.steps if step.ask for day in step.days]
    return Picture(
        marks=tuple(Mark(day=day, x=x(day)) for day in range(first, last + 1) if day % apart == 0),
        lanes=tuple(_lane(step, x) for step in program.steps),
        cards=tuple(_card(program, step, seen) for step in program.steps),
        first=Mark(day=first, x=x(first)),
        last=Mark(day=program.days, x=x(program.days)),
        silent_after=program.silence.after if program.silence else None,
        silence=_said(program, program.silence.say) if program.silence else None,
        silent_tier=program.silence.escalate if program.silence else "",
        asked=(min(asked), max(asked)) if asked else None,
        stops=program.stops,
        answers_stop=any(then.stop for then in _thens(program)),
        translations=tuple(_translations(program)),
    )


def _translations(program: Program) -> Iterator[Translation]:
    texts = translations.every_text(program)
    written = {language for words in texts.values() for language in words} - {translations.SOURCE}
    for language in sorted(written):
        approval = program.approved.get(language)
        yield Translation(
            language=language,
            who=approval.translator if approval else "",
            dated=approval.dated if approval else None,
            in_english=sum(
                language not in words or not translations.is_approved(program, name, words, language)
                for name, words in texts.items()
            ),
        )


def _lane(step: Step, x: Callable[[int], float]) -> Lane:
    return Lane(
        id=step.id,
        kind=_kind(step),
        days=_days(step.days),
        at=step.at,
        dots=tuple((day, x(day)) for day in step.days),
        may=bool(step.weekdays or step.adapt or step.when),
    )


def _thens(program: Program) -> Iterator[Then]:
    for question in program.questions.values():
        for branch in question.branches():
            yield from branch.then


def _kind(step: Step) -> str:
    return "task" if step.task else "ask" if step.ask else "say"


def _days(days: Sequence[int]) -> str:
    """Return days as people write them: "2", "1-7, 9, 12"."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(
        f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(str(day) for day in run) for run in runs
    )


def _card(program: Program, step: Step, seen: set[str]) -> Card:
    return Card(
        id=step.id,
        days=_days(step.days),
        at=step.at,
        when=step.when,
        says=_said(program, step.say),
        asks=_asked(program, program.questions[step.ask], seen) if step.ask else None,
        task=step.task.about if step.task else None,
        weekdays=step.weekdays,
        adapt=_rhythm(step),
        variants=tuple(
            Wording(when=one.when, texts=_filled(one.text))
            for _, one in program.variants_of.get(step.ask or step.say or "", ())
        ),
    )


def _rhythm(step: Step) -> Rhythm | None:
    if step.adapt is None:
        return None
    return Rhythm(
        stable=step.adapt.stable,
        back=step.adapt.back,
        after=step.adapt.after,
        weekdays=step.adapt.weekdays,
    )


def _asked(program: Program, question: Question, seen: set[str]) -> Asked:
    before = question.key in seen
    seen.add(question.key)
    branches = () if before else tuple(_branch(program, one, seen) for one in question.branches())
    return Asked(
        key=question.key,
        texts=_filled(question.text),
        kind=question.kind,
        clinical=question.clinical,
        lasts_hours=question.lasts_hours,
        branches=branches,
        seen=before,
    )


def _branch(program: Program, branch: Option | Case, seen: set[str]) -> Branch:
    return Branch(
        word=branch.word if isinstance(branch, Option) else "",
        when=branch.when if isinstance(branch, Case) else None,
        means=branch.means,
        leads=tuple(_leads(program, one, seen) for one in branch.then),
    )


def _leads(program: Program, then: Then, seen: set[str]) -> Leads:
    return Leads(
        when=then.when,
        says=_said(program, then.say),
        asks=_asked(program, program.questions[then.ask], seen) if then.ask else None,
        escalates=then.escalate,
        topic=then.topic,
        stops=then.stop,
    )


def _said(program: Program, key: str | None) -> Mapping[str, str] | None:
    return _filled(program.texts[key]) if key and key in program.texts else None


def _filled(words: Words) -> dict[str, str]:
    return {language: _sample(text, language) for language, text in words.items()}


def _sample(text: str, language: str) -> str:
    sample = {**SAMPLE, "told": house.told(staffed=True, paged=True, language=language)}
    return wording.fill(text, {name: sample.get(name, name.upper()) for name in wording.fields_of(text)})
