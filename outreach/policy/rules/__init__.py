"""May we, should we, when? One pure function from facts to a decision, on grounds that `outreach.why` words.

`judge` decides and `decide` leaves no receipt, `merge` makes one text of several that are due together.
"""

from outreach.policy.rules.facts import (
    KINDS,
    RULES_VERSION,
    Contacted,
    Decision,
    Facts,
    TraceLine,
)
from outreach.policy.rules.grounds import GROUNDS, Ground
from outreach.policy.rules.hours import local_day, next_allowed, window, zone_of
from outreach.policy.rules.judge import counts, decide, judge
from outreach.policy.rules.merge import Merged, Part, merge, precedence

__all__ = [
    "GROUNDS",
    "KINDS",
    "RULES_VERSION",
    "Contacted",
    "Decision",
    "Facts",
    "Ground",
    "Merged",
    "Part",
    "TraceLine",
    "counts",
    "decide",
    "judge",
    "local_day",
    "merge",
    "next_allowed",
    "precedence",
    "window",
    "zone_of",
]
