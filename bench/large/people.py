"""Phones, patients, whose phone is whose, and what the record says of them."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from datetime import datetime, timedelta

from bench import invented
from bench.large.copying import Copy, Sealer, copying
from bench.large.plan import END, SPAN, Plan, say, team_of
from outreach.kernel import words

PHONE = "id, e164_enc, e164_index, line_type, state, epoch, created_at"
PATIENT = (
    "id, team_id, name_enc, language, zone, zone_source, literacy, risk_tier, fewer_texts, version, "
    "created_at"
)
ENTRY = "id, source_system, source_index, version, digest, received_at, patient_id, status, detail_enc"
SAY_EVERY = 50_000


def phones(plan: Plan, url: str) -> None:
    """Write the numbers."""
    at, seal = END - SPAN, Sealer(plan.vault)
    with copying(url, "phone", PHONE) as rows:
        for place in range(plan.phones):
            phone_id, e164 = plan.uuid(at), invented.number(place)
            plan.phone_ids.append(phone_id)
            index = plan.vault.index("phone", e164).hex()
            sealed = seal.hex("phone.e164", phone_id, e164)
            rows.add(f"{phone_id}\t{sealed}\t\\\\x{index}\tmobile\tusable\t1\t{at}\n")


class People:
    """Writes patients with their links, their numbers in the record, and what their names are found by."""

    def __init__(self, plan: Plan, url: str, stack: ExitStack) -> None:
        self._plan, self._seal = plan, Sealer(plan.vault)
        self._keys = [words.team_key(plan.vault, team_id) for team_id in plan.team_ids]
        self._buckets: dict[tuple[int, str, str], int] = {}
        self._patients = stack.enter_context(copying(url, "patient", PATIENT))
        self._links = stack.enter_context(
            copying(url, "patient_phone", "id, patient_id, phone_id, relation, rank")
        )
        self._found = stack.enter_context(copying(url, "patient_word", "bucket, patient_id"))
        self._numbers = stack.enter_context(
            copying(url, "patient_identifier", "id, patient_id, system, kind, value_enc, value_index")
        )

    def add(self, place: int, at: datetime) -> None:
        """Write the patient of one place."""
        plan = self._plan
        patient_id, (first, last) = plan.uuid(at), plan.invention.person()
        plan.patient_ids.append(patient_id)
        plan.first_names.append(first)
        team = team_of(place, plan.patients)
        language, risk = "es" if place % 6 == 0 else "en", ("high", "medium", "low")[place % 3]
        name = f"{first} {last}"
        sealed = self._seal.hex("patient.name", patient_id, name)
        self._patients.add(
            f"{patient_id}\t{plan.team_ids[team]}\t{sealed}\t{language}"
            f"\tAmerica/New_York\taddress\tstandard\t{risk}\tf\t1\t{at}\n"
        )
        self._links.add(f"{plan.uuid(at)}\t{patient_id}\t{plan.phone_ids[place]}\tself\t1\n")
        mrn, row_id = f"MRN{place:07d}", plan.uuid(at)
        key = plan.vault.index("identifier", "\x1f".join(("ehr", "mrn", mrn))).hex()
        sealed = self._seal.hex("patient_identifier.value", row_id, mrn)
        self._numbers.add(f"{row_id}\t{patient_id}\tehr\tmrn\t{sealed}\t\\\\x{key}\n")
        buckets = {self._bucket(team, "name", part) for part in words.name_beginnings([name])}
        buckets.add(words.bucket(self._keys[team], "mrn", words.fold(mrn)[0]))
        for bucket in buckets:
            self._found.add(f"{bucket}\t{patient_id}\n")

    def _bucket(self, team: int, kind: str, part: str) -> int:
        key = (team, kind, part)
        found = self._buckets.get(key)
        if found is None:
            found = self._buckets[key] = words.bucket(self._keys[team], kind, part)
        return found


def people(plan: Plan, url: str) -> None:
    """Write the patients."""
    with ExitStack() as stack:
        writer = People(plan, url, stack)
        for place in range(plan.patients):
            writer.add(place, END - SPAN)
            if place % SAY_EVERY == 0:
                say(f"people {place:,} of {plan.patients:,}")


def record(plan: Plan, url: str) -> None:
    """Write what the record says: a stay that ended, two conditions, a visit ahead."""
    at, seal = END - timedelta(days=20), Sealer(plan.vault)
    with ExitStack() as stack:

        def table(name: str, more: str = "") -> Copy:
            return stack.enter_context(copying(url, name, ENTRY + more))

        stays = table("encounter", ", kind, started_at, ended_at, disposition")
        conditions = table("condition")
        visits = table("appointment", ", source_status, starts_at, start_version")
        for place, patient_id in enumerate(plan.patient_ids):
            stay = _entry(plan, seal, "encounter", patient_id, at, "finished")
            stays.add(f"{stay}\tinpatient\t{at}\t{at}\thome\n")
            for _ in range(2):
                conditions.add(_entry(plan, seal, "condition", patient_id, at, "active") + "\n")
            starts = END + timedelta(hours=place % 500)
            visit = _entry(plan, seal, "appointment", patient_id, at, "booked")
            visits.add(f"{visit}\tbooked\t{starts}\t1\n")


def _entry(plan: Plan, seal: Sealer, table: str, patient_id: str, at: datetime, status: str) -> str:
    row_id = plan.uuid(at)
    detail = json.dumps({"text": plan.invention.words[int(plan.invention.chance.random() * 90)]})
    digest = os.urandom(32).hex()
    return (
        f"{row_id}\tehr\t\\\\x{digest}\t1\t\\\\x{digest}\t{at}\t{patient_id}\t{status}"
        f"\t{seal.hex(f'{table}.detail', row_id, detail)}"
    )
