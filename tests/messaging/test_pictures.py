"""Pictures that go out: sealed here, fetched by the provider at a signed address, then gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import requests

from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands
from outreach.messaging.rules import Suppressed, pictures
from tests.messaging import make
from tests.messaging.way import Way
from tests.photos import PNG, WITH_PLACE
from tests.provider import until

NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)
SECRET = "s" * 48


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"MZ\x90\x00",
        b"",
        b"GIF8",
        b" " + PNG,
    ],
)
def test_only_pictures_are_taken_whatever_they_are_called(content: bytes) -> None:
    with pytest.raises(pictures.NotAPicture):
        pictures.kind_of(content)


def test_a_picture_beyond_the_provider_s_limit_is_refused() -> None:
    with pytest.raises(pictures.PictureTooLarge):
        pictures.kind_of(PNG + b"x" * pictures.LARGEST)


def test_a_ticket_is_for_one_picture_and_a_while() -> None:
    one = uuid4()
    made = pictures.ticket(one, until=NOW + pictures.LIFE, secret=SECRET)
    name, end, signed = made.split(".")
    later = str(int(end) + 3600)

    assert pictures.admitted(made, now=NOW, secret=SECRET) == one
    assert pictures.admitted(made, now=NOW + pictures.LIFE, secret=SECRET) is None
    for forged in (
        f"{uuid4().hex}.{end}.{signed}", f"{name}.{later}.{signed}", f"{name}.{end}.", f"{name}.{end}",
        f"{name}.{end}.{signed}x", "..", "\x00.1.a", f"{name}.\u0661.{signed}", "",
    ):  # fmt: skip
        assert pictures.admitted(forged, now=NOW, secret=SECRET) is None, forged
    assert pictures.admitted(made, now=NOW, secret="t" * 48) is None


@pytest.fixture
def kept(way: Way) -> str:
    with way.transactions.begin(actor=SYSTEM) as uow:
        return commands.keep_picture(uow, content=WITH_PLACE)


def address(way: Way, name: str, *, life: timedelta = pictures.LIFE) -> str:
    settings = way.beside.services.settings
    picture_id = UUID(name.removeprefix(pictures.PREFIX))
    ticket = pictures.ticket(picture_id, until=datetime.now(UTC) + life, secret=settings.secret_key)
    return f"{way.beside.web_url}/twilio/{settings.twilio_account_sid}/media/{ticket}"


def test_a_picture_reaches_the_phone_and_is_deleted_when_its_text_is_settled(
    way: Way, clinic, anna, kept: str
) -> None:
    assert PNG not in bytes(way.sql("SELECT content_enc FROM picture")[0][0])
    message_id = way.queue(make.request(clinic, anna, "Like this", kind="staff", media_urls=(kept,)))

    way.deliver(2.0)

    way.becomes(message_id, "delivered")
    until(lambda: way.sql("SELECT fetches FROM picture")[0][0] == 1)
    with way.transactions.begin(actor=SYSTEM) as uow:
        assert commands.forget_pictures(uow) == 1
    assert way.sql("SELECT content_enc FROM picture")[0][0] is None
    assert requests.get(address(way, kept), timeout=5).status_code == 404


def test_it_is_served_five_times_as_what_it_is_and_to_nobody_without_a_ticket(
    way: Way, clinic, anna, kept: str
) -> None:
    assert requests.get(address(way, kept), timeout=5).status_code == 404, "nobody has sent it"
    way.queue(make.request(clinic, anna, "Like this", kind="staff", media_urls=(kept,)))

    answers = [requests.get(address(way, kept), timeout=5) for _ in range(7)]

    assert [one.status_code for one in answers] == [200] * 5 + [404] * 2
    assert answers[0].content == PNG
    assert answers[0].headers["Content-Type"] == "image/png"
    assert answers[0].headers["X-Content-Type-Options"] == "nosniff"
    assert requests.get(address(way, kept, life=timedelta(seconds=-1)), timeout=5).status_code == 404
    other = address(way, kept).replace("/twilio/AC0", "/twilio/AC1")
    assert requests.get(other, timeout=5).status_code == 404


def test_who_said_stop_gets_no_picture(way: Way, clinic, anna, kept: str) -> None:
    way.sql("UPDATE phone SET state = 'wrong_person' WHERE id = :id", id=anna.phone_id)
    with way.transactions.begin(actor=SYSTEM) as uow:
        found = commands.queue(uow, make.request(clinic, anna, "x", kind="staff", media_urls=(kept,)))

    assert isinstance(found, Suppressed)


def test_a_picture_goes_with_one_text_only(way: Way, clinic, anna, kept: str) -> None:
    way.queue(make.request(clinic, anna, "One", kind="staff", media_urls=(kept,)))

    with pytest.raises(pictures.NotAPicture):
        way.queue(make.request(clinic, anna, "Two", kind="staff", media_urls=(kept,)))


def test_what_nobody_sent_is_forgotten_after_two_days(way: Way, kept: str) -> None:
    with way.transactions.begin(actor=SYSTEM) as uow:
        assert commands.forget_pictures(uow) == 0
    way.sql("UPDATE picture SET kept_at = kept_at - interval '3 days'")
    with way.transactions.begin(actor=SYSTEM) as uow:
        assert commands.forget_pictures(uow) == 1
    assert kept
