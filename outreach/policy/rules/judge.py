"""The decision: every rule is asked, in one order; the first that objects decides.

Where rules only ask to wait, the time is the first at which all of them are content. `decide` decides,
`judge` adds the line that each rule leaves on the receipt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from outreach.kernel.clock import on_the_minute
from outreach.policy.rules import budget, hours, told, verdicts
from outreach.policy.rules.facts import UNASKED, Decision, Facts, TraceLine
from outreach.policy.rules.verdicts import Rule, any_hour, is_held, is_unstaffed

TRY_AGAIN = timedelta(minutes=15)
"""How long a text waits before a pause or a stopped sender is asked about again."""
TRY_STAFF_AGAIN = timedelta(hours=1)
MOST_STEPS = 40
FINE = frozenset({"pass", "bypass"})
RULES: tuple[tuple[str, Rule, Callable[[Facts], told.Told]], ...] = (
    ("patient", verdicts.patient, told.patient),
    ("phone", verdicts.phone, told.phone),
    ("consent", verdicts.consent, told.consent),
    ("stale", verdicts.stale, told.stale),
    ("paused", verdicts.paused, told.paused),
    ("quiet_hours", verdicts.quiet_hours, told.quiet_hours),
    ("budget", verdicts.in_budget, told.in_budget),
    ("conversation", verdicts.conversation, told.conversation),
    ("staffing", verdicts.staffing, told.staffing),
    ("sender", verdicts.sender, told.sender),
    ("loop", verdicts.loop, told.loop),
)
"""In the order they are asked: name, what it says, and what the receipt tells beside it."""
ASKED = tuple((name, rule) for name, rule, _ in RULES)
ALL_CLEAR = Decision(outcome="send", rule="all_clear")


def judge(facts: Facts) -> Decision:
    """Return what to do with a text, until when to wait, and every rule's line, by the facts alone."""
    decision = decide(facts)
    lines = {name: _line(facts, name, rule, tell) for name, rule, tell in RULES}
    if decision.rule == "stale" and lines["stale"].verdict in FINE:
        lines["stale"] = _waits_too_long(facts)
    return replace(decision, trace=tuple(lines.values()))


def decide(facts: Facts) -> Decision:
    """Return what `judge` returns, without the lines of the receipt: for whoever reads none."""
    objection = _objection(facts)
    if objection is None:
        return ALL_CLEAR
    rule, verdict = objection
    if verdict != "defer":
        return Decision(outcome=verdict, rule=rule)
    until = _earliest(facts, looked_for_to=facts.not_after)
    if until is None or (facts.not_after is not None and until > facts.not_after):
        return Decision(outcome="suppress", rule="stale")
    return Decision(outcome="defer", rule=rule, until=until)


def counts(facts: Facts) -> int:
    """Return 1 if a text counts against the contact budget, 0 if it is free."""
    if facts.kind not in UNASKED or facts.free or budget.is_reserved(facts):
        return 0
    return 1


def _objection(facts: Facts) -> tuple[str, str] | None:
    """Return the first rule that objects, and its verdict; None if none does.

    Only what might go by itself may go along with another text: any other objection comes before a merge.
    """
    merges = None
    for name, rule in ASKED:
        verdict = rule(facts)[0]
        if verdict in FINE:
            continue
        if verdict != "merge":
            return name, verdict
        merges = merges or (name, verdict)
    return merges


def _line(facts: Facts, name: str, rule: Rule, tell: Callable[[Facts], told.Told]) -> TraceLine:
    verdict, ground = rule(facts)
    return TraceLine(rule=name, verdict=verdict, ground=ground, data=tell(facts))


def _waits_too_long(facts: Facts) -> TraceLine:
    """Return the line of a text that might go by its age, yet would have to wait until it is of no use."""
    objection = _objection(facts)
    data = {
        "because": objection and objection[0],
        "not_after": told.text(facts.not_after),
        "until": told.text(_earliest(facts)),
    }
    return TraceLine(rule="stale", verdict="suppress", ground="waits_too_long", data=data)


def _earliest(facts: Facts, *, looked_for_to: datetime | None = None) -> datetime | None:
    """Return the first moment, at or after the present, at which no rule asks to wait any longer.

    If it can't come before `looked_for_to` has passed, some moment after that.
    """
    at: datetime | None = facts.now
    if facts.kind in UNASKED and (facts.paused or facts.sender_stopped):
        at = on_the_minute(facts.now) + TRY_AGAIN
    for _ in range(MOST_STEPS):
        if at is None:
            return None
        before = at
        at = _after_holds(facts, at)
        if looked_for_to is not None and at > looked_for_to:
            return at
        at = at if any_hour(facts, at) else hours.next_allowed(facts, at)
        if at is not None and facts.kind in UNASKED and facts.merge_into is None:
            at = budget.next_day_with_room(facts, at)
        if at == before:
            return at
    return None


def _after_holds(facts: Facts, at: datetime) -> datetime:
    if is_held(facts, at) and facts.hold_until is not None:
        at = facts.hold_until
    if is_unstaffed(facts, at):
        known = facts.staffed_from is not None and facts.staffed_from > facts.now
        staffed = (
            facts.staffed_from if known and facts.staffed_from else on_the_minute(facts.now) + TRY_STAFF_AGAIN
        )
        at = max(at, staffed)
    return at
