"""Lines of a dialogue that are about those near a patient: their phones, and what the patient chose them for.

A script names them: `caregivers: {Rosa: {scopes: ["topic:refills"], language: es}}`; `phone: false` leaves
the patient without one of their own; `supply: 7`, `visit: 5`: in so many days it runs out, it is. Lines:
  from: [Rosa, "2"]     she texts this
  to: Rosa              the newest text we sent went to her phone (`patient`: to theirs)
  chosen: {Rosa: [..]}  from now on this is what she may do
  why: chose for refills   the receipt of the newest contact that was sent says so of its phone
  gone: Rosa            she is no caregiver any more
  due: refill/ask       that contact is due now; what was planned before it is passed over
  not_sent: refill/ask  that contact was not sent, for this reason
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from outreach.care import commands as care
from outreach.kernel import phone
from outreach.kernel.clock import FrozenClock
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.patients import queries as people
from outreach.why.answer import why
from tests.inbound.desk import Desk
from tests.touchpoints.turning import happen, run_until

AREA_CODES = (808, 907, 505)


class Kin:
    """What a dialogue can say of caregivers."""

    desk: Desk
    clock: FrozenClock
    e164: str
    script: dict[str, Any]
    patient_id: UUID

    def _near(self, uow: UnitOfWork) -> None:
        for name, given in self.script.get("caregivers", {}).items():
            patients.attach_phone(
                uow,
                patient_id=self.patient_id,
                phone_id=patients.phone_for(uow, phone=phone.parse(self._number(name))),
                relation="caregiver",
                holder_name=f"{name} Diaz",
                scopes=given["scopes"],
                language=given.get("language"),
            )
        if self.script.get("phone") is False:
            own = next(
                one for one in people.phones(uow, patient_id=self.patient_id) if one.relation == "self"
            )
            patients.detach_phone(uow, link_id=own.link_id)
        self._booked(uow)

    def _booked(self, uow: UnitOfWork) -> None:
        given: dict[str, Any] = {"patient_id": self.patient_id, "source_system": "test"}
        if "supply" in self.script:
            care.put_medication(
                uow, **given, source_id=f"m-{self.e164}", status="active", detail={"text": "Metoprolol"},
                runs_out_on=uow.now.date() + timedelta(days=self.script["supply"]), days_source="source",
            )  # fmt: skip
        if "visit" in self.script:
            care.put_appointment(
                uow, **given, source_id=f"b-{self.e164}", status="booked", source_status="booked",
                starts_at=uow.now + timedelta(days=self.script["visit"], hours=4), booked_on=date(2026, 2, 1),
                detail={"text": "Visit"},
            )  # fmt: skip

    def _number(self, name: str) -> str:
        if name == "patient":
            return self.e164
        return f"+1{AREA_CODES[list(self.script['caregivers']).index(name)]}{self.e164[5:]}"

    def _link(self, uow: UnitOfWork, name: str) -> UUID:
        found = people.phones(uow, patient_id=self.patient_id)
        return next(one.link_id for one in found if one.phone.e164 == self._number(name))

    def _from(self, said: list[str]) -> str | None:
        name, words = said
        self.clock.move(minutes=1)
        origin = self._number(name)
        self.desk.arrives(words, origin=origin, sid=f"SM{origin[2:]}{self.clock.at.timestamp():.0f}")
        happen(self.desk)
        return None

    def _to(self, name: str) -> str | None:
        row = self._row(
            "SELECT f.id, f.e164_enc FROM message m JOIN phone f ON f.id = m.phone_id "
            "WHERE m.direction = 'out' AND m.about_patient = :p ORDER BY m.at DESC, m.id DESC LIMIT 1"
        )
        if row is None:
            return "nothing was sent"
        with self.desk.begin() as uow:
            found = uow.vault.open("phone.e164", row.id, row.e164_enc)
        return None if found == self._number(name) else f"it went to {found}"

    def _why(self, part: str) -> str | None:
        found = self._scalar(
            "SELECT t.id FROM touchpoint t JOIN message m ON m.id = t.message_id WHERE t.patient_id = :p "
            "ORDER BY m.at DESC, m.id DESC LIMIT 1"
        )
        with self.desk.begin() as uow:
            parts = why(uow, subject_id=found).parts
        said = next(" ".join(map(str, one.sentences)) for one in parts if one.heading == "Why this phone")
        return None if part in said else f"it says {said!r}"

    def _chosen(self, scopes: dict[str, list[str]]) -> str | None:
        with self.desk.begin() as uow:
            for name, wanted in scopes.items():
                link_id = self._link(uow, name)
                patients.rescope(uow, patient_id=self.patient_id, link_id=link_id, scopes=wanted)
        return None

    def _gone(self, name: str) -> str | None:
        with self.desk.begin() as uow:
            patients.detach_phone(uow, link_id=self._link(uow, name))
        return None

    def _due(self, contact: str) -> str | None:
        kind, step = contact.split("/")
        at = self._scalar(
            "SELECT min(due_at) FROM touchpoint WHERE patient_id = :p AND state = 'planned' "
            f"AND source_kind = '{kind}' AND step LIKE '{step}%'"
        )
        if at is None:
            return "it is not planned"
        self._pass_over("due_at < :due", due=at)
        self.clock.at = max(at, self.clock.at)
        # On a Sunday morning nothing goes before noon.
        run_until(self.desk, self.clock, self.clock.at + timedelta(hours=3))
        return None

    def _not_sent(self, expected: dict[str, str]) -> str | None:
        ((contact, reason),) = expected.items()
        kind, step = contact.split("/")
        found = self._scalar(
            "SELECT reason FROM touchpoint WHERE patient_id = :p "
            "AND state IN ('suppressed', 'skipped', 'expired') "
            f"AND source_kind = '{kind}' AND step LIKE '{step}%' ORDER BY settled_at DESC NULLS LAST LIMIT 1"
        )
        return None if found == reason else f"it was {found}"

    def _scalar(self, statement: str) -> Any:
        raise NotImplementedError

    def _row(self, statement: str) -> Any:
        raise NotImplementedError

    def _pass_over(self, which: str, **values: Any) -> None:
        raise NotImplementedError
