"""What becomes of a contact when its time has come: taken or not, and in which words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from outreach.care import rules as care
from outreach.programs.rules import conditions, memory, plan, translations
from outreach.programs.rules.definition import Duty, Option, Program, Question, Step
from outreach.touchpoints.rules.wording import Composed, fill

GIVEN_TO_STAFF = "given_to_staff"
"""Reason for which there is no text: the step is a person's task."""
HEARD_SINCE = "heard_since"
"""Reason for which "we have not heard from you" is not said: they wrote meanwhile."""


class Contact(Protocol):
    """A contact of a plan, stored or rehearsed."""

    @property
    def source_kind(self) -> str:
        """program | activity"""
        ...

    @property
    def step(self) -> str:
        """Its step in the file, or what it follows."""
        ...

    @property
    def anchor_version(self) -> int:
        """Of which plan it is."""
        ...

    @property
    def local_day(self) -> date:
        """Its day where the patient is."""
        ...

    @property
    def why(self) -> Mapping[str, Any]:
        """Where it comes from, by key."""
        ...


class Past(Protocol):
    """What came of an earlier contact."""

    @property
    def step(self) -> str:
        """Its step."""
        ...

    @property
    def occurrence(self) -> int:
        """Its day after the anchor."""
        ...

    @property
    def state(self) -> str:
        """planned | held | sent | answered | skipped | suppressed | expired"""
        ...


CARE_PLAN = "care_plan"
"""Topic of the questions about what a care plan orders."""
TEXTS_ONLY = "opted_out"
"""Reason that ends the texts of a program, and not what a person does for the patient."""


def ended(
    contact: Contact, *, state: str | None, anchor_version: int, stop_reason: str | None = None
) -> str | None:
    """Return why a contact is no longer to be made, None if it is. `state` is the enrollment's, if any.

    What follows an answer is still said while the program is paused or finished; so are an activity's
    questions once it is finished. What a person is to do goes on in a pause and after an opt-out: it is for
    just those whom no text reaches. Nothing plans it anew meanwhile, so that an anchor that moves leaves it.
    """
    if "task" in contact.why and (state == "paused" or (state == "stopped" and stop_reason == TEXTS_ONLY)):
        return None
    follows = "follows" in contact.why
    if state == "paused" and not follows:
        return "paused"
    may_follow = (state in ("finished", "paused") and follows) or (
        state == "finished" and is_silence(contact)
    )
    late_activity = state == "finished" and contact.source_kind == "activity"
    if state is None or (state != "active" and not may_follow and not late_activity):
        return "enrollment_ended"
    return "anchor_moved" if contact.anchor_version != anchor_version else None


def unwanted(
    contact: Contact,
    program: Program,
    known: Mapping[str, Any],
    *,
    asked: Callable[[], Sequence[memory.Asked]],
) -> str | None:
    """Return why a step is not taken today, None if it is. `asked` is what came of it so far."""
    step = own_step(contact, program)
    if step is None:
        return None
    if step.when is not None and not conditions.holds(step.when, known):
        return "branch_not_taken"
    if step.task is not None:
        return GIVEN_TO_STAFF
    if step.adapt is None:
        return None
    weekday = contact.local_day.weekday()
    if weekday in step.adapt.weekdays:
        return None
    wanted = memory.wanted_today(step.adapt, weekday=weekday, asked=asked())
    return None if wanted else "stable_less_often"


def is_silence(contact: Contact) -> bool:
    """Return whether a contact is the text that follows silence."""
    return plan.SILENT in contact.why


def silent_since(contact: Contact) -> datetime:
    """Return when the silence was noticed that a contact speaks of."""
    return datetime.fromisoformat(str(contact.why[plan.SILENT]))


def own_step(contact: Contact, program: Program) -> Step | None:
    """Return the step of the file that a contact is, None if it is none of the file's."""
    return program.step(contact.step) if contact.source_kind == "program" else None


def asked_so_far(
    contacts: Iterable[Past], heard: Iterable[memory.Heard], *, step: str
) -> tuple[memory.Asked, ...]:
    """Return what came of every asking of a step so far."""
    answers = {one.occurrence: one.means for one in heard if one.step == step}
    days = {one.occurrence for one in contacts if one.step == step and one.state in ("sent", "answered")}
    return tuple([memory.asking(day, answers.get(day)) for day in sorted(days)])


class Said(NamedTuple):
    """What a contact says before it is filled: all that `filled` needs beside the program and the fields."""

    template: str
    language: str
    asks: str | None
    again: bool
    follows: bool
    phrase: str | None
    by_program: bool
    """Not an activity of a care plan."""
    of_silence: bool
    chose: tuple[str, str]
    """The name of the text among the program's, and the language it was wanted in."""
    topic: str | None = None


def in_words(contact: Contact, program: Program, known: Mapping[str, Any], *, language: str) -> Said:
    """Return the words of a contact for somebody who reads a `language`, before they are filled."""
    why = contact.why
    asked = why.get("asks")
    step = program.step(contact.step)
    key = str(why.get("says") or asked or (step.say if step else None))
    template, used, name = translations.chosen(program, key, language=language, known=known)
    phrase = why.get("phrase")
    return Said(
        template,
        used,
        None if asked is None else str(asked),
        "says" in why,
        "follows" in why,
        None if phrase is None else str(phrase),
        contact.source_kind == "program",
        is_silence(contact),
        (name, language),
        topic_of(contact, program),
    )


def topic_of(contact: Contact, program: Program) -> str | None:
    """Return what a contact is about, as far as a patient may choose a caregiver for it.

    What follows an answer stays with whoever gave it, so that nobody is asked the second half of something.
    """
    why = contact.why
    if "follows" in why:
        found = why.get("topic")
        return None if found is None else str(found)
    if contact.source_kind == "activity":
        return CARE_PLAN
    step, asked = own_step(contact, program), program.questions.get(str(why.get("asks")))
    return (step and step.topic) or (asked and asked.topic) or program.topic


def filled(program: Program, said: Said, *, fields: Mapping[str, str | None]) -> Composed:
    """Return words filled with somebody's `fields`. Raise EmptyField if one the text needs is empty."""
    question = program.questions[said.asks] if said.asks else None
    phrase = care.phrase(said.phrase, said.language).text if said.phrase else None
    values = {**fields, "phrase": phrase}
    return Composed(
        text=fill(said.template, values),
        template=said.template,
        fields=values,
        language=said.language,
        purpose=program.purpose,
        kind="program",
        question=as_prompt(question, said.language, again=said.again, topic=said.topic) if question else None,
        question_lasts_hours=question.lasts_hours if question else 72,
        needs_staff=bool(question and question.clinical),
        free=said.follows,
        yields=said.of_silence,
        cadence_reserved=program.cadence is not None and said.by_program,
        program=program.key,
        chose={"words": said.chose[0], "wanted": said.chose[1], "language": said.language},
        topic=said.topic,
    )


def as_prompt(
    question: Question, language: str, *, again: bool = False, topic: str | None = None
) -> dict[str, Any]:
    """Return a question as it is stored while it is open; `again` if it was asked and not understood."""
    found = question.stored.get((language, again, topic))
    if found is None:
        found = _as_prompt(question, language, again=again, topic=topic)
        question.stored[language, again, topic] = found
    return found


def _as_prompt(question: Question, language: str, *, again: bool, topic: str | None) -> dict[str, Any]:
    return {
        **({"again": True} if again else {}),
        **({"topic": topic} if topic else {}),
        "key": question.key,
        "kind": question.kind,
        "language": language,
        "asks": question.text.get("es", ""),
        "wording": question.text.get("en", ""),
        **({"lowest": question.lowest, "highest": question.highest} if question.kind != "choice" else {}),
        "options": [
            {
                "word": option.word,
                "means": option.means,
                "labels": {code: list(words) for code, words in option.labels.items()},
                **_calls(option),
            }
            for option in question.options
        ],
    }


def _calls(option: Option) -> dict[str, str]:
    """Return how soon, and about what, choosing an option calls somebody at the most; "ask" if it only asks.

    A doubtful answer is read by it: never as the option that calls nobody.
    """
    tiers = [then.escalate for then in option.then if then.escalate]
    tier = next((one for one in ("red", "orange", "yellow") if one in tiers), None)
    if tier is None:
        return {"tier": "ask"} if any(then.ask for then in option.then) else {}
    about = next(then.topic for then in option.then if then.escalate == tier)
    return {"tier": tier, "topic": about or option.means}


def staff_task(contact: Contact, program: Program) -> Duty | None:
    """Return what a person must do instead of a text, None if it is a text."""
    step = own_step(contact, program)
    return None if step is None else step.task
