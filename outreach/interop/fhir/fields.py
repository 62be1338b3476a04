"""Look into JSON that may hold anything anywhere.

Nothing here raises on a wrong type: it returns None or an empty tuple.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from outreach.interop.fhir.records import Code, Identifier, Key, Reference, Resource

# PostgreSQL refuses U+0000 in text and UTF-8 has no lone surrogates, yet JSON can spell both.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ID = re.compile(r"[A-Za-z0-9\-._:|/]{1,200}")
_LONGEST_TEXT = 4_000


def text(resource: Any, name: str) -> str | None:
    """Return the trimmed string at `name`, or None if it is absent, blank or no string."""
    value = resource.get(name) if isinstance(resource, dict) else None
    if not isinstance(value, str):
        return None
    return _UNSTORABLE.sub("\ufffd", value).strip()[:_LONGEST_TEXT] or None


def obj(resource: Any, name: str) -> Resource:
    """Return the object at `name`, or an empty one.

    The first of a list counts, as R5 senders write lists where R4 has one.
    """
    value = resource.get(name) if isinstance(resource, dict) else None
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else {}


def objs(resource: Any, name: str) -> tuple[Resource, ...]:
    """Return the objects in the list at `name`, leaving out what is none."""
    value = resource.get(name) if isinstance(resource, dict) else None
    if isinstance(value, dict):
        return (value,)
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def strings(resource: Any, name: str) -> tuple[str, ...]:
    """Return the strings in the list at `name`, trimmed, without blanks."""
    value = resource.get(name) if isinstance(resource, dict) else None
    items = value if isinstance(value, list) else [value]
    return tuple(found for item in items if (found := text({"_": item}, "_")))


def flag(resource: Any, name: str) -> bool | None:
    value = resource.get(name) if isinstance(resource, dict) else None
    return value if isinstance(value, bool) else None


def number(resource: Any, name: str) -> float | None:
    """Return a finite number of sane size, or None."""
    value = resource.get(name) if isinstance(resource, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -1e9 < value < 1e9 else None


def whole(resource: Any, name: str) -> int | None:
    found = number(resource, name)
    return int(found) if found is not None and found == int(found) else None


def resource_type(resource: Any) -> str | None:
    return text(resource, "resourceType")


def codes(concept: Resource) -> tuple[Code, ...]:
    """Return the codings of a CodeableConcept that have a code; a bare Coding counts as a concept of one."""
    codings = objs(concept, "coding") or (concept,)
    return tuple(
        Code(text(coding, "system"), code, text(coding, "display"))
        for coding in codings
        if (code := text(coding, "code"))
    )


def words(concept: Resource) -> str | None:
    """Return a CodeableConcept in words: its text, else the first display, else None."""
    displays = (text(coding, "display") for coding in objs(concept, "coding"))
    return text(concept, "text") or next(filter(None, displays), None) or text(concept, "display")


def identifiers(resource: Resource) -> tuple[Identifier, ...]:
    """Return the identifiers that have a value and are not marked old."""
    found = []
    for item in objs(resource, "identifier"):
        value = text(item, "value")
        if value and text(item, "use") != "old":
            kind = next((code.code for code in codes(obj(item, "type"))), None)
            found.append(Identifier(text(item, "system"), value, kind))
    return tuple(found)


def key(resource: Resource, full_url: str | None) -> Key | None:
    """Return what the source calls this resource: its id, else its bundle URN, else its first identifier."""
    kind = resource_type(resource)
    if kind is None:
        return None
    candidates = [text(resource, "id"), _urn(full_url)]
    candidates += [f"{found.system}|{found.value}" for found in identifiers(resource) if found.system]
    chosen = next((one for one in candidates if one and _ID.fullmatch(one)), None)
    return Key(kind, chosen) if chosen else None


def reference(link: Any, *, expected: str) -> Reference | None:
    """Return a link reduced to a key, an identifier or a URI; None if it links nowhere.

    Understood: `Patient/1`, `https://server/fhir/Patient/1/_history/2`, `urn:uuid:...`, `#contained`, the
    conditional
    `Patient?identifier=system|value`, and a logical reference by `identifier`. `expected` is the type if none
    is written.
    """
    written = text(link, "reference")
    display = text(link, "display")
    if written is None:
        named = obj(link, "identifier")
        value = text(named, "value")
        found = (text(named, "system") or "", value) if value else None
        return Reference(identifier=found, display=display) if found or display else None
    if written.startswith(("urn:", "#")):
        return Reference(uri=written, display=display)
    if "?" in written:
        return Reference(identifier=_searched(written), display=display)
    parts = written.split("/_history/")[0].rstrip("/").split("/")
    kind = parts[-2] if len(parts) > 1 else expected
    return Reference(key=Key(kind, parts[-1]), display=display) if _ID.fullmatch(parts[-1]) else None


def _urn(full_url: str | None) -> str | None:
    prefix, _, rest = (full_url or "").rpartition(":")
    return rest if prefix in ("urn:uuid", "urn:oid") else None


def _searched(written: str) -> tuple[str, str] | None:
    try:
        query = dict(parse_qsl(urlsplit(written).query))
    except ValueError:
        return None
    system, bar, value = query.get("identifier", "").partition("|")
    return (system, value) if bar and value else None
