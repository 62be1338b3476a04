"""Pure rules for what came in: `precedence` decides what a text sets going, `words` holds what we say
back.
"""

from outreach.inbound.rules.candidates import asked_of, candidates, current_of, is_late
from outreach.inbound.rules.courtesy import asks_who, is_courtesy
from outreach.inbound.rules.naming import about_whom, named_in, without_names
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
from outreach.inbound.rules.told import as_of_then, tells_own_value
from outreach.inbound.rules.words import reply_text, safety_text

__all__ = (
    "LONGEST_ADDRESS",
    "WHICH",
    "Candidate",
    "ConsentChange",
    "Plan",
    "Situation",
    "about_whom",
    "as_of_then",
    "asked_of",
    "asks_who",
    "candidates",
    "consent_change",
    "current_of",
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
    "tells_own_value",
    "to_triage",
    "value_of",
    "waits_in_silence",
    "without_names",
)
