"""Verbs of planned contacts: plan, drop, take their turn, let go."""

from outreach.touchpoints.commands.going import answered_on, destination, read_on, read_there, went_to
from outreach.touchpoints.commands.moving import retime
from outreach.touchpoints.commands.pauses import skip_overslept
from outreach.touchpoints.commands.plans import (
    Plan,
    TooLateToSkip,
    TooLateToTakeBack,
    drop,
    hand_over,
    keep_only,
    mark_answered,
    plan,
    plan_again,
    put_off,
    release,
    skip,
    skip_by_staff,
    waiting,
)
from outreach.touchpoints.commands.recalling import drop_repeated
from outreach.touchpoints.commands.staffing import release_for_staff
from outreach.touchpoints.commands.turns import Claimed, Shown, Source, claim, send, take_turn

__all__ = [
    "Claimed",
    "Plan",
    "Shown",
    "Source",
    "TooLateToSkip",
    "TooLateToTakeBack",
    "answered_on",
    "claim",
    "destination",
    "drop",
    "drop_repeated",
    "hand_over",
    "keep_only",
    "mark_answered",
    "plan",
    "plan_again",
    "put_off",
    "read_on",
    "read_there",
    "release",
    "release_for_staff",
    "retime",
    "send",
    "skip",
    "skip_by_staff",
    "skip_overslept",
    "take_turn",
    "waiting",
    "went_to",
]
