"""Alive, ready, figures: what load balancers, containers and Prometheus ask."""

from __future__ import annotations

import ipaddress

import redis
from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from outreach import http, schema
from outreach.kernel.errors import NotAllowed
from outreach.kernel.metrics import (
    ATTEMPTS,
    BACKLOG,
    DECISIONS,
    OLDEST_WORK,
    SENDERS_STOPPED,
    SENDING_HELD,
)
from outreach.messaging import queries as messaging
from outreach.staff import queries as staff

blueprint = Blueprint("health", __name__)
REDIS_SECONDS = 0.5
METRICS_SCOPE = "metrics"


@blueprint.get("/healthz")
@http.public
def alive() -> ResponseReturnValue:
    """Say that this process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@http.public
def ready() -> ResponseReturnValue:
    """Say whether database, Redis and migrations are as they should be: 200 or 503, and which."""
    parts = {"database": _database(), "redis": _redis(), "migrations": _migrations()}
    well = all(state == "ok" for state in parts.values())
    return jsonify(ready=well, **parts), 200 if well else 503


@blueprint.get("/metrics")
@http.public
def metrics() -> ResponseReturnValue:
    """Return figures: to our own machine, or to whoever has a token with scope "metrics".

    What waits, was tried and was decided is counted in the database, for all processes; requests and webhooks
    are this process's.
    """
    if not (_from_here() or _has_token()):
        raise NotAllowed
    _note_troubles()
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _note_troubles() -> None:
    """Set what is read anew for each scrape; without a database the last figures stand."""
    try:
        with http.begin() as uow:
            found, load = messaging.troubles(uow), messaging.load(uow)
    except SQLAlchemyError:
        return
    SENDERS_STOPPED.set(len(found.stopped))
    SENDING_HELD.set(0 if found.held_why is None else 1)
    OLDEST_WORK.set(load.oldest_seconds)
    for queue, waiting in load.waiting.items():
        BACKLOG.labels(queue).set(waiting)
    ATTEMPTS.clear()
    for state, tried in load.attempts.items():
        ATTEMPTS.labels(state).set(tried)
    DECISIONS.clear()
    for (outcome, rule), decided in load.decisions.items():
        DECISIONS.labels(outcome, rule).set(decided)


def _database() -> str:
    try:
        with http.services().transactions.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "unreachable"
    return "ok"


def _redis() -> str:
    client = redis.Redis.from_url(
        http.services().settings.redis_url,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )
    try:
        client.ping()
    except redis.RedisError:
        return "unreachable"
    finally:
        client.close()
    return "ok"


def _migrations() -> str:
    try:
        return "ok" if schema.is_current(http.services().transactions.engine) else "behind"
    except SQLAlchemyError:
        return "unknown"


def _from_here() -> bool:
    # A proxy on this machine speaks for somebody else: its requests need the token.
    proxied = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    try:
        return not proxied and ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _has_token() -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return False
    with http.begin() as uow:
        found = staff.api_token(uow, token=token.strip())
    return found is not None and METRICS_SCOPE in found.scopes
