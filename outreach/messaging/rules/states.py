"""States of a text and ranks of what the provider says: both only ever go up.

Sources: the provider's Message resource (enumeration of `status`) and its note that status callbacks come
"with no guarantee that requests arrive in the order they were sent".
"""

from __future__ import annotations

PROVIDER_RANK = {
    "scheduled": 1,
    "accepted": 2,
    "queued": 3,
    "sending": 4,
    "partially_delivered": 5,
    "sent": 5,
    "delivered": 6,
    "undelivered": 6,
    "failed": 6,
    "canceled": 6,
    "read": 7,
}
FINAL_RANK = 6

STATE_RANK = {
    "queued": 0,
    "sending": 1,
    "in_doubt": 2,
    "accepted": 3,
    "sent": 4,
    "delivered": 5,
    "undelivered": 5,
    "failed": 5,
    "canceled": 5,
    "expired": 5,
}
"""Of a message. Only a new attempt of ours may take it from a higher one back to `queued`."""

_STATE_OF = {
    "scheduled": "accepted",
    "accepted": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "partially_delivered": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "canceled",
}

FAILURES = frozenset({"undelivered", "failed"})
IN_FLIGHT = ("sending", "in_doubt", "accepted", "sent")


def provider_rank(status: str) -> int:
    """Return how far along a provider's status is; 0 for a word we don't know, which changes nothing."""
    return PROVIDER_RANK.get(status, 0)


def state_of(status: str) -> str:
    """Return the state of a message whose attempt the provider reports as `status`."""
    return _STATE_OF.get(status, "accepted")


def is_final(status: str) -> bool:
    """Return whether the provider will say nothing more of importance."""
    return provider_rank(status) >= FINAL_RANK
