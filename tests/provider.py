"""A simulator and a web server with our webhooks, both on threads of the test, speaking to each other."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.serving import WSGIRequestHandler, make_server

from outreach import bootstrap, wake
from outreach.config import Settings
from outreach.kernel.clock import Clock
from outreach.services import Services
from outreach.simulator.server import running
from outreach.simulator.settings import Pace, SimulatorSettings
from outreach.simulator.world import World
from outreach.twilio import webhooks

QUICK = Pace(queued=0.005, sending=0.01, sent=0.02, delivered=0.04)


class Quiet(WSGIRequestHandler):
    """Says nothing of requests."""

    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What a test that really sends needs."""

    services: Services
    world: World
    url: str
    web_url: str

    def faults(self, **changes: Any) -> None:
        """Switch faults of the pretend provider."""
        self.world.faults.update(changes)

    def texts(self, phone: str) -> list[str]:
        """Return the bodies that reached a handset."""
        with self.world.store.lock:
            found = self.world.store.handsets.get(phone)
            return [one.body for one in found.texts if one.inward] if found else []

    def states(self) -> dict[str, int]:
        """Count outbound messages of ours by state."""
        with self.services.transactions.engine.connect() as connection:
            rows = connection.execute(
                text("SELECT state, count(*) AS n FROM message WHERE direction = 'out' GROUP BY state")
            )
            return {row.state: row.n for row in rows}


@contextmanager
def provider(
    settings: Settings,
    *,
    product_clock: Clock,
    pool_size: int = 8,
    engine: Engine | None = None,
    gateway: Callable[[Settings], Any] | None = None,
    **simulator: Any,
) -> Iterator[Provider]:
    """Run both for the duration of the block, on an engine of their own unless one is given.

    `simulator` changes its settings.
    """
    app = Flask("webhooks")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    web_url = f"http://127.0.0.1:{server.server_port}"
    given = {
        "account_sid": settings.twilio_account_sid,
        "auth_token": settings.twilio_auth_tokens[0],
        "webhook_base": web_url,
        "list_lag_seconds": 0.0,
        "pace": QUICK,
        "callback_threads": 8,
    } | simulator
    with running(SimulatorSettings(**given)) as here:
        ours = dataclasses.replace(settings, public_url=web_url, twilio_api_base_url=here.url)
        services = bootstrap.build(
            ours,
            product_clock=product_clock,
            wake=wake.nobody,
            engine=engine,
            pool_size=pool_size,
            gateway=gateway(ours) if gateway else None,
        )
        app.register_blueprint(webhooks.blueprint(services))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield Provider(services=services, world=here.world, url=here.url, web_url=web_url)
        finally:
            server.shutdown()
            server.server_close()
            if engine is None:
                services.transactions.engine.dispose()


def until(check: Callable[[], Any], *, within: float = 5.0) -> Any:
    """Return the first true value of `check`; fail when it takes too long."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")
