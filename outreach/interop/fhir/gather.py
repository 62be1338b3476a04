"""The resources of one bundle or folder to people: keep what we use, count what we don't, set aside what we
can't.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from outreach.interop.fhir import clinical, fields, people, times
from outreach.interop.fhir.links import Links
from outreach.interop.fhir.records import (
    Clinical,
    ContactRecord,
    Key,
    Moment,
    PatientRecord,
    Person,
    Quarantined,
    Reading,
    Record,
    Reference,
    Resource,
)
from outreach.interop.fhir.stream import Found, Malformed

_LONGEST_RAW = 256 * 1024
_CUT_SHORT = "; kept in part, since it is longer than 256 KB: the file holds the whole"
_DEEPEST_BUNDLE = 4

_CLINICAL: dict[str, tuple[str, Callable[[Resource, Key, Links], Clinical]]] = {
    "Encounter": ("encounters", clinical.encounter),
    "CarePlan": ("care_plans", clinical.care_plan),
    "Condition": ("conditions", clinical.condition),
    "Procedure": ("procedures", clinical.procedure),
    "MedicationRequest": ("medications", clinical.medication),
    "Appointment": ("appointments", clinical.appointment),
    "CareTeam": ("care_teams", clinical.care_team),
}
USED = frozenset({"Patient", "RelatedPerson", *_CLINICAL})


@dataclasses.dataclass(slots=True)
class _Kept:
    source: str
    where: str
    raw: str
    updated: str


class Gathering:
    """Collects resources as text, which is small, and makes records of them at the end, when every link can
    be followed.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._links = Links()
        self._kept: dict[Key, _Kept] = {}
        self._unused: Counter[str] = Counter()
        self._repeated: Counter[str] = Counter()
        self._quarantined: list[Quarantined] = []
        self._people: dict[Reference, dict[str, list[Any]]] = {}
        self._raw: dict[Key, str] = {}

    def fault(self, source: str, fault: Malformed) -> None:
        """Set aside text that is not JSON."""
        self._aside(source, fault.where, None, str(fault), fault.excerpt)

    def entry(self, source: str, found: Found) -> None:
        """Take one entry of a bundle: its resource under its full URL.

        An answer without a resource holds nothing to keep.
        """
        if not isinstance(found.value, dict):
            self._aside(source, found.where, None, "is not a bundle entry", found.raw)
            return
        resource = found.value.get("resource")
        if resource is None:
            self._unused["entries without a resource"] += 1
        elif fields.text(fields.obj(found.value, "request"), "method") == "DELETE":
            self._unused["deletions"] += 1
        else:
            raw = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
            self.resource(
                source, Found(found.where, resource, raw), full_url=fields.text(found.value, "fullUrl")
            )

    def resource(self, source: str, found: Found, *, full_url: str | None = None, depth: int = 0) -> None:
        """Take one resource, or all those of a bundle inside a bundle."""
        resource, kind = found.value, fields.resource_type(found.value)
        if kind is None:
            self._nameless(source, found)
            return
        if kind == "Bundle" and depth < _DEEPEST_BUNDLE:
            for position, item in enumerate(fields.objs(resource, "entry")):
                inner = item.get("resource")
                place = Found(
                    f"{found.where}, entry {position}", inner, json.dumps(inner, ensure_ascii=False)
                )
                self.resource(source, place, full_url=fields.text(item, "fullUrl"), depth=depth + 1)
            return
        key = fields.key(resource, full_url)
        if key:
            self._links.add(resource, key, full_url)
        if kind not in USED:
            self._unused[kind] += 1
        elif key is None:
            self._aside(source, found.where, resource, "has no id, so it would not be known again", found.raw)
        else:
            self._keep(key, _Kept(source, found.where, found.raw, _updated(resource)))

    def finish(self) -> Reading:
        """Make records of everything kept, grouped by patient."""
        for key in sorted(self._kept, key=lambda one: one.resource_type != "Patient"):
            kept = self._kept[key]
            try:
                self._record(key, kept)
            except (people.Unusable, RecursionError) as error:
                reason = str(error) if isinstance(error, people.Unusable) else "is nested too deeply"
                self._aside(kept.source, kept.where, json.loads(kept.raw), reason, kept.raw)
        found = tuple(_person(link, lists) for link, lists in self._people.items())
        notes = tuple(
            f"{count} {kind} came twice; the newer one was used" for kind, count in self._repeated.items()
        )
        return Reading(self._name, found, tuple(self._quarantined), dict(self._unused), notes, self._raw)

    def _keep(self, key: Key, kept: _Kept) -> None:
        earlier = self._kept.get(key)
        if earlier:
            self._repeated[key.resource_type] += 1
        if earlier is None or kept.updated >= earlier.updated:
            self._kept[key] = kept

    def _record(self, key: Key, kept: _Kept) -> None:
        resource = json.loads(kept.raw)
        links = self._links.inside(resource)
        if key.resource_type == "Patient":
            self._add(Reference(key=key), "patient", people.patient(resource, key))
            return
        if key.resource_type == "RelatedPerson":
            record: Record = people.related(resource, key)
            link = links.to(resource.get("patient"), expected="Patient")
            name = "contacts"
        else:
            name, make = _CLINICAL[key.resource_type]
            record = make(resource, key, links)
            link = record.patient if isinstance(record, Clinical) else None
        owner = (
            Reference(key=link.key)
            if link and link.key
            else dataclasses.replace(link, display=None)
            if link
            else None
        )
        if owner is None:
            raise people.Unusable("names no patient")
        self._add(owner, name, record)
        if owner.key not in self._kept:
            self._raw[key] = kept.raw[:_LONGEST_RAW]
        self._speechless(key, kept, resource, links)

    def _speechless(self, key: Key, kept: _Kept, resource: Resource, links: Links) -> None:
        if key.resource_type != "CarePlan":
            return
        for position, item in clinical.speechless(resource, links):
            place = f"{kept.where}, activity {position}"
            self._aside(kept.source, place, resource, "has an activity that says nothing", json.dumps(item))

    def _add(self, owner: Reference, name: str, record: Record) -> None:
        self._people.setdefault(owner, {}).setdefault(name, []).append(record)

    def _nameless(self, source: str, found: Found) -> None:
        value = found.value
        # The log of a bulk export lies beside its files (http://hl7.org/fhir/uv/bulkdata, cumulus ETL's
        # log.ndjson).
        if isinstance(value, dict) and "exportId" in value and "eventId" in value:
            self._unused["export log lines"] += 1
        else:
            self._aside(
                source, found.where, None, "is not a FHIR resource: it has no resourceType", found.raw
            )

    def _aside(self, source: str, where: str, resource: Any, reason: str, raw: str) -> None:
        kind, own = fields.resource_type(resource), fields.text(resource, "id")
        if len(raw) > _LONGEST_RAW:
            reason += _CUT_SHORT
        storable = raw[:_LONGEST_RAW].encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")
        self._quarantined.append(Quarantined(source, where, kind, own, reason, storable))


def _updated(resource: Resource) -> str:
    found = times.gently(fields.obj(resource, "meta"), "lastUpdated")
    return found.at.isoformat() if found else ""


def _person(link: Reference, lists: dict[str, list[Any]]) -> Person:
    patient: PatientRecord | None = lists.get("patient", [None])[0]
    zone = patient.zone.name if patient else None
    contacts: tuple[ContactRecord, ...] = (*(patient.contacts if patient else ()), *lists.get("contacts", ()))
    settled = {
        name: tuple(_settle(one, zone) for one in found) for name, found in lists.items() if name != "patient"
    }
    return Person(link, _settle(patient, zone) if patient else None, **{**settled, "contacts": contacts})


def _settle(record: Any, zone: str | None) -> Any:
    changes: dict[str, Any] = {}
    for one in dataclasses.fields(record):
        value = getattr(record, one.name)
        if isinstance(value, Moment) and value.floating:
            changes[one.name] = times.settle(value, zone)
        elif one.name == "activities":
            changes[one.name] = tuple(_settle(item, zone) for item in value)
    return dataclasses.replace(record, **changes) if changes else record
