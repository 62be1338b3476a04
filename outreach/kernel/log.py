"""Structured logs: a constant event and ids. Keys that could carry a patient's data are dropped."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED_TYPES = (int, float, bool, type(None))
OUR_PACKAGES = ("outreach.", "workers.")
FORBIDDEN_KEYS = frozenset(
    [
        "body",
        "text",
        "name",
        "phone",
        "to",
        "from_",
        "e164",
        "email",
        "birth_date",
        "mrn",
        "words",
        "note",
        "reason_text",
        "payload",
        "params",
    ]
)


def drop_patient_data(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop keys that could hold a patient's data, whoever passed them."""
    for key in FORBIDDEN_KEYS & event.keys():
        event[key] = "[dropped]"
    return event


def only_exception_type(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace an exception by its type and the places it passed: its message may quote a patient's words."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, BaseException):
        found = (type(found), found, found.__traceback__)
    if found and found[0] is not None:
        event["error"] = found[0].__name__
        event["where"] = _places(found[2])
        code = getattr(getattr(found[1], "orig", None), "sqlstate", None)
        if code:  # PostgreSQL's: 40P01 is a deadlock, 55P03 a lock waited for in vain
            event["sqlstate"] = str(code)
    return event


def _places(trace: Any) -> list[str]:
    """Return where an exception passed through code of ours, and where it came from."""
    places, ours = [], []
    while trace is not None:
        code = trace.tb_frame.f_code
        folder, _, file = code.co_filename.rpartition("/")
        places.append(f"{folder.rsplit('/', 1)[-1]}/{file}:{trace.tb_lineno} {code.co_name}")
        if str(trace.tb_frame.f_globals.get("__name__", "")).startswith(OUR_PACKAGES):
            ours.append(places[-1])
        trace = trace.tb_next
    return ours[-12:] + [place for place in places[-2:] if place not in ours[-12:]]


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    drop_patient_data,
    only_exception_type,
]
# At import: structlog's own default prints every local variable of a traceback, patients' words too.
structlog.configure(
    processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
)


def configure(*, level: int = logging.INFO) -> None:
    """Send every log of this process, ours and the libraries', to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # These print numbers, URLs with queries or statements with words when they speak freely; Celery adds a
    # line for each task sent, received and done, several each second.
    for name in (
        "twilio",
        "twilio.http_client",
        "urllib3",
        "sqlalchemy",
        "werkzeug",
        "kombu",
        "amqp",
        "celery",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger whose first argument is a constant event name."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
