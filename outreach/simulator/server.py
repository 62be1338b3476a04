"""Serving the simulator: many threads, kept-alive connections, and the means to drop one on purpose."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click
from flask import Flask

from outreach.simulator.app import create_app
from outreach.simulator.journal import JournalTaken
from outreach.simulator.settings import ServiceSeed, SimulatorSettings
from outreach.simulator.trouble import ABORT
from outreach.simulator.world import World

LARGEST_REQUEST = 16 * 1024 * 1024
IDLE_SECONDS = 75.0


class Handler(BaseHTTPRequestHandler):
    """One connection. HTTP/1.1 with keep-alive, whole bodies only, nothing logged: URLs hold numbers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    wbufsize = 65536
    server: Server

    def handle(self) -> None:
        """Answer until the other side has gone; that it went is no news."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def answer(self) -> None:
        """Run the application for one request."""
        body = self._body()
        if body is None:
            return
        dropped = threading.Event()
        environ = self._environ(body, dropped.set)
        chunks, head = _run(self.server.app, environ)
        if dropped.is_set():
            self._reset()
            return
        self._write(head, b"".join(chunks))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""

    def version_string(self) -> str:
        """Tell no versions."""
        return "outreach-simulator"

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        unknown = bool(self.headers.get("Transfer-Encoding")) or not length.isdigit()
        if unknown or int(length) > LARGEST_REQUEST:
            self.close_connection = True
            self.send_error(411 if unknown else 413)
            return None
        return self.rfile.read(int(length))

    def _environ(self, body: bytes, abort: Callable[[], None]) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        if "://" in path:
            path = urlsplit(self.path).path
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": self.server.host,
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            ABORT: abort,
        }
        for name, value in self.headers.items():
            environ.setdefault(f"HTTP_{name.upper().replace('-', '_')}", value)
        return environ

    def _write(self, head: tuple[str, list[tuple[str, str]]], content: bytes) -> None:
        status, headers = head
        code, _, words = status.partition(" ")
        self.send_response_only(int(code), words)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        if code not in ("204", "304"):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and code not in ("204", "304"):
            self.wfile.write(content)
        self.wfile.flush()

    def _reset(self) -> None:
        # Linger 0: closing sends RST, which is what a client sees when a machine behind the network dies.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens, one thread for each connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 1024

    app: Flask

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        super().__init__((host, port), Handler)
        self.port: int = self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away, and where it broke of anything else."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError | ValueError | OSError):
            super().handle_error(request, client_address)


def _run(app: Flask, environ: dict[str, Any]) -> tuple[list[bytes], tuple[str, list[tuple[str, str]]]]:
    head: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], object]:
        head.append((status, headers))
        return lambda data: None

    result: Iterable[bytes] = app(environ, start)
    try:
        return list(result), head[-1]
    finally:
        if hasattr(result, "close"):
            result.close()


@dataclass(frozen=True)
class Running:
    """A simulator that serves."""

    url: str
    world: World


@contextlib.contextmanager
def running(settings: SimulatorSettings, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[Running]:
    """Serve on a thread of this process for the duration of a `with` block; port 0 takes a free one."""
    # The port comes first: a second simulator that finds it taken must not touch the first one's journal.
    server = Server(host, port)
    try:
        app = server.app = create_app(settings)
    except BaseException:
        server.server_close()
        raise
    world: World = app.extensions["simulator"]
    url = f"http://{host}:{server.port}"
    world.inbound.base_url = url
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Running(url, world)
    finally:
        server.shutdown()
        server.server_close()
        world.close()


def serve(settings: SimulatorSettings, *, host: str = "127.0.0.1", port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with running(settings, host=host, port=port) as here:
        click.echo(f"Simulator ready at {here.url}/")
        stop.wait()


@click.command()
@click.option("--port", type=int, required=True, help="Port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--webhook-base", default="", help="Where the application is, like http://127.0.0.1:8000.")
@click.option("--credentials-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--account-sid", default="", help="For a try by hand; else in the credentials file.")
@click.option("--auth-token", default="", help="For a try by hand; anyone on this machine can read it.")
@click.option("--number", "numbers", multiple=True, help="A number we rent; may be repeated.")
@click.option("--service", "services", multiple=True, help="MGsid=+1number,+1number; may be repeated.")
@click.option("--data", "data_dir", type=click.Path(file_okay=False, path_type=Path))
@click.option("--speed", type=float, default=1.0, help="How many times faster the product's time runs.")
@click.option("--seed", type=int, default=1, help="Seed of the faults' dice.")
@click.option("--list-lag", type=float, default=5.0, help="Seconds until a list shows a new message.")
def main(**given: Any) -> None:
    """Run a pretend Twilio with pretend phones.

    The credentials file is JSON: {"account_sid", "auth_token", "api_keys": {sid: secret}}.
    """
    os.umask(0o077)
    try:
        serve(_settings(given), host=given["host"], port=given["port"])
    except JournalTaken as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(
            f"Can't listen on {given['host']}:{given['port']} ({error.strerror}). Choose another --port."
        ) from None


def _settings(given: dict[str, Any]) -> SimulatorSettings:
    credentials: dict[str, Any] = {"account_sid": given["account_sid"], "auth_token": given["auth_token"]}
    if given["credentials_file"]:
        try:
            credentials |= json.loads(given["credentials_file"].read_text())
        except ValueError:
            raise click.ClickException("The credentials file is not JSON.") from None
    if not credentials["account_sid"] or not credentials["auth_token"]:
        raise click.ClickException("Give --credentials-file, or --account-sid and --auth-token.")
    return SimulatorSettings(
        account_sid=credentials["account_sid"],
        auth_token=credentials["auth_token"],
        api_keys=credentials.get("api_keys", {}),
        webhook_base=given["webhook_base"],
        numbers=given["numbers"] or ("+12025550100",),
        services=tuple(map(_service, given["services"])),
        data_dir=given["data_dir"],
        speed=given["speed"],
        seed=given["seed"],
        list_lag_seconds=given["list_lag"],
    )


def _service(text: str) -> ServiceSeed:
    sid, _, numbers = text.partition("=")
    return ServiceSeed(sid=sid, name=sid, numbers=tuple(filter(None, numbers.split(","))))
