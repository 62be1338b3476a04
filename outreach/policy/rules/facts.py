"""What a decision is made from and what it says. Both survive JSON without loss: that is the receipt."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

from outreach.kernel.quick import quick
from outreach.policy.rules.grounds import Ground

RULES_VERSION = "2026.11.1"
"""Grows with every change of a rule: a receipt is judged again by the version it names."""

KINDS = ("program", "reminder", "reply", "staff", "safety", "confirmation", "page")
UNASKED = ("program", "reminder")
"""Kinds nobody is waiting for: hours, budget and pauses bind these."""


@quick
@dataclass(frozen=True, kw_only=True)
class Contacted:
    """One text in the contact ledger."""

    at: datetime
    local_day: date
    counts: int
    source: str


@quick
@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything a decision needs. No names, numbers or words of a patient."""

    now: datetime
    kind: str
    purpose: str = "care"
    not_after: datetime | None = None
    deceased: bool = False
    hospice: bool = False
    readmitted: bool = False
    phone_state: str = "usable"
    consent_allowed: bool
    consent_reason: str = "ok"
    consent_basis: str | None = None
    opted_out_at: datetime | None = None
    confirmed_at: datetime | None = None
    provider_blocked: bool = False
    paused: str | None = None
    """Scope of the pause that applies: everything | team | program | sender."""
    zone: str | None = None
    us_state: str | None = None
    hours_from: str = "09:00"
    hours_to: str = "20:00"
    sunday_from: str = "12:00"
    preferred_from: str | None = None
    preferred_to: str | None = None
    preferred_days: tuple[int, ...] = ()
    """Monday is 0; none means every day."""
    holidays: tuple[date, ...] = ()
    contacts: tuple[Contacted, ...] = ()
    """The phone's last eight days, from every automated sender."""
    per_day: int = 1
    per_week: int = 3
    ceiling: int = 4
    fewer_texts: bool = False
    cadence_reserved: bool = False
    free: bool = False
    """A follow-up to an answer."""
    answering_at: datetime | None = None
    """When the text that this one answers came in."""
    merge_into: str | None = None
    """Another due text that carries this one's words."""
    hold_until: datetime | None = None
    """A person and the patient are talking until then."""
    needs_staff: bool = False
    """It asks something clinical, so somebody must be there for the answer."""
    staffed: bool | None = None
    staffed_from: datetime | None = None
    sender_stopped: str | None = None
    """Why the sender is stopped, as a code."""
    automatic_replies: int = 0
    """Automatic replies to this phone within the last hour."""
    safety_texts: int = 0
    """Safety texts to this phone within the last hour."""

    def but(self, **changes: Any) -> Self:
        """Return these facts with some changed. As `dataclasses.replace`, at a tenth of its cost."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, **changes)
        return made

    def dump(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        return {one.name: _plain(getattr(self, one.name)) for one in dataclasses.fields(self)}

    @classmethod
    def load(cls, stored: Mapping[str, Any] | str) -> Self:
        """Return the facts that `dump` made these of."""
        values = json.loads(stored) if isinstance(stored, str) else dict(stored)
        known = {one.name for one in dataclasses.fields(cls)}
        return cls(**{name: _restored(name, value) for name, value in values.items() if name in known})


@quick
@dataclass(frozen=True, kw_only=True)
class TraceLine:
    """What one rule said: pass | bypass | suppress | defer | merge | ask_human, and on what ground."""

    rule: str
    verdict: str
    ground: Ground | None
    """None only in a receipt of the first two releases."""
    data: Mapping[str, Any] = field(default_factory=dict)
    told: str = ""
    """The ground in English, as those receipts kept it."""

    def dump(self) -> dict[str, Any]:
        """Return the line as JSON values."""
        return {"rule": self.rule, "verdict": self.verdict, "ground": self.ground, "data": dict(self.data)}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Self:
        """Return the line that `dump`, or a release before it, made this of."""
        return cls(
            rule=stored["rule"],
            verdict=stored["verdict"],
            ground=stored.get("ground"),
            data=stored["data"],
            told=stored.get("why", ""),
        )


@quick
@dataclass(frozen=True, kw_only=True)
class Decision:
    """The outcome, the first rule that made it, and every rule's line."""

    outcome: str
    """send | defer | merge | suppress | ask_human"""
    rule: str
    until: datetime | None = None
    trace: tuple[TraceLine, ...] = ()
    rules_version: str = RULES_VERSION

    def dump(self) -> dict[str, Any]:
        """Return the decision as JSON values."""
        return {
            "outcome": self.outcome,
            "rule": self.rule,
            "until": _plain(self.until),
            "trace": [line.dump() for line in self.trace],
            "rules_version": self.rules_version,
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any] | str) -> Self:
        """Return the decision that `dump` made these of."""
        values = json.loads(stored) if isinstance(stored, str) else stored
        return cls(
            outcome=values["outcome"],
            rule=values["rule"],
            until=datetime.fromisoformat(values["until"]) if values["until"] else None,
            trace=tuple(TraceLine.load(line) for line in values["trace"]),
            rules_version=values["rules_version"],
        )


_MOMENTS = {one.name for one in dataclasses.fields(Facts) if "datetime" in str(one.type)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Contacted):
        return [value.at.isoformat(), value.local_day.isoformat(), value.counts, value.source]
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _restored(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _MOMENTS:
        return datetime.fromisoformat(value)
    if name == "holidays":
        return tuple(date.fromisoformat(one) for one in value)
    if name == "contacts":
        return tuple(
            Contacted(
                at=datetime.fromisoformat(at), local_day=date.fromisoformat(day), counts=counts, source=source
            )
            for at, day, counts, source in value
        )
    return tuple(value) if isinstance(value, list) else value
