"""Patient and RelatedPerson to records."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from importlib import resources

import yaml

from outreach.interop import zones
from outreach.interop.fhir import fields, times
from outreach.interop.fhir.records import (
    ContactRecord,
    Key,
    Moment,
    PatientRecord,
    Reference,
    Resource,
    Telecom,
    Zone,
)
from outreach.kernel.errors import OutreachError

_ANIMAL = "http://hl7.org/fhir/StructureDefinition/patient-animal"
_INTERPRETER = (
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-interpreter-needed",
    "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
)
_ZONE = (
    "http://hl7.org/fhir/StructureDefinition/timezone",
    "http://hl7.org/fhir/StructureDefinition/tz-code",
)
# The name a person goes by first; a maiden or an old name last, and only for want of another.
_NAME_ORDER = ("nickname", "usual", None, "official", "temp", "anonymous", "maiden", "old")
_FULL_ORDER = ("official", "usual", None, "nickname", "temp", "anonymous", "maiden", "old")
# A text should reach the person's own pocket; a work phone is the last resort.
_USE_ORDER = ("mobile", "home", None, "temp", "work")


class Unusable(OutreachError):
    """This resource can't be used."""


def patient(resource: Resource, key: Key) -> PatientRecord:
    """Return the patient.

    Raises Unusable for an animal, or someone without any name, as nobody could tell who it is.
    """
    if any(fields.text(one, "url") == _ANIMAL for one in fields.objs(resource, "extension")):
        raise Unusable("is an animal")
    preferred, full = names(resource)
    if not full:
        raise Unusable("has no name")
    language, language_source = _language(resource)
    address = _address(resource)
    return PatientRecord(
        key=key,
        identifiers=fields.identifiers(resource),
        preferred_name=preferred,
        full_name=full,
        birth_date=times.day(resource, "birthDate"),
        deceased=_deceased(resource),
        deceased_at=times.gently(resource, "deceasedDateTime"),
        language=language,
        language_source=language_source,
        interpreter_needed=_interpreter(resource),
        state=fields.text(address, "state"),
        postal_code=fields.text(address, "postalCode"),
        zone=_zone(address),
        telecoms=telecoms(resource),
        contacts=_contacts(resource, key),
        active=fields.flag(resource, "active") is not False,
        replaced_by=_replaced_by(resource),
        last_updated=times.gently(fields.obj(resource, "meta"), "lastUpdated"),
    )


def related(resource: Resource, key: Key) -> ContactRecord:
    """Return a RelatedPerson. Raises Unusable if it names no patient."""
    link = fields.reference(resource.get("patient"), expected="Patient")
    if link is None:
        raise Unusable("names no patient")
    spoken = [fields.obj(one, "language") for one in _preferred_first(fields.objs(resource, "communication"))]
    return _contact(
        resource,
        key,
        link,
        language=next(filter(None, map(language_of, spoken)), None),
        name=names(resource)[1],
    )


def names(resource: Resource) -> tuple[str, str]:
    """Return the name to greet by and the full name, both empty if there is none."""
    given = fields.objs(resource, "name")
    full = next(filter(None, map(_full, sorted(given, key=_by_use(_FULL_ORDER)))), "")
    preferred = next(filter(None, map(_first, sorted(given, key=_by_use(_NAME_ORDER)))), "")
    return preferred or full, full


def telecoms(resource: Resource) -> tuple[Telecom, ...]:
    """Return the telephone numbers, the best to text first: without an end, by rank, then mobile, home,
    ..., work.
    """
    found = []
    for item in fields.objs(resource, "telecom"):
        value, system = fields.text(item, "value"), fields.text(item, "system")
        use = fields.text(item, "use")
        if value is None or system not in ("phone", "sms") or use == "old":
            continue
        rank = fields.whole(item, "rank")
        found.append(Telecom(value, use, rank if rank and rank > 0 else None, system == "sms", _until(item)))
    return tuple(sorted(found, key=_best_to_text))


def language_of(concept: Resource) -> str | None:
    """Return a CodeableConcept's language as a BCP 47 primary subtag ("es" for "es-MX", "SPA" and
    "Spanish").
    """
    written = [code.code for code in fields.codes(concept)]
    written += [found for found in (fields.words(concept),) if found]
    return next(filter(None, map(_subtag, written)), None)


def _deceased(resource: Resource) -> bool:
    # Whatever is written there counts, even if it can't be read: texting the dead is the worse mistake.
    said = resource.get("deceasedBoolean")
    alive = said is None or said is False or str(said).lower() in ("false", "0", "no")
    return not alive or resource.get("deceasedDateTime") is not None


def _language(resource: Resource) -> tuple[str | None, str | None]:
    spoken = _preferred_first(fields.objs(resource, "communication"))
    for one in spoken:
        if found := language_of(fields.obj(one, "language")):
            source = (
                "Patient.communication, preferred"
                if fields.flag(one, "preferred")
                else "Patient.communication"
            )
            return found, source
    return None, None


def _preferred_first(spoken: tuple[Resource, ...]) -> list[Resource]:
    return sorted(spoken, key=lambda one: fields.flag(one, "preferred") is not True)


@functools.cache
def _language_names() -> dict[str, str]:
    data = yaml.safe_load(
        (resources.files("outreach.interop") / "data" / "languages.yaml").read_text("utf-8")
    )
    return {spelling: subtag for subtag, spellings in data.items() for spelling in spellings}


def _subtag(written: str) -> str | None:
    lowered = written.strip().lower().replace("_", "-")
    head = lowered.split("-")[0]
    if re.fullmatch("[a-z]{2}", head):
        return head
    plain = re.sub(r"\s*[(;,].*", "", lowered)
    return _language_names().get(plain) or _language_names().get(head)


def _interpreter(resource: Resource) -> bool | None:
    for extension in fields.objs(resource, "extension"):
        if fields.text(extension, "url") in _INTERPRETER:
            coded = fields.text(fields.obj(extension, "valueCoding"), "code")
            # 373066001 is SNOMED CT "Yes".
            return fields.flag(extension, "valueBoolean") or coded == "373066001"
    return None


def _address(resource: Resource) -> Resource:
    lived = [one for one in fields.objs(resource, "address") if fields.text(one, "use") != "old"]
    return min(lived, key=_by_use(("home", None, "temp", "billing", "work")), default={})


def _zone(address: Resource) -> Zone:
    for extension in fields.objs(address, "extension"):
        if fields.text(extension, "url") in _ZONE:
            named = zones.named(fields.text(extension, "valueCode") or "", said_by="the address itself")
            if named.name:
                return named
    return zones.from_address(
        state=fields.text(address, "state"),
        postal_code=fields.text(address, "postalCode"),
        country=fields.text(address, "country"),
    )


def _contacts(resource: Resource, key: Key) -> tuple[ContactRecord, ...]:
    found = []
    for position, item in enumerate(fields.objs(resource, "contact"), start=1):
        # A contact is usually written with one HumanName, not a list.
        full = names({"name": list(fields.objs(item, "name"))})[1]
        if full or telecoms(item):
            called = Key("Patient.contact", f"{key.id}.{fields.text(item, 'id') or position}")
            found.append(_contact(item, called, Reference(key=key), language=None, name=full))
    return tuple(found)


def _contact(item: Resource, key: Key, link: Reference, *, language: str | None, name: str) -> ContactRecord:
    relationships = fields.objs(item, "relationship")
    return ContactRecord(
        key=key,
        patient=link,
        name=name or None,
        relationship=next(filter(None, map(fields.words, relationships)), None),
        relationship_codes=tuple(code for one in relationships for code in fields.codes(one)),
        telecoms=telecoms(item),
        language=language,
        active=fields.flag(item, "active") is not False,
        until=_until(item),
    )


def _replaced_by(resource: Resource) -> Reference | None:
    links = (one for one in fields.objs(resource, "link") if fields.text(one, "type") == "replaced-by")
    return next((fields.reference(one.get("other"), expected="Patient") for one in links), None)


def _full(name: Resource) -> str:
    parts = (*fields.strings(name, "given"), fields.text(name, "family") or "")
    return fields.text(name, "text") or " ".join(filter(None, parts))


def _first(name: Resource) -> str:
    given = fields.strings(name, "given")
    return given[0] if given else (fields.text(name, "text") or fields.text(name, "family") or "")


def _by_use(order: tuple[str | None, ...]) -> Callable[[Resource], tuple[bool, int]]:
    return lambda item: (_until(item) is not None, _place(order, fields.text(item, "use")))


def _best_to_text(one: Telecom) -> tuple[bool, int, bool, int]:
    return one.until is not None, one.rank or 1_000, not one.sms, _place(_USE_ORDER, one.use)


def _place(order: tuple[str | None, ...], use: str | None) -> int:
    return order.index(use) if use in order else len(order)


def _until(item: Resource) -> Moment | None:
    return times.gently(fields.obj(item, "period"), "end")
