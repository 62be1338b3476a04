from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.consent import queries as consent
from outreach.interop import quarantine
from outreach.patients import commands as patients
from outreach.patients import queries as people
from tests.interop.fhir import make as fhir
from tests.interop.kit import ANA, find, relative, view


def test_a_number_that_is_none_is_kept_and_told_but_does_not_stop_the_patient(take_in, begin, team_id):
    wrong = ANA | {"telecom": [{"system": "phone", "value": "555-123-4567", "use": "home"}]}

    summary = take_in(wrong)

    assert (summary.unusable_phones, summary.phones["none"]) == (1, 1)
    assert summary.quarantined == {("Patient.telecom", "is not a telephone number that can be texted"): 1}
    with begin() as uow:
        assert view(uow, team_id).phones == ()
        (held,) = quarantine.unsettled(uow)
    assert (held.record_kind, "555-123-4567" in held.raw) == ("Patient.telecom", True)


def test_demo_phones_are_given_once_and_only_to_those_without_a_number(take_in, begin, team_id):
    other = fhir.patient("p2", telecom=[{"system": "phone", "value": "555-123-4567"}])

    take_in(ANA, other, demo_phones=True)
    summary = take_in(ANA, other | {"birthDate": "1970-01-01"}, demo_phones=True)

    assert (summary.phones["demo"], summary.quarantined.total()) == (0, 0)
    with begin() as uow:
        (own,) = view(uow, team_id).phones
        (given,) = view(uow, team_id, "p2").phones
    assert own.phone.e164 == "+12025550143"
    assert given.phone.e164[5:10] == "55501"


def test_consent_by_registration_is_written_down_once(take_in, begin, admin_engine):
    take_in(ANA)
    take_in(ANA | {"birthDate": "1961-04-03"})

    with admin_engine.connect() as connection:
        found = connection.execute(text("SELECT purpose, how FROM consent_event ORDER BY purpose")).all()
    assert [tuple(one) for one in found] == [("care", "import"), ("reminders", "import")]


def test_a_number_the_source_drops_comes_last_and_an_ended_link_stays_ended(take_in, begin, team_id):
    take_in(ANA)
    new = {"system": "phone", "value": "202-555-0144", "use": "mobile"}

    take_in(ANA | {"telecom": [new]})

    with begin() as uow:
        ranks = {one.phone.e164: one.rank for one in view(uow, team_id).phones}
        assert ranks == {"+12025550143": 50, "+12025550144": 1}
        for one in view(uow, team_id).phones:
            patients.detach_phone(uow, link_id=one.link_id)
    take_in(ANA | {"telecom": [new], "birthDate": "1961-04-03"})
    with begin() as uow:
        assert people.texting_phone(uow, patient_id=find(uow)) is None


def test_being_named_as_a_relative_is_no_consent_to_be_texted(take_in, begin, team_id):
    take_in(ANA | {"telecom": []}, relative("DAU"))

    with begin() as uow:
        (link,) = view(uow, team_id).phones
        assert (link.relation, link.scopes, link.holder_name) == ("caregiver", (), "Eva Reyes")
        assert people.texting_phone(uow, patient_id=find(uow)) is None


@pytest.mark.parametrize(
    ("birth_date", "relation", "texted"),
    [
        ("2020-01-01", "caregiver", True),  # six: the parent is texted
        ("2012-01-01", "caregiver", False),  # fourteen: staff decide
        ("2008-03-10", "self", True),  # eighteen today
        ("2008-03-11", "caregiver", False),  # eighteen tomorrow
    ],
)
def test_a_minors_number_is_a_parents(take_in, begin, team_id, birth_date, relation, texted):
    take_in(ANA | {"birthDate": birth_date})

    with begin() as uow:
        who = view(uow, team_id)
        assert [one.relation for one in who.phones] == [relation]
        assert (people.texting_phone(uow, patient_id=who.id) is not None) is texted
        assert (who.minor_until is not None) is (relation == "caregiver")


def test_a_small_childs_parent_is_texted_at_the_parents_number(take_in, begin):
    take_in(ANA | {"birthDate": "2020-01-01", "telecom": []}, relative("MTH"))

    with begin() as uow:
        assert people.texting_phone(uow, patient_id=find(uow)) is not None


@pytest.mark.parametrize(
    ("birth_date", "relation", "scopes"),
    [
        ("2020-01-01", "MTH", ("answer", "be_told")),  # a small child's mother
        ("2020-01-01", "DAU", ()),  # a small child's sister, of age or not
        ("2012-01-01", "MTH", ()),  # fourteen: staff decide
        ("1961-04-02", "MTH", ()),  # being somebody's mother allows nothing
        ("1961-04-02", "DAU", ()),
    ],
)
def test_what_an_import_lets_a_relative_do(take_in, begin, team_id, birth_date, relation, scopes):
    take_in(ANA | {"birthDate": birth_date}, relative(relation))

    with begin() as uow:
        (link,) = [one for one in view(uow, team_id).phones if one.holder_name == "Eva Reyes"]
    assert link.scopes == scopes


def test_what_staff_and_earlier_releases_gave_a_relative_outlives_an_import(take_in, begin, team_id):
    take_in(ANA, relative("DAU"))
    with begin() as uow:
        (link,) = [one for one in view(uow, team_id).phones if one.relation == "caregiver"]
        patients.attach_phone(
            uow,
            patient_id=find(uow),
            phone_id=link.phone_id,
            relation="caregiver",
            scopes=["see", "topic:refills"],
        )

    take_in(ANA | {"birthDate": "1961-04-03"}, relative("DAU"))

    with begin() as uow:
        (link,) = [one for one in view(uow, team_id).phones if one.relation == "caregiver"]
    assert set(link.scopes) == {"see", "topic:refills"}


def test_what_registration_told_everybody_is_noted_once_for_each_wording(take_in, begin):
    take_in(ANA)
    for version in ("form 7", "form 7", "form 8"):
        take_in(ANA, warned=version)

    with begin() as uow:
        (phone,) = people.phones(uow, patient_id=find(uow))
        lines = [one for one in consent.ledger(uow, phone_id=phone.phone_id) if one.kind == "warned"]
        told = consent.warned(uow, patient_id=find(uow))
    assert [(one.how, one.wording_version, one.language) for one in lines] == [
        ("import", "form 7", "en"),
        ("import", "form 8", "en"),
    ]
    assert told is not None
    assert told.wording_version == "form 8"
