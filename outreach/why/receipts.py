"""A receipt of the policy in sentences that staff can read out. Rules keep codes; the words are here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from outreach.kernel.said import Said
from outreach.policy import rules
from outreach.policy.rules import Decision, Facts, Ground, TraceLine, hours
from outreach.why.moments import date_of

GROUNDS: Mapping[Ground, str] = {
    "answered": "somebody wrote or a person writes: they are answered",
    "deceased": "the patient has died",
    "hospice": "the patient is in hospice care",
    "readmitted": "the patient is back in hospital",
    "at_home": "the patient is at home",
    "in_use": "the number is in use",
    "wrong_person": "the number turned out to be somebody else's and is in quarantine",
    "deactivated": "the number was switched off",
    "unreachable": "the number can't be reached",
    "pager": "a pager is not a patient's phone",
    "agreed": "they agreed to texts of this kind",
    "wrote_first": "they wrote first: an answer is what they asked for",
    "opted_out": "they opted out of texts",
    "provider_blocked": "the carrier side refuses texts to this number: they opted out there",
    "refused": "they do not want texts of this kind",
    "not_their_phone": "this number is not, or not any more, this patient's",
    "no_basis": "nothing on file allows texting them for this purpose",
    "no_basis_setting": "this deployment has not said on what basis it texts people for this purpose",
    "carrier_confirms": "the carrier side refuses texts to this number, and confirms by itself",
    "confirmed_already": "the opt-out was confirmed already; there is one confirmation",
    "too_late_to_confirm": "it is too late to confirm the opt-out",
    "may_confirm": "one confirmation of an opt-out is allowed within five minutes",
    "of_use": "it is still of use",
    "too_late": "it is too late for what it says",
    "waits_too_long": "it would have to wait (%(reason)s) until it is too late for what it says",
    "nothing_paused": "nothing is paused",
    "never_paused": "a pause does not hold up answers and people",
    "all_paused": "all automated texts are paused",
    "team_paused": "the team's automated texts are paused",
    "program_paused": "the program is paused",
    "sender_paused": "the sender's automated texts are paused",
    "person_decides": "a person decides when to write; hours are shown to them",
    "just_wrote": "it answers somebody who has just written",
    "within_hours": "it is within the hours in which texts may arrive",
    "outside_hours": "it is %(clock)s where the patient is; texts may arrive %(opens)s to %(closes)s",
    "no_hours_today": "it is %(clock)s where the patient is; no texts may arrive today",
    "outside_hours_east": (
        "it is %(clock)s in the East (the patient's time zone is not known); "
        "texts may arrive %(opens)s to %(closes)s"
    ),
    "no_hours_today_east": (
        "it is %(clock)s in the East (the patient's time zone is not known); no texts may arrive today"
    ),
    "not_counted": "only automated texts nobody asked for count",
    "carried": "it is due together with another text, which carries its words",
    "over_ceiling": (
        "it would have been the %(nth)s text of any kind today; no phone gets more than %(limit)s"
    ),
    "follow_up": "a follow-up to an answer is free",
    "own_rhythm": "the program's own rhythm was agreed on enrollment",
    "over_day": "it would have been the %(nth)s automated text today; the limit is %(limit)s",
    "over_week": "it would have been the %(nth)s automated text within seven days; the limit is %(limit)s",
    "fewer_over_day": (
        "it would have been the %(nth)s automated text today; "
        "the limit is %(limit)s (the patient asked for fewer texts)"
    ),
    "fewer_over_week": (
        "it would have been the %(nth)s automated text within seven days; "
        "the limit is %(limit)s (the patient asked for fewer texts)"
    ),
    "room": "there is room in the contact budget",
    "nobody_talks": "nobody is talking just now",
    "talking": "a person and the patient are in the middle of talking",
    "nobody_rostered": "it asks something clinical, and nobody is rostered to read the answer",
    "somebody_there": "somebody is there for the answer",
    "nobody_needed": "it needs nobody to be there",
    "sender_works": "the sender works",
    "sender_stopped": "the sender is stopped",
    "sender_stopped_waiting": "the sender is stopped, and somebody is waiting: call them",
    "no_automatic_reply": "it is no automatic reply",
    "in_circles": "this phone got %(sent)s automatic replies within an hour: a person should look",
    "not_in_circles": "replies are not going in circles",
}
"""Every ground as a clause that stands after a colon."""
OUTCOMES = {
    "send": "Sent: no rule spoke against it.",
    "defer": "Not sent: %(reason)s.",
    "merge": "Not sent by itself: %(reason)s.",
    "ask_human": "Not sent, a person is asked instead: %(reason)s.",
    "suppress": "Not sent: %(reason)s.",
}
ALSO = "Also: %(reason)s."
DUE = (
    ("Due the same day at %(time)s instead.", "Due the same day at %(time)s Eastern time instead."),
    ("Due the next day at %(time)s instead.", "Due the next day at %(time)s Eastern time instead."),
    (
        "Due on %(date)s at %(time)s instead.",
        "Due on %(date)s at %(time)s Eastern time instead.",
    ),
)
"""By how far off it is, and whether it is the patient's own clock."""
ORDINALS = {0: "%(number)sth", 1: "%(number)sst", 2: "%(number)snd", 3: "%(number)srd"}
TELLS_WAIVED = ("quiet_hours", "paused")
FINE = ("pass", "bypass")


class Explained(Protocol):
    """A stored receipt, or anything else that holds facts and what was decided on them."""

    @property
    def facts(self) -> Facts:
        """What the decision was made from."""
        ...

    @property
    def decision(self) -> Decision:
        """What was decided."""
        ...


def explain(receipt: Explained) -> list[str]:
    """Return why a text went, waited or didn't, in plain sentences, the most important first."""
    facts, decision = receipt.facts, receipt.decision
    lines = {line.rule: line for line in _lines(receipt)}
    if decision.outcome == "send":
        waived = (lines[rule] for rule in TELLS_WAIVED if rule in lines)
        also = [line for line in waived if line.verdict == "bypass"]
        return [OUTCOMES["send"], *_also(also, lines)]
    deciding = lines[decision.rule]
    told = [Said(OUTCOMES[decision.outcome], reason=_reason(deciding, lines))]
    if decision.outcome in ("defer", "suppress"):
        within = deciding.data.get("because")
        others = (line for line in lines.values() if line.rule not in (decision.rule, within))
        told += _also((line for line in others if line.verdict not in FINE), lines)
    if decision.outcome == "defer" and decision.until is not None:
        told.append(_due(facts, decision.until))
    return list(told)


def _lines(receipt: Explained) -> Iterable[TraceLine]:
    """Return the trace; one that was kept in words is made again, which agrees while its rules are ours."""
    facts, decision = receipt.facts, receipt.decision
    if decision.rules_version == rules.RULES_VERSION and any(line.ground is None for line in decision.trace):
        again = rules.judge(facts)
        if (again.outcome, again.rule, again.until) == (decision.outcome, decision.rule, decision.until):
            return again.trace
    return decision.trace


def _also(lines: Iterable[TraceLine], known: Mapping[str, TraceLine]) -> Iterator[Said]:
    for line in lines:
        yield Said(ALSO, reason=_reason(line, known))


def _reason(line: TraceLine, known: Mapping[str, TraceLine]) -> str:
    if line.ground is None:
        return line.told[:1].lower() + line.told[1:].rstrip(".")
    if line.ground == "waits_too_long":
        return Said(GROUNDS[line.ground], reason=_reason(known[str(line.data["because"])], known))
    values = VALUES.get(line.rule)
    return Said(GROUNDS[line.ground], **(values(line) if values else {}))


def _hours(line: TraceLine) -> dict[str, Any]:
    span = line.data["window"] or ("", "")
    return {"clock": str(line.data["clock"]).split()[-1], "opens": span[0], "closes": span[1]}


def _budget(line: TraceLine) -> dict[str, Any]:
    count, limit = COUNTED.get(str(line.ground), ("", ""))
    return {"nth": ordinal(line.data[count] + 1), "limit": line.data[limit]} if count else {}


def _loop(line: TraceLine) -> dict[str, Any]:
    return {"sent": line.data["within_an_hour"]} if "within_an_hour" in line.data else {}


COUNTED = {
    "over_ceiling": ("sent_today", "ceiling"),
    "over_day": ("counted_today", "per_day"),
    "over_week": ("counted_week", "per_week"),
    "fewer_over_day": ("counted_today", "per_day"),
    "fewer_over_week": ("counted_week", "per_week"),
}
VALUES: Mapping[str, Callable[[TraceLine], dict[str, Any]]] = {
    "quiet_hours": _hours,
    "budget": _budget,
    "loop": _loop,
}


def ordinal(number: int) -> Said:
    """Return "1st", "2nd", "3rd", "4th" and so on."""
    last = 0 if 10 <= number % 100 <= 20 else number % 10
    return Said(ORDINALS.get(last, ORDINALS[0]), number=number)


def _due(facts: Facts, until: datetime) -> Said:
    then, today = hours.local(facts, until), hours.local(facts, facts.now).date()
    days = (then.date() - today).days
    patterns = DUE[min(days, len(DUE) - 1)]
    on = {"date": date_of(then)} if days > 1 else {}
    return Said(patterns[0 if facts.zone else 1], time=hours.clock(then), **on)
