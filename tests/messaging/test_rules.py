"""The pure rules of messaging, as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.messaging.ports import ProviderMessage
from outreach.messaging.rules import allowance, errors, holding, matching, retries, settling, states
from outreach.messaging.rules.window import validity_seconds

NOW = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)
ID = UUID(int=7)

# Every code of the provider's that facts name, with the class and what we do about it.
CODES = {
    21211: ("number", "mark_phone"),
    21217: ("number", "mark_phone"),
    21614: ("number", "mark_phone"),
    21635: ("number", "mark_phone"),
    30006: ("number", "mark_phone"),
    30005: ("number", "mark_phone"),
    21612: ("number", "staff"),
    30004: ("number", "staff"),
    21408: ("account", "page"),
    21610: ("consent", "block"),
    30640: ("consent", "block"),
    30047: ("consent", "staff"),
    30610: ("consent", "staff"),
    21611: ("throttle", "slow_down"),
    30001: ("throttle", "slow_down"),
    20429: ("throttle", "slow_down"),
    30022: ("throttle", "slow_down"),
    30023: ("throttle", "slow_down"),
    30027: ("throttle", "slow_down"),
    14107: ("content", "page"),
    20003: ("account", "stop_sender"),
    20404: ("account", "stop_sender"),
    30002: ("account", "stop_sender"),
    21606: ("account", "stop_sender"),
    21703: ("account", "stop_sender"),
    21704: ("account", "stop_sender"),
    21705: ("account", "stop_sender"),
    21712: ("account", "stop_sender"),
    30032: ("account", "stop_sender"),
    30033: ("account", "stop_sender"),
    30034: ("account", "stop_sender"),
    21602: ("content", "staff"),
    21604: ("content", "staff"),
    21617: ("content", "staff"),
    21620: ("content", "staff"),
    21623: ("content", "staff"),
    30045: ("content", "staff"),
    30007: ("content", "page"),
    30009: ("content", "staff"),
    30011: ("content", "staff"),
    30017: ("content", "staff"),
    30019: ("content", "staff"),
    30003: ("transient", "retry"),
    30008: ("transient", "retry"),
    30024: ("transient", "retry"),
    30035: ("transient", "retry"),
    30450: ("transient", "retry"),
    30500: ("transient", "retry"),
    30036: ("transient", "reconsider"),
    90007: ("transient", "reconsider"),
    30410: ("unknown", "staff"),
    20500: ("unknown", "staff"),
    20503: ("unknown", "staff"),
    11200: ("account", "page"),
    11205: ("account", "page"),
    11210: ("account", "page"),
    11750: ("account", "page"),
    12100: ("account", "page"),
    12300: ("account", "page"),
    57012: ("account", "page"),
}
RETRIED = {30003: 2, 30008: 1, 30500: 1, 30450: 1, 30024: 4, 30035: 4}


@pytest.mark.parametrize("code", CODES)
def test_every_documented_code_has_a_class_an_action_and_words(code: int) -> None:
    row = errors.classify(code)

    assert (row.error_class, row.action) == CODES[code]
    assert len(row.words) > 20


@pytest.mark.parametrize("code", [None, 0, 12345, 99999])
def test_an_unknown_code_is_never_retried_and_a_person_sees_it(code: int | None) -> None:
    row = errors.classify(code)

    assert (row.error_class, row.action, row.retries) == ("unknown", "staff", 0)


@pytest.mark.parametrize(
    "code", [c for c, (its, _) in CODES.items() if its in ("number", "consent", "content", "unknown")]
)
def test_what_can_not_get_better_is_never_retried(code: int) -> None:
    judged = retries.after_failure(
        errors.classify(code), failures=1, message_id=ID, is_safety=True, machine_now=NOW
    )

    assert isinstance(judged, retries.GiveUp)


@pytest.mark.parametrize(("code", "times"), RETRIED.items())
def test_a_passing_trouble_is_retried_as_often_as_its_row_says(code: int, times: int) -> None:
    row = errors.classify(code)

    def judge(failures: int):
        return retries.after_failure(row, failures=failures, message_id=ID, is_safety=False, machine_now=NOW)

    waits = [judge(n) for n in range(1, times + 1)]
    assert all(isinstance(one, retries.Retry) and one.at > NOW for one in waits)
    assert isinstance(judge(times + 1), retries.GiveUp)


def test_a_full_day_waits_for_midnight_pacific_and_spreads() -> None:
    row = errors.classify(30023)

    found = [
        retries.after_failure(row, failures=1, message_id=UUID(int=n), is_safety=False, machine_now=NOW)
        for n in range(20)
    ]

    midnight = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
    assert all(midnight <= one.at <= midnight + timedelta(minutes=30) for one in found)
    assert len({one.at for one in found}) > 10


@given(st.integers(0, 60), st.booleans())
def test_back_off_doubles_to_a_limit_with_a_tenth_of_stable_jitter(tries: int, is_safety: bool) -> None:
    first = retries.back_off(tries=tries, message_id=ID, is_safety=is_safety)
    again = retries.back_off(tries=tries, message_id=ID, is_safety=is_safety)

    limit = 15.0 if is_safety else 300.0
    plain = min(limit, 2 ** min(tries, 10) / 2)
    assert first == again
    assert plain * 0.9 <= first <= plain * 1.1


def test_a_named_wait_is_kept_to() -> None:
    assert retries.back_off(tries=1, message_id=ID, is_safety=False, retry_after=42.0) == 42.0


@given(st.lists(st.sampled_from(list(states.PROVIDER_RANK)), max_size=12))
def test_a_final_status_stays_whatever_comes_after_it(heard: list[str]) -> None:
    rank = 0
    for status in heard:
        rank = max(rank, states.provider_rank(status))

    assert rank == max([states.provider_rank(status) for status in heard], default=0)
    finals = {"delivered", "undelivered", "failed", "canceled"}
    assert len({states.provider_rank(status) for status in finals}) == 1


def test_a_status_nobody_knows_changes_nothing() -> None:
    assert states.provider_rank("teleported") == 0


# -- allowances


LIMITS = allowance.Limits(segments_per_second=3.0, segments_per_day=100)


@given(
    st.lists(st.tuples(st.integers(1, 10), st.floats(0.0, 3.0)), min_size=1, max_size=200),
    st.floats(0.5, 50.0),
)
def test_no_stretch_of_time_carries_more_than_the_rate(asks: list[tuple[int, float]], rate: float) -> None:
    limits = allowance.Limits(segments_per_second=rate, segments_per_day=10**9)
    spent, at, sent = allowance.fresh(limits, NOW), NOW, 0
    for segments, pause in asks:
        at += timedelta(seconds=pause)
        granted = allowance.grant(
            allowance.refill(spent, limits, at), limits, [allowance.Want(priority=4, segments=segments)]
        )
        spent = granted.spent
        sent += segments if granted.places else 0

    seconds = (at - NOW).total_seconds()
    most = rate * seconds + max(rate, 1.0) + max(segments for segments, _ in asks)
    assert sent <= most + 1e-6


def test_a_long_text_goes_through_a_narrow_sender() -> None:
    limits = allowance.Limits(segments_per_second=1.0, segments_per_day=100)

    granted = allowance.grant(allowance.fresh(limits, NOW), limits, [allowance.Want(priority=4, segments=8)])

    assert granted.places == (0,)
    assert granted.spent.tokens == -7.0


def test_safety_goes_at_once_and_is_counted() -> None:
    empty = allowance.Spent(tokens=-5.0, refilled_at=NOW, day=allowance.carriers_day(NOW), day_segments=100)
    wanted = [allowance.Want(priority=0, segments=2), allowance.Want(priority=1, segments=1)]

    granted = allowance.grant(empty, LIMITS, wanted)

    assert granted.places == (0,)
    assert granted.spent.day_segments == 102


def test_programs_leave_a_tenth_of_the_day_to_people() -> None:
    late = allowance.Spent(tokens=3.0, refilled_at=NOW, day=allowance.carriers_day(NOW), day_segments=90)
    wanted = [allowance.Want(priority=4, segments=1), allowance.Want(priority=1, segments=1)]

    granted = allowance.grant(late, LIMITS, wanted)

    assert granted.places == (1,)
    assert granted.for_another_day == (0,)


def test_the_carriers_day_turns_at_midnight_pacific() -> None:
    before, after = datetime(2026, 3, 10, 6, 59, tzinfo=UTC), datetime(2026, 3, 10, 7, 1, tzinfo=UTC)
    used = allowance.Spent(
        tokens=1.0, refilled_at=before, day=allowance.carriers_day(before), day_segments=100
    )

    assert allowance.refill(used, LIMITS, before).day_segments == 100
    assert allowance.refill(used, LIMITS, after).day_segments == 0


def test_a_day_that_can_not_carry_its_plan_is_noticed() -> None:
    assert allowance.day_fits(planned_segments=90, used_segments=0, limits=LIMITS)
    assert not allowance.day_fits(planned_segments=91, used_segments=0, limits=LIMITS)


# -- the safety rules before a send


def standing(**changes) -> holding.Standing:
    values = {
        "kind": "program",
        "not_after": None,
        "phone_state": "usable",
        "same_holder": True,
        "opted_out": False,
        "provider_blocks": False,
        "purpose_refused": False,
        "patient_died": False,
        "unread_text": False,
    }
    return holding.Standing(**(values | changes))


KINDS = ("safety", "page", "staff", "reply", "confirmation", "reminder", "program", "broadcast")


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_stop_only_its_confirmation_goes(kind: str) -> None:
    judged = holding.judge(standing(kind=kind, opted_out=True), now=NOW)

    assert isinstance(judged, holding.Go) == (kind == "confirmation")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_passes_the_provider_s_block_or_a_new_holder(kind: str) -> None:
    assert holding.judge(standing(kind=kind, provider_blocks=True), now=NOW) == holding.Dropped(
        reason="blocked"
    )
    assert holding.judge(standing(kind=kind, same_holder=False), now=NOW) == holding.Dropped(reason="holder")


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_nobody_has_read_holds_what_is_automated(kind: str) -> None:
    judged = holding.judge(standing(kind=kind, unread_text=True), now=NOW)

    assert isinstance(judged, holding.Go if kind in ("safety", "page", "staff") else holding.Stay)


@pytest.mark.parametrize(
    ("left", "seconds"),
    [(None, 36000), (40_000, 36000), (600, 600), (30, 30), (29, None), (-5, None)],
)
def test_validity_ends_with_the_window(left: int | None, seconds: int | None) -> None:
    end = None if left is None else NOW + timedelta(seconds=left)

    assert validity_seconds(now=NOW, not_after=end) == seconds


# -- settling


def test_absence_needs_looks_and_time() -> None:
    def verdict(looks: int, seconds: float, *, rule: settling.Settling = settling.OTHERS, **more) -> str:
        now = NOW + timedelta(seconds=seconds)
        given = {"sends": 1} | more
        return settling.after_looking_in_vain(started_at=NOW, now=now, looks=looks, settling=rule, **given)

    assert verdict(2, 9999) == "wait"
    assert verdict(99, 399) == "wait"
    assert verdict(3, 400) == "send_again"
    assert verdict(3, 400, sends=2) == "send_again"
    assert verdict(3, 400, sends=3) == "to_staff"
    assert verdict(2, 60, rule=settling.SAFETY) == "send_again"
    assert verdict(2, 60, sends=4, rule=settling.SAFETY) == "to_staff"
    assert verdict(99, 899, list_is_behind=True) == "wait", "a list that is behind proves nothing"
    assert verdict(99, 900, list_is_behind=True) == "to_staff"


def test_all_sends_a_text_may_have_begin_within_a_quarter_of_an_hour() -> None:
    last = (settling.OTHERS.sends - 1) * settling.OTHERS.seconds

    assert last < settling.LONGEST == 15 * 60


@pytest.mark.parametrize("rule", [settling.OTHERS, settling.SAFETY])
def test_looking_ends_within_a_quarter_of_an_hour(rule: settling.Settling) -> None:
    at, looks = NOW + timedelta(seconds=60), 0  # a worker died: its lease runs out first
    while True:
        looks += 1
        if (
            settling.after_looking_in_vain(started_at=NOW, now=at, looks=looks, sends=1, settling=rule)
            != "wait"
        ):
            break
        at = settling.next_look(looked_at=at, looks=looks, settling=rule)

    assert at - NOW < timedelta(minutes=15)


# -- which one is ours?


def listed(**changes) -> ProviderMessage:
    values = {
        "sid": "SM1",
        "direction": "outbound-api",
        "to": "+12025550143",
        "sent_from": "+12025550100",
        "status": "delivered",
        "error_code": None,
        "body": "Hello",
        "segments": 1,
        "created_at": NOW + timedelta(seconds=3),
    }
    return ProviderMessage(**(values | changes))


SOUGHT = matching.Sought(
    sender_address="+12025550100", body="Hello", segments=1, media_count=0, started_at=NOW
)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, True),
        ({"body": "Hello "}, False),
        ({"direction": "inbound"}, False),
        ({"direction": "outbound-reply"}, True),
        ({"sent_from": "+12025550101"}, False),
        ({"sent_from": "+12025550101", "service_sid": "+12025550100"}, True),
        ({"created_at": NOW - timedelta(minutes=3)}, False),
        ({"created_at": NOW - timedelta(minutes=1)}, True),
        ({"created_at": NOW + timedelta(minutes=16)}, False),
        ({"body": ""}, True),
        ({"body": "", "segments": 2}, False),
        ({"body": "", "segments": 0}, True),
        ({"body": "", "media_count": 1}, False),
    ],
)
def test_ours_is_told_by_sender_words_time_and_size(changes: dict, found: bool) -> None:
    answer = matching.match(SOUGHT, [listed(**changes)], adopted=())

    assert isinstance(answer, matching.Found) == found


def test_a_sid_that_is_somebody_s_already_is_not_adopted_twice() -> None:
    assert matching.match(SOUGHT, [listed()], adopted={"SM1"}) == matching.Absent()


def test_two_redacted_ones_are_for_a_person_to_tell_apart() -> None:
    two = [listed(sid="SM1", body=""), listed(sid="SM2", body="")]

    assert matching.match(SOUGHT, two, adopted=()) == matching.Ambiguous()
    assert isinstance(matching.match(SOUGHT, two, adopted={"SM2"}), matching.Found)
