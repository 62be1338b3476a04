"""Taking a text in: stored, and an exact opt-out applied, in the transaction that answers the provider."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from outreach.consent import commands as consent
from outreach.inbound import rules
from outreach.inbound.events import SafetyReadingDue, TextReceived
from outreach.kernel.errors import Invalid
from outreach.kernel.phone import from_provider
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.staff import queries as staff

STORE = """
    INSERT INTO inbound_receipt (id, sid, from_index, raw_enc, how, received_at)
    VALUES (%(id)s, %(sid)s, %(from_index)s, %(raw)s, %(how)s, %(received_at)s) ON CONFLICT (sid) DO NOTHING
"""
KEYWORD = "keyword"
"""How the ledger names what was applied without any lexicon: an exact word of the provider's or ours."""
KNOWN = text("SELECT 1 FROM inbound_receipt WHERE sid = :sid")


class NotAText(Invalid):
    """This is no inbound text: it names no message or no number that it came from."""


def receive(uow: UnitOfWork, *, sid: str, account_sid: str, params: Mapping[str, str], how: str) -> bool:
    """Store an inbound text as the provider posted it, and tell its readers. Return whether it is new.

    One statement, unless it is an exact opt-out or opt-in word: that is applied at once. `how` is webhook,
    fallback or sweep. Must be the transaction's only work. Raise NotAText without a sid or an origin.
    """
    origin = params.get("From", "").strip()
    if not sid or not origin or len(origin) > rules.LONGEST_ADDRESS:
        raise NotAText
    receipt_id = uow.new_id()
    index = uow.vault.index("phone", origin)
    values = {
        "id": receipt_id,
        "sid": sid,
        "from_index": index,
        "raw": uow.vault.seal(
            "inbound_receipt.raw", receipt_id, json.dumps({**params, "AccountSid": account_sid})
        ),
        "how": how,
        "received_at": _received_at(uow, params) if how == "sweep" else uow.now,
    }
    facts = (TextReceived(receipt_id=receipt_id, origin=index.hex()), SafetyReadingDue(receipt_id=receipt_id))
    change = rules.consent_change(params.get("Body", ""), params.get("OptOutType", ""))
    if change is None:
        return uow.publish_beside(STORE, values, *facts)
    if not _apply(uow, change, sid=sid, params=params, receipt_id=receipt_id):
        return False
    uow.session.connection().exec_driver_sql(STORE, values)
    for fact in facts:
        uow.publish(fact)
    return True


def _received_at(uow: UnitOfWork, params: Mapping[str, str]) -> datetime:
    """Return when a text that only the provider's list told of had reached the provider."""
    try:
        created = datetime.fromisoformat(params.get("DateCreated", ""))
    except ValueError:
        return uow.now
    return uow.now - max(uow.machine_now - created, timedelta(0))


def _apply(
    uow: UnitOfWork, change: rules.ConsentChange, *, sid: str, params: Mapping[str, str], receipt_id: UUID
) -> bool:
    """Apply an exact opt-out or opt-in, unless this very text did so before: a repeat may come after a
    START.
    """
    phone_id = patients.phone_for(uow, phone=from_provider(params["From"]))
    patients.lock_phone(uow, phone_id=phone_id)
    if uow.session.execute(KNOWN, {"sid": sid}).first() is not None:
        return False
    address = params.get("MessagingServiceSid") or params.get("To", "")
    sender = staff.sender_by_address(uow, address=address) or staff.sender_by_address(
        uow, address=params.get("To", "")
    )
    sender_id = sender.id if sender else None
    act = consent.opt_out if change.kind == "opt_out" else consent.opt_in
    act(
        uow,
        phone_id=phone_id,
        how="text",
        sender_id=sender_id,
        receipt_id=receipt_id,
        evidence=params.get("Body", ""),
        wording_version=KEYWORD,
    )
    if change.provider_blocks and sender_id is not None:
        consent.block_by_provider(uow, phone_id=phone_id, sender_id=sender_id, receipt_id=receipt_id)
    return True
