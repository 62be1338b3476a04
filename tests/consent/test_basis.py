"""The basis to text somebody: how we know, for what, and what is refused for one purpose alone."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.consent import commands, models, queries, rules
from outreach.patients import commands as patients
from tests.consent.make import house


def test_a_number_given_at_registration_is_basis_enough_where_the_deployment_says_so(uow):
    home = house(uow, basis=False)

    assert home.standing().reason == "no_basis"
    home.register()

    assert (home.standing().allowed, home.standing().basis) == (True, "registration")


def test_without_a_setting_for_the_purpose_nobody_is_texted(uow):
    home = house(uow, settings={"basis": {"care": "registration"}})

    assert home.standing(purpose="care").allowed
    assert home.standing(purpose="reminders").reason == "no_basis_setting"


def test_where_the_deployment_asks_for_an_opt_in_registration_is_not_enough(uow):
    home = house(uow, settings={"basis": {"care": "opt_in", "reminders": "opt_in"}})

    assert home.standing().reason == "no_basis"
    commands.record_basis(
        uow,
        patient_id=home.patient_id,
        phone_id=home.phone_id,
        purposes=["care"],
        how="staff",
        by_staff_id=home.staff_id,
        evidence="said so at the desk",
    )

    assert home.standing().allowed


def test_registering_again_never_undoes_a_stop(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())

    home.register()

    assert home.standing().reason == "opted_out"


@pytest.mark.parametrize(("prefers", "reason"), [(True, "ok"), (False, "refused")])
def test_a_choice_after_the_warning_is_kept_with_its_words_and_followed(uow, home, prefers, reason):
    assert queries.warned(uow, patient_id=home.patient_id) is None

    said = {"patient_id": home.patient_id, "phone_id": home.phone_id, "by_staff_id": home.staff_id}
    commands.record_choice(uow, **said, prefers_texts=prefers, language="es", evidence="told by phone")

    told = queries.warned(uow, patient_id=home.patient_id)
    assert (told.wording_version, told.language, told.how) == (rules.warning("es").version, "es", "staff")
    assert [home.standing(purpose=one).reason for one in rules.PURPOSES] == [reason, reason]
    assert home.kinds()[-3:] == ["warned", *["opt_in" if prefers else "opt_out"] * 2]
    with pytest.raises(commands.NeedsEvidence):
        commands.record_choice(uow, **said, prefers_texts=True, language="es", evidence=" ")


def test_a_choice_never_lifts_a_stop(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
    said = {"patient_id": home.patient_id, "phone_id": home.phone_id, "by_staff_id": home.staff_id}

    commands.record_choice(uow, **said, prefers_texts=True, language="en", evidence="told at the desk")

    assert home.standing().reason == "opted_out"


def test_the_warning_is_said_in_their_language_or_in_english():
    assert rules.warning("es").words.startswith("Los mensajes de texto no van cifrados.")
    assert rules.warning("fr") == rules.warning("en")


def test_one_purpose_can_be_refused_and_allowed_again(uow, home):
    said = {"patient_id": home.patient_id, "phone_id": home.phone_id, "by_staff_id": home.staff_id}

    commands.set_purpose(uow, **said, purpose="care", wanted="refused", evidence="too many questions")
    assert home.standing(purpose="care").reason == "refused"
    assert home.standing(purpose="reminders").allowed

    commands.set_purpose(uow, **said, purpose="care", wanted="allowed", evidence="called, wants them again")
    assert home.standing(purpose="care").allowed


def test_a_refusal_before_a_merge_is_undone_by_the_same_persons_start_after_it(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
    double = home.another_patient()
    patients.merge(uow, patient_id=home.patient_id, into_id=double)
    assert home.standing(patient_id=double).reason == "opted_out"

    commands.opt_in(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id(), evidence="START")

    assert home.standing(patient_id=double).allowed


def test_a_merge_with_a_row_that_was_registered_later_keeps_the_refusal(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
    double = home.another_patient()
    theirs = home.another_phone(patient_id=double)
    patients.merge(uow, patient_id=double, into_id=home.patient_id)

    assert home.standing(phone_id=theirs).reason == "refused"


def test_a_warning_about_unencrypted_texts_is_kept_with_its_wording(uow, home):
    commands.record_warning(
        uow,
        patient_id=home.patient_id,
        phone_id=home.phone_id,
        how="registration",
        wording_version="warning-2",
        language="es",
    )

    row = uow.session.get(models.ContactPreference, (home.patient_id, "care"))
    assert row.warned_at == uow.now
    line = queries.ledger(uow, phone_id=home.phone_id)[-1]
    assert (line.kind, line.wording_version, line.language) == ("warned", "warning-2", "es")


def test_registering_twice_writes_one_line_per_purpose(uow, home):
    home.register()

    assert home.kinds() == ["basis", "basis"]


def test_an_unknown_purpose_is_refused(uow, home):
    with pytest.raises(commands.NotAPurpose):
        commands.record_basis(
            uow, patient_id=home.patient_id, phone_id=home.phone_id, purposes=["marketing"], how="import"
        )


def test_a_late_line_about_a_person_does_not_overwrite_a_newer_one(uow, home):
    """Two phones of one person are locked apart, so their lines may reach the preference out of order."""
    from outreach.consent.commands import ledger

    before = ledger.Written(id=uow.session.scalar(select(models.ConsentEvent.id).limit(1)), no=0)
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())

    ledger.prefer(uow, home.patient_id, before, state="allowed", basis="staff_documented", overrules=True)

    assert uow.session.get(models.ContactPreference, (home.patient_id, "care")).state == "refused"


def test_asking_for_a_standing_is_one_statement(uow, home, statements):
    with statements() as seen:
        home.standing()

    assert len(seen) == 1
