from __future__ import annotations

from zoneinfo import available_timezones

import pytest

from outreach.interop import zones

MOST = " two zones; most people's"


@pytest.mark.parametrize(
    ("state", "postal_code", "country", "zone", "provenance"),
    [
        ("MA", "02134", "US", "America/New_York", "address: state MA"),
        ("Massachusetts", None, "US", "America/New_York", "address: state MA"),
        ("  oregon ", "97201-1234", None, "America/Los_Angeles", "address: ZIP area 972 in OR"),
        ("OR", "97914", None, "America/Boise", "address: ZIP area 979, which lies in" + MOST),
        ("US-TX", "79901", "USA", "America/Denver", "address: ZIP area 799 in TX"),
        ("TX", "78701", "USA", "America/Chicago", "address: ZIP area 787 in TX"),
        ("FL", "32501", "USA", "America/Chicago", "address: ZIP area 325 in FL"),
        ("FL", "33101", "USA", "America/New_York", "address: ZIP area 331 in FL"),
        ("FL", None, "US", "America/New_York", f"address: state FL, which lies in{MOST}, as no ZIP is given"),
        ("TN", "37402", "US", "America/New_York", "address: ZIP area 374 in TN"),
        ("TN", "37203", "US", "America/Chicago", "address: ZIP area 372 in TN"),
        ("AZ", "85004", "US", "America/Phoenix", "address: ZIP area 850 in AZ"),
        ("AZ", "86045", "US", "America/Denver", "address: ZIP area 860 in AZ"),  # Tuba City, Navajo Nation
        ("HI", "96813", "US", "Pacific/Honolulu", "address: state HI"),
        ("PR", None, "US", "America/Puerto_Rico", "address: state PR"),
        (None, "97201", "US", None, "unknown: the address names no state"),
        ("Vic", "3999", None, None, "unknown: the state is not one we know"),
        ("ON", None, "Canada", None, "unknown: the address is not in the United States"),
        ("AE", "09012", "US", None, "unknown: the state is not one we know"),  # armed forces
    ],
)  # fmt: skip
def test_a_zone_comes_from_state_and_zip_and_says_so(state, postal_code, country, zone, provenance):
    found = zones.from_address(state=state, postal_code=postal_code, country=country)

    assert (found.name, found.provenance) == (zone, provenance)


def test_every_zone_in_the_table_exists():
    for state in zones._states().values():
        assert {state["zone"], *state.get("zip", {}).values()} <= available_timezones()


def test_a_zone_that_does_not_exist_is_unknown():
    for wrong in ("Mars/Olympus", "", "../etc/passwd", "America"):
        assert zones.named(wrong, said_by="x").name is None
