"""A simulator on a free port, the official client speaking to it, and a stand-in for the application."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl

import requests
from twilio.rest import Client

from outreach.simulator.settings import Pace, ServiceSeed, SimulatorSettings

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "token-of-the-account"
OURS = "+12025550100"
POOLED = "+12025550101"
SERVICE = "MG" + "a" * 32
ANNA = "+12025550143"
BERT = "+12025550144"


def settings(**changes: Any) -> SimulatorSettings:
    """Return quick settings, with the given changes."""
    usual = SimulatorSettings(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        api_keys={"SK" + "1" * 32: "secret-of-the-key"},
        numbers=(OURS,),
        services=(ServiceSeed(sid=SERVICE, name="Clinic", numbers=(POOLED,)),),
        list_lag_seconds=0.0,
        pace=Pace(queued=0.005, sending=0.01, sent=0.02, delivered=0.04),
        callback_threads=8,
    )
    return dataclasses.replace(usual, **changes)


def sdk(url: str, user: str = ACCOUNT, password: str = TOKEN) -> Client:
    """Return the provider's own client, pointed at a simulator."""
    client = Client(user, password, ACCOUNT)
    client.api.base_url = url
    client.messaging.base_url = url
    return client


def until(check: Callable[[], Any], *, within: float = 5.0) -> Any:
    """Return the first true value of `check`; fail when it takes too long."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.005)
    raise AssertionError("it did not happen in time")


@dataclass
class Hit:
    """One webhook as the application saw it."""

    path: str
    headers: dict[str, str]
    params: list[tuple[str, str]]

    def __getitem__(self, name: str) -> str:
        return dict(self.params)[name]


@dataclass
class Application:
    """A server that takes webhooks, remembers them, and answers as it is told."""

    url: str = ""
    hits: list[Hit] = field(default_factory=list)
    answers: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)

    def at(self, path: str) -> list[Hit]:
        """Return the webhooks whose path starts so."""
        return [hit for hit in self.hits if hit.path.startswith(path)]


def handler(application: Application) -> type[BaseHTTPRequestHandler]:
    """Return the request handler of a stand-in application."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            params = parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body))
            application.hits.append(Hit(self.path, dict(self.headers), params))
            route = self.path.split("?")[0]
            time.sleep(application.slow.get(route, 0.0))
            self._say(*application.answers.get(route, (200, "text/xml", "<Response/>")))

        def do_GET(self) -> None:
            self._say(200, "image/png", "not really a picture")

        def _say(self, status: int, kind: str, content: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content.encode())))
            self.end_headers()
            # The simulator may have hung up on purpose.
            with contextlib.suppress(ConnectionError):
                self.wfile.write(content.encode())

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@dataclass
class Control:
    """The control calls, as tests use them."""

    url: str

    def get(self, path: str) -> Any:
        """Return what a control call answers."""
        answer = requests.get(f"{self.url}/_sim/{path}", timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """Make a control call that changes something."""
        answer = requests.post(f"{self.url}/_sim/{path}", json=body, timeout=30)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def send(self, phone: str, body: str, **more: Any) -> Any:
        """Text us from a phone and wait for the webhook."""
        return self.post(f"phones/{phone}/send", body=body, wait=10, **more)

    def texts(self, phone: str) -> list[str]:
        """Return the bodies that reached a handset."""
        return [text["body"] for text in self.get(f"phones/{phone}/texts")["texts"]]
