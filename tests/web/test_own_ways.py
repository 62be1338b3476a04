"""What somebody sets for themselves: counters of their own lists, and what their browsers tell them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from outreach.web import words
from tests.web.forms import post, sign_in


@pytest.fixture
def nora(client, morning):
    sign_in(client)
    return client


def keep(client, name, **filters):
    answer = post(client, "/inbox/views", {"name": name} | filters)
    assert answer.status_code == 303, answer.text


def counted(client):
    return sorted(client.get("/inbox/saved/counts").json.values(), key=int)


def test_ones_own_lists_are_counted_as_they_are_shown(nora, morning):
    assert nora.get("/inbox/saved/counts").json == {}
    keep(nora, "All of it", view="all")
    keep(nora, "Spanish", view="all", language="es")
    keep(nora, "Nobody's, waiting", view="unassigned", owner="nobody")
    shown = [nora.get(f"/inbox?view={one}").text.count("data-version=") - 1 for one in ("all", "unassigned")]
    before = counted(nora)

    morning.says(77, "Is somebody there?")

    assert before == sorted([str(one) for one in shown] + [before[0]], key=int)
    assert [int(after) - int(was) for was, after in zip(before, counted(nora), strict=True)] == [0, 1, 1]


def test_another_s_lists_are_not_counted(nora, morning, client):
    keep(nora, "Mine alone", view="all")
    with morning.begin() as uow:
        uow.session.execute(text("UPDATE saved_view SET staff_id = :sam"), {"sam": morning.sam_id})

    assert nora.get("/inbox/saved/counts").json == {}


def test_notices_are_off_until_somebody_asks_for_them(nora):
    assert 'data-notify="off"' in nora.get("/inbox").text
    assert post(nora, "/account/notifications", {"notify": "loudly"}).status_code == 422

    post(nora, "/account/notifications", {"notify": "fewer", "sound": "on"})

    assert 'data-notify="fewer" data-sound' in nora.get("/inbox").text
    post(nora, "/account/notifications", {"notify": "all"})
    assert "data-sound" not in nora.get("/inbox").text


@pytest.mark.parametrize(
    ("kept", "said"), [("08:30", "8:30 am"), ("17:00", "5:00 pm"), ("24:00", "midnight"), ("noon", "noon")]
)
def test_hours_are_said_as_people_say_them(app, kept, said):
    with app.test_request_context():
        assert words.wall_of(kept) == said


def test_a_language_has_its_name(app):
    with app.test_request_context():
        assert [words.language(one) for one in ("es", "zh", "vi", "qq")] == [
            "Spanish",
            "Chinese",
            "Vietnamese",
            "Qq",
        ]
