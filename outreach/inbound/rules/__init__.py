"""Pure rules for what came in: `precedence` decides what a text sets going, `words` holds what we say
back.
"""

from outreach.inbound.rules.candidates import candidates, is_late
from outreach.inbound.rules.courtesy import asks_who, is_courtesy
from outreach.inbound.rules.naming import named_in
from outreach.inbound.rules.precedence import (
    LONGEST_ADDRESS,
    WHICH,
    Candidate,
    ConsentChange,
    Plan,
    Situation,
    consent_change,
    decide,
    pick_team,
    provider_helps,
    provider_starts,
    provider_stops,
    to_triage,
    value_of,
    waits_in_silence,
)
from outreach.inbound.rules.words import reply_text, safety_text

__all__ = (
    "LONGEST_ADDRESS",
    "WHICH",
    "Candidate",
    "ConsentChange",
    "Plan",
    "Situation",
    "asks_who",
    "candidates",
    "consent_change",
    "decide",
    "is_courtesy",
    "is_late",
    "named_in",
    "pick_team",
    "provider_helps",
    "provider_starts",
    "provider_stops",
    "reply_text",
    "safety_text",
    "to_triage",
    "value_of",
    "waits_in_silence",
)
