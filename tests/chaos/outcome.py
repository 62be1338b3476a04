"""The figures of a battle."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.chaos import escalations
from tests.chaos.terms import RULES


@dataclass(kw_only=True)
class Outcome:
    """The figures."""

    sends: int
    receives: int
    seconds: float = 0.0
    deaths: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    shown_to_staff: int = 0
    in_doubt: int = 0
    """Sends that were looked for at least once; those a callback settled before are not counted."""
    received: int = 0
    received_twice: int = 0
    shown: list[str] = field(default_factory=list)
    """What is known of each text shown to staff, for whoever asks why; no words of it."""
    looking_seconds: float = RULES.others.seconds
    slowest_doubt: float = 0.0
    """Seconds from the first doubt about a text until its last was settled."""
    alarms: escalations.Alarms = field(default_factory=escalations.Alarms)

    @property
    def clean(self) -> bool:
        """Nothing lost, doubled or stuck, and at most one in a hundred doubts left to staff."""
        nothing = (self.lost, self.doubled, self.stuck, self.received_twice) == (0, 0, 0, 0)
        return (
            nothing
            and self.received == self.receives
            and self.shown_to_staff * 100 <= max(self.in_doubt, 100)
            and self.alarms.clean
        )

    def lines(self) -> list[str]:
        """Say it for a person."""
        died = ", ".join(f"{name} {count}" for name, count in sorted(self.deaths.items()))
        out = f"lost {self.lost}, doubled {self.doubled}, stuck {self.stuck}, "
        out += f"in doubt on the way {self.in_doubt}, shown to staff {self.shown_to_staff}"
        doubt = f"slowest doubt settled after {self.slowest_doubt:.0f} s "
        doubt += f"(a send is looked for during {self.looking_seconds:.0f} s)"
        return [
            f"chaos: {self.sends} texts out, {self.receives} in, {self.seconds:.0f} s; {died}",
            f"chaos: out: {out}",
            f"chaos: {doubt}",
            f"chaos: in: stored {self.received} of {self.receives}, stored twice {self.received_twice}",
            self.alarms.line(),
            *(f"chaos: shown to staff: {one}" for one in self.shown),
        ]
