"""Who takes a page by text hears that it counted, and what else waits for them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from outreach.escalations import rules
from outreach.kernel.phone import Phone
from outreach.kernel.segments import count_segments
from outreach.staff import commands as staff
from tests.inbound.desk import LUIS, PAGES, Desk
from tests.staff import make

PAGER = "+12025550180"
BOSS = "+12025550185"


@pytest.fixture
def nora(desk: Desk) -> UUID:
    """On call, with a pager."""
    with desk.begin() as uow:
        make.sender(uow, PAGES, kind="pages", label="Pages")
        nora = make.person(uow, team_id=desk.team_id)
        staff.set_pager(uow, staff_id=nora, phone=Phone(PAGER))
        ends_at = uow.now + timedelta(hours=12)
        staff.add_shift(uow, team_id=desk.team_id, staff_id=nora, starts_at=uow.now, ends_at=ends_at)
    desk.patient()
    desk.patient(LUIS, name="Luis Paz", preferred="Luis")
    return nora


def pages(desk: Desk) -> list[str]:
    return [body for kind, body in desk.texts_out() if kind == "page"]


def test_each_page_taken_is_confirmed_with_what_waits_yet(desk: Desk, nora: UUID) -> None:
    desk.says("I can't breathe")
    desk.says("chest pain", origin=LUIS)

    desk.says("1", origin=PAGER, To=PAGES)
    desk.says("1", origin=PAGER, To=PAGES)
    desk.says("1", origin=PAGER, To=PAGES)

    told = pages(desk)[2:]
    yours = "Riverside: The RED alert for Transitions is yours. Open the inbox now."
    assert told == [f"{yours} 1 more: reply 1 for the next.", yours], (
        "and nothing when there is nothing to take, or two machines would talk"
    )
    assert desk.scalar("SELECT count(*) FROM escalation WHERE state = 'raised'") == 0


def test_any_other_answer_is_confirmed_by_nobody(desk: Desk, nora: UUID) -> None:
    desk.says("I can't breathe")
    desk.says("can't, in surgery", origin=PAGER, To=PAGES)

    assert len(pages(desk)) == 1


def test_who_may_not_act_takes_nothing_and_is_told(desk: Desk, nora: UUID) -> None:
    with desk.begin() as uow:
        staff.join_team(uow, staff_id=nora, team_id=desk.team_id, role="coordinator")
        boss = make.person(uow, "boss@riverside.example", "Boss", is_admin=True)
        staff.set_pager(uow, staff_id=boss, phone=Phone(BOSS))
    desk.says("I can't breathe")
    [page] = pages(desk)
    assert page.endswith("Nobody has taken it. Reach a nurse or lead of the team now."), (
        "the coordinator on call is passed over, and the operator is not asked to take it"
    )

    desk.says("1", origin=BOSS, To=PAGES)

    assert desk.rows("SELECT state, owner_id FROM escalation") == [("raised", None)]
    assert pages(desk)[1:] == [
        "Riverside: The RED alert for Transitions is still open: a nurse or lead must take it. Reach one now."
    ]


def test_who_lost_the_right_since_the_page_leaves_the_ladder_climbing(desk: Desk, nora: UUID) -> None:
    desk.says("I can't breathe")
    with desk.begin() as uow:
        staff.join_team(uow, staff_id=nora, team_id=desk.team_id, role="viewer")

    desk.says("1", origin=PAGER, To=PAGES)

    [row] = desk.rows("SELECT state, step FROM escalation")
    assert row.state == "raised"


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("tier", rules.TIERS)
def test_it_stays_one_segment(language: str, tier: str) -> None:
    clinic, team = "Riverside Clinic", "Heart Failure Transitions"
    named = {"clinic": clinic, "team": team, "tier": tier, "language": language}
    for said in (
        rules.taken_text(**named, more=12),
        rules.not_taken_text(**named),
        rules.page_text(**named, takes=False),
    ):
        found = count_segments(said)
        assert (found.encoding, found.segments) == ("GSM-7", 1)
