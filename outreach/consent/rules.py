"""Who may be texted, and how we know. Pure: the three states follow from the ledger and nothing else.

Three states, kept apart because they end differently. The phone's opt-out belongs to one holder of a number
and never expires (Virginia SB 1339 asks for 10 years). The person's preference follows them to a new number.
The provider's block is what the carrier side enforces whatever we think (Twilio error 21610).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

import yaml

PURPOSES = ("care", "reminders")
ALL = "all"
HOWS = ("text", "provider", "staff", "caregiver", "registration", "import", "database")
BASES = ("registration", "opt_in_text", "staff_documented")
EXPLICIT = ("opt_in_text", "staff_documented")
"""Bases that rest on something the person did, and may therefore undo a refusal of theirs."""
SETTINGS = ("registration", "opt_in")
"""What the deployment's `basis` setting of a purpose may say: a number given at registration is enough, or
only the person's own opt-in is."""
FORMER_WORDS = {"opt_in_text": "opt_in"}
"""What `outreach init` once wrote for a setting, and what it meant."""
CONFIRM_WITHIN = timedelta(minutes=5)
"""One confirmation of an opt-out is covered if sent this soon: 47 CFR 64.1200(a)(12)."""
OPT_IN_WORDS = frozenset(
    ("start", "unstop", "resume", "subscribe", "opt in", "optin", "comenzar", "iniciar", "reanudar")
)
"""What reverses an opt-out when it stands alone. YES does not: it answers a question."""


_LETTERS = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What people are told about unencrypted texts, in one language."""

    version: str
    language: str
    words: str


def warning(language: str) -> Wording:
    """Return what to tell somebody before they choose, in their language or else in English."""
    found = _wording()
    chosen = language if language in found["warning"] else "en"
    return Wording(version=str(found["version"]), language=chosen, words=found["warning"][chosen].strip())


@cache
def _wording() -> Mapping[str, Any]:
    told: Mapping[str, Any] = yaml.safe_load(
        (resources.files("outreach.consent") / "wording.yaml").read_text(encoding="utf-8")
    )
    return told


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Whether a phone may get a text about a patient for a purpose, and what that rests on."""

    allowed: bool
    reason: str
    """ok | opted_out | provider_blocked | refused | not_their_phone | no_basis | no_basis_setting"""
    opted_out_at: datetime | None
    provider_blocked: bool
    basis: str | None
    epoch: int
    phone_state: str
    confirmed_at: datetime | None
    """When the opt-out was confirmed to the phone."""

    @property
    def answerable(self) -> bool:
        """Whether somebody who has just written may be answered: they asked, so that needs no other basis."""
        return self.opted_out_at is None and not self.provider_blocked

    @property
    def may_confirm(self) -> bool:
        """Whether the one confirmation of an opt-out is still to be sent (its time limit apart)."""
        return self.opted_out_at is not None and self.confirmed_at is None and not self.provider_blocked


def stand(
    *,
    purpose: str,
    opted_out_at: datetime | None,
    provider_blocked: bool,
    linked: bool,
    refused: bool,
    basis: str | None,
    settings: Mapping[str, Any],
    epoch: int,
    phone_state: str,
    confirmed_at: datetime | None,
) -> Standing:
    """Weigh the three states and the deployment's setting. Without a setting for the purpose: nobody."""
    reason = _reason(
        opted_out=opted_out_at is not None,
        provider_blocked=provider_blocked,
        refused=refused,
        linked=linked,
        basis=basis,
        setting=setting_of(settings, purpose),
    )
    return Standing(
        allowed=reason == "ok",
        reason=reason,
        opted_out_at=opted_out_at,
        provider_blocked=provider_blocked,
        basis=basis,
        epoch=epoch,
        phone_state=phone_state,
        confirmed_at=confirmed_at,
    )


def _reason(
    *, opted_out: bool, provider_blocked: bool, refused: bool, linked: bool, basis: str | None, setting: str
) -> str:
    enough = EXPLICIT if setting == "opt_in" else BASES
    checks = (
        ("opted_out", opted_out),
        ("provider_blocked", provider_blocked),
        ("refused", refused),
        ("not_their_phone", not linked),
        ("no_basis_setting", setting not in SETTINGS),
        ("no_basis", basis not in enough),
    )
    return next((reason for reason, applies in checks if applies), "ok")


def setting_of(settings: Mapping[str, Any], purpose: str) -> str:
    """Return what the deployment says for a purpose: one of SETTINGS, else nobody is texted for it."""
    said = str((settings.get("basis") or {}).get(purpose) or "")
    return FORMER_WORDS.get(said, said)


def of_one_person(wishes: Iterable[tuple[str, ...]]) -> str | None:
    """Return what one person wants by the (state, basis) of each row merged into them, in order of writing.

    That is "refused", the basis on which they may be texted, or None. What one row's person refused, only
    something they did later undoes; that another row's number was once registered does not.
    """
    wish: str | None = None
    for state, basis in wishes:
        if state == "refused":
            wish = "refused"
        elif basis in EXPLICIT or wish is None:
            wish = basis
    return wish


def is_start(words: str) -> bool:
    """Return whether a text is an opt-in word and nothing else."""
    return " ".join(_LETTERS.findall(words.lower())) in OPT_IN_WORDS


def basis_of(how: str) -> str:
    """Return the basis that an event of this origin gives."""
    return {"text": "opt_in_text", "provider": "opt_in_text", "staff": "staff_documented"}.get(
        how, "registration"
    )


def purposes_of(purpose: str) -> tuple[str, ...]:
    """Return the purposes an event is about: "all" is each of them."""
    return PURPOSES if purpose == ALL else (purpose,)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the ledger, as deriving needs it."""

    id: UUID
    kind: str
    purpose: str
    how: str
    phone_id: UUID
    epoch: int
    patient_id: UUID | None
    sender_id: UUID | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Preference:
    """What a person wants for one purpose."""

    state: str
    basis: str
    event_id: UUID


@dataclass(kw_only=True)
class States:
    """The three states, as they follow from a ledger."""

    opt_outs: dict[tuple[UUID, int], tuple[datetime | None, UUID]] = field(default_factory=dict)
    """(phone, epoch) -> (opted out since or None, the event)"""
    confirmed: dict[tuple[UUID, int], datetime] = field(default_factory=dict)
    """(phone, epoch) -> when the opt-out in force was confirmed"""
    blocks: dict[tuple[UUID, UUID], tuple[datetime | None, UUID]] = field(default_factory=dict)
    """(phone, sender) -> (blocked since or None, the event)"""
    preferences: dict[tuple[UUID, str], Preference] = field(default_factory=dict)
    warned: dict[UUID, datetime] = field(default_factory=dict)


def derive(ledger: Iterable[Entry]) -> States:
    """Return the states that follow from a ledger, in its order of writing."""
    states = States()
    for entry in ledger:
        _derive_phone(states, entry)
        _derive_block(states, entry)
        _derive_person(states, entry)
    return states


def _derive_phone(states: States, entry: Entry) -> None:
    if entry.purpose != ALL:
        return
    key = (entry.phone_id, entry.epoch)
    if entry.kind == "opt_out":
        since = states.opt_outs.get(key, (None, entry.id))[0]
        if since is None:
            states.opt_outs[key] = (entry.at, entry.id)
            states.confirmed.pop(key, None)
    elif entry.kind == "opt_in":
        states.opt_outs[key] = (None, entry.id)
        states.confirmed.pop(key, None)
    elif entry.kind == "confirmed":
        states.confirmed.setdefault(key, entry.at)


def _derive_block(states: States, entry: Entry) -> None:
    if entry.sender_id is None or entry.kind not in ("provider_block", "provider_unblock"):
        return
    key = (entry.phone_id, entry.sender_id)
    blocked = states.blocks.get(key, (None, entry.id))[0] is not None
    if entry.kind == "provider_unblock":
        states.blocks[key] = (None, entry.id)
    elif not blocked:
        states.blocks[key] = (entry.at, entry.id)


def _derive_person(states: States, entry: Entry) -> None:
    if entry.patient_id is None:
        return
    if entry.kind == "warned":
        states.warned[entry.patient_id] = entry.at
    for purpose in purposes_of(entry.purpose):
        key = (entry.patient_id, purpose)
        if changed := prefer(states.preferences.get(key), entry):
            states.preferences[key] = changed


def prefer(before: Preference | None, entry: Entry) -> Preference | None:
    """Return the person's preference after an entry, None where it changes nothing.

    A registration or import never undoes a refusal and never weakens what the person did themselves.
    """
    if entry.kind == "opt_out":
        return Preference(
            state="refused", basis=before.basis if before else "registration", event_id=entry.id
        )
    if entry.kind not in ("opt_in", "basis"):
        return None
    basis = basis_of(entry.how)
    if before is not None and basis not in EXPLICIT:
        return None
    return Preference(state="allowed", basis=basis, event_id=entry.id)
