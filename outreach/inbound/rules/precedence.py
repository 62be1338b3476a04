"""Precedence: what one text sets going, decided by a pure table. Nowhere else is that decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from outreach.consent.rules import is_start
from outreach.triage.rules import keywords
from outreach.triage.rules.meanings import Answer, Kind, OpenQuestion, Option, Reading

LONGEST_ADDRESS = 64
"""Characters of a number or short code; longer ones are nobody's."""

WHICH = "which_patient"
"""Key of our own question on a shared phone: about whom was that?"""

UNREADABLE = "unreadable"
"""How an answer was read that holds figures or number words, but no value of the kind asked for."""

PROVIDER_STOP, PROVIDER_START, PROVIDER_HELP = "STOP", "START", "HELP"
"""Values of OptOutType, sent with Advanced Opt-Out: the provider has acted on this word (facts A10)."""

TWILIO_HELP = frozenset({"help", "info"})


@dataclass(frozen=True, kw_only=True)
class ConsentChange:
    """An exact word that changes consent at once."""

    kind: str
    """opt_out | opt_in"""
    provider_blocks: bool = False
    """The provider has blocked the phone by itself and confirmed it."""


def consent_change(body: str, opt_out_type: str) -> ConsentChange | None:
    """Return what a text changes in the very transaction that stores it; None for nearly all texts."""
    kind = opt_out_type.strip().upper()
    if kind == PROVIDER_STOP:
        return ConsentChange(kind="opt_out", provider_blocks=True)
    if keywords.exact_opt_out(body):
        return ConsentChange(kind="opt_out", provider_blocks=provider_stops(body, opt_out_type))
    if is_start(body):
        return ConsentChange(kind="opt_in")
    return None


def provider_starts(body: str, opt_out_type: str) -> bool:
    """Say whether the provider lifts its block by itself: for YES, and for opt-in words of its own, too.

    That is no opt-in to us: YES answers a question (facts A10).
    """
    return opt_out_type.strip().upper() == PROVIDER_START or keywords.lifts_provider_block(body)


def provider_stops(body: str, opt_out_type: str) -> bool:
    """Say whether the provider blocks this phone by itself, and confirms: one of its words, and nothing else.

    Twilio's own test is a single word in any capitals; "STOP PLEASE" is ours to confirm (facts A10).
    """
    return opt_out_type.strip().upper() == PROVIDER_STOP or body.strip().casefold() in keywords.TWILIO_OPT_OUT


def provider_helps(body: str, opt_out_type: str) -> bool:
    """Say whether the provider answers this HELP by itself."""
    return opt_out_type.strip().upper() == PROVIDER_HELP or body.strip().casefold() in TWILIO_HELP


def to_triage(question: Mapping[str, Any]) -> OpenQuestion:
    """Return a stored question in the form that triage reads."""
    kinds = {kind.value: kind for kind in Kind}
    return OpenQuestion(
        kind=question.get("kind", "choice"),
        options=tuple(
            Option(
                word=str(one["word"]),
                labels=one.get("labels", {}),
                means=kinds.get(str(one.get("means"))),
                tier=one.get("tier"),
                topic=one.get("topic"),
            )
            for one in question.get("options", ())
        ),
        lowest=question.get("lowest"),
        highest=question.get("highest"),
        about_appointment=bool(question.get("about_appointment")),
        asks=str(question.get("asks", "")),
        wording=str(question.get("wording", "")),
    )


def value_of(answer: Answer) -> dict[str, Any]:
    """Return an answer as it is stored: {"choice": "2"}, {"number": 120.0, "second": 80.0, "unit":
    "mmHg"}, {"unreadable": True} for what was meant as a value and can't be read as one.
    """
    if answer.how == UNREADABLE:
        return {"unreadable": True}
    if answer.word is not None:
        return {"choice": answer.word}
    found = {"number": answer.value, "second": answer.second, "unit": answer.unit}
    return {key: value for key, value in found.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A question that this text answers, if it is taken for it."""

    prompt_id: UUID
    patient_id: UUID
    answer: Answer
    is_open: bool
    is_which: bool = False
    topic: str | None = None
    """What it is about, as far as a patient may choose a caregiver for it."""
    staff_wrote_since: bool = False
    """A colleague wrote after the question was asked: the text may be for them."""
    calls: str | None = None
    """red | orange, where this answer calls somebody sooner than any other would."""
    more: bool = False
    """Other words answer another question, too, or take back an answer: a person reads them."""
    chats: bool = False
    """A number among words that name nothing measured: "3 works"."""
    corrects: bool = False
    """It takes the place of an answer given before."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All that deciding about one text takes."""

    reading: Reading
    candidates: tuple[Candidate, ...] = ()
    """Open question first, then unanswered earlier ones, newest first."""
    patients_here: tuple[UUID, ...] = ()
    """Patients on this phone, by living links."""
    patients_asked: frozenset[UUID] = frozenset()
    """Those of them who were asked something lately: an answer may be theirs."""
    may_answer: frozenset[UUID] = frozenset()
    """Those for whom this phone's holder may answer: it is their own, or a caregiver's with that scope."""
    chosen_for: frozenset[tuple[UUID, str]] = frozenset()
    """Those who chose this phone's holder for a topic, with the topic: questions of it may be answered."""
    named: frozenset[UUID] = frozenset()
    """Those of the patients here whom the text names: "June here. I feel worse"."""
    may_be_named: bool = False
    """Each of them has a name we may use in a text."""
    knows_sender: bool = True
    blank: bool = False
    """No words: a photo, an empty text."""
    talking: bool = False
    """A colleague wrote to this phone within the last hours."""
    question_waits: bool = False
    """A question was asked lately and not answered: a bare "ok" or thumb may be meant for it."""
    courtesy: bool = False
    """Nothing but thanks or a greeting."""
    asks_who: bool = False
    """They ask who we are, and say no more of being somebody else."""
    exact_start: bool = False
    """START, UNSTOP and the like, and nothing else: the only words that reverse an opt-out."""
    exact_help: bool = False
    """HELP or AYUDA and nothing else: the keyword, which has an answer of its own."""
    provider_helped: bool = False
    ambiguous_opt_out: bool = False
    """CANCEL and the like."""
    own_value: bool = False
    """A caregiver tells a value of their own."""
    appointment_asked: bool = False
    """A question about a visit is open, or was lately."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one text sets going. Nothing in here excludes anything else: an opt-out may be urgent too."""

    why: str
    opt_out: bool = False
    opt_in: bool = False
    wrong_person: bool = False
    urgent: bool = False
    """The safety reader has texted them."""
    help_reply: bool = False
    bind: Candidate | None = None
    ask_which: Candidate | None = None
    """Hold this answer back and ask, once, about whom it was."""
    alarm: Candidate | None = None
    """An answer that is bound to nobody, but would call somebody at once: call them all the same."""
    visit_task: bool = False
    """They may have meant to cancel a visit: a person asks."""
    needs_human: bool = False
    about: UUID | None = None


def decide(s: Situation) -> Plan:
    """Decide what a text sets going, in the order of what would hurt most if it were missed.

    Opt-out and danger both act, always. Then an open question beats talk. What is bound to nothing, and is no
    small talk, is a person's.
    """
    plan = _consent(s)
    plan = _answer(s, plan)
    plan = _people(s, plan)
    return replace(plan, about=_about(s, plan))


def _consent(s: Situation) -> Plan:
    acts = set(s.reading.acts)
    out = Kind.OPT_OUT in acts
    return Plan(
        why=s.reading.kind.value,
        opt_out=out,
        opt_in=s.exact_start and not out,
        wrong_person=Kind.WRONG_PERSON in acts and not s.asks_who,
        urgent=Kind.URGENT in acts,
        help_reply=((s.exact_help and not s.provider_helped) or s.asks_who) and not out,
        visit_task=out and s.ambiguous_opt_out and s.appointment_asked,
    )


def _answer(s: Situation, plan: Plan) -> Plan:
    """Bind the text to the question it answers, if the holder may answer it and it is clear for whom."""
    if not s.candidates or plan.opt_out or plan.wrong_person:
        return plan
    best = s.candidates[0]
    if best.is_which:
        return replace(plan, bind=best, why="which_patient")
    if Kind.URGENT in s.reading.acts and best.answer.word is not None and not _stands_apart(s, best):
        # "can't breathe good": a choice read beside danger would be thanked for ("Good to hear") after 911.
        return replace(plan, why="danger_first", needs_human=True)
    if best.patient_id not in s.may_answer and (best.patient_id, best.topic) not in s.chosen_for:
        return replace(plan, why="may_not_answer", needs_human=True)
    if s.own_value and best.answer.how in ("number", UNREADABLE):
        return replace(plan, why="their_own_value", needs_human=True)
    if _may_be_for_a_colleague(best):
        return replace(plan, why="for_a_colleague", needs_human=True)
    return _whose(s, plan, best)


def _may_be_for_a_colleague(best: Candidate) -> bool:
    """Say whether a bare yes or no, or a number with words ("3 works"), may answer a colleague's own text.

    What calls somebody by itself is taken all the same.
    """
    return best.staff_wrote_since and (best.answer.bare or best.chats) and not best.calls


def _whose(s: Situation, plan: Plan, best: Candidate) -> Plan:
    """Bind an answer on a phone of several to the one it is about, or ask once, or have a person read it."""
    if len(s.patients_here) > 1 and s.named and s.named != {best.patient_id}:
        return replace(plan, why="another_named", needs_human=True, alarm=best if best.calls else None)
    several = len(s.patients_asked | {best.patient_id}) > 1 and len(s.patients_here) > 1
    if several and s.named != {best.patient_id}:
        if s.may_be_named:
            return replace(plan, ask_which=best, why="shared_phone")
        return replace(plan, why="shared_phone", needs_human=True)
    return replace(plan, bind=best, why="answer" if best.is_open else "late_answer")


def _stands_apart(s: Situation, best: Candidate) -> bool:
    """Say whether an answer counts beside a sign of lesser trouble: "2, and my leg hurts".

    One in words counts when it calls somebody itself: nobody is thanked for "worse, my legs are swollen".
    """
    calls = best.answer.how == "number" or best.answer.tier in ("red", "orange", "ask")
    return s.reading.tier == "ORANGE" and (calls or best.answer.how in ("digit", "word"))


def _people(s: Situation, plan: Plan) -> Plan:
    """Say whether a person must read this. In doubt, yes."""
    must = (
        plan.needs_human
        or s.reading.needs_human
        or (not s.knows_sender and not plan.opt_out)
        or s.blank
        or plan.wrong_person
        or s.asks_who
        or (Kind.OPT_IN in s.reading.acts and not plan.opt_in)
        or plan.visit_task
        or Kind.URGENT in s.reading.acts
        or Kind.HELP in s.reading.acts
        or (plan.bind is not None and (plan.bind.staff_wrote_since or plan.bind.more))
    )
    return replace(plan, needs_human=must or not _settled(s, plan))


def _settled(s: Situation, plan: Plan) -> bool:
    """Say whether something other than a person has taken care of the text, or nothing needs to be done.

    Triage tells thanks and small talk by a sure reading without a class. A bare "ok" is that too, unless a
    colleague or a question is waiting for it; beside a question only thanks and greetings need nobody.
    """
    if plan.opt_out or plan.opt_in or plan.bind or plan.ask_which:
        return True
    if s.reading.kind is Kind.OTHER:
        return s.courtesy or not s.question_waits
    return s.reading.kind is Kind.CONFIRM and not s.talking and not s.question_waits


def waits_in_silence(plan: Plan) -> bool:
    """Say whether a text waits for a person and nothing of ours answers it: no 911 text, no HELP."""
    answered = (
        plan.opt_out or plan.opt_in or plan.wrong_person or plan.help_reply or plan.bind or plan.ask_which
    )
    return plan.needs_human and not plan.urgent and not answered


def _about(s: Situation, plan: Plan) -> UUID | None:
    if plan.bind is not None and not plan.bind.is_which:
        return plan.bind.patient_id
    return s.patients_here[0] if len(s.patients_here) == 1 else None


def pick_team(
    teams: Sequence[UUID], *, asked_by: UUID | None, talking: UUID | None, of_patients: Sequence[UUID]
) -> UUID:
    """Choose whose inbox a text goes to, among the teams that text from this sender.

    The team that asked the open question, else the one that talked last, else the patient's own, else the
    first.
    """
    for wanted in (asked_by, talking, *of_patients):
        if wanted is not None and wanted in teams:
            return wanted
    return teams[0]
