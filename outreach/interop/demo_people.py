"""The sample people as FHIR would bring them, so that they come in by the same door as real ones."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from outreach.interop import zones
from outreach.interop.fhir.gather import Gathering
from outreach.interop.fhir.records import Person, Resource
from outreach.interop.fhir.stream import Found

SNOMED = "http://snomed.info/sct"
NUBC = "http://www.nubc.org/patient-discharge"


@functools.cache
def cast() -> dict[str, Any]:
    """Return the clinic, its staff, the people and their scripts."""
    found: dict[str, Any] = yaml.safe_load(
        (resources.files("outreach.interop") / "data" / "demo_people.yaml").read_text("utf-8")
    )
    return found


def zone_of(one: dict[str, Any]) -> ZoneInfo:
    """Return the zone somebody of the cast lives in."""
    address = one["address"]
    found = zones.from_address(state=address["state"], postal_code=address["zip"], country="US")
    return ZoneInfo(found.name or "UTC")


def discharged_at(one: dict[str, Any], now: datetime) -> datetime:
    """Return when somebody of the cast came home, counted back from now."""
    stay = one["stay"]
    return _local(now, zone_of(one), days=-stay["days"], clock=stay["home_at"])


def person(one: dict[str, Any], *, now: datetime) -> Person:
    """Return somebody of the cast as read from FHIR, with all that is known on the day of their discharge."""
    gathering = Gathering("demo")
    for resource in _resources(one, now):
        gathering.resource("demo", Found("demo", resource, json.dumps(resource)))
    (found,) = gathering.finish().people
    return found


def _resources(one: dict[str, Any], now: datetime) -> list[Resource]:
    home = discharged_at(one, now)
    about = {"subject": {"reference": f"Patient/{one['id']}"}}
    found = [_patient(one, now), _stay(one, home) | about, _plan(one, home) | about]
    found += [_condition(one, number, text) | about for number, text in enumerate(one["conditions"])]
    found += [
        _medication(one, number, given, home) | about for number, given in _numbered(one, "medications")
    ]
    found += [_appointment(one, number, given, now) for number, given in _numbered(one, "appointments")]
    found += [_contact(one, number, given) for number, given in _numbered(one, "contacts")]
    return found


def _numbered(one: dict[str, Any], name: str) -> list[tuple[int, dict[str, Any]]]:
    return list(enumerate(one.get(name, ())))


def _patient(one: dict[str, Any], now: datetime) -> Resource:
    given, family = one["name"]
    address = one["address"]
    born = now.date() - timedelta(days=int(one["age"] * 365.25 + 100))
    return {
        "resourceType": "Patient",
        "id": one["id"],
        "name": [{"given": [given], "family": family}],
        "birthDate": born.isoformat(),
        "telecom": [{"system": "phone", "value": one["phone"], "use": "mobile"}],
        "communication": [{"language": {"coding": [{"code": one.get("language", "en")}]}}],
        "address": [
            {
                "city": address["city"],
                "state": address["state"],
                "postalCode": address["zip"],
                "country": "US",
            }
        ],
    }


def _stay(one: dict[str, Any], home: datetime) -> Resource:
    stay = one["stay"]
    return {
        "resourceType": "Encounter",
        "id": f"{one['id']}-stay",
        "status": "finished",
        "class": {"code": "IMP"},
        "type": [{"text": stay["type"]}],
        "period": {"start": (home - timedelta(days=stay["nights"])).isoformat(), "end": home.isoformat()},
        "hospitalization": {
            "dischargeDisposition": {"coding": [{"system": NUBC, "code": stay["disposition"]}]}
        },
    }


def _plan(one: dict[str, Any], home: datetime) -> Resource:
    activities = [
        {
            "detail": {
                "code": {"coding": [{"system": SNOMED, "code": str(code), "display": words}]},
                "status": "in-progress",
            }
        }
        for code, words in one["activities"]
    ]
    return {
        "resourceType": "CarePlan",
        "id": f"{one['id']}-plan",
        "status": "active",
        "title": "After the hospital stay",
        "encounter": {"reference": f"Encounter/{one['id']}-stay"},
        "period": {"start": home.isoformat()},
        "activity": activities,
    }


def _condition(one: dict[str, Any], number: int, text: str) -> Resource:
    return {
        "resourceType": "Condition",
        "id": f"{one['id']}-condition-{number}",
        "code": {"text": text},
        "clinicalStatus": {"coding": [{"code": "active"}]},
    }


def _medication(one: dict[str, Any], number: int, given: dict[str, Any], home: datetime) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": f"{one['id']}-medicine-{number}",
        "status": "active",
        "intent": "order",
        "authoredOn": home.isoformat(),
        "medicationCodeableConcept": {"text": given["text"]},
        "dispenseRequest": {"expectedSupplyDuration": {"value": given["supply"], "code": "d"}},
    }


def _appointment(one: dict[str, Any], number: int, given: dict[str, Any], now: datetime) -> Resource:
    start = _local(now, zone_of(one), days=given["in_days"], clock=given["at"])
    return {
        "resourceType": "Appointment",
        "id": f"{one['id']}-visit-{number}",
        "status": "booked",
        "description": given["text"],
        "start": start.isoformat(),
        "minutesDuration": 30,
        "created": (now - timedelta(days=given["booked_days_ago"])).isoformat(),
        "participant": [
            {"actor": {"reference": f"Patient/{one['id']}"}, "status": "needs-action"},
            {"actor": {"reference": "Practitioner/p", "display": given["with"]}, "status": "accepted"},
        ],
    }


def _contact(one: dict[str, Any], number: int, given: dict[str, Any]) -> Resource:
    return {
        "resourceType": "RelatedPerson",
        "id": f"{one['id']}-contact-{number}",
        "patient": {"reference": f"Patient/{one['id']}"},
        "relationship": [{"coding": [{"code": given["relation"]}]}],
        "name": [{"text": given["name"]}],
        "telecom": [{"system": "phone", "value": given["phone"], "use": "mobile"}],
        "communication": [{"language": {"coding": [{"code": given.get("language", "en")}]}}],
    }


def _local(now: datetime, zone: ZoneInfo, *, days: int, clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    there = now.astimezone(zone) + timedelta(days=days)
    return there.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(UTC)
