"""Inbound texts as they came, opened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, select

from outreach.kernel.asking import some
from outreach.kernel.errors import NotFound
from outreach.kernel.phone import Phone, from_provider
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import InboundReceipt

MOST_MEDIA = 10
"""The provider's limit for one text (facts A12)."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One inbound text as the provider posted it."""

    receipt_id: UUID
    phone: Phone
    to: str
    service_sid: str
    body: str = field(repr=False)
    media: tuple[tuple[str, str], ...] = field(repr=False)
    """Address and content type of each file."""
    opt_out_type: str
    received_at: datetime
    interpreted_at: datetime | None
    safety_read_at: datetime | None


def arrival(uow: UnitOfWork, *, receipt_id: UUID, lock: bool = False) -> Arrival:
    """Return an inbound text, locked for this transaction if asked. Raise NotFound."""
    return arrivals(uow, receipt_ids=[receipt_id], lock=lock)[0]


def arrivals(uow: UnitOfWork, *, receipt_ids: Sequence[UUID], lock: bool = False) -> list[Arrival]:
    """Return several inbound texts in this order, as `arrival` does. Raise NotFound if one is not there."""
    wanted = select(InboundReceipt).where(InboundReceipt.id == any_(some("ids"))).order_by(InboundReceipt.id)
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = {row.id: row for row in uow.session.scalars(wanted, {"ids": list(receipt_ids)})}
    if found.keys() != set(receipt_ids):
        raise NotFound
    return [_arrival(uow, found[receipt_id]) for receipt_id in receipt_ids]


def _arrival(uow: UnitOfWork, row: InboundReceipt) -> Arrival:
    posted = json.loads(uow.vault.open("inbound_receipt.raw", row.id, row.raw_enc))
    return Arrival(
        receipt_id=row.id,
        phone=from_provider(posted["From"]),
        to=posted.get("To", ""),
        service_sid=posted.get("MessagingServiceSid", ""),
        body=posted.get("Body", ""),
        media=_media(posted),
        opt_out_type=posted.get("OptOutType", ""),
        received_at=row.received_at,
        interpreted_at=row.interpreted_at,
        safety_read_at=row.safety_read_at,
    )


def _media(posted: dict[str, str]) -> tuple[tuple[str, str], ...]:
    found = []
    for place in range(MOST_MEDIA):
        url = posted.get(f"MediaUrl{place}")
        if url:
            found.append((url, posted.get(f"MediaContentType{place}", "application/octet-stream")))
    return tuple(found)
