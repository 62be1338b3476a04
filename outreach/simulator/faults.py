"""What goes wrong on purpose, and dice that fall the same way whenever the seed is the same."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from outreach.kernel.ids import stable_fraction
from outreach.simulator.errors import DELIVERY, BadControl


@dataclass(kw_only=True)
class Faults:
    """Probabilities are 0 to 1, times are seconds unless named otherwise. All zero: nothing goes wrong."""

    rate_429: float = 0.0
    error_500_before: float = 0.0
    error_500_after_accept: float = 0.0
    accept_after_client_gave_up: float = 0.0
    late_accept_seconds: float = 12.0
    reset_connection: float = 0.0
    reset_after_accept: float = 0.0
    latency_ms: float = 0.0
    callbacks_lost: float = 0.0
    callbacks_doubled: float = 0.0
    callbacks_reordered: float = 0.0
    callback_delay: float = 0.0
    delivery_delay: float = 0.0
    receipts_lost: float = 0.0
    """The text reaches the phone but the carrier never says so: its status stays `sent`."""
    inbound_webhook_lost: float = 0.0
    stop_filter_off: float = 0.0
    """1: the provider takes no notice of STOP, so that only the application can."""
    list_lag_seconds: float | None = None
    carrier_errors: dict[int, float] = field(default_factory=dict)
    phone_errors: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return all switches, for the control API."""
        return asdict(self)

    def update(self, changes: dict[str, Any]) -> None:
        """Set the named switches, all or none. Raise BadControl for an unknown name or a bad value."""
        known = {item.name for item in fields(self)}
        unknown = sorted(set(changes) - known)
        if unknown:
            raise BadControl(f"Unknown faults: {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")
        for name, value in {name: _checked(name, value) for name, value in changes.items()}.items():
            setattr(self, name, value)


NOT_CHANCES = frozenset(
    {"late_accept_seconds", "latency_ms", "callback_delay", "delivery_delay", "list_lag_seconds"}
)


def _checked(name: str, value: Any) -> Any:
    try:
        if name == "carrier_errors":
            return {_code(code): _number(chance, 1.0) for code, chance in value.items()}
        if name == "phone_errors":
            return {str(phone): _code(code) for phone, code in value.items()}
        if name == "list_lag_seconds" and value is None:
            return None
        return _number(value, 86400.0 if name in NOT_CHANCES else 1.0)
    except (TypeError, ValueError, AttributeError):
        raise BadControl(f"{name} can't have this value.") from None


def _number(value: Any, most: float) -> float:
    number = float(value)
    if not 0 <= number <= most:
        raise ValueError
    return number


def _code(value: Any) -> int:
    code = int(value)
    if code not in DELIVERY:
        raise ValueError
    return code


class Dice:
    """Chance that depends on the seed, the purpose, the key and how often it was asked, and on nothing else.

    So two runs with one seed break the same sends to the same phones, whatever the threads do in between.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._asked: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def roll(self, purpose: str, key: str) -> float:
        """Return the next number in [0, 1) for this purpose and key."""
        with self._lock:
            self._asked[purpose, key] += 1
            nth = self._asked[purpose, key]
        return stable_fraction(self.seed, purpose, key, nth)

    def hits(self, chance: float, purpose: str, key: str) -> bool:
        """Return whether this time the fault happens. A chance of 0 asks nothing and costs nothing."""
        return chance > 0 and self.roll(purpose, key) < chance

    def reseed(self, seed: int) -> None:
        """Start over with another seed."""
        with self._lock:
            self.seed = seed
            self._asked.clear()
