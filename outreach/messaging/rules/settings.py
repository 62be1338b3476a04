"""What an organization may decide about its texts: each setting by name, what it says, and what may be said.

They stand on the organization's row, where consent, policy and messaging read them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from outreach.consent import rules as consent
from outreach.kernel.errors import Invalid
from outreach.policy.rules import Facts

EARLIEST, LATEST = time(8), time(21)
"""47 CFR 64.1200(c)(1), read as a bound for every automated text."""
MOST_TEXTS = 20


class UnknownSetting(Invalid):
    """There is no such setting. `outreach settings show` lists them."""


class NotThatValue(Invalid):
    """A setting can't say that: see `outreach settings show` for what it may say."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting: where it stands, what holds without it, and how its words are read."""

    path: tuple[str, ...]
    otherwise: str
    """What holds while nothing is set, in words."""
    may_say: str
    read: Callable[[str], Any]

    @property
    def key(self) -> str:
        """Its name, as people type it."""
        return ".".join(self.path)


def _basis(said: str) -> str | None:
    if said == "none":
        return None
    if said not in consent.SETTINGS:
        raise ValueError(said)
    return said


def _clock(said: str) -> str:
    found = time.fromisoformat(said)
    if not EARLIEST <= found <= LATEST:
        raise ValueError(said)
    return f"{found:%H:%M}"


def _count(said: str) -> int:
    found = int(said)
    if not 1 <= found <= MOST_TEXTS:
        raise ValueError(said)
    return found


def _switch(said: str) -> bool:
    return {"on": True, "off": False}[said]


_BASES = f"{' | '.join(consent.SETTINGS)} | none"
_HOURS = "a time from 08:00 to 21:00"
_COUNTS = f"a number from 1 to {MOST_TEXTS}"

SETTINGS: Mapping[str, Setting] = {
    one.key: one
    for one in (
        *(
            Setting(path=("basis", purpose), otherwise="none: nobody is texted", may_say=_BASES, read=_basis)
            for purpose in consent.PURPOSES
        ),
        Setting(path=("hours", "from"), otherwise=Facts.hours_from, may_say=_HOURS, read=_clock),
        Setting(path=("hours", "to"), otherwise=Facts.hours_to, may_say=_HOURS, read=_clock),
        Setting(path=("hours", "sunday_from"), otherwise=Facts.sunday_from, may_say=_HOURS, read=_clock),
        Setting(path=("budget", "per_day"), otherwise=str(Facts.per_day), may_say=_COUNTS, read=_count),
        Setting(path=("budget", "per_week"), otherwise=str(Facts.per_week), may_say=_COUNTS, read=_count),
        Setting(path=("budget", "ceiling"), otherwise=str(Facts.ceiling), may_say=_COUNTS, read=_count),
        *(
            Setting(path=(name,), otherwise="off", may_say="on | off", read=_switch)
            for name in ("redact_at_provider", "look_up_numbers", "shares_its_senders")
        ),
    )
}


def setting(key: str) -> Setting:
    """Return a setting by its name. Raise UnknownSetting."""
    if key not in SETTINGS:
        raise UnknownSetting
    return SETTINGS[key]


def said(key: str, settings: Mapping[str, Any]) -> str | None:
    """Return what is set, in the words it is set with; None while nothing is. Raise UnknownSetting."""
    found: Any = settings
    for step in setting(key).path:
        found = (found or {}).get(step)
    if isinstance(found, bool):
        return "on" if found else "off"
    return None if found is None else str(found)


def changed(key: str, value: str | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to change in an organization's settings for one of them to say `value`, or nothing if None.

    Raise UnknownSetting, or NotThatValue if it may not say that.
    """
    found = setting(key)
    try:
        meant = None if value is None else found.read(value.strip().lower())
    except (ValueError, KeyError) as error:
        raise NotThatValue(f"{key} may say: {found.may_say}.") from error
    head, *rest = found.path
    if not rest:
        return {head: meant}
    group = {name: kept for name, kept in (settings.get(head) or {}).items() if name != rest[0]}
    after = group if meant is None else {**group, rest[0]: meant}
    if head == "hours" and after.get("from", Facts.hours_from) >= after.get("to", Facts.hours_to):
        raise NotThatValue("Hours must end after they start.")
    return {head: after}


def wrong(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the settings that say what none of ours can, by name."""
    found = []
    for key, one in SETTINGS.items():
        if (words := said(key, settings)) is None:
            continue
        try:
            one.read(words)
        except (ValueError, KeyError):
            found.append(key)
    return tuple(found)
