"""A photo that a colleague sends: sent in a text, kept in the thread, refused when it is none."""

from __future__ import annotations

from io import BytesIO
from uuid import uuid4

import pytest
from sqlalchemy import text

from outreach.conversations import commands as conversations
from outreach.messaging.rules import pictures
from tests.photos import PNG, WITH_PLACE
from tests.web.forms import post, sign_in
from tests.web.make import OTHER_NURSE


@pytest.fixture
def nora(client, morning):
    sign_in(client)
    return client


def base(morning, last=45):
    return f"/inbox/{morning.conversation(last)}"


def sends(client, morning, content=WITH_PLACE, words="", **values):
    form = {"body": words, "draft_key": str(uuid4()), "photo": (BytesIO(content), "pill.jpg", "text/html")}
    return post(client, f"{base(morning)}/reply", form | values, htmx=True)


def test_a_photo_goes_out_with_a_text_and_stays_in_the_thread(nora, morning, admin_engine):
    key = str(uuid4())
    first = sends(nora, morning, words="Take this one", photo_about="A white pill", draft_key=key)
    again = sends(nora, morning, words="Take this one", photo_about="A white pill", draft_key=key)

    assert (first.status_code, again.status_code) == (200, 200)
    with admin_engine.connect() as connection:
        (row,) = connection.exec_driver_sql(
            "SELECT d.id, d.content_enc, d.about_enc, m.media_urls, p.message_id = m.id AS bound FROM media d"
            " JOIN message m ON m.id = d.message_id LEFT JOIN picture p ON p.message_id = m.id"
        ).all()
    assert row.bound
    assert len(row.media_urls) == 1
    assert PNG not in row.content_enc
    assert b"white pill" not in row.about_enc
    page = nora.get(base(morning)).text
    assert 'alt="A white pill"' in page
    shown = nora.get(f"{base(morning)}/photos/{row.id}")
    assert (shown.data, shown.content_type) == (PNG, "image/png"), "what it is, not what somebody called it"
    assert "A white pill" in nora.get(f"{base(morning)}/print").text


def test_a_photo_needs_no_words_and_the_list_says_so(nora, morning):
    assert sends(nora, morning).status_code == 200

    assert "A photo" in nora.get("/inbox?view=mine").text


def test_what_is_no_photo_or_too_large_is_refused_and_nothing_is_sent(nora, morning, admin_engine):
    large = pictures.LARGEST - len(PNG) + 1
    for content, status, words in (
        (b"<svg onload=alert(1)>", 422, "JPEG, PNG or GIF"),
        (PNG + b"x" * large, 422, "at most 5 MB"),
        (PNG + b"x" * (large + 2 * 1024 * 1024), 413, "too large"),
    ):
        answer = sends(nora, morning, content, "Look")
        assert (answer.status_code, words in answer.text) == (status, True), answer.text
    with admin_engine.connect() as connection:
        assert (
            connection.exec_driver_sql("SELECT count(*) FROM message WHERE media_urls <> '[]'").scalar() == 0
        )


def test_only_the_view_that_takes_files_takes_large_forms(nora, morning):
    answer = post(nora, f"{base(morning)}/draft", {"body": "x" * (3 * 1024 * 1024)}, htmx=True)

    assert answer.status_code == 413


def chosen(client, morning, **values):
    return post(client, f"{base(morning)}/draft/photo", values, htmx=True)


def photo(content=WITH_PLACE):
    return (BytesIO(content), "pill.jpg", "text/html")


def test_a_chosen_photo_is_there_for_whoever_chose_it_until_it_is_sent(nora, morning, app, admin_engine):
    assert chosen(nora, morning, photo=photo(), photo_about="A white pill").status_code == 204
    assert chosen(nora, morning, photo_about="A blue pill").status_code == 204
    sam = app.test_client()
    sign_in(sam, email=OTHER_NURSE)

    again = nora.get(f"{base(morning)}/draft/photo")
    assert (again.data, again.content_type) == (PNG, "image/png"), "without the place it was taken at"
    assert "sandbox" in again.headers["Content-Security-Policy"]
    assert f'data-kept="{base(morning)}/draft/photo"' in nora.get(base(morning)).text
    assert 'value="A blue pill"' in nora.get(base(morning)).text
    assert "data-kept" not in sam.get(base(morning)).text
    assert sam.get(f"{base(morning)}/draft/photo").status_code == 404
    with admin_engine.connect() as connection:
        (row,) = connection.exec_driver_sql("SELECT content_enc, about_enc FROM draft_photo").all()
    assert PNG not in row.content_enc
    assert b"blue pill" not in row.about_enc

    assert sends(nora, morning).status_code == 200
    assert nora.get(f"{base(morning)}/draft/photo").status_code == 404


def test_a_chosen_photo_is_taken_out_again_replaced_and_forgotten_after_a_week(nora, morning, clock):
    assert chosen(nora, morning, photo=photo(b"<svg onload=alert(1)>")).status_code == 422
    chosen(nora, morning, photo=photo())
    chosen(nora, morning, photo=photo(PNG), photo_about="Another")
    chosen(nora, morning)
    assert nora.get(f"{base(morning)}/draft/photo").status_code == 404

    chosen(nora, morning, photo=photo())
    with morning.begin() as uow:
        assert conversations.forget_draft_photos(uow) == 0
        uow.session.execute(text("UPDATE draft_photo SET at = at - interval '8 days'"))
    with morning.begin() as uow:
        assert conversations.forget_draft_photos(uow) == 1
