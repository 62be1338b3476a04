from __future__ import annotations

import pytest

from outreach.patients import commands, queries, rules
from tests.patients import make


@pytest.fixture
def team_id(uow):
    return make.team(uow)


@pytest.mark.parametrize(
    ("relation", "scopes", "topic", "how"),
    [
        ("self", [], None, "own"),
        ("self", [], "refills", "own"),
        ("caregiver", [], "refills", None),
        ("caregiver", ["be_told"], "refills", None),
        ("caregiver", ["see"], None, None),
        ("caregiver", ["answer"], None, "stands_in"),
        ("caregiver", ["answer"], "refills", "stands_in"),
        ("caregiver", ["topic:refills"], "refills", "chosen"),
        ("caregiver", ["answer", "topic:refills"], "refills", "chosen"),
        ("caregiver", ["answer", "topic:refills"], "symptoms", "stands_in"),
        ("caregiver", ["topic:refills", "be_told"], "symptoms", None),
        ("caregiver", ["topic:refills"], None, None),
    ],
)
def test_who_is_texted_and_may_answer(relation, scopes, topic, how):
    assert rules.takes_texts(scopes, relation=relation, topic=topic) == how
    assert rules.may_answer(scopes, relation=relation, topic=topic) is (how is not None)


def test_whom_the_patient_chose_comes_before_themselves_and_who_stands_in_last():
    assert sorted(["stands_in", "own", "chosen"], key=rules.fitness) == ["chosen", "own", "stands_in"]


@pytest.mark.parametrize("scope", ["topic:", "topic:mood", "topic:Refills", "everything", ""])
def test_a_scope_nobody_knows_is_refused(scope):
    with pytest.raises(rules.BadScope):
        rules.checked_scopes(["answer", scope])


def test_what_is_offered_and_what_is_kept_may_be_stored():
    assert set(rules.checked_scopes([*rules.OFFERED, "see", "answer"])) == {*rules.OFFERED, "see"}


def test_topics_come_in_the_order_of_the_list():
    assert rules.topics_of(["topic:symptoms", "be_told", "topic:appointments"]) == (
        "appointments",
        "symptoms",
    )


def test_a_new_choice_replaces_the_old_one_and_keeps_what_is_not_offered_any_more(uow, team_id):
    maria = make.patient(uow, team_id=team_id)
    make.phone(uow, patient_id=maria, relation="caregiver", scopes=["see", "answer", "topic:refills"])
    (link,) = queries.phones(uow, patient_id=maria)

    new = commands.rescope(
        uow, patient_id=maria, link_id=link.link_id, scopes=["be_told", "topic:refills", "topic:symptoms"]
    )

    (after,) = queries.phones(uow, patient_id=maria)
    assert set(after.scopes) == {"see", "be_told", "topic:refills", "topic:symptoms"}
    assert new == ("be_told", "topic:symptoms")


def test_only_a_link_of_this_patient_and_only_a_caregivers_is_changed(uow, team_id):
    maria, other = make.patient(uow, team_id=team_id), make.patient(uow, team_id=team_id, name="Jo Sample")
    make.phone(uow, patient_id=maria)
    (own,) = queries.phones(uow, patient_id=maria)

    for patient_id in (maria, other):
        with pytest.raises(queries.NoSuchPatient):
            commands.rescope(uow, patient_id=patient_id, link_id=own.link_id, scopes=["answer"])
