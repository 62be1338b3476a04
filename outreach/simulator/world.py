"""The whole pretend outside world of one process, built once."""

from __future__ import annotations

from outreach.kernel.clock import Clock
from outreach.simulator.carrier import Carrier
from outreach.simulator.clock import PhoneClock
from outreach.simulator.faults import Dice, Faults
from outreach.simulator.inbound import Inbound
from outreach.simulator.settings import SimulatorSettings
from outreach.simulator.store import Store
from outreach.simulator.timeline import Timeline
from outreach.simulator.webhooks import Postman


class World:
    """Holds the parts together and knows how to forget and how to end."""

    def __init__(self, settings: SimulatorSettings, clock: Clock) -> None:
        self.settings = settings
        self.store = Store(settings, clock.now)
        self.faults = Faults()
        self.dice = Dice(settings.seed)
        self.clock = PhoneClock(clock.now, settings.speed)
        self.timeline = Timeline()
        self.postman = Postman(self.store, settings.callback_threads)
        self.carrier = Carrier(
            store=self.store,
            timeline=self.timeline,
            postman=self.postman,
            faults=self.faults,
            dice=self.dice,
            clock=self.clock,
            settings=settings,
        )
        self.inbound = Inbound(
            store=self.store,
            postman=self.postman,
            carrier=self.carrier,
            faults=self.faults,
            dice=self.dice,
            clock=self.clock,
        )
        self.lines: dict[str, str] = {}
        """Number -> kind of line, where it is no mobile."""
        self.deactivated: dict[str, str] = {}
        """Number -> day on which it was switched off."""
        self.carrier.resume()

    def list_lag(self) -> float:
        """Return how many seconds a list lags behind what was created."""
        lag = self.faults.list_lag_seconds
        return self.settings.list_lag_seconds if lag is None else lag

    def reset(self) -> None:
        """Forget all texts, faults and what was still to come."""
        self.timeline.clear()
        self.faults.update(Faults().as_json())
        self.dice.reseed(self.settings.seed)
        self.store.reset()

    def close(self) -> None:
        """End the threads and close the journal."""
        self.timeline.close()
        self.postman.close()
        if self.store.journal:
            self.store.journal.close()
