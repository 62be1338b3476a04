"""Narrowed lists, tags and lists of one's own."""

from __future__ import annotations

from uuid import UUID

import pytest

from outreach.conversations import commands, queries
from outreach.conversations.queries import walks
from outreach.kernel.errors import NotFound
from outreach.staff import commands as staff
from tests.conversations.test_lists import add
from tests.inbound.desk import Desk
from tests.staff import make
from tests.statements import counted


@pytest.fixture
def desk(services) -> Desk:
    return Desk(services)


@pytest.fixture
def nora(desk: Desk) -> UUID:
    with desk.begin() as uow:
        return make.person(uow, team_id=desk.team_id)


def narrowed(desk: Desk, view: str = "all", *, teams: list[UUID] | None = None, **filters: str) -> list[UUID]:
    """All pages of a narrowed list, two rows each."""
    found: list[UUID] = []
    before = None
    for _ in range(100):
        with desk.begin() as uow:
            page = queries.inbox(
                uow,
                staff_id=UUID(int=1),
                team_ids=teams or [desk.team_id],
                view=view,
                before=before,
                limit=2,
                filters=queries.Filters.parse(filters),
            )
        found += [row.conversation_id for row in page.rows]
        before = page.next
        if before is None:
            return found
    raise AssertionError("pages without end")


def surgery(desk: Desk) -> UUID:
    with desk.begin() as uow:
        return staff.create_team(uow, name="Surgery", sender_id=desk.sender_id, zone="America/New_York")


def test_a_list_is_narrowed_by_each_filter(desk: Desk, nora: UUID) -> None:
    with desk.begin() as uow:
        tag = commands.put_tag(uow, team_id=desk.team_id, word="Wound")
    hers = add(desk, 1, owner_id=nora, program="heart-failure")
    nobodys = add(desk, 2, state="closed")
    tagged = add(desk, 3, owner_id=nora, tags=[str(tag)])

    assert narrowed(desk, owner=str(nora)) == [hers, tagged]
    assert narrowed(desk, owner="nobody") == [nobodys]
    assert narrowed(desk, program="heart-failure") == [hers]
    assert narrowed(desk, tag=str(tag)) == [tagged]
    assert narrowed(desk, state="closed", owner="nobody") == [nobodys]
    assert narrowed(desk, language="es") == narrowed(desk, "closed", owner=str(nora)) == []


def test_a_patients_language_and_risk_narrow_a_list(desk: Desk) -> None:
    ana = desk.patient(language="es")
    about = add(desk, 1, patient_id=ana)
    add(desk, 2)

    assert narrowed(desk, language="es") == [about]
    assert narrowed(desk, language="es", risk="high") == []


def test_a_narrowed_list_holds_nothing_of_another_team(desk: Desk, nora: UUID) -> None:
    theirs = surgery(desk)
    ours = add(desk, 1, owner_id=nora)
    add(desk, 2, owner_id=nora, team_id=theirs)

    assert narrowed(desk, owner=str(nora)) == [ours]
    assert narrowed(desk, owner=str(nora), team=str(theirs)) == []
    assert len(narrowed(desk, owner=str(nora), teams=[desk.team_id, theirs])) == 2


@pytest.mark.parametrize("view", ["all", "unassigned"])
def test_pages_of_a_narrowed_list_follow_each_other(
    desk: Desk, nora: UUID, clock, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    monkeypatch.setattr(walks, "WALKED", 4)
    teams = [desk.team_id, surgery(desk)]
    made = [
        add(
            desk,
            number,
            team_id=teams[number % 3 == 0],
            program="heart-failure" if number % 5 == 0 else "maternity",
            waiting_since=clock.now(),
        )
        for number in range(1, 31)
    ]
    wanted = {made[number - 1] for number in range(5, 31, 5)}

    found = narrowed(desk, view, teams=teams, program="heart-failure")

    assert len(found) == len(wanted) and set(found) == wanted


def test_a_narrowed_page_takes_at_most_three_statements(desk: Desk, nora: UUID) -> None:
    for number in range(1, 6):
        add(desk, number, owner_id=nora)
    with counted(desk.services.transactions.engine) as seen, desk.begin() as uow:
        queries.inbox(
            uow,
            staff_id=nora,
            team_ids=[desk.team_id],
            view="all",
            filters=queries.Filters.parse({"owner": "nobody"}),
        )

    assert len(seen) <= 3


@pytest.mark.parametrize("given", [{"owner": "me"}, {"tag": "wound"}, {"team": "1"}, {"state": "gone"}])
def test_other_words_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(queries.BadFilter):
        queries.Filters.parse(given)


def test_a_tag_is_its_teams_and_shows_on_the_row(desk: Desk) -> None:
    ours = add(desk, 1)
    theirs = add(desk, 2, team_id=surgery(desk))
    with desk.begin() as uow:
        tag = commands.put_tag(uow, team_id=desk.team_id, word="Wound  care")
        assert commands.put_tag(uow, team_id=desk.team_id, word="WOUND care") == tag
        commands.add_tag(uow, conversation_id=ours, tag_id=tag, expected=1)
        (row,) = queries.rows(uow, conversation_ids=[ours])
        assert (row.tags, row.version) == (("Wound care",), 2)
        with pytest.raises(NotFound):
            commands.add_tag(uow, conversation_id=theirs, tag_id=tag)
        commands.drop_tag(uow, conversation_id=ours, tag_id=tag, expected=2)
        (row,) = queries.rows(uow, conversation_ids=[ours])
        assert row.tags == ()


def test_a_list_of_ones_own_is_nobody_elses(desk: Desk, nora: UUID) -> None:
    filters = queries.Filters.parse({"owner": "nobody", "language": "es"})
    with desk.begin() as uow:
        sam = make.person(uow, "sam@riverside.example", team_id=desk.team_id)
        made = commands.save_view(uow, staff_id=nora, name=" Spanish,  free ", view="all", filters=filters)
        (kept,) = queries.saved_views(uow, staff_id=nora)
        assert (kept.name, kept.view, kept.filters) == ("Spanish, free", "all", filters)
        assert queries.saved_views(uow, staff_id=sam) == ()
        with pytest.raises(NotFound):
            queries.saved_view(uow, staff_id=sam, saved_view_id=made)
        commands.remove_view(uow, staff_id=sam, saved_view_id=made)
        assert queries.saved_view(uow, staff_id=nora, saved_view_id=made) == kept
        commands.remove_view(uow, staff_id=nora, saved_view_id=made)
        assert queries.saved_views(uow, staff_id=nora) == ()
