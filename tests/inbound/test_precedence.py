"""The table of precedence, on readings made by hand: each rule alone and against the others."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from outreach.inbound import rules
from outreach.inbound.rules import Candidate, Situation
from outreach.triage.rules import Answer, Kind, Reading

ANA, LUIS = UUID(int=1), UUID(int=2)
OPEN = Candidate(prompt_id=UUID(int=9), patient_id=ANA, answer=Answer(word="2"), is_open=True)
LATE = replace(OPEN, is_open=False)
WHICH = replace(OPEN, is_which=True)


def read(kind: Kind, *also: Kind, human: bool = False) -> Reading:
    return Reading(kind=kind, also=also, needs_human=human)


def situation(reading: Reading, *candidates: Candidate, **more: object) -> Situation:
    values = {"patients_here": (ANA,), "patients_asked": frozenset({ANA}), "may_answer": frozenset({ANA})}
    return Situation(reading=reading, candidates=candidates, **(values | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("s", "expected"),
    [
        # An opt-out acts, and binds nothing though the word would fit.
        (situation(read(Kind.OPT_OUT), OPEN), {"opt_out": True, "bind": None, "needs_human": False}),
        # Danger acts beside it, and always has a reader, whatever triage thought of readers.
        (situation(read(Kind.OPT_OUT, Kind.URGENT)), {"opt_out": True, "needs_human": True}),
        (situation(read(Kind.URGENT)), {"needs_human": True}),
        # A choice beside danger is a person's to understand: no "Good to hear" after "Call 911".
        (
            situation(read(Kind.URGENT, Kind.ANSWER), OPEN),
            {"bind": None, "needs_human": True, "why": "danger_first"},
        ),
        # A value is an answer though it is the danger itself ("190/120").
        (
            situation(read(Kind.URGENT, Kind.ANSWER), replace(OPEN, answer=Answer(value=190.0))),
            {"needs_human": True, "why": "answer"},
        ),
        # Out and in at once is out.
        (situation(read(Kind.OPT_OUT, Kind.OPT_IN)), {"opt_out": True, "opt_in": False}),
        # A wrong person answers nothing.
        (
            situation(read(Kind.WRONG_PERSON, Kind.ANSWER), OPEN),
            {"wrong_person": True, "bind": None, "needs_human": True},
        ),
        # "Who is this?" is answered, read by a person, and takes nobody's number away.
        (
            situation(read(Kind.WRONG_PERSON), OPEN, asks_who=True),
            {"wrong_person": False, "help_reply": True, "needs_human": True},
        ),
        (situation(read(Kind.WRONG_PERSON, Kind.OPT_OUT), asks_who=True), {"help_reply": False}),
        # The open question beats talk; a rest of words is a person's.
        (situation(read(Kind.ANSWER), OPEN, talking=True), {"bind": OPEN, "needs_human": False}),
        (situation(read(Kind.ANSWER, human=True), OPEN), {"bind": OPEN, "needs_human": True}),
        (situation(read(Kind.ANSWER), LATE), {"bind": LATE, "why": "late_answer"}),
        (
            situation(read(Kind.ANSWER), replace(OPEN, staff_wrote_since=True)),
            {"needs_human": True},
        ),
        # An answer to nothing we know of.
        (situation(read(Kind.ANSWER)), {"bind": None, "needs_human": True}),
        (situation(read(Kind.DECLINE)), {"needs_human": True}),
        # "ok" needs nobody, unless a colleague waits for it.
        (situation(read(Kind.CONFIRM)), {"needs_human": False}),
        (situation(read(Kind.CONFIRM), talking=True), {"needs_human": True}),
        # Thanks.
        (situation(read(Kind.OTHER)), {"needs_human": False}),
        (situation(read(Kind.OTHER, human=True)), {"needs_human": True}),
        (situation(read(Kind.OTHER), blank=True), {"needs_human": True}),
        (situation(read(Kind.OTHER), knows_sender=False), {"needs_human": True}),
        (situation(read(Kind.OPT_OUT), knows_sender=False), {"opt_out": True, "needs_human": False}),
        # HELP: answered by us or the provider, read by a person either way.
        (situation(read(Kind.HELP), exact_help=True), {"help_reply": True, "needs_human": True}),
        (
            situation(read(Kind.HELP), exact_help=True, provider_helped=True),
            {"help_reply": False, "needs_human": True},
        ),
        (situation(read(Kind.HELP)), {"help_reply": False, "needs_human": True}),
        # Only START itself lifts an opt-out; what merely sounds like it is a person's.
        (situation(read(Kind.OPT_IN), exact_start=True), {"opt_in": True, "needs_human": False}),
        (situation(read(Kind.OPT_IN)), {"opt_in": False, "needs_human": True}),
        # CANCEL next to a visit.
        (
            situation(read(Kind.OPT_OUT), ambiguous_opt_out=True, appointment_asked=True),
            {"opt_out": True, "visit_task": True, "needs_human": True},
        ),
        (
            situation(read(Kind.OPT_OUT), ambiguous_opt_out=True),
            {"opt_out": True, "visit_task": False, "needs_human": False},
        ),
        # Who may not answer for her.
        (
            situation(read(Kind.ANSWER), OPEN, may_answer=frozenset()),
            {"bind": None, "needs_human": True, "why": "may_not_answer"},
        ),
        # Whoever was chosen for a topic may answer what is asked of it, and nothing else.
        (
            situation(
                read(Kind.ANSWER),
                replace(OPEN, topic="refills"),
                may_answer=frozenset(),
                chosen_for=frozenset({(ANA, "refills")}),
            ),
            {"bind": replace(OPEN, topic="refills"), "needs_human": False},
        ),
        (
            situation(
                read(Kind.ANSWER),
                replace(OPEN, topic="symptoms"),
                may_answer=frozenset(),
                chosen_for=frozenset({(ANA, "refills"), (LUIS, "symptoms")}),
            ),
            {"bind": None, "needs_human": True, "why": "may_not_answer"},
        ),
        (
            situation(
                read(Kind.ANSWER), OPEN, may_answer=frozenset(), chosen_for=frozenset({(ANA, "refills")})
            ),
            {"bind": None, "needs_human": True, "why": "may_not_answer"},
        ),
        # Two on one phone, both asked lately: ask about whom, once.
        (
            situation(
                read(Kind.ANSWER),
                OPEN,
                patients_here=(ANA, LUIS),
                patients_asked=frozenset({ANA, LUIS}),
                may_be_named=True,
            ),
            {"bind": None, "ask_which": OPEN, "needs_human": False, "about": None},
        ),
        (
            situation(
                read(Kind.ANSWER), OPEN, patients_here=(ANA, LUIS), patients_asked=frozenset({ANA, LUIS})
            ),
            {"bind": None, "ask_which": None, "needs_human": True},
        ),
        (situation(read(Kind.ANSWER), OPEN, patients_here=(ANA, LUIS)), {"bind": OPEN, "about": ANA}),
        (
            situation(read(Kind.ANSWER), WHICH, patients_here=(ANA, LUIS), may_answer=frozenset()),
            {"bind": WHICH, "about": None},
        ),
    ],
)
def test_what_a_text_sets_going(s: Situation, expected: dict[str, object]) -> None:
    plan = rules.decide(s)

    assert {name: getattr(plan, name) for name in expected} == expected


T1, T2, T3 = UUID(int=11), UUID(int=12), UUID(int=13)


@pytest.mark.parametrize(
    ("asked_by", "talking", "of_patients", "team"),
    [
        (T3, T2, (T1,), T3),
        (None, T2, (T1,), T2),
        (None, None, (T3,), T3),
        (None, None, (), T1),
        (UUID(int=99), None, (UUID(int=98), T2), T2),
    ],
)
def test_whose_inbox_it_goes_to(
    asked_by: UUID | None, talking: UUID | None, of_patients: tuple[UUID, ...], team: UUID
) -> None:
    assert rules.pick_team((T1, T2, T3), asked_by=asked_by, talking=talking, of_patients=of_patients) == team


@pytest.mark.parametrize(
    ("body", "opt_out_type", "change"),
    [
        ("STOP", "", ("opt_out", True)),
        ("stop", "STOP", ("opt_out", True)),
        ("Baja", "STOP", ("opt_out", True)),
        ("opt out", "", ("opt_out", False)),
        ("STOP.", "", ("opt_out", False)),
        ("START", "", ("opt_in", False)),
        ("Start!", "", ("opt_in", False)),
        ("COMENZAR", "", ("opt_in", False)),
        # The provider lifts its own block for these; ours stays.
        ("hola", "START", None),
        ("YES", "START", None),
        ("YES", "", None),
        ("start me up", "", None),
        ("HELP", "HELP", None),
        ("Hello", "", None),
    ],
)
def test_what_changes_consent_at_once(body: str, opt_out_type: str, change: tuple[str, bool] | None) -> None:
    found = rules.consent_change(body, opt_out_type)

    assert (found and (found.kind, found.provider_blocks)) == change
