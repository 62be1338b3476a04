"""Who may use the provider's API, and who may move the pretend world."""

from __future__ import annotations

import hmac
import ipaddress

from flask import Request

from outreach.simulator.errors import Refused
from outreach.simulator.settings import SimulatorSettings

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


def check_api(request: Request, settings: SimulatorSettings) -> None:
    """Let in the account's token and its API keys, by Basic authentication. Raise Refused otherwise."""
    given = request.authorization
    if given is None or given.type != "basic":
        raise Refused(20003)
    user, password = given.username or "", given.password or ""
    secret = settings.auth_token if user == settings.account_sid else settings.api_keys.get(user, "")
    if not secret or not hmac.compare_digest(secret.encode(), password.encode()):
        raise Refused(20003)


def is_local(request: Request) -> bool:
    """Return whether a call comes from this machine, and from a page of ours rather than one out on the web.

    The Host header is checked so that a foreign page can't reach the control calls through a name of its own.
    """
    try:
        near = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    origin = request.headers.get("Origin", "")
    return near and host in LOCAL_NAMES and origin in ("", request.host_url.rstrip("/"))
