"""Why a contact came when it did: its planned hour, and what moved it from there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from outreach.kernel.said import Said
from outreach.policy.queries import Receipt
from outreach.touchpoints.commands.plans import SPREAD_TO, WAITED
from outreach.touchpoints.queries import TouchpointView
from outreach.touchpoints.rules.timing import UNKNOWN_ZONE, Late, local_moment
from outreach.touchpoints.rules.together import GOES_WITH, WAITS_FOR
from outreach.why.moments import date_of, moment

ZONES = {
    "address": "Planned for %(day)s at %(time)s where they live (%(zone)s, from their address).",
    "stated": "Planned for %(day)s at %(time)s where they live (%(zone)s, as they told us).",
    "facility": "Planned for %(day)s at %(time)s where they live (%(zone)s, the clinic's).",
}
UNKNOWN_PLACE = (
    "Planned for %(day)s at %(time)s (%(zone)s: where they live is not known, Eastern is assumed)."
)
WAITS = {
    WAITS_FOR: "It waited from %(when)s: another question was open on this phone, one at a time.",
    GOES_WITH: "It waited from %(when)s, to go with another text of these days.",
}
AT_ONCE = timedelta(minutes=15)
"""What is tried so soon after its hour was not late: contacts of one minute take turns."""


def told(
    one: TouchpointView, *, zone: str, zone_source: str | None, receipts: Iterable[Receipt]
) -> Iterable[str]:
    """Tell when a contact was planned for, and why it came later than that, as far as it is known."""
    yield Said(
        ZONES.get(zone_source or "", UNKNOWN_PLACE),
        day=date_of(one.local_day),
        time=one.local_time,
        zone=zone,
    )
    if "retimed_at" in one.why:
        yield Said(
            "It had been planned in the time of %(before)s. Their zone changed on %(when)s: it moved along.",
            before=str(one.why["zone_was"]) or UNKNOWN_ZONE,
            when=moment(datetime.fromisoformat(str(one.why["retimed_at"])), zone),
        )
    if SPREAD_TO in one.why:
        yield Said(
            "Many were planned for that minute, so it was moved to %(when)s.",
            when=moment(datetime.fromisoformat(str(one.why[SPREAD_TO])), zone),
        )
    waited = one.why.get(WAITED)
    since = datetime.fromisoformat(str(waited["since"])) if waited else None
    if _was_late(one, zone, [since, *(receipt.at for receipt in receipts)]):
        yield "Its hour was over when it could first go; its step goes late, as soon as texts may arrive."
    if waited and since and waited["for"] in WAITS:
        yield Said(WAITS[waited["for"]], when=moment(since, zone))


def _was_late(one: TouchpointView, zone: str, tried: Iterable[datetime | None]) -> bool:
    first = min((at for at in tried if at is not None), default=None)
    if first is None or one.why.get("late") != Late.NEXT_WINDOW or "retimed_at" in one.why:
        return False
    return first > local_moment(one.local_day, time.fromisoformat(one.local_time), zone) + AT_ONCE
