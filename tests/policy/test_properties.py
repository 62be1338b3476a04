"""What must hold for every text there could ever be, on thousands of invented facts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st

from outreach.policy import rules
from outreach.policy.rules import Decision, Facts, judge
from outreach.why.receipts import explain
from tests.examples import examples
from tests.policy.make import OPEN, any_facts, but, contacts_before, unasked

MOST, MANY, SOME = (examples(count, allow=(HealthCheck.filter_too_much,)) for count in (500, 100, 50))


def is_quiet(facts: Facts, at: datetime) -> bool:
    """The promise of quiet hours, written down a second time and in another way."""
    here = at.astimezone(ZoneInfo(facts.zone or "America/New_York"))
    clock = here.hour * 60 + here.minute
    if facts.zone is None:
        return not 12 * 60 <= clock < 20 * 60
    weekend = here.weekday() >= 5
    start = 12 if here.weekday() == 6 or here.date() in facts.holidays else 9
    end = 20
    if facts.us_state == "KY":
        start = max(start, 10)
    if facts.us_state == "RI":
        start, end = max(start, 10 if weekend else 9), 17 if weekend else 18
    return not start * 60 <= clock < end * 60


def just_wrote(facts: Facts) -> bool:
    return facts.answering_at is not None and facts.now - facts.answering_at <= timedelta(hours=1)


@dataclass
class Stored:
    facts: Facts
    decision: Decision


@given(facts=any_facts())
@MOST
def test_a_receipt_read_back_from_json_is_judged_the_same(facts):
    decision = judge(facts)

    kept = json.loads(json.dumps({"facts": facts.dump(), "decision": decision.dump()}))

    assert Facts.load(kept["facts"]) == facts
    assert Decision.load(kept["decision"]) == decision
    assert judge(Facts.load(kept["facts"])) == Decision.load(kept["decision"])


@given(facts=any_facts())
@SOME
def test_every_rule_leaves_a_line_and_the_outcome_is_one_of_them(facts):
    decision = judge(facts)

    assert [line.rule for line in decision.trace] == [
        "patient", "phone", "consent", "stale", "paused", "quiet_hours", "budget",
        "conversation", "staffing", "sender", "loop",
    ]  # fmt: skip
    objecting = [line for line in decision.trace if line.verdict not in ("pass", "bypass")]
    assert (decision.outcome == "send") == (not objecting)
    assert (decision.until is not None) == (decision.outcome == "defer")


@given(facts=unasked(not_after=None, paused=None, sender_stopped=None, staffed=True, merge_into=None))
@MANY
def test_nothing_unasked_is_sent_in_quiet_hours(facts):
    assume(judge(facts).outcome == "send")

    assert not is_quiet(facts, facts.now) or (facts.free and just_wrote(facts))


@given(facts=unasked() | any_facts(**OPEN, kind="reply"))
@MANY
def test_what_waits_waits_for_an_allowed_moment_to_come(facts):
    decision = judge(facts)
    assume(decision.outcome == "defer")

    assert decision.until > facts.now
    assert facts.not_after is None or decision.until <= facts.not_after
    still_answers = (facts.free or facts.kind == "reply") and facts.answering_at is not None
    if not still_answers:
        assert not is_quiet(facts, decision.until)


@given(facts=unasked() | any_facts(**OPEN, kind="reply"))
@MANY
def test_what_waited_goes_when_its_time_has_come(facts):
    """Unless something has changed: no text is put off again and again."""
    decision = judge(facts)
    assume(decision.outcome == "defer")

    then = but(facts, now=decision.until, paused=None, sender_stopped=None, staffed=True)
    then = but(then, automatic_replies=0)

    assert judge(then).outcome in ("send", "merge")


@given(facts=any_facts(provider_blocked=False), seconds=st.integers(0, 10**8))
@MANY
def test_nobody_who_opted_out_is_ever_texted_but_for_one_confirmation(facts, seconds):
    out = but(
        facts,
        opted_out_at=facts.now - timedelta(seconds=seconds),
        consent_allowed=False,
        consent_reason="opted_out",
    )

    decision = judge(out)

    if facts.kind == "confirmation":
        assert decision.outcome != "send" or (seconds <= 300 and facts.confirmed_at is None)
    elif facts.kind != "page":
        assert decision.outcome == "suppress"


@given(facts=any_facts())
@SOME
def test_an_opt_out_bars_even_what_says_that_consent_is_there(facts):
    """Facts that contradict themselves are read the safe way."""
    assume(facts.kind not in ("page", "confirmation"))

    barred = but(facts, opted_out_at=facts.now, consent_allowed=True, consent_reason="ok")

    assert judge(barred).outcome == "suppress"


@given(facts=any_facts(), state=st.sampled_from(["invalid", "wrong_person", "deactivated"]))
@SOME
def test_a_number_that_is_not_usable_gets_nothing_at_all(facts, state):
    assert judge(but(facts, phone_state=state)).outcome == "suppress"


@given(data=st.data(), facts=any_facts())
@SOME
def test_more_contacts_never_make_a_text_go_that_would_not_have(data, facts):
    more = (*facts.contacts, *data.draw(contacts_before(facts.now)))

    assert judge(facts).outcome == "send" or judge(but(facts, contacts=more)).outcome != "send"


@given(facts=unasked(not_after=None, paused=None, sender_stopped=None, staffed=True, merge_into=None))
@MANY
def test_no_phone_gets_more_than_its_ceiling_of_unasked_texts_a_day(facts):
    assume(judge(facts).outcome == "send")

    today = rules.local_day(facts)
    answers = {"staff", "safety", "reply", "confirmation", "page"}
    sent = [one for one in facts.contacts if one.local_day == today and one.source not in answers]
    assert len(sent) < facts.ceiling
    if not facts.free and not (facts.cadence_reserved and not facts.fewer_texts):
        assert sum(one.counts for one in facts.contacts if one.local_day == today) < facts.per_day
        week = today - timedelta(days=6)
        counted = sum(one.counts for one in facts.contacts if week <= one.local_day <= today)
        assert counted < facts.per_week


@given(facts=any_facts(kind="safety", phone_state="usable", consent_allowed=True, opted_out_at=None))
@SOME
def test_a_safety_text_is_held_up_by_nothing_but_consent_staleness_the_sender_and_a_loop(facts):
    decision = judge(but(facts, provider_blocked=False, not_after=None, sender_stopped=None, safety_texts=0))

    assert decision.outcome == "send"


@given(facts=any_facts())
@SOME
def test_every_decision_can_be_put_in_words(facts):
    said = explain(Stored(facts=facts, decision=judge(facts)))

    assert said
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in said)
    assert not any("None" in sentence or "{" in sentence for sentence in said)


@given(facts=unasked(not_after=None, paused=None, merge_into="another"))
@SOME
def test_merging_is_for_texts_that_nothing_bars(facts):
    decision = judge(facts)
    assume(decision.outcome == "merge")

    alone = judge(but(facts, merge_into=None, contacts=()))
    assert alone.outcome == "send"
