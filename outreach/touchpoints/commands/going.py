"""Where a contact goes: to whom the patient chose for what it is about, else to the patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from outreach.consent import queries as consent
from outreach.consent.queries import Destination
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.patients.rules import CHOSEN
from outreach.staff import queries as staff
from outreach.touchpoints.rules.asking import ANSWERED_ON


class Contact(Protocol):
    """A planned contact, as far as it matters where it goes."""

    @property
    def patient_id(self) -> UUID:
        """For whom."""
        ...

    @property
    def team_id(self) -> UUID:
        """Who writes."""
        ...

    @property
    def why(self) -> Mapping[str, Any]:
        """Where it comes from, by key."""
        ...


def destination(uow: UnitOfWork, contact: Contact, *, topic: str | None, purpose: str) -> Destination | None:
    """Return the phone a contact about a topic goes to now, and what is read there; None for nobody."""
    return consent.destination(
        uow,
        patient_id=contact.patient_id,
        topic=topic,
        purpose=purpose,
        sender_id=staff.team(uow, team_id=contact.team_id).sender_id,
        answered_on=UUID(str(contact.why[ANSWERED_ON])) if ANSWERED_ON in contact.why else None,
    )


def read_there(uow: UnitOfWork, contact: Contact, *, topic: str | None, purpose: str, language: str) -> str:
    """Return the language to write in: what a caregiver reads, if it goes to one, else the patient's."""
    found = destination(uow, contact, topic=topic, purpose=purpose)
    return (found and found.language) or language


def read_on(uow: UnitOfWork, contact: Contact, *, phone_id: UUID, topic: str | None, language: str) -> str:
    """Return the same for one phone of theirs."""
    links = patients.texting_links(uow, patient_id=contact.patient_id, topic=topic)
    return next((one.language for one in links if one.phone_id == phone_id and one.language), language)


def answered_on(
    uow: UnitOfWork, contact: Contact, *, phone_id: UUID, topic: str | None, purpose: str
) -> UUID | None:
    """Return the phone that whoever answered is answered on; where texts go now, if it is no longer theirs.

    An opt-out since does not move the answer elsewhere: policy refuses it.
    """
    links = patients.texting_links(uow, patient_id=contact.patient_id, topic=topic)
    if any(one.phone_id == phone_id for one in links):
        return phone_id
    found = destination(uow, contact, topic=topic, purpose=purpose)
    return found.phone_id if found else None


def went_to(to: Destination, topic: str | None) -> dict[str, str]:
    """Return why a phone was chosen, by ids alone: how, whose link, for which topic, who was passed over."""
    found = {"to": to.how, "link": str(to.link_id)}
    if to.how == CHOSEN or to.passed_over:
        found["topic"] = str(topic)
    return found | ({"passed_over": str(to.passed_over)} if to.passed_over else {})
