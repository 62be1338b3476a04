"""What an error of a send means: never reached, refused, or nobody knows.

`requests` raises a refused connection and a connection cut after the request went out under the same
ConnectionError; only the urllib3 error inside tells them apart. When in doubt it is Unknown.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import requests
from twilio.base.exceptions import TwilioException
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from outreach.messaging.ports import NotReached, Refused, SendResult, Unknown
from outreach.messaging.rules.errors import TABLE

TOO_MANY = 429
CLIENT_ERRORS = range(400, 500)
SIGNED_OUT = (401, 403)
NOT_SIGNED_IN_CODE = 20003
AMBIGUOUS_CLIENT_ERRORS = (408, 409, 425, 499)
"""A timeout or conflict on the way, perhaps from a proxy in between: it proves nothing."""

NEVER_LEFT = (
    NewConnectionError,
    NameResolutionError,
    ConnectTimeoutError,
    ConnectionRefusedError,
    socket.gaierror,
)


def of_send(error: Exception) -> SendResult:
    """Return what became of a send that ended in `error`."""
    if isinstance(error, TwilioException):
        return _of_answer(error)
    if isinstance(error, (requests.exceptions.ConnectTimeout, *NEVER_LEFT)):
        return NotReached(reason="connect_timeout")
    if isinstance(error, requests.exceptions.ReadTimeout):
        return Unknown(reason="read_timeout")
    if isinstance(error, requests.exceptions.ConnectionError):
        return _of_connection(error)
    return Unknown(reason=type(error).__name__)


def _of_answer(error: TwilioException) -> SendResult:
    status, code = int(getattr(error, "status", 0) or 0), int(getattr(error, "code", 0) or 0)
    if status == TOO_MANY:
        # "Never processed and always safe to retry" (provider, error 20429).
        return NotReached(reason="too_many_requests", code=code)
    if status in CLIENT_ERRORS and (code in TABLE or status not in AMBIGUOUS_CLIENT_ERRORS):
        if code not in TABLE and status in SIGNED_OUT:
            code = NOT_SIGNED_IN_CODE
        return Refused(code=code, http_status=status)
    return Unknown(reason=f"http_{status}")


def _of_connection(error: Exception) -> SendResult:
    causes = tuple(_causes(error))
    if any(isinstance(cause, NEVER_LEFT) for cause in causes):
        return NotReached(reason="not_connected")
    return Unknown(reason="connection_lost")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those it stands for: arguments, `reason` and what it was raised from."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop()
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting.extend([*found.args, getattr(found, "reason", None), found.__cause__, found.__context__])
