"""Every rule of the policy, as tables: what is known, what is decided, and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from outreach.policy import rules
from outreach.policy.rules import Decision, Facts, Part, judge, merge
from outreach.why.receipts import explain
from tests.policy.make import at, contact, facts

NOW = at("2026-03-10", "10:00")  # a Tuesday


FOURTH = (
    "Not sent: it would have been the 4th automated text within seven days; the limit is 1 "
    "(the patient asked for fewer texts)."
)
LOOP = (
    "Not sent, a person is asked instead: this phone got 3 automatic replies within an hour: "
    "a person should look."
)


@dataclass
class Stored:
    facts: Facts
    decision: Decision


def said(given: Facts) -> list[str]:
    return explain(Stored(facts=given, decision=judge(given)))


@pytest.mark.parametrize(
    ("known", "outcome", "rule"),
    [
        ({}, "send", "all_clear"),
        # who must not be written to
        ({"deceased": True}, "suppress", "patient"),
        ({"hospice": True}, "suppress", "patient"),
        ({"readmitted": True}, "suppress", "patient"),
        # but whoever writes from that phone is answered
        ({"deceased": True, "kind": "safety"}, "send", "all_clear"),
        ({"readmitted": True, "kind": "staff"}, "send", "all_clear"),
        ({"phone_state": "invalid"}, "suppress", "phone"),
        ({"phone_state": "wrong_person", "kind": "staff"}, "suppress", "phone"),
        # consent
        ({"consent_allowed": False, "consent_reason": "no_basis"}, "suppress", "consent"),
        ({"consent_allowed": False, "consent_reason": "no_basis", "kind": "reply"}, "send", "all_clear"),
        ({"consent_allowed": False, "consent_reason": "no_basis", "kind": "safety"}, "send", "all_clear"),
        ({"consent_allowed": False, "consent_reason": "no_basis", "kind": "staff"}, "suppress", "consent"),
        (
            {
                "consent_allowed": False,
                "consent_reason": "no_basis",
                "kind": "staff",
                "answering_at": NOW - timedelta(days=2),
            },
            "send",
            "all_clear",
        ),
        ({"consent_allowed": False, "opted_out_at": NOW, "kind": "safety"}, "suppress", "consent"),
        ({"consent_allowed": False, "provider_blocked": True, "kind": "reply"}, "suppress", "consent"),
        ({"consent_allowed": False, "kind": "page"}, "send", "all_clear"),
        # too late
        ({"not_after": NOW - timedelta(seconds=1)}, "suppress", "stale"),
        ({"not_after": NOW}, "send", "all_clear"),
        # paused
        ({"paused": "team"}, "defer", "paused"),
        ({"paused": "everything", "kind": "reply"}, "send", "all_clear"),
        ({"paused": "everything", "kind": "safety"}, "send", "all_clear"),
        # budget
        ({"contacts": (contact("2026-03-10"),)}, "defer", "budget"),
        ({"contacts": (contact("2026-03-10", counts=0, source="reply"),)}, "send", "all_clear"),
        ({"contacts": (contact("2026-03-10"),), "kind": "safety"}, "send", "all_clear"),
        ({"contacts": (contact("2026-03-10"),), "kind": "staff"}, "send", "all_clear"),
        ({"contacts": (contact("2026-03-10"),), "free": True}, "send", "all_clear"),
        ({"contacts": (contact("2026-03-10"),), "cadence_reserved": True}, "send", "all_clear"),
        # asking for fewer texts takes a reserved rhythm back
        (
            {"contacts": (contact("2026-03-10"),), "cadence_reserved": True, "fewer_texts": True},
            "defer",
            "budget",
        ),
        # the hard ceiling binds what is free and what is reserved, too
        ({"contacts": (contact("2026-03-10", counts=0),) * 4, "cadence_reserved": True}, "defer", "budget"),
        ({"contacts": (contact("2026-03-10", counts=0),) * 4, "free": True}, "ask_human", "budget"),
        # talking, staffing, sender, loop
        ({"hold_until": NOW + timedelta(minutes=30)}, "defer", "conversation"),
        ({"hold_until": NOW - timedelta(minutes=30)}, "send", "all_clear"),
        ({"needs_staff": True, "staffed": False}, "defer", "staffing"),
        ({"needs_staff": True, "staffed": True}, "send", "all_clear"),
        ({"needs_staff": False, "staffed": False}, "send", "all_clear"),
        ({"sender_stopped": "error_30034"}, "defer", "sender"),
        ({"sender_stopped": "error_30034", "kind": "safety"}, "ask_human", "sender"),
        ({"kind": "reply", "automatic_replies": 2}, "send", "all_clear"),
        ({"kind": "reply", "automatic_replies": 3}, "ask_human", "loop"),
        ({"kind": "safety", "automatic_replies": 9}, "send", "all_clear"),
        ({"kind": "safety", "safety_texts": 3}, "ask_human", "loop"),
        # merged: only what might go by itself
        ({"merge_into": "other"}, "merge", "budget"),
        ({"merge_into": "other", "contacts": (contact("2026-03-10"),)}, "merge", "budget"),
        ({"merge_into": "other", "needs_staff": True, "staffed": False}, "defer", "staffing"),
        # the order of the rules: the gravest reason is the one that is told
        ({"deceased": True, "phone_state": "invalid", "consent_allowed": False}, "suppress", "patient"),
        ({"phone_state": "invalid", "consent_allowed": False}, "suppress", "phone"),
    ],
)
def test_each_rule_decides_what_it_should(known, outcome, rule):
    decision = judge(facts(**known))

    assert (decision.outcome, decision.rule) == (outcome, rule)


@pytest.mark.parametrize(
    ("now", "known", "goes"),
    [
        # inside ours: 09:00 to 20:00, half-open
        (("2026-03-10", "09:00"), {}, None),
        (("2026-03-10", "19:59"), {}, None),
        (("2026-03-10", "08:59"), {}, ("2026-03-10", "09:00")),
        (("2026-03-10", "20:00"), {}, ("2026-03-11", "09:00")),
        # Saturday evening waits until Sunday noon
        (("2026-03-14", "20:00"), {}, ("2026-03-15", "12:00")),
        (("2026-03-15", "11:00"), {}, ("2026-03-15", "12:00")),
        # a holiday keeps Sunday's hours
        (("2026-07-03", "10:00"), {"holidays": (date(2026, 7, 3),)}, ("2026-07-03", "12:00")),
        # states allow less
        (("2026-03-10", "09:30"), {"us_state": "KY"}, ("2026-03-10", "10:00")),
        (("2026-03-10", "18:30"), {"us_state": "RI"}, ("2026-03-11", "09:00")),
        (("2026-03-14", "17:30"), {"us_state": "RI"}, ("2026-03-15", "12:00")),
        # a state's hours never widen ours
        (("2026-03-10", "08:30"), {"us_state": "FL"}, ("2026-03-10", "09:00")),
        # a deployment's wider hours are still narrowed by the state's
        (("2026-03-10", "08:30"), {"hours_from": "08:00", "us_state": "IL"}, None),
        (("2026-03-10", "08:30"), {"hours_from": "08:00", "us_state": "CT"}, ("2026-03-10", "09:00")),
        # what the patient prefers narrows, on the days they said
        (
            ("2026-03-10", "10:00"),
            {"preferred_from": "17:00", "preferred_to": "19:00"},
            ("2026-03-10", "17:00"),
        ),
        (
            ("2026-03-10", "18:00"),
            {"preferred_from": "17:00", "preferred_to": "19:00", "preferred_days": (0, 2)},
            ("2026-03-11", "17:00"),
        ),
        # a wish for the night can't be kept, so ours hold
        (("2026-03-10", "10:00"), {"preferred_from": "05:00", "preferred_to": "08:00"}, None),
        # mornings only: on Sunday there is no such hour, so Monday
        (
            ("2026-03-15", "12:30"),
            {"preferred_from": "09:00", "preferred_to": "11:00"},
            ("2026-03-16", "09:00"),
        ),
        # a holiday leaves Friday mornings no hour this week; the wish holds, as it does the week after
        (
            ("2026-12-17", "22:39"),
            {
                "preferred_from": "00:00",
                "preferred_to": "09:15",
                "preferred_days": (4,),
                "holidays": (date(2026, 12, 18),),
            },
            ("2026-12-25", "09:00"),
        ),
        # the clock jumps at 02:00 on March 8: waiting over it keeps the wall clock
        (("2026-03-07", "21:00"), {}, ("2026-03-08", "12:00")),
        (("2026-10-31", "21:00"), {}, ("2026-11-01", "12:00")),
    ],
)
def test_texts_arrive_in_allowed_hours_of_the_patients_own_clock(now, known, goes):
    decision = judge(facts(now=at(*now), **known))

    assert decision.until == (at(*goes) if goes else None)
    assert decision.outcome == ("defer" if goes else "send")


@pytest.mark.parametrize(
    ("clock", "goes"),
    [
        ("11:59", ("2026-03-10", "12:00")),
        ("12:00", None),
        ("19:59", None),
        ("20:00", ("2026-03-11", "12:00")),
    ],
)
def test_where_the_zone_is_unknown_only_hours_allowed_everywhere_count(clock, goes):
    eastern = "America/New_York"

    decision = judge(facts(zone=None, now=at("2026-03-10", clock, eastern)))

    assert decision.until == (at(*goes, eastern) if goes else None)


@pytest.mark.parametrize(
    ("known", "outcome"),
    [
        ({"kind": "safety"}, "send"),
        ({"kind": "reply"}, "send"),
        ({"kind": "reply", "answering_at": at("2026-03-10", "22:40")}, "send"),
        # an answer that got stuck for hours does not wake anybody
        ({"kind": "reply", "answering_at": at("2026-03-10", "19:00")}, "defer"),
        ({"kind": "staff"}, "send"),
        ({"free": True, "answering_at": at("2026-03-10", "22:50")}, "send"),
        ({"free": True}, "defer"),
        ({"kind": "reminder"}, "defer"),
    ],
)
def test_who_has_just_written_is_answered_at_any_hour(known, outcome):
    assert judge(facts(now=at("2026-03-10", "23:00"), **known)).outcome == outcome


@pytest.mark.parametrize(
    ("seconds", "confirmed", "outcome"),
    [(0, None, "send"), (300, None, "send"), (301, None, "suppress"), (60, NOW, "suppress")],
)
def test_an_opt_out_is_confirmed_once_within_five_minutes(seconds, confirmed, outcome):
    decision = judge(
        facts(
            kind="confirmation",
            consent_allowed=False,
            consent_reason="opted_out",
            opted_out_at=NOW - timedelta(seconds=seconds),
            confirmed_at=confirmed,
        )
    )

    assert decision.outcome == outcome


@pytest.mark.parametrize(
    ("days", "fewer", "goes"),
    [
        # one today: the same time tomorrow
        (["2026-03-10"], False, "2026-03-11"),
        # three within seven days: when the first of them is seven days past
        (["2026-03-05", "2026-03-07", "2026-03-09"], False, "2026-03-12"),
        (["2026-03-03", "2026-03-07", "2026-03-09"], False, None),
        # fewer texts: one a week
        (["2026-03-05"], True, "2026-03-12"),
    ],
)
def test_the_budget_counts_days_and_rolling_weeks(days, fewer, goes):
    decision = judge(facts(contacts=tuple(contact(day) for day in days), fewer_texts=fewer))

    assert decision.until == (at(goes, "10:00") if goes else None)


def test_a_wait_that_would_outlive_the_text_suppresses_it():
    given = facts(contacts=(contact("2026-03-10"),), not_after=at("2026-03-10", "18:00"))

    decision = judge(given)

    assert (decision.outcome, decision.rule) == ("suppress", "stale")
    assert "the limit is 1" in said(given)[0]


def test_a_wait_satisfies_all_that_ask_for_one():
    """Paused now, talking until evening, and one text already today: tomorrow morning suits all three."""
    decision = judge(
        facts(
            paused="team",
            hold_until=at("2026-03-10", "21:00"),
            contacts=(contact("2026-03-10"),),
        )
    )

    assert (decision.rule, decision.until) == ("paused", at("2026-03-11", "09:00"))


@pytest.mark.parametrize(
    ("known", "sentences"),
    [
        (
            {"contacts": (contact("2026-03-10"),)},
            [
                "Not sent: it would have been the 2nd automated text today; the limit is 1.",
                "Due the next day at 10:00 instead.",
            ],
        ),
        (
            {"now": at("2026-03-14", "21:00")},
            [
                "Not sent: it is 21:00 where the patient is; texts may arrive 09:00 to 20:00.",
                "Due the next day at 12:00 instead.",
            ],
        ),
        (
            {"contacts": tuple(contact(f"2026-03-0{day}") for day in (6, 7, 9)), "fewer_texts": True},
            [
                FOURTH,
                "Due on Monday, March 16 at 10:00 instead.",
            ],
        ),
        ({"phone_state": "wrong_person"}, [
            "Not sent: the number turned out to be somebody else's and is in quarantine."
        ]),
        ({"consent_allowed": False, "opted_out_at": NOW}, ["Not sent: they opted out of texts."]),
        (
            {"kind": "reply", "automatic_replies": 3},
            [
                LOOP,
            ],
        ),
    ],
)  # fmt: skip
def test_a_decision_reads_like_a_person_telling_it(known, sentences):
    assert said(facts(**known)) == sentences


@pytest.mark.parametrize(
    ("known", "count"),
    [
        ({"kind": "program"}, 1),
        ({"kind": "reminder"}, 1),
        ({"kind": "program", "free": True}, 0),
        ({"kind": "program", "cadence_reserved": True}, 0),
        ({"kind": "program", "cadence_reserved": True, "fewer_texts": True}, 1),
        ({"kind": "staff"}, 0),
        ({"kind": "safety"}, 0),
        ({"kind": "reply"}, 0),
    ],
)
def test_what_counts_against_the_budget(known, count):
    assert rules.counts(facts(**known)) == count


def part(name: str, words: str, **more) -> Part:
    usual = {"kind": "program", "language": "en", "patient": "maria", "due_at": NOW}
    return Part(id=name, words=words, **{**usual, **more})


def test_two_texts_become_one_with_the_reminder_first_and_the_question_last():
    merged = merge(
        [
            part("meds", "Do you have all your medicines? 1 Yes 2 No", is_question=True, clinical=True),
            part("visit", "You have a visit Thu 3/12 at 2 pm.", kind="reminder", about_at=NOW),
        ],
        head="Mercy:",
        tail="STOP to opt out",
    )

    assert merged.body == (
        "Mercy: 2 things: (1) You have a visit Thu 3/12 at 2 pm. "
        "(2) Do you have all your medicines? 1 Yes 2 No STOP to opt out"
    )
    assert (merged.carried, merged.left, merged.question) == (("visit", "meds"), (), "meds")


def test_a_single_text_is_not_numbered():
    merged = merge([part("walk", "Walk a little today.")], head="Mercy:")

    assert merged.body == "Mercy: Walk a little today."


@pytest.mark.parametrize(
    "other",
    [
        # a second question would make "1" mean two things
        part("second", "Eating well? 1 Yes 2 No", is_question=True),
        # nobody reads about another patient on a shared phone
        part("jo", "Drink enough water.", patient="jo"),
        part("agua", "Beba agua.", language="es"),
        # more than two segments
        part("long", "Please " + "rest and " * 40 + "sleep."),
    ],
)
def test_what_does_not_go_together_waits(other):
    first = part("first", "Do you need help? 1 Yes 2 No", is_question=True, clinical=True)

    merged = merge([other, first], head="Mercy:")

    assert (merged.carried, merged.left) == (("first",), (other.id,))


def test_a_merged_spanish_text_counts_in_spanish():
    merged = merge(
        [part("one", "Beba agua.", language="es"), part("two", "Descanse.", language="es")], head="Mercy:"
    )

    assert merged.body == "Mercy: 2 cosas: (1) Beba agua. (2) Descanse."


def test_nothing_to_merge_is_an_error():
    with pytest.raises(ValueError, match="nothing to merge"):
        merge([], head="Mercy:")
