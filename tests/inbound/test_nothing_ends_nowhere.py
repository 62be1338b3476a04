"""No inbound text ends nowhere: it is bound, or about consent, or needs nobody, or a person owns it."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.inbound import rules
from outreach.triage import rules as triage
from outreach.triage.rules import Kind
from tests.examples import examples
from tests.inbound.desk import MOOD, VISIT, Desk

ANA, LUIS = UUID(int=1), UUID(int=2)
PIECES = (
    "1", "2", "3", "yes", "no", "ok", "STOP", "please stop", "CANCEL", "START", "HELP", "ayuda",
    "I can't breathe", "me quiero morir", "wrong number", "thanks", "gracias", "worse", "peor",
    "can I eat eggs?", "my leg hurts", "👍", "A", "🙏", "what", "call me", "", " ", "asdf", "不能呼吸",
    "\u202e", "2pm tomorrow", "stop by at 3",
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=4).map(", ".join),
    st.text(max_size=80),
    st.sampled_from(PIECES),
)
QUESTIONS = st.sampled_from((None, MOOD, VISIT))


@st.composite
def situations(draw: st.DrawFn) -> rules.Situation:
    body, question = draw(TEXTS), draw(QUESTIONS)
    reading = triage.read(body, question=rules.to_triage(question) if question else None)
    people = draw(st.sampled_from(((), (ANA,), (ANA, LUIS))))
    candidates = ()
    if reading.answer is not None:
        candidates = (
            rules.Candidate(
                prompt_id=UUID(int=9),
                patient_id=ANA,
                answer=reading.answer,
                is_open=draw(st.booleans()),
                is_which=draw(st.booleans()),
                staff_wrote_since=draw(st.booleans()),
            ),
        )
    return rules.Situation(
        reading=reading,
        candidates=candidates,
        patients_here=people,
        patients_asked=frozenset(draw(st.sets(st.sampled_from((ANA, LUIS))))),
        may_answer=frozenset(draw(st.sets(st.sampled_from((ANA, LUIS))))),
        may_be_named=draw(st.booleans()),
        knows_sender=bool(people),
        blank=not body.strip(),
        talking=draw(st.booleans()),
        exact_help=triage.exact_help(body),
        provider_helped=draw(st.booleans()),
        ambiguous_opt_out=triage.is_ambiguous_opt_out(body),
        appointment_asked=draw(st.booleans()),
    )


@examples(150)
@given(situations())
def test_every_situation_has_somebody_or_something_that_takes_it(s: rules.Situation) -> None:
    plan = rules.decide(s)

    acts = set(s.reading.acts)
    taken = plan.bind or plan.ask_which or plan.opt_out or plan.opt_in or plan.needs_human
    polite = s.reading.kind is Kind.OTHER or s.reading.kind is Kind.CONFIRM
    assert taken or (polite and not s.reading.needs_human and s.knows_sender and not s.blank)
    # What must never be lost, whatever else a text says.
    assert plan.opt_out is (Kind.OPT_OUT in acts)
    assert plan.needs_human or Kind.URGENT not in acts
    assert plan.needs_human or not s.reading.needs_human
    assert plan.needs_human or plan.opt_out or s.knows_sender
    # Nothing is bound for somebody who may not answer, or against a stop.
    if plan.bind and not plan.bind.is_which:
        assert plan.bind.patient_id in s.may_answer
        assert not plan.opt_out


@pytest.mark.parametrize("with_question", [False, True])
def test_every_text_is_in_one_thread_and_accounted_for(desk: Desk, with_question: bool) -> None:
    ana = desk.patient()
    bodies = [
        ", ".join(pair) for pair in itertools.islice(itertools.combinations(PIECES, 2), 0, None, 31)
    ] + list(PIECES)
    for body in bodies:
        if with_question and desk.scalar("SELECT count(*) FROM prompt WHERE state = 'open'") == 0:
            desk.asks(ana)
        unread = desk.scalar("SELECT coalesce(sum(unread), 0) FROM conversation")
        bound = desk.scalar("SELECT count(*) FROM answer")

        desk.says(body)

        reading = triage.read(body, question=rules.to_triage(MOOD) if with_question else None)
        now_unread = desk.scalar("SELECT coalesce(sum(unread), 0) FROM conversation")
        taken = now_unread > unread or desk.scalar("SELECT count(*) FROM answer") > bound
        consent = {Kind.OPT_OUT, Kind.OPT_IN} & set(reading.acts)
        polite = reading.kind in (Kind.OTHER, Kind.CONFIRM) and not reading.needs_human
        assert taken or consent or polite, body
    assert desk.scalar("SELECT count(*) FROM message WHERE direction = 'in' AND conversation_id IS NULL") == 0
    assert desk.scalar("SELECT count(*) FROM message WHERE direction = 'in'") == len(bodies)
