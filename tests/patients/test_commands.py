"""Patients, their phones and who holds them."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from sqlalchemy import func, select

from outreach.kernel.crypto import Vault
from outreach.kernel.phone import Phone
from outreach.patients import commands, events, models, queries, rules
from tests.patients import make


@pytest.fixture
def team_id(uow):
    make.organization(uow)
    return make.team(uow)


def test_a_number_has_one_row_however_often_it_is_asked_for(uow):
    first = commands.phone_for(uow, phone=make.NUMBER)
    second = commands.phone_for(uow, phone=make.NUMBER)

    assert first == second == queries.find_phone(uow, phone=make.NUMBER)
    assert queries.e164_of(uow, phone_id=first) == make.NUMBER


def test_two_that_ask_for_a_new_number_at_once_get_the_same_row(begin):
    ready, found = threading.Barrier(4), []

    def ask():
        with begin() as uow:
            ready.wait(timeout=10)
            found.append(commands.phone_for(uow, phone=make.NUMBER))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_number_is_found_under_every_key_there_is(begin, services):
    with begin() as uow:
        known = commands.phone_for(uow, phone=make.NUMBER)
    old = services.transactions.vault
    rotated = Vault(ring=old.ring, index_keys={2: b"n" * 32, **old.index_keys})
    object.__setattr__(services.transactions, "vault", rotated)

    with begin() as uow:
        assert queries.find_phone(uow, phone=make.NUMBER) == known
        assert commands.phone_for(uow, phone=make.NUMBER) == known
    object.__setattr__(services.transactions, "vault", old)


def test_a_locked_phone_shows_no_number_in_its_text_form(uow):
    phone_id = commands.phone_for(uow, phone=make.NUMBER)

    locked = commands.lock_phone(uow, phone_id=phone_id)

    assert locked.e164 == make.NUMBER.e164
    assert make.NUMBER.e164[2:] not in repr(locked)


def test_an_unknown_phone_can_not_be_locked(uow):
    with pytest.raises(queries.NoSuchPhone):
        commands.lock_phone(uow, phone_id=uow.new_id())


def test_nothing_of_a_patient_stands_open_in_their_row(uow, team_id):
    patient_id = make.patient(
        uow, team_id=team_id, name="Maria Sample", preferred_name="Mari", birth_date=date(1950, 2, 3)
    )

    row = uow.session.get(models.Patient, patient_id)
    stored = b" ".join(bytes(value) for value in (row.name_enc, row.preferred_name_enc, row.birth_date_enc))

    assert b"Mari" not in stored
    assert b"1950" not in stored


def test_an_update_that_says_the_same_changes_nothing(uow, team_id):
    patient_id = make.patient(uow, team_id=team_id, zone="America/Chicago", needs=["ride"])

    changed = commands.update(
        uow, patient_id=patient_id, name="Maria Sample", zone="America/Chicago", needs=["ride"]
    )

    assert not changed
    assert uow.session.get(models.Patient, patient_id).version == 1


def test_an_update_changes_what_it_names_and_nothing_else(uow, team_id):
    patient_id = make.patient(uow, team_id=team_id, preferred_name="Mari")

    changed = commands.update(uow, patient_id=patient_id, language="es-MX", preferred_name=None)

    facts = queries.contact_facts(uow, patient_id=patient_id)
    assert changed
    assert (facts.language, facts.preferred_name) == ("es", None)
    assert uow.session.get(models.Patient, patient_id).version == 2


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("zone", "America/Nowhere", rules.BadZone),
        ("zone", "../etc/passwd", rules.BadZone),
        ("preferred_hours", {"from": "14:00", "to": "10:00"}, rules.BadHours),
        ("preferred_hours", {"from": "9:00", "to": "10:00"}, rules.BadHours),
        ("preferred_hours", {"from": "09:00", "to": "10:00", "days": [7]}, rules.BadHours),
        ("literacy", "high", rules.BadValue),
        ("language", "klingon", rules.BadValue),
    ],
)
def test_values_that_can_not_be_used_are_refused(uow, team_id, field, value, error):
    with pytest.raises(error):
        make.patient(uow, team_id=team_id, **{field: value})


def test_an_identifier_finds_its_patient_within_its_own_system_only(uow, team_id):
    patient_id = make.patient(uow, team_id=team_id)

    commands.add_identifier(uow, patient_id=patient_id, system="epic", kind="mrn", value="A-100")
    commands.add_identifier(uow, patient_id=patient_id, system="epic", kind="mrn", value="A-100")

    assert queries.by_identifier(uow, system="epic", kind="mrn", value="A-100 ") == patient_id
    assert queries.by_identifier(uow, system="other", kind="mrn", value="A-100") is None
    assert uow.session.scalar(select(func.count()).select_from(models.PatientIdentifier)) == 1


def test_an_identifier_of_somebody_else_is_refused(uow, team_id):
    commands.add_identifier(
        uow, patient_id=make.patient(uow, team_id=team_id), system="epic", kind="mrn", value="A-100"
    )
    other = make.patient(uow, team_id=team_id, name="Jo Sample")

    with pytest.raises(commands.IdentifierTaken):
        commands.add_identifier(uow, patient_id=other, system="epic", kind="mrn", value="A-100")


def test_holders_of_a_shared_phone_are_patients_first_then_caregivers(uow, team_id):
    maria = make.patient(uow, team_id=team_id)
    jo = make.patient(uow, team_id=team_id, name="Jo Sample")
    phone_id = make.phone(
        uow, patient_id=maria, relation="caregiver", holder_name="Jo", scopes=["answer"], language="es"
    )
    make.phone(uow, patient_id=jo)

    held = queries.holders(uow, phone_id=phone_id)

    assert [(one.patient_id, one.relation, one.language) for one in held] == [
        (jo, "self", "en"),
        (maria, "caregiver", "es"),
    ]
    assert held[1].holder_name == "Jo"
    assert "Jo" not in repr(held)


def test_a_link_that_was_ended_is_not_brought_back_by_an_import(uow, team_id):
    maria = make.patient(uow, team_id=team_id)
    phone_id = make.phone(uow, patient_id=maria)
    commands.detach_phone(uow, link_id=queries.holders(uow, phone_id=phone_id)[0].link_id)

    link_id = commands.attach_phone(uow, patient_id=maria, phone_id=phone_id, relation="self")

    assert queries.holders(uow, phone_id=phone_id) == ()
    commands.restore_phone(uow, link_id=link_id)
    assert len(queries.holders(uow, phone_id=phone_id)) == 1


@pytest.mark.parametrize(
    ("own", "scopes", "topic", "goes_to"),
    [
        # the patient's own phone is there, and nobody was named for the topic
        (True, ["answer"], None, "own"),
        (True, ["answer", "topic:medicines"], "refills", "own"),
        # the daughter handles medicines
        (True, ["answer", "topic:medicines"], "medicines", "caregiver"),
        (True, ["topic:medicines"], "medicines", "caregiver"),
        # no phone of their own: a caregiver stands in, if they may answer
        (False, ["answer"], None, "caregiver"),
        (False, ["answer"], "medicines", "caregiver"),
        (False, ["topic:medicines"], "refills", None),
        (False, ["topic:medicines"], None, None),
        (False, ["see", "be_told"], None, None),
    ],
)
def test_automated_texts_go_to_the_phone_meant_for_them(uow, team_id, own, scopes, topic, goes_to):
    maria = make.patient(uow, team_id=team_id)
    phones = {
        "caregiver": make.phone(
            uow, number=make.OTHER_NUMBER, patient_id=maria, relation="caregiver", scopes=scopes
        ),
        None: None,
    }
    if own:
        phones["own"] = make.phone(uow, patient_id=maria)

    found = queries.texting_links(uow, patient_id=maria, topic=topic)
    assert (found[0].phone_id if found else None) == phones[goes_to]


def test_a_phone_that_is_not_usable_gets_no_automated_texts(uow, team_id):
    maria = make.patient(uow, team_id=team_id)
    phone_id = make.phone(uow, patient_id=maria)

    commands.mark_phone(uow, phone_id=phone_id, state="invalid", reason="error_30005")

    assert queries.texting_phone(uow, patient_id=maria) is None
    assert uow.facts == [events.PhoneLost(phone_id=phone_id, why="invalid")]


def test_a_new_holder_starts_clean(uow, team_id):
    maria = make.patient(uow, team_id=team_id)
    phone_id = make.phone(uow, patient_id=maria)
    commands.mark_phone(uow, phone_id=phone_id, state="invalid", reason="error_30005")

    epoch = commands.new_holder(uow, phone_id=phone_id, how="reassigned")

    assert epoch == 2
    assert queries.holders(uow, phone_id=phone_id) == ()
    assert commands.lock_phone(uow, phone_id=phone_id).state == "usable"


def test_a_merged_row_answers_as_the_patient_that_stays_and_can_be_parted_again(uow, team_id):
    staying = make.patient(uow, team_id=team_id, name="Maria Sample")
    double = make.patient(uow, team_id=team_id, name="Maria Sampel", fewer_texts=True)
    third = make.patient(uow, team_id=team_id, name="M. Sample")
    phone_id = make.phone(uow, patient_id=third)

    commands.merge(uow, patient_id=third, into_id=double)
    commands.merge(uow, patient_id=double, into_id=staying)

    assert queries.resolve(uow, patient_id=third) == staying
    assert [one.patient_id for one in queries.holders(uow, phone_id=phone_id)] == [staying]
    assert queries.texting_phone(uow, patient_id=staying) == phone_id
    assert queries.contact_facts(uow, patient_id=staying).fewer_texts
    commands.unmerge(uow, patient_id=double)
    assert queries.resolve(uow, patient_id=third) == double
    assert not queries.contact_facts(uow, patient_id=staying).fewer_texts


def test_a_merge_can_not_run_in_a_circle(uow, team_id):
    one = make.patient(uow, team_id=team_id)
    other = make.patient(uow, team_id=team_id)
    commands.merge(uow, patient_id=one, into_id=other)

    with pytest.raises(commands.MergeCircle):
        commands.merge(uow, patient_id=other, into_id=one)


def test_a_death_is_told_once_and_can_be_taken_back(uow, team_id):
    maria = make.patient(uow, team_id=team_id)

    assert commands.mark_deceased(uow, patient_id=maria)
    assert not commands.mark_deceased(uow, patient_id=maria)

    assert uow.facts == [events.PatientDied(patient_id=maria)]
    assert queries.contact_facts(uow, patient_id=maria).deceased
    assert commands.correct_living(uow, patient_id=maria)
    assert not queries.contact_facts(uow, patient_id=maria).deceased


def test_opening_a_record_is_put_on_the_record_and_refused_to_other_teams(begin):
    from outreach.audit.models import AuditEvent

    with begin() as uow:
        make.organization(uow)
        team_id = make.team(uow)
        maria = make.patient(uow, team_id=team_id, birth_date=date(1950, 2, 3))
        make.phone(uow, patient_id=maria)
        commands.add_identifier(uow, patient_id=maria, system="epic", kind="mrn", value="A-100")

    with begin() as uow:
        view = queries.access_patient(uow, patient_id=maria, team_ids=[team_id], purpose="reply")
        with pytest.raises(queries.NoSuchPatient):
            queries.access_patient(uow, patient_id=maria, team_ids=[uow.new_id()], purpose="curious")

    assert (view.name, view.birth_date) == ("Maria Sample", date(1950, 2, 3))
    assert view.identifiers == (("epic", "mrn", "A-100"),)
    assert [one.phone for one in view.phones] == [Phone(make.NUMBER.e164)]
    assert "Maria" not in repr(view)
    with begin() as uow:
        looks = list(uow.session.scalars(select(AuditEvent).where(AuditEvent.subject_kind == "patient")))
    assert [(one.subject_id, one.team_id) for one in looks] == [(maria, team_id)]
