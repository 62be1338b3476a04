"""The whole product as it runs: web server, Celery worker, beat and simulator as processes of their own."""

from __future__ import annotations

import base64
import json
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests
from sqlalchemy import text

from outreach import bootstrap, config
from outreach.config import Settings
from outreach.launch import commands
from outreach.services import Services
from tests.nursery import Forked, Nursery

T = TypeVar("T")
ACCOUNT = "AC" + "5" * 32
TOKEN = "7" * 32
CLINIC_NUMBER = "+12025550100"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Phones:
    """The simulator's control interface."""

    url: str
    http: requests.Session = field(default_factory=requests.Session)

    def texts(self, phone: str) -> list[dict[str, Any]]:
        """What reached a handset, in order."""
        return list(self.get(f"phones/{phone}/texts")["texts"])

    def bodies(self, phone: str) -> list[str]:
        return [text["body"] for text in self.texts(phone) if text.get("direction", "to") != "from"]

    def send(self, phone: str, body: str, to: str = CLINIC_NUMBER) -> None:
        """Type a text on a handset."""
        self.post(f"phones/{phone}/send", {"to": to, "body": body})

    def faults(self, **switches: Any) -> None:
        self.post("faults", switches)

    def get(self, path: str) -> Any:
        found = self.http.get(f"{self.url}/_sim/{path}", timeout=10)
        found.raise_for_status()
        return found.json()

    def post(self, path: str, body: Any) -> Any:
        found = self.http.post(f"{self.url}/_sim/{path}", json=body, timeout=10)
        found.raise_for_status()
        return found.json() if found.content else None


@dataclass
class Live:
    """A running product. `services` is this test's own way into its database."""

    url: str
    phones: Phones
    services: Services
    environment: dict[str, str]
    folder: Path
    nursery: Nursery | None = None
    processes: dict[str, subprocess.Popen[bytes] | Forked] = field(default_factory=dict)

    def start(self, name: str, command: list[str]) -> None:
        """Start one process; its output goes to a file of its own."""
        path = self.folder / f"{name}.log"
        if self.nursery is not None:
            module, *arguments = command[command.index("-m") + 1 :]
            self.processes[name] = self.nursery.start(module, *arguments, env=self.environment, output=path)
            return
        with path.open("ab") as log:
            self.processes[name] = subprocess.Popen(
                commands.tethered(command), env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )

    def scalar(self, sql: str, **values: Any) -> Any:
        """Ask the product's database one thing."""
        with self.services.transactions.engine.connect() as connection:
            return connection.execute(text(sql), values).scalar()

    def logs(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass
class Desk:
    """A colleague's browser, without the browser: signed in, following forms."""

    url: str
    http: requests.Session = field(default_factory=requests.Session)

    def sign_in(self, email: str, password: str) -> None:
        answer = self.submit("/login", page="/login", email=email, password=password)
        assert answer.url.endswith("/inbox"), answer.url

    def get(self, path: str) -> requests.Response:
        return self.http.get(self.url + path, headers={"Accept": "text/html"}, timeout=20)

    def submit(self, path: str, *, page: str, **fields: str) -> requests.Response:
        """Send a form as its page would: with its token and whatever else stands in hidden fields."""
        shown = self.get(page).text
        form = next((part for part in shown.split("<form")[1:] if f'action="{path}"' in part), shown)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', shown)
        assert token, f"no form on {page}"
        return self.http.post(
            self.url + path,
            data={"csrf_token": token.group(1)} | hidden | fields,
            headers={"Accept": "text/html", "Referer": self.url + page},
            timeout=20,
        )


def eventually(find: Callable[[], T], *, seconds: float = 20.0, every: float = 0.1) -> T:
    """Return the first true value `find` gives; fail with the last one after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not in {seconds} s: {found!r}")
        time.sleep(every)


@contextmanager
def running(
    *,
    database_url: str,
    redis_url: str,
    folder: Path,
    beat: bool = True,
    workers: int = 1,
    nursery: Nursery | None = None,
) -> Iterator[Live]:
    """Run the product on a database of its own, which has its tables, inside the block.

    From a nursery it starts sooner, but all its processes have the nursery's command line.
    """
    web_port, phone_port = free_port(), free_port()
    environment = config.child_environment(
        {
            "OUTREACH_DATABASE_URL": database_url,
            "OUTREACH_REDIS_URL": redis_url,
            "OUTREACH_PUBLIC_URL": f"http://127.0.0.1:{web_port}",
            "OUTREACH_SECRET_KEY": secrets.token_hex(32),
            "OUTREACH_ENCRYPTION_KEYS": f"1:{base64.b64encode(bytes(range(32))).decode()}",
            "OUTREACH_DEMO": "1",
            "OUTREACH_SIMULATOR_URL": f"http://127.0.0.1:{phone_port}",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE_URL": f"http://127.0.0.1:{phone_port}",
            "TWILIO_FROM": CLINIC_NUMBER,
            "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
        }
    )
    services = bootstrap.build(Settings.from_env(environment), pool_size=4)
    live = Live(
        url=f"http://127.0.0.1:{web_port}",
        phones=Phones(f"http://127.0.0.1:{phone_port}"),
        services=services,
        environment=environment,
        folder=folder,
        nursery=nursery,
    )
    try:
        _start(live, web_port, phone_port, beat=beat, workers=workers)
        yield live
    finally:
        live.stop()
        services.transactions.engine.dispose()


def _start(live: Live, web_port: int, phone_port: int, *, beat: bool, workers: int) -> None:
    credentials = live.folder / "credentials.json"
    credentials.write_text(json.dumps({"account_sid": ACCOUNT, "auth_token": TOKEN}))
    credentials.chmod(0o600)
    simulator = [
        sys.executable, "-m", "outreach.simulator", "--port", str(phone_port),
        "--webhook-base", live.url, "--credentials-file", str(credentials),
    ]  # fmt: skip
    live.start("simulator", simulator)
    live.start("web", commands.web(host="127.0.0.1", port=web_port, threads=64))
    for number in range(workers):
        live.start(f"worker-{number}", commands.worker())
    if beat:
        live.start("beat", commands.beat(folder=live.folder))
    pages, phones = f"{live.url}/readyz", f"{live.phones.url}/_sim/health"
    eventually(lambda: _answers(pages) and _answers(phones), seconds=60)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False
