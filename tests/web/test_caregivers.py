"""What a caregiver may do, set beside a thread on the patient's word, and whom staff may tell."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.escalations import commands as escalations
from outreach.patients import commands as patients
from outreach.staff import commands as staff
from tests.web import make
from tests.web.forms import post, sign_in

ROSA, DAN = "+12025550177", "+12025550178"
DETAILS = {
    "zone_before": "America/New_York", "zone": "America/New_York", "language": "en",
    "literacy": "standard", "preferred_name": "Maria",
}  # fmt: skip


class Home:
    def __init__(self, services, clock) -> None:
        self.m = make.Morning(services, clock)
        self.maria = self.m.person(43, "Maria Delgado")
        self.conversation = self.m.conversation(43, self.maria)
        with self.m.begin() as uow:
            self.rosa, self.dan = (
                patients.attach_phone(
                    uow, patient_id=self.maria, relation="caregiver", holder_name=name, scopes=scopes,
                    phone_id=patients.phone_for(uow, phone=make.phone.parse(e164)),
                )
                for e164, name, scopes in ((ROSA, "Rosa Delgado", ["see"]), (DAN, "Dan Hale", []))
            )  # fmt: skip

    @property
    def page(self) -> str:
        return f"/inbox/{self.conversation}"

    def save(self, client, *scopes: str, evidence: str = "", version: int = 1):
        form = DETAILS | {
            "person_version": str(version), "link": str(self.rosa), f"scopes-{self.rosa}": list(scopes),
            f"evidence-{self.rosa}": evidence,
        }  # fmt: skip
        return post(client, f"{self.page}/details", form, htmx=True)

    def scopes(self) -> list[str]:
        with self.m.begin() as uow:
            found = uow.session.scalar(
                text("SELECT scopes FROM patient_phone WHERE id = :i"), {"i": self.rosa}
            )
        return sorted(found)

    def looks(self, client) -> str:
        return client.get(f"{self.page}/told", headers={"HX-Request": "true"}).text


@pytest.fixture
def home(services, clock) -> Home:
    return Home(services, clock)


@pytest.fixture
def nora(client, home):
    sign_in(client)
    return client


def test_the_form_offers_every_topic_and_nothing_without_effect(home, nora):
    form = nora.get(f"{home.page}/details").text

    for name in ("answer", "be_told", "topic:appointments", "topic:refills", "topic:medicines",
                 "topic:care_plan", "topic:symptoms", "topic:social_needs"):  # fmt: skip
        assert f'name="scopes-{home.rosa}" value="{name}"' in form
    assert 'value="see"' not in form
    assert form.count("Nothing depends on that any more") == 1  # of Rosa, not of Dan


def test_more_needs_the_patients_word_and_less_needs_nothing(home, nora):
    refused = home.save(nora, "be_told", "topic:refills")
    assert (refused.status_code, home.scopes()) == (422, ["see"])

    saved = home.save(nora, "be_told", "topic:refills", evidence="Maria said so on the phone, 3/10")
    assert saved.status_code == 200
    assert "gets texts about refills" in saved.text
    assert home.scopes() == ["be_told", "see", "topic:refills"]

    fewer = home.save(nora, "be_told", version=_version(home))
    assert fewer.status_code == 200
    assert home.scopes() == ["be_told", "see"]


def test_whose_word_it_was_is_on_the_record(home, nora):
    home.save(nora, "topic:refills", evidence="Maria said so on the phone, 3/10")

    with home.m.begin() as uow:
        rows = uow.session.execute(
            text("SELECT id FROM audit_event WHERE action = 'patient_corrected' AND subject_id = :p"),
            {"p": home.maria},
        ).all()
    assert len(rows) == 1


@pytest.mark.parametrize("scopes", [("topic:mood",), ("everything",)])
def test_what_is_not_offered_is_not_taken(home, nora, scopes):
    home.save(nora, *scopes, evidence="Maria said so")

    assert home.scopes() == ["see"]


def test_nobody_is_shown_whom_the_patient_did_not_name(home, nora):
    told = home.looks(nora)
    assert "allowed us to tell nobody" in told
    assert "0177" not in told


def test_whom_staff_may_tell_is_shown_with_the_number_and_the_look_is_recorded(home, nora):
    home.save(nora, "be_told", evidence="Maria said so")
    with home.m.begin() as uow:
        escalations.raise_(
            uow, team_id=home.m.team_id, tier="orange", topic="worse", source_kind="inbound",
            source_id=uow.new_id(), conversation_id=home.conversation, patient_id=home.maria,
            phone_id=home.m.phone_id(43),
        )  # fmt: skip
    thread = nora.get(home.page).text
    assert f'hx-get="{home.page}/told"' in thread
    assert "0177" not in thread

    told = home.looks(nora)

    assert "Rosa Delgado" in told
    assert "tel:+12025550177" in told
    assert "Dan Hale" not in told
    with home.m.begin() as uow:
        looked = uow.session.scalar(
            text("SELECT count(*) FROM audit_event WHERE patient_id = :p AND action = 'asked_whom_to_tell'"),
            {"p": home.maria},
        )
    assert looked == 1


def test_another_teams_people_are_not_told_of(home, nora):
    with home.m.begin() as uow:
        other = staff.create_team(uow, name="Surgery", sender_id=home.m.sender_id, zone="America/New_York")
    home.m.team_id = other
    theirs = home.m.conversation(60)

    assert nora.get(f"/inbox/{theirs}/told").status_code == 404


def test_calls_list_caregivers_with_what_they_may_be_told(home, nora):
    home.save(nora, "be_told", evidence="Maria said so")
    with home.m.begin() as uow:
        escalations.raise_(
            uow, team_id=home.m.team_id, tier="silent", topic="silence", source_kind="silence",
            source_id=uow.new_id(), conversation_id=None, patient_id=home.maria, phone_id=None,
        )  # fmt: skip

    page = nora.get("/tasks/calls").text

    assert "May be told: Rosa Delgado" in page
    assert "Tell nothing: Dan Hale" in page


def _version(home: Home) -> int:
    with home.m.begin() as uow:
        return uow.session.scalar(text("SELECT version FROM patient WHERE id = :p"), {"p": home.maria})
