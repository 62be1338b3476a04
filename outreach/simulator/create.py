"""Checking a create call in the provider's order, and making the message it asks for."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

from outreach.kernel.segments import count_segments
from outreach.simulator.errors import MAGIC, Refused
from outreach.simulator.records import Message, Service, new_sid
from outreach.simulator.world import World

E164 = re.compile(r"\+[1-9]\d{6,14}")
# North American numbers: area code and exchange start with 2 to 9.
NANP = re.compile(r"\+1[2-9]\d\d[2-9]\d{6}")
SERVICE_SID = re.compile(r"MG[0-9a-fA-F]{32}")
LONGEST_BODY = 1600
MOST_MEDIA = 10
LONGEST_VALIDITY = 36_000


def new_message(world: World, form: MultiDict[str, str]) -> Message:
    """Return the message a create call asks for, not yet accepted. Raise Refused with the documented code."""
    to, body = form.get("To", "").strip(), form.get("Body", "")
    media = [url for url in form.getlist("MediaUrl") if url]
    _check_to(to)
    _check_content(body, media, form)
    service, sender = _sender(world, to, form)
    send_at = _send_at(world, form, service)
    _check_opt_out(world, to, service, sender)
    now = world.store.now()
    return Message(
        sid=new_sid("MM" if media else "SM"),
        direction="outbound-api",
        to=to,
        from_=sender,
        body=body,
        status="scheduled" if send_at else "accepted" if sender is None else "queued",
        created=now,
        updated=now,
        visible_at=time.monotonic() + world.list_lag(),
        service_sid=service.sid if service else None,
        segments=count_segments(body).segments if sender else 0,
        media_urls=media,
        callback=_callback(world, form, service, sender),
        validity=_validity(form, service),
        send_at=send_at,
    )


def _check_to(to: str) -> None:
    if not to:
        raise Refused(21604)
    if not E164.fullmatch(to) or (to.startswith("+1") and not (NANP.fullmatch(to) or to in MAGIC)):
        raise Refused(21211)
    if to in MAGIC:
        raise Refused(MAGIC[to])


def _check_content(body: str, media: list[str], form: MultiDict[str, str]) -> None:
    if not body and not media and not form.get("ContentSid"):
        raise Refused(21602)
    if len(body) > LONGEST_BODY:
        raise Refused(21617)
    if len(media) > MOST_MEDIA:
        raise Refused(21623)
    if not all(_is_url(url) for url in media):
        raise Refused(21620)
    if form.get("ContentRetention") == "discard":
        raise Refused(30029)


def _sender(world: World, to: str, form: MultiDict[str, str]) -> tuple[Service | None, str | None]:
    """Return the service and the number. With a service alone the number is chosen later."""
    sender, service_sid = form.get("From", "").strip(), form.get("MessagingServiceSid", "").strip()
    service = _service(world, service_sid) if service_sid else None
    if not sender:
        if service is None:
            raise Refused(21603)
        return service, None
    if sender == to:
        raise Refused(21266)
    if sender not in world.store.numbers or (service and sender not in service.numbers):
        raise Refused(21606)
    return service, sender


def _service(world: World, sid: str) -> Service:
    if not SERVICE_SID.fullmatch(sid):
        raise Refused(21705)
    service = world.store.services.get(sid)
    if service is None:
        raise Refused(21701)
    if not service.numbers:
        raise Refused(21704)
    if not any(number in world.store.numbers for number in service.numbers):
        raise Refused(21703)
    return service


def _check_opt_out(world: World, to: str, service: Service | None, sender: str | None) -> None:
    key = service.sid if service else world.store.block_key(sender or "")
    if (key, to) not in world.store.blocks:
        return
    if sender or world.settings.opt_out_at_create:
        raise Refused(21610)


def _callback(world: World, form: MultiDict[str, str], service: Service | None, sender: str | None) -> str:
    given = form.get("StatusCallback", "")
    if given:
        host = urlsplit(given).hostname or ""
        if not _is_url(given) or "_" in host:
            raise Refused(21609)
        return given
    if service:
        return service.status_callback
    return world.store.numbers[sender].status_callback if sender else ""


def _validity(form: MultiDict[str, str], service: Service | None) -> float:
    given = form.get("ValidityPeriod")
    if given is None:
        return float(service.validity_period if service else LONGEST_VALIDITY)
    if not given.isdigit() or not 1 <= int(given) <= LONGEST_VALIDITY:
        raise Refused(30045)
    return float(given)


def _send_at(world: World, form: MultiDict[str, str], service: Service | None) -> datetime | None:
    if not form.get("ScheduleType") and not form.get("SendAt"):
        return None
    if service is None:
        raise Refused(35118)
    try:
        at = datetime.fromisoformat(form.get("SendAt", "").replace("Z", "+00:00"))
    except ValueError:
        raise Refused(35114) from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    ahead = at - world.store.now()
    if ahead <= timedelta(seconds=300):
        raise Refused(35115)
    if ahead > timedelta(days=35):
        raise Refused(35117)
    return at


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
