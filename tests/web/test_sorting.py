"""Working through lists: narrowed, kept, many at once, what is found; and that they are one's own teams'."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from outreach.conversations import commands
from outreach.conversations import queries as conversations
from outreach.kernel.unit_of_work import SYSTEM
from tests import world
from tests.statements import counted
from tests.web.forms import HTML, post, sign_in
from tests.web.test_access import Clinic, clinic, refusals, thread_team  # noqa: F401

PAGE_STATEMENTS = 12


@pytest.fixture
def lead(app, clinic):  # noqa: F811
    client = app.test_client()
    sign_in(client, email="lead@riverside.example")
    return client


def row(clinic: Clinic, conversation_id) -> conversations.InboxRow:  # noqa: F811
    with clinic.morning.begin(SYSTEM) as uow:
        (found,) = conversations.rows(uow, conversation_ids=[conversation_id])
    return found


def many(client, act: str, value: str, *items: tuple[object, int]):
    words = ",".join(f"{one}:{version}" for one, version in items)
    return post(client, "/inbox/many", {"act": act, "value": value, "items": words})


def test_many_are_tagged_at_once_and_the_tag_narrows_a_list(lead, clinic):  # noqa: F811
    m = clinic.morning
    m.person(44, "Henry Osei")
    m.says(44, "Can I shower?")
    other = m.conversation(44)

    answer = many(
        lead,
        "tag",
        "Wound care",
        (clinic.ours, row(clinic, clinic.ours).version),
        (other, row(clinic, other).version),
    )
    with m.begin(SYSTEM) as uow:
        (tag,) = conversations.tags(uow, team_ids=[m.team_id])
    narrowed = lead.get(f"/inbox?view=all&tag={tag.tag_id}").text

    assert sorted(answer.json["done"]) == sorted([str(clinic.ours), str(other)])
    assert answer.json["told"] == []
    assert f"row-{clinic.ours}" in narrowed and f"row-{other}" in narrowed and "Wound care" in narrowed
    assert "Wound care" in lead.get("/inbox/many").text
    assert f"row-{other}" not in lead.get("/inbox?view=all&owner=nobody&state=closed").text


def test_what_a_colleague_changed_meanwhile_is_told_and_left_alone(lead, clinic):  # noqa: F811
    m = clinic.morning
    m.person(44, "Henry Osei")
    m.says(44, "Can I shower?")
    other = m.conversation(44)
    seen, seen_other = row(clinic, clinic.ours).version, row(clinic, other).version
    with m.begin(SYSTEM) as uow:
        commands.assign(uow, conversation_id=other, to_staff_id=m.nurse_id)

    answer = many(lead, "assign", "", (clinic.ours, seen), (other, seen_other))

    assert answer.json["done"] == [str(clinic.ours)]
    ((told),) = answer.json["told"]
    assert told["ids"] == [str(other)] and "changed this conversation" in told["why"]
    assert row(clinic, other).owner_id == m.nurse_id


def test_many_are_put_aside_until_a_time_of_ones_own_by_the_teams_clock(lead, clinic):  # noqa: F811
    m = clinic.morning
    m.person(44, "Henry Osei")
    m.says(44, "Can I shower?")
    henry = m.conversation(44)

    told = [
        many(lead, "snooze", value, (henry, row(clinic, henry).version)).json["told"][0]["why"]
        for value in ("2020-03-12T15:00", "soon", "")
    ]
    done = many(lead, "snooze", "2030-03-12T15:00", (henry, row(clinic, henry).version))

    assert "lies ahead" in told[0] and "can't be read" in told[1] == told[2]
    assert done.json["done"] == [str(henry)]
    with m.begin(SYSTEM) as uow:
        until = uow.session.execute(
            text("SELECT snoozed_until FROM conversation WHERE id = :id"), {"id": henry}
        ).scalar_one()
    assert until == datetime(2030, 3, 12, 19, 0, tzinfo=UTC)


def test_a_danger_cannot_be_closed_with_many(lead, clinic):  # noqa: F811
    answer = many(lead, "close", "Answered", (clinic.ours, row(clinic, clinic.ours).version))

    assert answer.json["done"] == []
    assert "escalation is open" in answer.json["told"][0]["why"]
    assert row(clinic, clinic.ours).state == "open"


@pytest.mark.parametrize("act", ["assign", "snooze", "close", "tag", "untag"])
def test_nothing_of_another_team_is_changed_with_many(lead, clinic, act):  # noqa: F811
    before = row(clinic, clinic.theirs)

    answer = many(lead, act, "", (clinic.theirs, before.version))

    assert answer.json["done"] == [] and answer.json["told"][0]["ids"] == [str(clinic.theirs)]
    assert row(clinic, clinic.theirs) == before
    assert refusals(clinic) == 1


def test_lists_and_filters_show_nothing_of_another_team(lead, clinic):  # noqa: F811
    m = clinic.morning
    theirs = thread_team(clinic)
    with m.begin(SYSTEM) as uow:
        commands.put_tag(uow, team_id=theirs, word="Their secret word")

    pages = [
        lead.get(f"/inbox?view=all&team={theirs}", headers=HTML).text,
        lead.get("/inbox?view=all&owner=nobody", headers=HTML).text,
        lead.get("/inbox/filters?view=all").text,
        lead.get("/inbox/many").text,
        lead.get(f"/inbox/present?ids={clinic.theirs}").text,
    ]

    assert [page for page in pages if str(clinic.theirs) in page or "Their secret word" in page] == []
    assert lead.get("/inbox?view=all&owner=everybody", headers=HTML).status_code == 422


def test_a_list_of_ones_own_is_kept_and_removed_by_oneself_alone(app, lead, clinic):  # noqa: F811
    kept = post(lead, "/inbox/views", {"name": "No owner yet", "view": "all", "owner": "nobody"})
    saved = kept.location.rpartition("saved=")[2]
    viewer = app.test_client()
    sign_in(viewer, email="viewer@riverside.example")

    assert "owner=nobody" in kept.location
    assert "No owner yet" in lead.get("/inbox").text
    assert "No owner yet" not in viewer.get("/inbox").text
    assert post(viewer, f"/inbox/views/{saved}/remove").status_code == 404
    assert post(lead, f"/inbox/views/{saved}/remove").status_code == 303
    assert "No owner yet" not in lead.get("/inbox").text


def test_what_is_found_is_ones_own_teams_and_on_the_record(lead, clinic):  # noqa: F811
    m = clinic.morning
    ours, m.team_id = m.team_id, thread_team(clinic)
    with m.begin() as uow:
        world.person(uow, team_id=m.team_id, e164=m.e164(61), name="Greta Tightfield")
    m.team_id = ours

    found = post(lead, "/find", {"q": "tight"}).text
    person = post(lead, "/find", {"q": "Delgado"}).text

    assert "<mark>tight</mark>" in found and str(clinic.ours) in found
    assert "Greta" not in found
    assert "Maria Delgado" in person
    with m.begin(SYSTEM) as uow:
        looks = uow.session.execute(
            text("SELECT count(*) FROM audit_event WHERE action = 'looked_at_list'")
        ).scalar_one()
    assert looks == 2


def test_the_pages_of_a_list_a_search_and_a_thread_take_few_statements(app, lead, clinic):  # noqa: F811
    m = clinic.morning
    app.config["WTF_CSRF_ENABLED"] = False
    counts: dict[str, set[int]] = {}
    for number in range(44, 47):
        m.person(number, f"Henry Osei {number}")
        for _ in range(number - 43):
            m.says(number, "Can I shower with the bandage on?")
        thread = f"/inbox/{m.conversation(number)}"
        asks = {
            "list": lambda: lead.get("/inbox?view=all"),
            "narrowed": lambda: lead.get("/inbox?view=all&owner=nobody"),
            "thread": lambda path=thread: lead.get(path, headers={"HX-Request": "true"}),
            "whole page": lambda path=thread: lead.get(f"{path}?view=all"),
            "beside": lambda path=thread: lead.get(f"{path}/about"),
            "find": lambda: lead.post("/find", data={"q": "bandage shower"}, headers=HTML),
            "find a number": lambda: lead.post("/find", data={"q": "MRN-0017"}, headers=HTML),
        }
        for what, ask in asks.items():
            with counted(app.extensions["outreach"].transactions.engine) as seen:
                assert ask().status_code == 200
            counts.setdefault(what, set()).add(len([one for one in seen if "login_session SET" not in one]))
    assert {what: max(found) for what, found in counts.items() if max(found) > PAGE_STATEMENTS} == {}
    assert all(max(found) - min(found) <= 1 for found in counts.values()), counts
