"""The words a provider acts on by itself (facts: default opt-out keywords of long codes)."""

from __future__ import annotations

from typing import Literal

Keyword = Literal["STOP", "START", "HELP"]

_WORDS: dict[str, Keyword] = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), "STOP"),
    **dict.fromkeys(("START", "YES", "UNSTOP"), "START"),
    **dict.fromkeys(("HELP", "INFO"), "HELP"),
}

REPLIES: dict[Keyword, str] = {
    "STOP": "You are unsubscribed and will get no more texts from us. Reply START to get them again.",
    "START": "You are subscribed again to texts from this number. Reply HELP for help, STOP to end.",
    "HELP": "Reply STOP to unsubscribe. Message and data rates may apply.",
}


def keyword(body: str) -> Keyword | None:
    """Return what the provider does about this text: only one exact word acts, whatever its case."""
    return _WORDS.get(body.strip().upper())
