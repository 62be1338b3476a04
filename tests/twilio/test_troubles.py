"""What an error of a send means, against real sockets where a socket can do it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

from outreach.config import Settings
from outreach.messaging.ports import Accepted, NotReached, OutboundText, ProviderUnavailable, Refused, Unknown
from outreach.twilio import troubles
from outreach.twilio.account import NoAccount
from outreach.twilio.gateway import TwilioGateway

TEXT = OutboundText(
    message_id=UUID(int=1),
    attempt_id=UUID(int=2),
    to="+12025550143",
    sender_address="+12025550100",
    body="Hello",
)


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accept connections and do to each what the test wants."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                behave(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


def read_request(connection: socket.socket) -> bytes:
    """Read head and body, so that closing afterwards is no reset."""
    connection.settimeout(2)
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head


def answer(status: str, body: bytes, kind: str = "application/json") -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        read_request(connection)
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        head += "Connection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    return behave


def hang(connection: socket.socket) -> None:
    read_request(connection)
    with contextlib.suppress(TimeoutError):
        connection.recv(1)


def close(connection: socket.socket) -> None:
    read_request(connection)


def reset(connection: socket.socket) -> None:
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def half(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"sid":')


def refuse(code: int, status: str) -> Callable[[socket.socket], None]:
    return answer(status, f'{{"code": {code}, "message": "no", "status": 400}}'.encode())


@pytest.mark.parametrize(
    ("behave", "result"),
    [
        (hang, Unknown(reason="read_timeout")),
        (close, Unknown(reason="connection_lost")),
        (reset, Unknown(reason="connection_lost")),
        (half, Unknown),
        (answer("500 Internal Server Error", b"oops", "text/plain"), Unknown(reason="http_500")),
        (refuse(20503, "503 Service Unavailable"), Unknown(reason="http_503")),
        (answer("502 Bad Gateway", b"<html>", "text/html"), Unknown(reason="http_502")),
        (answer("302 Found", b"", "text/html"), Unknown(reason="http_302")),
        (answer("201 Created", b"not json"), Unknown),
        (answer("408 Request Timeout", b"", "text/html"), Unknown(reason="http_408")),
        (refuse(20429, "429 Too Many Requests"), NotReached(reason="too_many_requests", code=20429)),
        (refuse(21610, "400 Bad Request"), Refused(code=21610, http_status=400)),
        (refuse(20003, "401 Unauthorized"), Refused(code=20003, http_status=401)),
        (answer("401 Unauthorized", b"<html>", "text/html"), Refused(code=20003, http_status=401)),
        (refuse(55555, "400 Bad Request"), Refused(code=55555, http_status=400)),
    ],
)
def test_each_failure_of_a_real_socket_has_its_meaning(settings: Settings, behave, result) -> None:
    with server(behave) as url:
        found = gateway(settings, url).send(TEXT)

    assert isinstance(found, result) if isinstance(result, type) else found == result


def gateway(settings: Settings, url: str) -> TwilioGateway:
    return TwilioGateway(
        replace(settings, twilio_api_base_url=url), connect_seconds=0.3, read_seconds=0.3, connections=4
    )


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "http://does-not-exist.invalid"], ids=["refused", "no such name"]
)
def test_what_never_connected_is_safe_to_retry(settings: Settings, url: str) -> None:
    assert isinstance(gateway(settings, url).send(TEXT), NotReached)


def test_a_connect_timeout_is_safe_to_retry() -> None:
    assert isinstance(troubles.of_send(requests.exceptions.ConnectTimeout()), NotReached)


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.SSLError("bad record"),
        requests.exceptions.ChunkedEncodingError(),
        requests.exceptions.ContentDecodingError(),
        requests.exceptions.ConnectionError("no cause given"),
        TwilioException("Unable to fetch page"),
        TwilioRestException(0, "", ""),
        ValueError("anything else"),
        KeyError("sid"),
    ],
)
def test_whatever_else_happens_is_unknown(error: Exception) -> None:
    assert isinstance(troubles.of_send(error), Unknown)


def test_the_newer_kind_of_error_is_read_too() -> None:
    error = TwilioServiceException(type_uri="", title="", status=400, code=21211)

    assert troubles.of_send(error) == Refused(code=21211, http_status=400)


def test_a_question_that_fails_quotes_no_number(settings: Settings) -> None:
    with pytest.raises(ProviderUnavailable) as caught:
        list(
            gateway(settings, "http://127.0.0.1:9").list_received(
                at_address="+12025550143", since=datetime(2026, 3, 10, tzinfo=UTC)
            )
        )

    assert "2025550143" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/2010-04-01/Accounts/AC/Messages/MM/Media/ME",
        "http://api.twilio.com/2010-04-01/x",
        "https://api.twilio.com.evil.example/x",
        "https://eviltwilio.com/x",
        "file:///etc/passwd",
    ],
)
def test_credentials_go_to_the_provider_only(settings: Settings, url: str) -> None:
    with pytest.raises(ProviderUnavailable, match="not an address"):
        gateway(settings, "http://127.0.0.1:9").fetch_media(url)


def test_without_an_account_there_is_one_clear_line(settings: Settings) -> None:
    with pytest.raises(NoAccount, match="Set TWILIO_ACCOUNT_SID"):
        TwilioGateway(replace(settings, twilio_auth_tokens=()))


def test_a_send_names_our_ids_in_its_callback_and_nothing_else(settings: Settings) -> None:
    heard: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        heard.append(read_request(connection))
        body = b'{"sid": "SM1", "status": "queued", "from": "+12025550100"}'
        connection.sendall(
            b"HTTP/1.1 201 C\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
        )

    with server(behave) as url:
        found = gateway(settings, url).send(TEXT)

    assert found == Accepted(sid="SM1", status="queued", sent_from="+12025550100")
    address = gateway(settings, url).callback_url(TEXT)
    assert address.endswith(f"/status?m={UUID(int=1)}&a={UUID(int=2)}#rc=3&rp=ct,rt,5xx")
    assert "2025550143" not in address
