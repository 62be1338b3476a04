"""What the resources of one reading are called, and the words other resources put in place of a link to
them.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from outreach.interop.fhir import fields
from outreach.interop.fhir.records import Key, Reference, Resource

# Resources that care plans and prescriptions link to for their words alone.
WORDED = frozenset(
    {
        "Goal",
        "Condition",
        "Medication",
        "ServiceRequest",
        "NutritionOrder",
        "DeviceRequest",
        "CommunicationRequest",
        "Task",
        "MedicationRequest",
        "Appointment",
    }
)


class Links:
    """Resolves links inside one bundle or folder.

    Filled while reading, asked once everything has been read.
    """

    def __init__(self) -> None:
        self._urls: dict[str, Key] = {}
        self._ids: dict[str, Key] = {}
        self._identifiers: dict[tuple[str, str], Key] = {}
        self._words: dict[Key, str] = {}
        self._contained: dict[str, Resource] = {}

    def add(self, resource: Resource, key: Key, full_url: str | None) -> None:
        """Remember what this resource is called, and its words if others link to it for them."""
        if full_url:
            self._urls[full_url] = key
        # A bundle unpacked into NDJSON keeps its urn:uuid links and loses the full URLs they lead to.
        self._ids[f"urn:uuid:{key.id}"] = key
        if key.resource_type == "Patient":
            for one in fields.identifiers(resource):
                self._identifiers.setdefault((one.system or "", one.value), key)
        if key.resource_type in WORDED and (said := spoken(resource)):
            self._words[key] = said

    def inside(self, resource: Resource) -> Links:
        """Return the same links, with the resources contained in this one."""
        view = Links()
        view._urls, view._ids = self._urls, self._ids
        view._identifiers, view._words = self._identifiers, self._words
        for one in fields.objs(resource, "contained"):
            if own := fields.text(one, "id"):
                view._contained[f"#{own}"] = one
        return view

    def to(self, link: Any, *, expected: str = "") -> Reference | None:
        """Return where a link leads; as a key wherever this reading knows one."""
        found = fields.reference(link, expected=expected)
        if found is None or (found.key and found.key.resource_type):
            return found
        uri = found.uri or ""
        key = self._urls.get(uri) or self._ids.get(uri) or self._identifiers.get(found.identifier or ("", ""))
        return dataclasses.replace(found, key=key, uri=None, identifier=None) if key else found

    def words(self, link: Reference) -> str | None:
        """Return the words of what a link leads to: the resource's own, else what the link shows."""
        if link.uri in self._contained:
            return spoken(self._contained[link.uri or ""]) or link.display
        return (self._words.get(link.key) if link.key else None) or link.display


def spoken(resource: Resource) -> str | None:
    """Return a resource in words: its code's or description's."""
    for name in ("code", "medicationCodeableConcept", "description"):
        if said := fields.words(fields.obj(resource, name)):
            return said
    return fields.text(resource, "description")
