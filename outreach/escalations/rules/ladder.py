"""Who is paged, in which order, how long each has, and in which words. No page carries patient data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.escalations.rules.clocks import Hours, next_staffed

TIERS = ("red", "orange", "yellow", "silent")
"""Gravest first."""

DANGERS = ("red", "orange")
"""Tiers that are never another team's: they stay with who looks after the patient."""

OPEN_STATES = ("raised", "acknowledged")

OUTCOMES: Mapping[str, str] = {
    "reached_patient": "Reached the patient",
    "reached_caregiver": "Reached a caregiver",
    "emergency_care": "Sent to emergency care, or 911 called",
    "visit_arranged": "Visit or call arranged",
    "advice_given": "Advice given",
    "handed_over": "Handed over to another service",
    "could_not_reach": "Could not be reached after trying",
    "not_needed": "Nothing needed doing",
}


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One step of a ladder: whom to page, and how many minutes after the step before it."""

    who: str
    """on_call | backup | everyone | operator"""
    after: int


LADDERS: Mapping[str, tuple[Rung, ...]] = {
    "red": (
        Rung(who="on_call", after=0),
        Rung(who="backup", after=5),
        Rung(who="everyone", after=5),
        Rung(who="operator", after=10),
    ),
    "orange": (
        Rung(who="on_call", after=0),
        Rung(who="backup", after=30),
        Rung(who="everyone", after=30),
        Rung(who="operator", after=60),
    ),
    # Nobody is paged at once: these start to climb when their day is over.
    "yellow": (Rung(who="on_call", after=0), Rung(who="everyone", after=120)),
    "silent": (Rung(who="on_call", after=0), Rung(who="everyone", after=120)),
}

YES = frozenset(
    {"1", "ok", "okay", "k", "yes", "y", "si", "sí", "ack", "got it", "on it", "mine", "me", "done"}
)


def rung_at(tier: str, step: int) -> Rung | None:
    """Return a tier's rung, None above the ladder's end."""
    ladder = LADDERS[tier]
    return ladder[step] if step < len(ladder) else None


def wait_for(tier: str, step: int) -> timedelta | None:
    """Return how long the people of the step before it have, None if there is no such step."""
    rung = rung_at(tier, step)
    return None if rung is None else timedelta(minutes=rung.after)


def first_step_at(tier: str, *, raised_at: datetime, due: datetime, hours: Hours) -> datetime:
    """Return when the ladder starts: RED at once, whatever the hour; ORANGE when somebody is there.

    YELLOW and SILENT are on a list, and climb when their day has passed.
    """
    if tier == "red":
        return raised_at
    if tier == "orange":
        return next_staffed(hours, at=raised_at)
    return due


def graver(one: str, other: str) -> bool:
    """Say whether a tier is graver than another."""
    return TIERS.index(one) < TIERS.index(other)


PAGES = {
    "en": ("{clinic}: {alert} for {team}. Open the inbox now. Reply 1 to take it.", "{tier} alert"),
    "es": ("{clinic}: {alert} para {team}. Abra la bandeja ahora. Responda 1 para tomarla.", "ALERTA {tier}"),
}
PAGES_TO_PASS_ON = {
    "en": "{clinic}: {alert} for {team}. Nobody has taken it. Reach a nurse or lead of the team now.",
    "es": "{clinic}: {alert} para {team}. Nadie la tiene. Llame ya a un enfermero o jefe del equipo.",
}
"""For operators, who see no patient and so can't take it."""
NOT_TAKEN = {
    "en": "{clinic}: The {alert} for {team} is still open: a nurse or lead must take it. Reach one now.",
    "es": "{clinic}: La {alert} para {team} sigue abierta: debe tomarla un enfermero o jefe. Llame ya.",
}
TAKEN = {
    "en": (
        "{clinic}: The {alert} for {team} is yours. Open the inbox now.",
        " {more} more: reply 1 for the next.",
    ),
    "es": (
        "{clinic}: La {alert} para {team} es suya. Abra la bandeja ahora.",
        " Quedan {more}: responda 1 para otra.",
    ),
}
PAGE_TIERS = {"es": {"red": "ROJA", "orange": "NARANJA", "yellow": "AMARILLA", "silent": "POR SILENCIO"}}
"""No accents: each letter is of GSM-7, so that a page stays one segment."""


def page_text(*, clinic: str, team: str, tier: str, language: str = "en", takes: bool = True) -> str:
    """Return the words of a page: that somebody is needed, where, and how to take it. No patient, no
    topic. In the language its reader has chosen for the inbox. Who may not take it is asked to reach who may.
    """
    whole = PAGES.get(language, PAGES["en"])[0] if takes else _of(PAGES_TO_PASS_ON, language)
    return whole.format(clinic=clinic, team=team, alert=_alert(tier, language))


def not_taken_text(*, clinic: str, team: str, tier: str, language: str = "en") -> str:
    """Return what somebody is told who answered a page and may not act on it: it is still open."""
    return _of(NOT_TAKEN, language).format(clinic=clinic, team=team, alert=_alert(tier, language))


def _of(words: Mapping[str, str], language: str) -> str:
    return words.get(language, words["en"])


def _alert(tier: str, language: str) -> str:
    named = PAGE_TIERS.get(language, {}).get(tier, tier.upper())
    return PAGES.get(language, PAGES["en"])[1].format(tier=named)


def taken_text(*, clinic: str, team: str, tier: str, more: int, language: str = "en") -> str:
    """Return what a colleague is told who has taken a page: that it counted, and how many they were paged
    about wait yet.
    """
    whole, left = TAKEN.get(language, TAKEN["en"])
    said = whole.format(clinic=clinic, team=team, alert=_alert(tier, language))
    return said + (left.format(more=more) if more else "")


def trouble_text(*, clinic: str, label: str, code: int, stopped: bool) -> str:
    """Return the words that tell an operator of trouble with our account. No patient, no text."""
    what = "is stopped, its texts wait" if stopped else "has trouble"
    return f"{clinic}: the sender {label} {what} (error {code}). Look at Set-up or run outreach doctor."


def is_acknowledgment(body: str) -> bool:
    """Say whether a reply to a page takes it. Anything else leaves the ladder climbing."""
    return body.strip().strip(".!").casefold() in YES
