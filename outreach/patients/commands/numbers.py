"""What is done to numbers. The phone's row is the lock of everything texted to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy import update as sql_update
from sqlalchemy.dialects.postgresql import insert

from outreach.kernel.phone import Phone
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import events, models, queries, rules

# In the order of their ids: two who lock several never wait in a circle.
LOCK = text("SELECT id FROM phone WHERE id = ANY(:phone_ids) ORDER BY id FOR NO KEY UPDATE")


@dataclass(frozen=True, kw_only=True)
class LockedPhone:
    """A phone whose row is locked until the end of the transaction."""

    id: UUID
    phone: Phone
    state: str
    epoch: int

    @property
    def e164(self) -> str:
        """The number itself: for the provider, never for a log."""
        return self.phone.e164


def phone_for(uow: UnitOfWork, *, phone: Phone) -> UUID:
    """Return the id of a number's row, made now if there is none; two at once get the same one."""
    return phones_for(uow, phones=[phone])[phone]


def phones_for(uow: UnitOfWork, *, phones: Collection[Phone]) -> dict[Phone, UUID]:
    """Return the same for each of several numbers."""
    known = queries.find_phones(uow, phones=phones)
    unknown = {phone: uow.vault.index("phone", phone.e164) for phone in phones if phone not in known}
    while unknown:
        _make(uow, unknown)
        known |= queries.find_phones(uow, phones=unknown)
        unknown = {phone: index for phone, index in unknown.items() if phone not in known}
    return known


def _make(uow: UnitOfWork, unknown: dict[Phone, bytes]) -> None:
    """Make rows for numbers, in the order of their indexes; one that was made meanwhile is let be."""
    rows = []
    for phone, index in sorted(unknown.items(), key=lambda one: one[1]):
        phone_id = uow.new_id()
        sealed = uow.vault.seal("phone.e164", phone_id, phone.e164)
        rows.append({"id": phone_id, "e164_enc": sealed, "e164_index": index, "created_at": uow.now})
    made = uow.session.scalars(
        insert(models.Phone)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["e164_index"])
        .returning(models.Phone.id)
    ).all()
    if made:
        first = [{"phone_id": one, "epoch": 1, "since": uow.now, "how": "first_seen"} for one in made]
        uow.session.execute(insert(models.PhoneHolder).values(first))


def lock_phone(uow: UnitOfWork, *, phone_id: UUID) -> LockedPhone:
    """Lock a phone's row until the transaction ends, and return it as it is now. Raise NoSuchPhone.

    `FOR NO KEY UPDATE`: rows that refer to the phone can still be written meanwhile.
    """
    row = uow.session.execute(
        select(models.Phone.e164_enc, models.Phone.state, models.Phone.epoch)
        .where(models.Phone.id == phone_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise queries.NoSuchPhone
    return LockedPhone(
        id=phone_id,
        phone=Phone(uow.vault.open("phone.e164", phone_id, row.e164_enc)),
        state=row.state,
        epoch=row.epoch,
    )


def lock_phones(uow: UnitOfWork, *, phone_ids: Collection[UUID]) -> None:
    """Lock the rows of several phones until the transaction ends."""
    uow.session.execute(LOCK, {"phone_ids": list(phone_ids)})


def mark_phone(uow: UnitOfWork, *, phone_id: UUID, state: str, reason: str) -> bool:
    """Set whether a number may be texted at all; return whether that changed. Raise NoSuchPhone.

    `reason` is a code ("error_30005"), never words of a patient.
    """
    rules.one_of(state, rules.PHONE_STATES)
    locked = lock_phone(uow, phone_id=phone_id)
    if locked.state == state:
        return False
    uow.session.execute(
        sql_update(models.Phone)
        .where(models.Phone.id == phone_id)
        .values(state=state, state_reason=reason)
        .execution_options(synchronize_session="fetch")
    )
    if state != "usable":
        uow.publish(events.PhoneLost(phone_id=phone_id, why=state))
    return True


def verify_phone(uow: UnitOfWork, *, phone_id: UUID) -> None:
    """Record that the number was found to be still its holder's, now."""
    uow.session.execute(
        sql_update(models.Phone)
        .where(models.Phone.id == phone_id)
        .values(verified_at=uow.now)
        .execution_options(synchronize_session="fetch")
    )


def new_holder(uow: UnitOfWork, *, phone_id: UUID, how: str, state: str = "usable") -> int:
    """Start a new epoch: the number has somebody else now. Return its number. Raise NoSuchPhone.

    Whoever was linked to it is not any more, and the new holder inherits neither an opt-out nor a consent.
    """
    rules.one_of(state, rules.PHONE_STATES)
    epoch = lock_phone(uow, phone_id=phone_id).epoch + 1
    uow.session.execute(
        sql_update(models.Phone)
        .where(models.Phone.id == phone_id)
        .values(epoch=epoch, state=state, state_reason=how, verified_at=None)
        .execution_options(synchronize_session="fetch")
    )
    uow.session.execute(
        insert(models.PhoneHolder).values(phone_id=phone_id, epoch=epoch, since=uow.now, how=how)
    )
    uow.session.execute(
        sql_update(models.PatientPhone)
        .where(models.PatientPhone.phone_id == phone_id, models.PatientPhone.ended_at.is_(None))
        .values(ended_at=uow.now)
        .execution_options(synchronize_session="fetch")
    )
    uow.publish(events.PhoneLost(phone_id=phone_id, why="new_holder"))
    return epoch
