"""FHIR resources of invented people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from outreach.interop.fhir.read import read_paths
from outreach.interop.fhir.records import Person, Reading


def patient(id: str = "p1", **more: Any) -> dict[str, Any]:
    named = {"resourceType": "Patient", "id": id, "name": [{"family": "Reyes", "given": ["Ana", "Luz"]}]}
    return named | more


def encounter(id: str = "e1", subject: str = "Patient/p1", **more: Any) -> dict[str, Any]:
    usual = {
        "resourceType": "Encounter",
        "id": id,
        "status": "finished",
        "class": {"code": "IMP"},
        "subject": {"reference": subject},
        "period": {"start": "2026-03-01T10:00:00-05:00", "end": "2026-03-04T15:00:00-05:00"},
    }
    return usual | more


def bundle(*resources: Any, kind: str = "collection") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": one} for one in resources]}


def read(tmp_path: Path, content: Any, name: str = "file.json") -> list[Reading]:
    """Write JSON, text or bytes into a file and read it."""
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return list(read_paths([path]))


def only_person(readings: list[Reading]) -> Person:
    (reading,) = readings
    (person,) = reading.people
    return person
