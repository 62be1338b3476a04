"""A simulator on a free port, the official client speaking to it, and a stand-in for the application."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest
from twilio.rest import Client

from outreach.simulator.server import Running, running
from tests.simulator.kit import Application, Control, handler, sdk, settings


@pytest.fixture
def application() -> Iterator[Application]:
    """The stand-in for our own web server."""
    found = Application()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(found))
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def simulator(application: Application) -> Iterator[Running]:
    """A simulator whose webhooks go to the application."""
    with running(settings(webhook_base=application.url)) as found:
        yield found


@pytest.fixture
def client(simulator: Running) -> Client:
    """The official client."""
    return sdk(simulator.url)


@pytest.fixture
def control(simulator: Running) -> Control:
    """The control calls of the simulator."""
    return Control(simulator.url)
