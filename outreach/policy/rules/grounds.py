"""On what ground a rule says what it says: codes that a receipt keeps; `outreach.why` has the words."""

from __future__ import annotations

from typing import Literal, get_args

Ground = Literal[
    # patient
    "answered",
    "deceased",
    "hospice",
    "readmitted",
    "at_home",
    # phone
    "in_use",
    "wrong_person",
    "deactivated",
    "unreachable",
    # consent
    "pager",
    "agreed",
    "wrote_first",
    "opted_out",
    "provider_blocked",
    "refused",
    "not_their_phone",
    "no_basis",
    "no_basis_setting",
    "carrier_confirms",
    "confirmed_already",
    "too_late_to_confirm",
    "may_confirm",
    # stale
    "of_use",
    "too_late",
    "waits_too_long",
    # paused
    "nothing_paused",
    "never_paused",
    "all_paused",
    "team_paused",
    "program_paused",
    "sender_paused",
    # quiet_hours
    "person_decides",
    "just_wrote",
    "within_hours",
    "outside_hours",
    "no_hours_today",
    "outside_hours_east",
    "no_hours_today_east",
    # budget
    "not_counted",
    "carried",
    "over_ceiling",
    "follow_up",
    "own_rhythm",
    "over_day",
    "over_week",
    "fewer_over_day",
    "fewer_over_week",
    "room",
    # conversation
    "nobody_talks",
    "talking",
    # staffing
    "nobody_rostered",
    "somebody_there",
    "nobody_needed",
    # sender
    "sender_works",
    "sender_stopped",
    "sender_stopped_waiting",
    # loop
    "no_automatic_reply",
    "in_circles",
    "not_in_circles",
]
"""The East stands in where the patient's zone is not known."""
GROUNDS: tuple[Ground, ...] = get_args(Ground)
