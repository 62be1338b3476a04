"""Password hashes: argon2id."""

from __future__ import annotations

import argon2
from argon2.exceptions import Argon2Error, InvalidHashError

from outreach.staff import rules

HASHER = argon2.PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
"""Argon2id with the memory RFC 9106 §4 recommends where memory is scarce (64 MiB)."""
NOBODY = "$argon2id$v=19$m=65536,t=3,p=1$vG9iWBveypbBt6cOeZ9G/g$s/IrsdO+vcy4hnhjui/Gb0tJi0DoshJD6Zgnx8NBwhI"
"""A hash of nothing anybody knows, with HASHER's costs. Written here since making one slows every start."""


def matches(stored: str | None, password: str) -> bool:
    """Say whether a password is the stored one; without one, take as long and say no."""
    # Nobody's password takes as long to refuse as somebody's, so that time doesn't tell who works here.
    try:
        HASHER.verify(stored or NOBODY, password[: rules.LONGEST_PASSWORD + 1])
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def hashed(password: str, email: str) -> str:
    """Return the hash of a new password. Raise a password error if it is too weak."""
    rules.check_password(password, email=email)
    return HASHER.hash(password)
