"""The time zone of an American address, and how we know.

Never from an area code: people keep their number when they move.
"""

from __future__ import annotations

import dataclasses
import functools
from importlib import resources
from typing import Any
from zoneinfo import available_timezones

import yaml

from outreach.interop.fhir.records import Zone

_UNITED_STATES = {"us", "usa", "u.s.", "u.s.a.", "united states", "united states of america", "840"}


def from_address(*, state: str | None, postal_code: str | None, country: str | None) -> Zone:
    """Return the zone of an address by its state and, where a state lies in two zones, its ZIP code."""
    if country and country.strip().lower() not in _UNITED_STATES:
        return Zone(None, "unknown: the address is not in the United States")
    code = _state_code(state or "")
    if code is None:
        return Zone(
            None,
            "unknown: the address names no state" if not state else "unknown: the state is not one we know",
        )
    return dataclasses.replace(_in_state(code, (postal_code or "").strip()[:5]), state=code)


def named(name: str, *, said_by: str) -> Zone:
    """Return the IANA zone of this name, or an unknown one if there is no such zone."""
    if name not in _every_zone():
        return Zone(None, f"unknown: {said_by} names a zone that does not exist")
    return Zone(name, f"named by {said_by}")


@functools.cache
def _every_zone() -> frozenset[str]:
    return frozenset(available_timezones())


@functools.cache
def _states() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        (resources.files("outreach.interop") / "data" / "us_zones.yaml").read_text("utf-8")
    )
    return found


@functools.cache
def _by_name() -> dict[str, str]:
    return {state["name"].lower(): code for code, state in _states().items()}


def _state_code(written: str) -> str | None:
    plain = written.strip().removeprefix("US-")
    return plain.upper() if plain.upper() in _states() else _by_name().get(plain.lower())


def _in_state(code: str, zip_code: str) -> Zone:
    state = _states()[code]
    exceptions = state.get("zip", {})
    split = bool(exceptions or state.get("mixed"))
    prefix = next((zip_code[:length] for length in (5, 4, 3) if zip_code[:length] in exceptions), None)
    zone = exceptions[prefix] if prefix else state["zone"]
    if not split:
        return Zone(zone, f"address: state {code}")
    if len(zip_code) < 3 or not zip_code.isdigit() or zip_code.startswith("000"):
        return Zone(
            zone, f"address: state {code}, which lies in two zones; most people's, as no ZIP is given"
        )
    if zip_code[:3] in state.get("mixed", ()) and len(prefix or "") < 5:
        return Zone(zone, f"address: ZIP area {zip_code[:3]}, which lies in two zones; most people's")
    return Zone(zone, f"address: ZIP area {zip_code[:3]} in {code}")
