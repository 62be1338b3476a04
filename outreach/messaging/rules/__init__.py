"""Pure rules of messaging: requests, states, errors, retries, settling, allowances. See each module."""

from outreach.messaging.rules.errors import ErrorCode, classify
from outreach.messaging.rules.request import (
    UNASKED,
    Anchor,
    AskHuman,
    Deferred,
    Outcome,
    Queued,
    Suppressed,
    TextEmpty,
    TextRequest,
    TextTooLong,
    Wording,
    wording,
)
from outreach.messaging.rules.settling import Settling, SettlingRules
from outreach.messaging.rules.states import FAILURES, IN_FLIGHT, STATE_RANK, provider_rank, state_of

__all__ = [
    "FAILURES",
    "IN_FLIGHT",
    "STATE_RANK",
    "UNASKED",
    "Anchor",
    "AskHuman",
    "Deferred",
    "ErrorCode",
    "Outcome",
    "Queued",
    "Settling",
    "SettlingRules",
    "Suppressed",
    "TextEmpty",
    "TextRequest",
    "TextTooLong",
    "Wording",
    "classify",
    "provider_rank",
    "state_of",
    "wording",
]
