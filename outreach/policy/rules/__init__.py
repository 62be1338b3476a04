"""May we, should we, when? One pure function from facts to a decision, and its words for people.

`judge` decides, `explain` says it in sentences, `merge` makes one text of several that are due together.
"""

from outreach.policy.rules.explain import explain
from outreach.policy.rules.facts import (
    KINDS,
    RULES_VERSION,
    Contacted,
    Decision,
    Facts,
    TraceLine,
)
from outreach.policy.rules.hours import local_day, next_allowed, window, zone_of
from outreach.policy.rules.judge import counts, judge
from outreach.policy.rules.merge import Merged, Part, merge, precedence

__all__ = [
    "KINDS",
    "RULES_VERSION",
    "Contacted",
    "Decision",
    "Facts",
    "Merged",
    "Part",
    "TraceLine",
    "counts",
    "explain",
    "judge",
    "local_day",
    "merge",
    "next_allowed",
    "precedence",
    "window",
    "zone_of",
]
