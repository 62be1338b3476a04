"""The web app on a real database: a client for routes, a served site for the browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from werkzeug.serving import make_server

from outreach.kernel.clock import FrozenClock
from outreach.services import Services
from outreach.web.app import create_app
from tests.kept import Kept
from tests.web import make


class Compiled(BytecodeCache):
    """Templates as Python made them: each test has an app of its own, and all have the same templates."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


def made(services: Services) -> Flask:
    app = create_app(services)
    app.jinja_env.bytecode_cache = COMPILED
    return app


@pytest.fixture
def app(services: Services) -> Flask:
    return made(services)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def mornings() -> list[tuple[make.Morning, Kept]]:
    """The first morning of this process, once it was made."""
    return []


@pytest.fixture
def morning(
    services: Services,
    clock: FrozenClock,
    admin_engine: Engine,
    mornings: list[tuple[make.Morning, Kept]],
) -> make.Morning:
    """A morning of this test's own: the first one is made, the others are its rows, put back."""
    if not mornings:
        made = make.fill(services, clock)
        mornings.append((made, Kept(admin_engine, "kept_morning")))
        return made
    first, kept = mornings[0]
    kept.put_back()
    clock.at = make.TEN
    return first.again(services, clock)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A served app."""

    url: str
    morning: make.Morning
    app: Flask


@pytest.fixture(scope="session")
def door() -> Iterator[socket.socket]:
    """Where the sites of this process listen, one after the other: what browsers keep of one serves all."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def site(
    services: Services, clock: FrozenClock, morning: make.Morning, door: socket.socket
) -> Iterator[Site]:
    """The app on a free port of this machine, with a thread for each request, as in production."""
    server = make_server("127.0.0.1", 0, app=lambda *_: [], threaded=True, fd=door.fileno())
    url = f"http://127.0.0.1:{server.port}"
    app = made(replace(services, settings=replace(services.settings, public_url=url)))
    server.app = app
    connections: list[socket.socket] = []
    server.get_request = partial(_noted, server.get_request, connections)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Site(url=url, morning=morning, app=app)
    app.extensions["live"].stop()
    server.shutdown()
    thread.join()
    server.server_close()
    # Chromium keeps some that it has not used yet: the next site must not be asked through one of these.
    for one in connections:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _noted(take: Callable[[], tuple[socket.socket, Any]], connections: list[socket.socket]) -> Any:
    taken = take()
    connections.append(taken[0])
    return taken
