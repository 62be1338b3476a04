"""Finding texts by their words and people by their names, in one's own teams and nowhere else."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from outreach.conversations import commands, queries
from outreach.conversations.queries import finding
from outreach.kernel import words
from outreach.kernel.clock import FrozenClock
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.messaging.models import Message
from outreach.patients import commands as patients
from outreach.patients import queries as people
from outreach.patients.models import Patient, PatientWord
from outreach.patients.queries import finding as find_whom
from outreach.services import Services
from outreach.staff import commands as staff
from tests import world
from tests.inbound.desk import ANA, LUIS, Desk
from tests.statements import counted


@pytest.fixture
def desk(services: Services) -> Desk:
    made = Desk(services)
    made.patient()
    made.patient(LUIS, name="Luis Ángel Ortega", preferred="Lucho")
    return made


def texts(desk: Desk, wanted: str, *, teams: list[UUID] | None = None, **more: object) -> list[str]:
    with desk.begin() as uow:
        page = queries.find_texts(uow, team_ids=teams or [desk.team_id], wanted=wanted, **more)
    return ["".join(piece for piece, _ in one.pieces) for one in page.texts]


def names(desk: Desk, wanted: str, *, teams: list[UUID] | None = None) -> list[str]:
    with desk.begin() as uow:
        page = people.find_people(uow, team_ids=teams or [desk.team_id], wanted=wanted)
    return [one.names[0] for one in page.people]


def other_team(desk: Desk) -> UUID:
    with desk.begin() as uow:
        return staff.create_team(uow, name="Surgery", sender_id=desk.sender_id, zone="America/New_York")


def test_a_text_is_found_by_its_words_newest_first(desk: Desk, clock: FrozenClock) -> None:
    desk.says("My ANKLE is swollen")
    clock.move(minutes=5)
    desk.says("both ankle and knee hurt", origin=LUIS)

    assert texts(desk, "ankle") == ["both ankle and knee hurt", "My ANKLE is swollen"]
    assert texts(desk, "the knee ankle") == ["both ankle and knee hurt"]
    assert texts(desk, "ankles") == texts(desk, "the is my") == texts(desk, "") == []


def test_what_we_wrote_is_found_until_it_is_taken_back(desk: Desk, clock: FrozenClock) -> None:
    desk.says("hello there")
    thread = desk.thread()
    with desk.begin() as uow:
        nora = staff.add_staff(
            uow, email="nora@riverside.example", name="Nora Nurse", password=world.PASSWORD
        )
        outcome = commands.reply(
            uow, conversation_id=thread.conversation_id, staff_id=nora, body="Elevate the leg", draft_key="1"
        )
    desk.turn()
    assert texts(desk, "elevate") == ["Elevate the leg"]

    with desk.begin() as uow:
        commands.undo(uow, message_id=outcome.message_id)

    assert texts(desk, "elevate") == []


def test_another_team_finds_nothing_of_ours(desk: Desk) -> None:
    desk.says("My ankle is swollen")
    theirs = other_team(desk)

    assert texts(desk, "ankle", teams=[theirs]) == []
    assert names(desk, "ana", teams=[theirs]) == []
    assert texts(desk, "ankle", teams=[theirs, desk.team_id]) == ["My ankle is swollen"]


def test_false_hits_are_dropped_unseen(desk: Desk) -> None:
    desk.says("My ankle is swollen")
    with desk.begin() as uow:
        (row,) = uow.session.execute(text("SELECT id, at FROM message WHERE direction = 'in'")).all()
        # As if "purple" shared its number with a word of the text.
        commands.index_text(uow, message_id=row.id, team_id=desk.team_id, at=row.at, body="purple")

    with desk.begin() as uow:
        page = queries.find_texts(uow, team_ids=[desk.team_id], wanted="purple")

    assert (page.texts, page.looked_at) == ((), 1)


def many(desk: Desk, count: int, clock: FrozenClock) -> None:
    """A thread with many texts that say "ankle", each tenth of them "knee", too."""
    desk.says("ankle knee 0")
    with desk.begin() as uow:
        thread = uow.session.execute(text("SELECT * FROM message WHERE direction = 'in'")).mappings().one()
        for number in range(1, count):
            row_id, body = uow.new_id(), f"ankle {'knee ' if number % 10 == 0 else ''}{number}"
            at = clock.now() + timedelta(seconds=number // 2)
            made = {"id": row_id, "at": at, "body_enc": uow.vault.seal("message.body", row_id, body)}
            uow.session.execute(insert(Message).values(dict(thread) | made))
    with desk.begin() as uow:
        place = commands.index_texts(uow, limit=30)
    while place:
        with desk.begin() as uow:
            place = commands.index_texts(uow, after=place, limit=30)


def all_pages(desk: Desk, wanted: str, teams: list[UUID]) -> list[str]:
    found: list[str] = []
    before = None
    for _ in range(100):
        with desk.begin() as uow:
            page = queries.find_texts(uow, team_ids=teams, wanted=wanted, before=before, limit=7)
        found += ["".join(piece for piece, _ in one.pieces) for one in page.texts]
        before = page.next
        if before is None:
            return found
    raise AssertionError("pages without end")


@pytest.mark.parametrize("sparse", [finding.SPARSE, 0])
def test_pages_follow_each_other_without_gap_or_repeat(
    desk: Desk, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, sparse: int
) -> None:
    many(desk, 95, clock)
    # Small stretches, so that a page ends for each of the reasons a page can end for.
    monkeypatch.setattr(finding, "BATCH", 9)
    monkeypatch.setattr(finding, "SCANNED", 13)
    monkeypatch.setattr(finding, "SPARSE", sparse)
    monkeypatch.setattr(finding, "PROBED", 8)
    monkeypatch.setattr(finding, "LEAST_PROBED", 3)
    teams = [other_team(desk), desk.team_id]

    both = all_pages(desk, "ankle knee", teams)
    one = all_pages(desk, "ankle", teams)

    assert [int(said.split()[-1]) for said in both] == [90, 80, 70, 60, 50, 40, 30, 20, 10, 0]
    assert sorted(int(said.split()[-1]) for said in one) == list(range(95))


def test_a_search_takes_the_same_statements_whatever_it_finds(desk: Desk, clock: FrozenClock) -> None:
    many(desk, 40, clock)
    with counted(desk.services.transactions.engine) as seen:
        texts(desk, "ankle knee")
    with counted(desk.services.transactions.engine) as nothing:
        texts(desk, "ankle zebra")
    with counted(desk.services.transactions.engine) as somebody:
        names(desk, "ana ruiz")
    with counted(desk.services.transactions.engine) as number:
        names(desk, "A-100")

    assert len(seen) <= 4 and len(nothing) <= 3
    assert len(somebody) == 2
    assert len(number) <= 3


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("ana", ["Ana Ruiz"]),
        ("rui ana", ["Ana Ruiz"]),
        ("ANG", ["Luis Ángel Ortega"]),
        ("luch", ["Luis Ángel Ortega"]),
        ("marta", ["Ana Ruiz"]),
        ("MRN-001 7", ["Ana Ruiz"]),
        ("mrn00", []),
        ("uiz", []),
        ("?", []),
    ],
)
def test_people_are_found_by_names_and_record_number(desk: Desk, wanted: str, found: list[str]) -> None:
    with desk.begin() as uow:
        ana = people.holders(uow, phone_id=desk.phone_id(ANA))[0].patient_id
        patients.add_identifier(uow, patient_id=ana, system="ehr", kind="mrn", value="MRN0017")
        phone_id = desk.phone_id(LUIS)
        patients.attach_phone(
            uow, patient_id=ana, phone_id=phone_id, relation="caregiver", holder_name="Marta Ruiz"
        )

    assert names(desk, wanted) == found


@pytest.mark.parametrize(
    ("kind", "wanted", "count", "opened"),
    [("name", "ruiz", 70, 1), ("mrn", "mrn0017", 100, 101), ("mrn", "MRN0017", 100, 1)],
)
def test_somebody_is_found_behind_many_who_share_a_number_by_chance(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str, wanted: str, count: int, opened: int
) -> None:
    """Who stands under all beginnings of a name, or has a number as it was typed, is opened alone."""
    with desk.begin() as uow:
        ana = people.holders(uow, phone_id=desk.phone_id(ANA))[0].patient_id
        patients.add_identifier(uow, patient_id=ana, system="ehr", kind="mrn", value="MRN0017")
        number = words.bucket(words.team_key(uow.vault, desk.team_id), kind, wanted.lower())
        known = (
            uow.session.execute(text("SELECT * FROM patient WHERE id = :id"), {"id": ana}).mappings().one()
        )
        for row_id in map(UUID, map("{:032x}".format, range(1, count + 1))):
            sealed = uow.vault.seal("patient.name", row_id, "Theo Brandt")
            made = {"id": row_id, "name_enc": sealed, "preferred_name_enc": None}
            uow.session.execute(insert(Patient).values(dict(known) | made))
            uow.session.execute(insert(PatientWord).values(bucket=number, patient_id=row_id))
    seen: list[UUID] = []
    look = find_whom.findable_by

    def findable_by(uow: UnitOfWork, *, patient_ids: list[UUID]) -> tuple[people.Findable, ...]:
        seen.extend(patient_ids)
        return look(uow, patient_ids=patient_ids)

    monkeypatch.setattr(find_whom, "findable_by", findable_by)

    assert names(desk, wanted) == ["Ana Ruiz"]
    assert len(seen) == opened


def test_everybody_with_the_number_that_was_typed_is_found_and_another_teams_hides_nobody(desk: Desk) -> None:
    theirs = other_team(desk)
    with desk.begin() as uow:
        ana, luis = (people.holders(uow, phone_id=desk.phone_id(one))[0].patient_id for one in (ANA, LUIS))
        greta = world.person(uow, team_id=theirs, e164="+12025550177", name="Greta Stone")
        numbers = [(ana, "ehr", "A-100"), (luis, "lab", "A-100"), (luis, "ehr", "B-7"), (greta, "ehr", "B7")]
        for patient_id, system, value in numbers:
            patients.add_identifier(uow, patient_id=patient_id, system=system, kind="mrn", value=value)

    assert sorted(names(desk, "A-100")) == ["Ana Ruiz", "Luis Ángel Ortega"]
    assert names(desk, "B7") == ["Luis Ángel Ortega"], "whose number it is there is nothing to us"
    assert names(desk, "B7", teams=[theirs]) == ["Greta Stone"]


def test_a_corrected_name_is_found_and_the_wrong_one_is_not(desk: Desk) -> None:
    with desk.begin() as uow:
        ana = people.holders(uow, phone_id=desk.phone_id(ANA))[0].patient_id
        patients.update(uow, patient_id=ana, name="Hannah Ruiz", preferred_name="Hannah")

    assert names(desk, "hann") == names(desk, "ruiz") == ["Hannah Ruiz"]
    with desk.begin(SYSTEM) as uow:
        count = uow.session.execute(
            text("SELECT count(*) FROM patient_word WHERE patient_id = :id"), {"id": ana}
        ).scalar_one()
    assert count == len({"han", "hann", "hanna", "hannah", "rui", "ruiz"})
