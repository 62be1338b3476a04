from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.interop.fhir.gather import USED
from outreach.interop.fhir.read import read_paths
from tests.examples import FIXTURES_STAY, examples
from tests.interop.fhir import make

REAL = Path(__file__).parents[3].parent / "shared" / "data" / "fhir"

# What each real folder holds: people, and records of a few kinds, counted apart from this code.
FOLDERS = [
    ("synthea-2019-r4", {"people": 30, "encounters": 403, "care_plans": 38, "medications": 115}, 0),
    ("synthea-2020-r4-careteam", {"people": 14, "encounters": 438, "care_plans": 39, "care_teams": 39}, 0),
    ("bulk-ndjson-10-patients", {"people": 13, "encounters": 1215, "medications": 1745}, 0),
    ("hl7-r4-official-examples", {"appointments": 3, "encounters": 11, "care_plans": 11}, 12),
    ("us-core-examples", {"people": 4, "encounters": 3, "care_plans": 2, "care_teams": 2}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("folder", "counts", "quarantined"), FOLDERS, ids=[one[0] for one in FOLDERS])
def test_everything_real_is_used_counted_or_set_aside(folder, counts, quarantined):
    if not (REAL / folder).is_dir():
        pytest.skip("the real files are not here")

    readings = list(read_paths([REAL / folder]))

    found = Counter(people=sum(len(one.people) for one in readings))
    for person in (person for one in readings for person in one.people):
        for kind in ("encounters", "care_plans", "conditions", "medications", "appointments", "care_teams"):
            found[kind] += len(getattr(person, kind))
    assert {kind: found[kind] for kind in counts} == counts
    assert sum(len(one.quarantined) for one in readings) == quarantined
    assert all(one.reason for reading in readings for one in reading.quarantined)


@pytest.mark.parametrize(
    "subject",
    [
        "Patient/p1",
        "https://ehr.example/fhir/Patient/p1",
        "https://ehr.example/fhir/Patient/p1/_history/2",
        "urn:uuid:8c1fdd1e-9b6c-4f2e-9a53-1c1e0c0d0e01",
        "Patient?identifier=urn:mrn|77",
        "Patient?identifier=urn%3Amrn%7C77",
    ],
)
def test_a_link_finds_its_patient_however_it_is_written(tmp_path, subject):
    who = make.patient(identifier=[{"system": "urn:mrn", "value": "77"}])
    entries = [
        {"resource": make.encounter(subject=subject)},  # before the one it links to
        {"fullUrl": "urn:uuid:8c1fdd1e-9b6c-4f2e-9a53-1c1e0c0d0e01", "resource": who},
    ]

    person = make.only_person(make.read(tmp_path, {"resourceType": "Bundle", "entry": entries}))

    assert person.patient
    assert len(person.encounters) == 1


def test_a_link_by_identifier_alone_finds_its_patient(tmp_path):
    who = make.patient(identifier=[{"system": "urn:mrn", "value": "77"}])
    stay = make.encounter() | {"subject": {"identifier": {"system": "urn:mrn", "value": "77"}}}

    person = make.only_person(make.read(tmp_path, make.bundle(stay, who)))

    assert person.patient


def test_resources_spread_over_files_find_each_other(tmp_path):
    (tmp_path / "Encounter.000.ndjson").write_text(json.dumps(make.encounter()))
    (tmp_path / "Patient.000.ndjson").write_text(json.dumps(make.patient()))
    (tmp_path / "one-condition.json").write_text(
        json.dumps(
            {
                "resourceType": "Condition",
                "id": "k",
                "code": {"text": "Asthma"},
                "subject": {"reference": "Patient/p1"},
            }
        )
    )

    person = make.only_person(list(read_paths([tmp_path])))

    assert person.patient
    assert (len(person.encounters), len(person.conditions)) == (1, 1)


def test_records_of_someone_the_file_does_not_contain_keep_their_json(tmp_path):
    (reading,) = make.read(tmp_path, make.bundle(make.encounter(subject="Patient/elsewhere")))

    (person,) = reading.people
    assert person.patient is None
    assert person.reference.key.id == "elsewhere"
    assert json.loads(reading.raw[person.encounters[0].key])["id"] == "e1"


@pytest.mark.parametrize("kind", ["transaction", "searchset", "collection", "batch", "history"])
def test_every_kind_of_bundle_is_read_even_when_its_type_comes_last(tmp_path, kind):
    whole = make.bundle(make.patient(), kind=kind)
    turned = {"entry": whole["entry"], "type": kind, "resourceType": "Bundle"}

    assert make.only_person(make.read(tmp_path, turned)).patient


def test_a_bundle_in_a_bundle_is_opened(tmp_path):
    assert make.only_person(make.read(tmp_path, make.bundle(make.bundle(make.patient())))).patient


def test_the_newer_of_two_copies_counts_whatever_their_order(tmp_path):
    new = make.patient(meta={"lastUpdated": "2026-01-02T00:00:00Z"}, name=[{"text": "New"}])
    old = make.patient(meta={"lastUpdated": "2025-01-02T00:00:00Z"}, name=[{"text": "Old"}])

    (reading,) = make.read(tmp_path, make.bundle(new, old))

    assert reading.people[0].patient.full_name == "New"
    assert reading.notes == ("1 Patient came twice; the newer one was used",)


def test_what_we_have_no_use_for_is_counted_by_name(tmp_path):
    others = [{"resourceType": "Observation", "id": str(number)} for number in range(3)]
    entries = make.bundle(make.patient(), *others)["entry"] + [{"response": {"status": "200"}}]

    (reading,) = make.read(tmp_path, {"resourceType": "Bundle", "entry": entries})

    assert reading.unused == {"Observation": 3, "entries without a resource": 1}
    assert reading.quarantined == ()


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ({"id": "x"}, "is not a FHIR resource: it has no resourceType"),
        ("text", "is not a FHIR resource: it has no resourceType"),
        (
            {"resourceType": "Patient", "name": [{"text": "A B"}]},
            "has no id, so it would not be known again",
        ),
    ],
)
def test_what_cannot_be_used_is_kept_with_its_reason(tmp_path, resource, reason):
    (reading,) = make.read(tmp_path, make.bundle(resource))

    (fault,) = reading.quarantined
    assert (fault.reason, fault.where) == (reason, "entry 0, line 1")
    assert json.loads(fault.raw) == resource


def test_characters_no_database_can_store_do_not_pass(tmp_path):
    text = '{"resourceType":"Patient","id":"p1","name":[{"text":"A\\u0000\\ud800B"}],"gender":"\\ud800"}'
    bad = '{"resourceType":"Encounter","id":"e","note":"\\u0000\\ud83d","subject":{"reference":"Patient/p1"}}'

    (reading,) = make.read(tmp_path, f"{text}\n{bad}\n", "p.ndjson")

    assert reading.people[0].patient.full_name == "A\ufffd\ufffdB"
    reading.quarantined[0].raw.encode("utf-8")


_scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
_NAMES = """
    id resourceType subject patient status period start end class coding code system value
    text identifier name given telecom address state extension url communication language
    contact activity detail reference goal entry resource meta lastUpdated participant actor
    hospitalization dischargeDisposition deceasedDateTime
"""
_names = st.sampled_from(_NAMES.split())
_json = st.recursive(
    _scalars
    | st.sampled_from(
        ["Patient/p1", "#c", "urn:uuid:1", "Patient?identifier=a|b", "2026-01-01", "http://[x"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=5),
    max_leaves=20,
)


@examples(60, allow=FIXTURES_STAY)
@given(kind=st.sampled_from(sorted(USED)), changes=st.dictionaries(_names, _json, max_size=8), whole=_json)
def test_no_json_whatever_raises(tmp_path, kind, changes, whole):
    resource = {
        "resourceType": kind,
        "id": "x",
        "status": "s",
        "subject": {"reference": "Patient/p1"},
    } | changes

    for reading in (
        *make.read(tmp_path, make.bundle(resource, whole, make.patient())),
        *make.read(tmp_path, whole),
    ):
        assert all(one.reason for one in reading.quarantined)


@examples(40, allow=FIXTURES_STAY)
@given(cut=st.integers(0, 2_000), junk=st.binary(max_size=6))
def test_no_bytes_whatever_raise(tmp_path, cut, junk):
    whole = json.dumps(make.bundle(make.patient(), make.encounter()), indent=1).encode()

    for name in ("f.json", "f.ndjson"):
        for content in (whole[:cut] + junk + whole[cut:], whole[:cut] + junk):
            readings = make.read(tmp_path, content, name)
            assert all(one.reason for reading in readings for one in reading.quarantined)
            # What was read of a broken file is what it says: one person at most, and nobody made up.
            people = [person for reading in readings for person in reading.people]
            assert len(people) <= 1
