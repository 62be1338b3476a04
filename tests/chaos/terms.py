"""How long leases, reads and doubts last in a battle: minutes of trouble fit into seconds."""

from __future__ import annotations

from outreach.messaging.rules import Settling, SettlingRules

POINTS = ("claiming", "claimed", "posting", "posted", "recording", "recorded")
LEASE_SECONDS = 5.0
READ_SECONDS = 2.0
RULES = SettlingRules(
    safety=Settling(looks=3, seconds=22, sends=4), others=Settling(looks=3, seconds=22, sends=3)
)
"""The looking goes on for longer than a late accept and a lagging list together."""
