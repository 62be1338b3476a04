from __future__ import annotations

import time
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from outreach.audit import commands, queries, rules
from outreach.kernel.unit_of_work import Actor

NORA = Actor(kind="staff", id=UUID(int=7))
TEAM = UUID(int=1)
PATIENT = UUID(int=2)


NOT_YET = text(
    """
    SELECT EXISTS (
        SELECT FROM audit_event e
        WHERE e.xid >= pg_snapshot_xmin(pg_current_snapshot())
          AND e.xid < pg_snapshot_xmax(pg_current_snapshot())
          AND NOT EXISTS (SELECT FROM audit_sealed s WHERE s.event_id = e.id)
    )
    """
)


def others_are_done(begin) -> None:
    """Wait for transactions of tests beside this one: sealing waits for every database of a server."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with begin() as uow:
            if not uow.session.scalar(NOT_YET):
                return
        time.sleep(0.01)


def seal_at_once(begin) -> int:
    with begin() as uow:
        return commands.seal_all(uow)


def seal_all(begin) -> int:
    others_are_done(begin)
    return seal_at_once(begin)


def exported(begin) -> list[str]:
    others_are_done(begin)
    lines: list[str] = []
    with begin() as uow:
        commands.export(uow, write=lines.append)
    return lines


def looked(begin, *, actor=NORA, patient_id=PATIENT, detail=None, action="looked"):
    with begin(actor) as uow:
        commands.look(
            uow, subject_kind="patient", subject_id=patient_id, patient_id=patient_id, team_id=TEAM,
            action=action, detail=detail,
        )  # fmt: skip


def found(begin, **conditions):
    with begin() as uow:
        return queries.search(uow, team_ids=[TEAM], **conditions)


def test_a_line_says_who_did_what(begin):
    with begin(NORA) as uow:
        commands.record(
            uow, action="closed", subject_kind="conversation", subject_id=UUID(int=5), patient_id=PATIENT,
            team_id=TEAM, detail={"reason": "answered by phone"},
        )  # fmt: skip

    (line,) = found(begin)

    assert (line.actor_id, line.action, line.subject_id) == (NORA.id, "closed", UUID(int=5))
    assert line.detail == {"reason": "answered by phone"}


def test_the_detail_is_not_readable_in_the_table(begin):
    looked(begin, detail={"words": "canary-words"})

    with begin() as uow:
        stored = uow.session.execute(text("SELECT audit_event::text FROM audit_event")).scalar_one()
    assert "canary" not in stored
    assert b"canary".hex() not in stored


def test_looks_of_one_person_within_an_hour_are_one_line(begin):
    for _ in range(3):
        looked(begin)
    looked(begin, actor=Actor(kind="staff", id=UUID(int=8)))
    looked(begin, action="looked_at_identifiers")

    assert len(found(begin)) == 3


def test_a_list_is_one_line_with_its_ids(begin):
    ids = [UUID(int=number) for number in (11, 12)]
    for shown in (ids, ids[::-1], ids[:1]):
        with begin(NORA) as uow:
            commands.look_list(uow, view="mine", conversation_ids=shown, team_id=TEAM)

    lines = found(begin)

    assert [line.detail["conversations"] for line in lines[::-1]] == [
        [str(one) for one in ids],
        [str(ids[0])],
    ]


def test_an_empty_list_shows_nobody_and_leaves_no_line(begin):
    with begin(NORA) as uow:
        commands.look_list(uow, view="mine", conversation_ids=[], team_id=TEAM)

    assert found(begin) == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET action = 'nothing'",
        "DELETE FROM audit_event",
        "UPDATE audit_seal SET events = 0",
        "DELETE FROM audit_sealed",
    ],
)
def test_the_database_refuses_to_change_the_record(begin, statement):
    looked(begin)
    seal_all(begin)

    with pytest.raises(DBAPIError), begin() as uow:
        uow.session.execute(text(statement))


def test_the_search_shows_the_asked_teams_only(begin):
    looked(begin)
    with begin() as uow:
        commands.record(uow, action="settings_changed", subject_kind="organization")
        assert queries.search(uow, team_ids=[UUID(int=99)]) == ()
        everything = queries.search(uow, team_ids=[TEAM], deployment=True)

    assert {line.action for line in everything} == {"looked", "settings_changed"}


def test_the_search_goes_on_where_the_page_before_ended(begin):
    for number in range(5):
        looked(begin, patient_id=UUID(int=100 + number))

    first = found(begin, limit=3)
    second = found(begin, limit=3, before=(first[-1].at, first[-1].id))

    assert len({line.id for line in (*first, *second)}) == 5


def test_an_export_of_a_sealed_record_holds(begin):
    looked(begin, detail={"words": "canary-words"})
    seal_all(begin)
    looked(begin, patient_id=UUID(int=3))

    lines = exported(begin)
    verdict = rules.verify(lines)

    assert verdict.ok, verdict.problems
    assert (verdict.records, verdict.seals) == (2, 2)
    assert "canary" not in "".join(lines)


def test_a_line_of_a_running_transaction_waits_and_is_sealed_later(begin, services):
    with begin(NORA) as slow:
        commands.record(slow, action="slow", subject_kind="test", team_id=TEAM)
        looked(begin)

        assert seal_at_once(begin) == 0

    assert seal_all(begin) == 2
    assert rules.verify(exported(begin)).ok


def test_a_slow_transaction_that_began_later_is_not_passed_over(begin):
    looked(begin)
    with begin(NORA) as slow:
        commands.record(slow, action="slow", subject_kind="test", team_id=TEAM)
        assert seal_all(begin) == 1
        looked(begin, patient_id=UUID(int=3))

    assert seal_all(begin) == 2


def test_a_restored_database_goes_on_sealing(begin, admin_engine):
    looked(begin)
    seal_all(begin)
    with admin_engine.begin() as connection:  # a restored row carries the old server's transaction id
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE audit_event SET xid = '999999999'"))

    looked(begin, patient_id=UUID(int=3))

    assert seal_all(begin) == 1
    assert rules.verify(exported(begin)).ok


def test_shredding_a_person_hides_the_detail_and_keeps_the_chain(begin):
    looked(begin, detail={"words": "canary-words"})
    seal_all(begin)

    with begin() as uow:
        commands.shred(uow, patient_id=PATIENT)
    looked(begin, detail={"words": "later words"}, action="looked_again")

    lines = {line.action: line for line in found(begin)}
    assert lines["looked"].shredded
    assert lines["looked"].detail == {}
    assert lines["looked_again"].detail == {}
    assert rules.verify(exported(begin)).ok


def test_a_row_deleted_behind_our_back_is_missed(begin, admin_engine):
    for number in range(3):
        looked(begin, patient_id=UUID(int=100 + number))
    seal_all(begin)
    with admin_engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM audit_sealed WHERE place = 1"))
        connection.execute(text("DELETE FROM audit_event WHERE patient_id = :p"), {"p": UUID(int=101)})

    verdict = rules.verify(exported(begin))

    assert [problem.subject for problem in verdict.problems] == ["seal 1"]


def test_a_row_altered_behind_our_back_is_named(begin, admin_engine):
    looked(begin)
    seal_all(begin)
    with admin_engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        event_id = connection.execute(
            text("UPDATE audit_event SET actor_id = :a RETURNING id"), {"a": UUID(int=8)}
        ).scalar_one()

    verdict = rules.verify(exported(begin))

    assert str(event_id) in {problem.subject for problem in verdict.problems}


def test_an_empty_record_can_not_be_exported(begin):
    with pytest.raises(commands.NothingSealed), begin() as uow:
        commands.export(uow, write=print)
