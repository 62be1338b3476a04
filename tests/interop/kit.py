"""Ana, and ways to look at her."""

from __future__ import annotations

from outreach.patients import queries as people
from tests.interop.fhir import make as fhir

MOBILE = {"system": "phone", "value": "(202) 555-0143", "use": "mobile"}
BOSTON = [{"state": "MA", "postalCode": "02134", "country": "US"}]
ANA = fhir.patient(telecom=[MOBILE], address=BOSTON, birthDate="1961-04-02")


def find(uow, id="p1", source="fhir"):
    return people.by_identifier(uow, system=source, kind="source", value=id)


def view(uow, team_id, id="p1"):
    return people.access_patient(uow, patient_id=find(uow, id), team_ids=[team_id], purpose="test")


def relative(code, value="202-555-0150"):
    return {
        "resourceType": "RelatedPerson",
        "id": "r1",
        "patient": {"reference": "Patient/p1"},
        "relationship": [{"coding": [{"code": code}]}],
        "name": [{"text": "Eva Reyes"}],
        "telecom": [{"system": "phone", "value": value, "use": "mobile"}],
    }
