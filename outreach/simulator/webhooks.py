"""Posting to the application's webhooks: signed, with the provider's timeouts and connection overrides."""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, urldefrag, urlencode
from uuid import UUID

import structlog
import urllib3

from outreach.simulator import signing
from outreach.simulator.store import Store

log = structlog.get_logger()

# A connection that breaks this soon was most likely kept alive by us and closed by the server meanwhile.
STALE_SECONDS = 0.1
TWIML_LIMIT = 64 * 1024
Params = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """How often and when a webhook is tried again: `#rc=..&rp=..&ct=..&rt=..&tt=..` of its URL."""

    retries: int = 1
    policies: frozenset[str] = frozenset({"ct"})
    connect_ms: int = 5000
    read_ms: int = 15000
    total_ms: int = 15000

    @classmethod
    def of(cls, url: str) -> Overrides:
        """Read the fragment. A value that is no number or out of range is ignored."""
        given = parse_qs(urldefrag(url).fragment)
        asked = frozenset(given.get("rp", ["ct"])[0].split(","))
        return cls(
            retries=_bounded(given, "rc", 0, 5, 1),
            policies=frozenset({"ct", "rt", "4xx", "5xx"}) if "all" in asked else asked,
            connect_ms=_bounded(given, "ct", 100, 10000, 5000),
            read_ms=_bounded(given, "rt", 100, 15000, 15000),
            total_ms=_bounded(given, "tt", 100, 15000, 15000),
        )


def _bounded(given: dict[str, list[str]], name: str, least: int, most: int, default: int) -> int:
    value = given.get(name, [""])[0]
    return int(value) if value.isdigit() and least <= int(value) <= most else default


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back. `error_code` is the provider's debugger code when it is not a success."""

    status: int = 0
    content_type: str = ""
    body: bytes = b""
    error_code: int | None = None
    failure: str = ""
    """Which retry policy it falls under: ct, rt, 4xx or 5xx."""

    @property
    def ok(self) -> bool:
        """Whether the application took it and what it said could be carried out."""
        return 200 <= self.status < 300 and self.error_code is None


class Postman:
    """A pool of threads with kept-alive connections, so that thousands of callbacks cost little."""

    def __init__(self, store: Store, threads: int) -> None:
        self._store = store
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._http = urllib3.PoolManager(num_pools=20, maxsize=threads, retries=False)
        self._threads = threads
        for number in range(threads):
            threading.Thread(target=self._work, name=f"postman-{number}", daemon=True).start()

    def post(self, url: str, params: Params, then: Callable[[Answer], None] | None = None) -> None:
        """Post a signed form soon, on another thread, and hand the answer to `then`."""

        def job() -> None:
            answer = self.post_now(url, params)
            if then:
                then(answer)

        self._jobs.put(job)

    def soon(self, job: Callable[[], None]) -> None:
        """Run something slow on one of the threads."""
        self._jobs.put(job)

    def post_now(self, url: str, params: Params) -> Answer:
        """Post a signed form and return the answer, after as many tries as its URL allows."""
        rules = Overrides.of(url)
        target = urldefrag(url).url
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": str(UUID(bytes=secrets.token_bytes(16), version=4)),
            **signing.headers(
                self._store.settings.auth_token, self._store.settings.shared_key, target, params
            ),
        }
        body = urlencode(params).encode()
        for tries_left in range(rules.retries, -1, -1):
            began = time.monotonic()
            answer = self._try(target, body, headers, rules)
            self._store.saw("out", "POST", url, answer.status, time.monotonic() - began)
            if answer.failure not in rules.policies or not tries_left:
                return answer
            self._store.stats["webhooks_retried"] += 1
        raise AssertionError

    def fetch(self, url: str) -> tuple[str, bytes]:
        """Get a media file the application offers. Raise urllib3's HTTPError when it can't be had."""
        answer = self._http.request("GET", url, timeout=urllib3.Timeout(connect=5, read=15), redirect=True)
        self._store.saw("out", "GET", url, answer.status)
        if answer.status != 200:
            raise urllib3.exceptions.HTTPError
        return answer.headers.get("Content-Type", "application/octet-stream").split(";")[0], answer.data

    def close(self) -> None:
        """Stop the threads; what is under way ends by itself."""
        for _ in range(self._threads):
            self._jobs.put(None)
        self._http.clear()

    def _try(
        self, url: str, body: bytes, headers: dict[str, str], rules: Overrides, *, again: bool = True
    ) -> Answer:
        began = time.monotonic()
        timeout = urllib3.Timeout(
            total=rules.total_ms / 1000, connect=rules.connect_ms / 1000, read=rules.read_ms / 1000
        )
        try:
            reply = self._http.request(
                "POST",
                url,
                body=body,
                headers=headers,
                timeout=timeout,
                redirect=False,
                preload_content=False,
            )
            content = reply.read(TWIML_LIMIT + 1)
            reply.drain_conn()
            reply.release_conn()
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError):
            return Answer(error_code=11205, failure="ct")
        except urllib3.exceptions.ProtocolError:
            if again and time.monotonic() - began < STALE_SECONDS:
                return self._try(url, body, headers, rules, again=False)
            return Answer(error_code=11205, failure="rt")
        except urllib3.exceptions.LocationValueError:
            return Answer(error_code=11100, failure="url")
        except (urllib3.exceptions.HTTPError, OSError):
            return Answer(error_code=11205, failure="rt")
        failure = "" if reply.status < 400 else f"{reply.status // 100}xx"
        return Answer(
            status=reply.status,
            content_type=reply.headers.get("Content-Type", ""),
            body=content,
            error_code=None if 200 <= reply.status < 300 else 11200,
            failure=failure,
        )

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception as error:  # noqa: BLE001 - the thread must live on for the next webhook
                log.error("webhook_job_failed", error=type(error).__name__)


def form(pairs: Iterable[tuple[str, str | int | None]]) -> Params:
    """Return parameters as strings, without those that are None."""
    return [(name, str(value)) for name, value in pairs if value is not None]
