"""Trying a sentence, marking a reading as wrong, and the list for the next lexicon version."""

from __future__ import annotations

import csv
import io
import logging

import pytest
from sqlalchemy import text

from outreach.audit import queries as audit
from outreach.staff import commands as staff
from outreach.web.readings import shown
from tests.web import make
from tests.web.forms import HTML, post, sign_in

WORDS = "=my chest feels tight, I cant breathe"


@pytest.fixture
def clinic(services, clock):
    m = make.Morning(services, clock)
    m.person(43, "Maria Delgado")
    m.says(43, WORDS)
    with m.begin() as uow:
        for role in ("auditor", "viewer"):
            staff_id = staff.add_staff(
                uow, email=f"{role}@riverside.example", name=role, password=make.PASSWORD
            )
            staff.join_team(uow, staff_id=staff_id, team_id=m.team_id, role=role)
    return m


@pytest.fixture
def nora(client, clinic):
    sign_in(client)
    return client


def one(clinic, statement):
    with clinic.begin() as uow:
        return uow.session.execute(text(statement)).one()


def mark(client, clinic, act="mark", values=None, **options):
    message_id = one(clinic, "SELECT id FROM message WHERE direction = 'in'").id
    return post(client, f"/inbox/{clinic.conversation(43)}/texts/{message_id}/{act}", values, **options)


def test_a_sentence_is_read_and_explained(nora):
    page = post(nora, "/readings/try", {"sentence": WORDS, "language": "en"}, page="/readings/try").text

    assert "Urgent" in page and "Red" in page
    assert '<mark class="tier-red"' in page
    assert "breath" in page
    assert "Lexicon version" in page and "Confidence" in page and "A person reads it" in page


@pytest.mark.parametrize("said", ["", "<script>alert(1)</script>", "\u0000\u202e", "é" * 3000, "2, thanks"])
def test_whatever_is_tried_is_read_and_escaped(nora, said):
    answer = post(nora, "/readings/try", {"sentence": said, "open": "1,2,3"}, page="/readings/try")

    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_a_tried_sentence_is_kept_nowhere(nora, clinic, caplog):
    before = counts(clinic)

    with caplog.at_level(logging.DEBUG):
        post(nora, "/readings/try", {"sentence": "zanzibar zanzibar chest pain"}, page="/readings/try")

    assert "zanzibar" not in caplog.text
    assert counts(clinic) == before


def counts(clinic):
    """Rows of every table but sign-ins, and a dump of what could hold words in clear."""
    with clinic.begin() as uow:
        tables = uow.session.scalars(
            text("SELECT relname FROM pg_stat_user_tables WHERE relname NOT IN ('login_session')")
        ).all()
        return {
            table: uow.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables
        }


def test_one_click_marks_a_reading_and_another_takes_it_back(nora, clinic):
    answer = mark(nora, clinic, htmx=True)

    assert "Marked as read wrong" in answer.json["thread"]["items"]
    row = one(clinic, "SELECT * FROM reading_mark")
    assert (row.was, row.tier, row.should_be, row.taken_back_at) == ("urgent", "red", None, None)
    assert all(len(fired) == 3 for fired in row.fired) and row.fired
    assert mark(nora, clinic, values={"should_be": "other"}).status_code == 303
    assert one(clinic, "SELECT should_be FROM reading_mark").should_be == "other"
    assert "Read wrong?" in mark(nora, clinic, "unmark", htmx=True).json["thread"]["items"]
    assert "No reading is marked" in nora.get("/readings").text
    assert mark(nora, clinic, "unmark").status_code == 404
    with clinic.begin() as uow:
        actions = [line.action for line in audit.search(uow, team_ids=[clinic.team_id], limit=50)]
    assert actions.count("reading_marked") == 2
    assert actions.count("reading_mark_taken_back") == 1


def test_nonsense_can_not_be_marked(nora, clinic):
    sent = one(clinic, "SELECT id FROM message WHERE direction = 'out'").id
    path = f"/inbox/{clinic.conversation(43)}/texts"

    assert mark(nora, clinic, values={"should_be": "nonsense"}).status_code == 422
    assert post(nora, f"{path}/{sent}/mark").status_code == 422
    assert post(nora, f"{path}/{clinic.team_id}/mark").status_code == 404
    assert one(clinic, "SELECT count(*) AS n FROM reading_mark").n == 0


def test_overruling_puts_the_text_on_the_list(nora, clinic):
    escalation = one(clinic, "SELECT id FROM escalation").id
    path = f"/inbox/{clinic.conversation(43)}/escalations/{escalation}"

    assert post(nora, f"{path}/overrule", {"note": " "}).status_code == 422
    assert post(nora, f"{path}/overrule", {"note": "She sang a song"}).status_code == 303
    clinic.services.relay.drain(seconds=10)

    page = nora.get("/readings").text
    assert "overruled" in page and "cant breathe" in page
    assert one(clinic, "SELECT escalation_id FROM reading_mark").escalation_id == escalation
    assert "Overruled: it was none" in nora.get(f"/inbox/{clinic.conversation(43)}").text

    assert post(nora, f"{path}/reopen", {}).status_code == 303
    row = one(clinic, "SELECT state, owner_id FROM escalation")
    assert (row.state, row.owner_id) == ("acknowledged", clinic.nurse_id)


def test_the_export_needs_its_right_and_is_on_the_record(app, nora, clinic):
    mark(nora, clinic, values={"should_be": "other"})
    assert nora.get("/readings/export.csv", headers=HTML).status_code == 403
    auditor = app.test_client()
    sign_in(auditor, email="auditor@riverside.example")

    (row,) = csv.DictReader(io.StringIO(auditor.get("/readings/export.csv").text))
    (same,) = auditor.get("/readings/export.json").json

    assert row["words"] == f"'{WORDS}", "a spreadsheet must not run it"
    assert (same["words"], same["was"], same["should_be"]) == (WORDS, "urgent", "other")
    assert set(row) == set(same)
    assert auditor.get("/readings", headers=HTML).status_code == 403
    assert auditor.get("/readings/export.xml", headers=HTML).status_code == 404
    with clinic.begin() as uow:
        found = audit.search(uow, team_ids=[clinic.team_id], deployment=True, action="exported_readings")
    assert len(found) == 2 and len(found[0].detail["messages"]) == 1


def test_who_only_looks_can_not_mark(app, clinic):
    viewer = app.test_client()
    sign_in(viewer, email="viewer@riverside.example")

    assert mark(viewer, clinic).status_code == 403


@pytest.mark.parametrize(
    ("fired", "expected"),
    [
        ([], [("abcdef", (), "")]),
        ([(1, 3, "r", "red")], [("a", (), ""), ("bc", ("r",), "red"), ("def", (), "")]),
        ([(0, 4, "r", "orange"), (2, 6, "s", "red")],
         [("ab", ("r",), "orange"), ("cd", ("r", "s"), "red"), ("ef", ("s",), "red")]),
        ([(4, 99, "r", "")], [("abcd", (), ""), ("ef", ("r",), "")]),
    ],
)  # fmt: skip
def test_a_text_in_pieces(fired, expected):
    found = shown.cut("abcdef", fired)

    assert [(one.words, one.rules, one.tier) for one in found] == expected
