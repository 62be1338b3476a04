from __future__ import annotations

from datetime import date

import pytest

from outreach.interop.fhir import people
from outreach.interop.fhir.records import Key
from tests.interop.fhir import make

KEY = Key("Patient", "p1")


def read(**more):
    return people.patient(make.patient(**more), KEY)


@pytest.mark.parametrize(
    ("written", "language"),
    [
        ({"coding": [{"code": "en-US"}]}, "en"),
        ({"coding": [{"code": "es"}]}, "es"),
        ({"coding": [{"code": "es-419"}]}, "es"),
        ({"coding": [{"code": "ru-RU"}]}, "ru"),
        ({"coding": [{"code": "SPA"}]}, "es"),
        ({"coding": [{"code": "x-unknown", "display": "Spanish; Castilian"}]}, "es"),
        ({"text": "Chinese (Simplified)"}, "zh"),
        ({"text": "Español"}, "es"),
        ({"coding": [{"code": "zzz"}]}, None),
        ({}, None),
        ("es", None),
    ],
)
def test_language_becomes_a_primary_subtag(written, language):
    assert read(communication=[{"language": written}]).language == language


def test_the_preferred_language_counts_before_the_first():
    spoken = [{"language": {"text": "English"}}, {"language": {"text": "Spanish"}, "preferred": True}]

    found = read(communication=spoken)

    assert (found.language, found.language_source) == ("es", "Patient.communication, preferred")


def test_people_are_greeted_by_the_name_they_use():
    names = [
        {"use": "official", "family": "Chalmers", "given": ["Peter", "James"]},
        {"use": "usual", "given": ["Jim"]},
        {"use": "maiden", "family": "Windsor", "given": ["Peter"]},
    ]

    found = read(name=names)

    assert (found.preferred_name, found.full_name) == ("Jim", "Peter James Chalmers")


def test_a_name_given_as_text_only_is_a_name():
    assert read(name=[{"text": "Rosa Díaz"}]).preferred_name == "Rosa Díaz"


def test_a_name_that_ended_comes_after_one_that_did_not():
    ended = {"family": "Old", "given": ["Al"], "period": {"end": "2020-01-01"}}

    assert read(name=[ended, {"family": "New", "given": ["Bo"]}]).full_name == "Bo New"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"name": []}, "has no name"),
        ({"name": [{"use": "official", "family": "  "}]}, "has no name"),
        ({"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/patient-animal"}]}, "is an animal"),
    ],
)
def test_whom_nobody_could_tell_is_refused(more, reason):
    with pytest.raises(people.Unusable, match=reason):
        read(**more)


@pytest.mark.parametrize(
    ("more", "deceased"),
    [
        ({}, False),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": True}, True),
        ({"deceasedBoolean": "true"}, True),  # not FHIR, and yet meant
        ({"deceasedDateTime": "2024-05-01"}, True),
        ({"deceasedDateTime": "last spring"}, True),
    ],
)
def test_any_word_of_death_counts(more, deceased):
    assert read(**more).deceased is deceased


def test_phones_are_ranked_best_to_text_first():
    phones = [
        {"system": "phone", "value": "work", "use": "work"},
        {"system": "phone", "value": "home", "use": "home"},
        {"system": "phone", "value": "mobile", "use": "mobile"},
        {"system": "phone", "value": "old", "use": "old"},
        {"system": "email", "value": "a@example.com"},
        {"system": "phone", "value": "ended", "use": "mobile", "period": {"end": "2019"}},
        {"system": "phone"},
        {"use": "home"},
    ]

    assert [one.value for one in read(telecom=phones).telecoms] == ["mobile", "home", "work", "ended"]


def test_a_stated_rank_beats_the_use():
    phones = [
        {"system": "phone", "value": "second", "use": "mobile", "rank": 2},
        {"system": "phone", "value": "first", "use": "work", "rank": 1},
    ]

    assert [one.value for one in read(telecom=phones).telecoms] == ["first", "second"]


def test_a_contact_of_the_patient_is_a_person_near_them():
    contact = {
        "relationship": [{"text": "Daughter"}],
        "name": {"family": "Reyes", "given": ["Eva"]},
        "telecom": [{"system": "phone", "value": "+12025550143", "use": "mobile"}],
    }

    (found,) = read(contact=[contact, {"organization": {"reference": "Organization/1"}}]).contacts

    assert (found.name, found.relationship, found.telecoms[0].value) == (
        "Eva Reyes",
        "Daughter",
        "+12025550143",
    )
    assert found.key == Key("Patient.contact", "p1.1")


def test_a_related_person_names_the_patient():
    resource = {
        "resourceType": "RelatedPerson",
        "id": "r1",
        "patient": {"reference": "https://ehr.example/fhir/Patient/p1/_history/3"},
        "relationship": [{"coding": [{"code": "NMTH", "display": "natural mother"}]}],
        "name": [{"text": "Eva Reyes"}],
        "communication": [{"language": {"coding": [{"code": "es-MX"}]}}],
    }

    found = people.related(resource, Key("RelatedPerson", "r1"))

    assert found.patient.key == KEY
    assert (found.relationship, found.language) == ("natural mother", "es")


def test_birth_dates_must_be_days():
    assert read(birthDate="1974-12-25").birth_date == date(1974, 12, 25)
    assert read(birthDate="1974").birth_date is None
    assert read(birthDate="0001-01-01").birth_date is None


def test_the_zone_comes_from_the_home_address():
    addresses = [
        {"use": "work", "state": "NY", "postalCode": "10001"},
        {"use": "home", "state": "Hawaii", "postalCode": "96813", "country": "US"},
    ]

    found = read(address=addresses)

    assert (found.zone.name, found.zone.provenance) == ("Pacific/Honolulu", "address: state HI")


def test_a_zone_written_into_the_address_wins():
    zone = [{"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": "America/Denver"}]

    found = read(address=[{"state": "TX", "extension": zone}])

    assert (found.zone.name, found.zone.provenance) == ("America/Denver", "named by the address itself")


def test_nothing_about_a_person_shows_in_repr():
    shown = repr(read(telecom=[{"system": "phone", "value": "202 555 0143"}], birthDate="1974-12-25"))

    for secret in ("Ana", "Reyes", "555", "1974"):
        assert secret not in shown
