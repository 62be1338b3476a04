"""The Messages part of the provider's 2010 API."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request

from outreach.simulator.create import new_message
from outreach.simulator.errors import Refused
from outreach.simulator.filters import matching
from outreach.simulator.paging import cut, envelope
from outreach.simulator.records import Media, Message
from outreach.simulator.render import account_json, media_json, message_json
from outreach.simulator.world import World

api = Blueprint("rest", __name__, url_prefix="/2010-04-01/Accounts")


def world() -> World:
    """Return the world this application serves."""
    found: World = current_app.extensions["simulator"]
    return found


def check_account(sid: str) -> None:
    """Raise Refused (20404) when the path names another account."""
    if sid != world().settings.account_sid:
        raise Refused(20404)


@api.get("/<sid>.json")
@api.get("/<sid>", endpoint="account_plain")
def account(sid: str) -> Response:
    """Return the account."""
    check_account(sid.removesuffix(".json"))
    return jsonify(account_json(world().settings.account_sid, world().store.now()))


@api.post("/<account_sid>/Messages.json")
@api.post("/<account_sid>/Messages", endpoint="create_plain")
def create(account_sid: str) -> tuple[Response, int]:
    """Accept a text, or refuse it with the documented code."""
    check_account(account_sid)
    here = world()
    here.store.stats["creates"] += 1
    try:
        with here.store.lock:
            message = new_message(here, request.form)
            here.carrier.accept(message)
    except Refused as error:
        here.store.stats[f"error_{error.code}"] += 1
        raise
    return _message(message), 201


@api.get("/<account_sid>/Messages.json")
@api.get("/<account_sid>/Messages", endpoint="list_plain")
def listing(account_sid: str) -> Response:
    """List messages, newest first, as far as lists already know of them."""
    check_account(account_sid)
    here = world()
    here.store.stats["lists"] += 1
    with here.store.lock:
        page, token = cut(matching(here.store, request.args), request)
        items = [message_json(message, account_sid) for message in page]
    return jsonify(envelope(request, "messages", items, token))


@api.get("/<account_sid>/Messages/<sid>.json")
@api.get("/<account_sid>/Messages/<sid>", endpoint="fetch_plain")
def fetch(account_sid: str, sid: str) -> Response:
    """Return one message. Unlike the list this knows it at once."""
    check_account(account_sid)
    return _message(_found(sid))


@api.post("/<account_sid>/Messages/<sid>.json")
@api.post("/<account_sid>/Messages/<sid>", endpoint="update_plain")
def update(account_sid: str, sid: str) -> Response:
    """Redact a finished message (`Body` empty) or cancel a scheduled one (`Status=canceled`)."""
    check_account(account_sid)
    body, status = request.form.get("Body"), request.form.get("Status")
    with world().store.lock:
        message = _found(sid)
        if body is not None and status:
            raise Refused(30400)
        if status:
            _cancel(message, status)
        elif body is not None:
            _redact(message, body)
        return _message(message)


@api.delete("/<account_sid>/Messages/<sid>.json")
@api.delete("/<account_sid>/Messages/<sid>", endpoint="delete_plain")
def delete(account_sid: str, sid: str) -> tuple[str, int]:
    """Delete a finished message and its media from the log."""
    check_account(account_sid)
    with world().store.lock:
        message = _found(sid)
        if not message.final:
            raise Refused(20009)
        world().store.delete_message(message)
    return "", 204


@api.get("/<account_sid>/Messages/<sid>/Media.json")
@api.get("/<account_sid>/Messages/<sid>/Media", endpoint="media_list_plain")
def media_list(account_sid: str, sid: str) -> Response:
    """List a message's media."""
    check_account(account_sid)
    with world().store.lock:
        items = [media_json(_media(sid, found), account_sid) for found in _found(sid).media]
    return jsonify(envelope(request, "media_list", items, None))


@api.get("/<account_sid>/Messages/<sid>/Media/<media_sid>.json")
def media_record(account_sid: str, sid: str, media_sid: str) -> Response:
    """Return what is known of one file."""
    check_account(account_sid)
    return jsonify(media_json(_media(sid, media_sid), account_sid))


@api.get("/<account_sid>/Messages/<sid>/Media/<media_sid>")
def media_content(account_sid: str, sid: str, media_sid: str) -> Response:
    """Return the file itself, to those with credentials only."""
    check_account(account_sid)
    found = _media(sid, media_sid)
    return Response(found.content, content_type=found.content_type)


@api.delete("/<account_sid>/Messages/<sid>/Media/<media_sid>.json")
@api.delete("/<account_sid>/Messages/<sid>/Media/<media_sid>", endpoint="media_delete_plain")
def media_delete(account_sid: str, sid: str, media_sid: str) -> tuple[str, int]:
    """Delete one file from the log."""
    check_account(account_sid)
    world().store.delete_media(_media(sid, media_sid).sid)
    return "", 204


def _message(message: Message) -> Response:
    return jsonify(message_json(message, world().settings.account_sid))


def _found(sid: str) -> Message:
    message = world().store.messages.get(sid)
    if message is None:
        raise Refused(20404)
    return message


def _media(sid: str, media_sid: str) -> Media:
    media = world().store.media.get(media_sid)
    if media is None or media.parent_sid != sid:
        raise Refused(20404)
    return media


def _cancel(message: Message, status: str) -> None:
    if status != "canceled":
        raise Refused(20001, "Status")
    if message.status not in ("scheduled", "accepted", "queued"):
        raise Refused(30409)
    message.status = "canceled"
    message.updated = world().store.now()
    world().store.keep("message", message)


def _redact(message: Message, body: str) -> None:
    if body:
        raise Refused(20001, "Body can only be made empty")
    if not message.final:
        raise Refused(20009)
    message.body = ""
    message.updated = world().store.now()
    world().store.keep("message", message)
