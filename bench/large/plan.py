"""How much of everything there is, and who it belongs to."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TextIO
from uuid import UUID

from bench import invented
from outreach.kernel.crypto import Vault

PATIENTS, CONVERSATIONS, TEXTS, LONGEST_THREAD = 200_000, 1_000_000, 10_000_000, 20_000
TEAMS, LARGEST_SHARE, PHONES_PER_CONVERSATION = 12, 0.4, 0.5
END = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)
SPAN = timedelta(days=730)
PROGRAMS = (None, "generic-medical", "heart-failure", "maternity-blood-pressure")


@dataclass(kw_only=True)
class Plan:
    """How much of everything, and who it belongs to."""

    patients: int
    conversations: int
    texts: int
    longest: int
    minutes: float
    vault: Vault
    team_ids: list[UUID]
    sender_id: UUID
    staff_ids: list[UUID]
    invention: invented.Invention = field(default_factory=invented.Invention)
    phone_ids: list[str] = field(default_factory=list)
    patient_ids: list[str] = field(default_factory=list)
    first_names: list[str] = field(default_factory=list)

    @property
    def phones(self) -> int:
        """How many numbers there are: each can have a talk with several teams."""
        return max(int(self.conversations * PHONES_PER_CONVERSATION), self.patients)

    def uuid(self, at: datetime) -> str:
        """Return a UUIDv7 of a moment, spelled."""
        return spelled(self.uuid_at(int(at.timestamp() * 1000)).hex())

    def uuid_at(self, milliseconds: int) -> bytes:
        """Return a UUIDv7 of a moment, 16 bytes."""
        tail = self.invention.chance.getrandbits(74)
        high = milliseconds << 16 | 0x7000 | tail >> 62
        return (high << 64 | 0x8000000000000000 | tail & (1 << 62) - 1).to_bytes(16, "big")


def spelled(word: str) -> str:
    """Return the hexadecimal digits of a UUID with their dashes."""
    return f"{word[:8]}-{word[8:12]}-{word[12:16]}-{word[16:20]}-{word[20:]}"


def team_of(place: int, total: int) -> int:
    """The first 40 % of whatever is counted are the largest team's, the others share the rest."""
    large = int(total * LARGEST_SHARE)
    return 0 if place < large else 1 + (place - large) % (TEAMS - 1)


def say(words_: str, to: TextIO = sys.stdout) -> None:
    """Show how far it is."""
    print(time.strftime("%H:%M:%S"), words_, file=to, flush=True)
