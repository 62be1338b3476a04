"""What goes on around sending: the sweep, photos, redaction, and what comes in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from outreach.inbound import commands as inbound
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands
from outreach.messaging.ports import ProviderUnavailable
from outreach.staff import commands as staff
from tests.messaging import make
from tests.provider import Provider, until

PICTURE = b"\x89PNG\r\n\x1a\n not much of a picture"


def texts_us(beside: Provider, phone: str, body: str, **more) -> str:
    return beside.world.inbound.receive(phone=phone, to="+12025550100", body=body, **more).sid


def stored(beside: Provider) -> list[tuple[str, str]]:
    with beside.services.transactions.engine.connect() as connection:
        rows = connection.execute(text("SELECT sid, how FROM inbound_receipt ORDER BY received_at, sid"))
        return [(row.sid, row.how) for row in rows]


def sweep(beside: Provider, **more) -> int:
    return commands.sweep_inbound(
        beside.services.transactions,
        beside.services.gateway,
        inbound.receive,
        account_sid=beside.services.settings.twilio_account_sid,
        **more,
    )


def test_a_text_whose_webhook_was_lost_is_found_by_the_sweep_once(beside: Provider, clinic, anna) -> None:
    heard = texts_us(beside, anna.number, "heard")
    until(lambda: stored(beside) == [(heard, "webhook")])
    beside.faults(inbound_webhook_lost=1.0)
    lost = texts_us(beside, anna.number, "lost")

    assert sweep(beside) == 1
    assert sweep(beside) == 0

    assert dict(stored(beside)) == {heard: "webhook", lost: "sweep"}


def test_a_stop_that_only_the_sweep_finds_still_stops(beside: Provider, clinic, anna) -> None:
    beside.faults(inbound_webhook_lost=1.0)
    texts_us(beside, anna.number, "STOP")

    sweep(beside)

    with beside.services.transactions.engine.connect() as connection:
        assert (
            connection.scalar(text("SELECT count(*) FROM phone_opt_out WHERE opted_out_at IS NOT NULL")) == 1
        )


def test_texts_to_our_own_sender_only_are_swept_not_what_we_sent(beside: Provider, clinic, anna) -> None:
    beside.services.gateway._client.messages.create(to=anna.number, from_="+12025550100", body="ours")

    assert sweep(beside) == 0


def incoming(beside: Provider, anna, clinic, media=()) -> None:
    with beside.services.transactions.engine.connect() as connection:
        receipt = connection.execute(text("SELECT id FROM inbound_receipt")).one()
    with beside.services.transactions.begin(actor=SYSTEM) as uow:
        look = commands.Incoming(
            receipt_id=receipt.id,
            phone_id=anna.phone_id,
            sender_id=clinic.sender_id,
            body="look",
            media=media,
        )
        first = commands.record_inbound(uow, look)
        again = commands.record_inbound(uow, look)
    assert first == again


@pytest.fixture
def photo(beside: Provider, clinic, anna) -> str:
    """A photo that came in and waits to be fetched; returns its address."""
    sid = texts_us(beside, anna.number, "look", media=[("image/png", PICTURE)])
    until(lambda: stored(beside))
    media_sid = beside.world.store.messages[sid].media[0]
    account = beside.services.settings.twilio_account_sid
    url = f"{beside.url}/2010-04-01/Accounts/{account}/Messages/{sid}/Media/{media_sid}"
    incoming(beside, anna, clinic, media=[(url, "image/png")])
    return url


def test_a_photo_is_kept_encrypted_and_deleted_at_the_provider(beside: Provider, photo: str) -> None:
    transactions, gateway = beside.services.transactions, beside.services.gateway

    assert commands.fetch_media(transactions, gateway) == 1

    with transactions.begin(actor=SYSTEM) as uow:
        row = uow.session.execute(text("SELECT * FROM media")).one()
        assert PICTURE not in bytes(row.content_enc)
        assert uow.vault.open_bytes("media.content", row.id, row.content_enc) == PICTURE
    assert (row.state, row.content_type, row.provider_url_enc) == ("kept", "image/png", None)
    assert beside.world.store.media == {}
    assert commands.fetch_media(transactions, gateway) == 0


def test_a_photo_that_can_not_be_had_is_tried_again_and_then_shown_as_such(
    beside: Provider, photo: str
) -> None:
    transactions, gateway = beside.services.transactions, beside.services.gateway
    beside.world.store.media.clear()
    waited = timedelta()

    while media(beside).state == "waiting":
        assert commands.fetch_media(transactions, gateway) == 0
        if media(beside).retry_at is not None:
            waited += media(beside).wait
        with transactions.engine.begin() as connection:
            connection.execute(text("UPDATE media SET retry_at = NULL"))

    assert timedelta(days=1) < waited < timedelta(days=2)
    assert media(beside).deleted_at_provider is None, "nothing was deleted yet"
    commands.fetch_media(transactions, gateway)
    assert media(beside).deleted_at_provider is not None


def test_a_photo_too_large_to_keep_is_refused_at_once_and_deleted_there(
    beside: Provider, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    transactions, gateway = beside.services.transactions, beside.services.gateway
    monkeypatch.setattr("outreach.twilio.gateway.LARGEST_MEDIA", 4)

    for _ in range(2):
        assert commands.fetch_media(transactions, gateway) == 0

    assert media(beside).state == "refused"
    assert beside.world.store.media == {}


def media(beside: Provider):
    with beside.services.transactions.engine.connect() as connection:
        return connection.execute(
            text(
                "SELECT state, retry_at, retry_at - clock_timestamp() AS wait, deleted_at_provider FROM media"
            )
        ).one()


@pytest.mark.parametrize("wanted", [True, False])
def test_words_are_taken_away_at_the_provider_only_if_the_deployment_wants_it(
    beside: Provider, clinic, anna, wanted: bool
) -> None:
    transactions, gateway = beside.services.transactions, beside.services.gateway
    with transactions.begin(actor=SYSTEM) as uow:
        staff.change_settings(uow, changes={"redact_at_provider": wanted})
        queued = commands.queue(uow, make.request(clinic, anna, "Words"))
    commands.deliver(transactions, gateway, worker_seconds=1.0, threads=4)
    texts_us(beside, anna.number, "look")
    until(lambda: beside.states() == {"delivered": 1} and stored(beside))
    incoming(beside, anna, clinic)
    with transactions.engine.begin() as connection:
        connection.execute(text("UPDATE message SET settled_at = settled_at - interval '20 minutes'"))

    assert commands.redact(transactions, gateway) == (2 if wanted else 0)
    assert commands.redact(transactions, gateway) == 0

    bodies = sorted(message.body for message in beside.world.store.messages.values())
    assert bodies == (["", ""] if wanted else ["Words", "look"])
    assert queued


def test_what_has_just_been_settled_keeps_its_words_for_a_while(beside: Provider, clinic, anna) -> None:
    transactions, gateway = beside.services.transactions, beside.services.gateway
    with transactions.begin(actor=SYSTEM) as uow:
        staff.change_settings(uow, changes={"redact_at_provider": True})
        commands.queue(uow, make.request(clinic, anna, "Words"))
    commands.deliver(transactions, gateway, worker_seconds=1.0, threads=4)
    until(lambda: beside.states() == {"delivered": 1})

    assert commands.redact(transactions, gateway) == 0


def test_an_old_sweep_can_be_asked_for_again(beside: Provider, clinic, anna, services) -> None:
    beside.faults(inbound_webhook_lost=1.0)
    sid = texts_us(beside, anna.number, "before the backup was made")
    sweep(beside)
    with beside.services.transactions.engine.begin() as connection:
        connection.execute(text("DELETE FROM inbound_receipt"))
        connection.execute(text("UPDATE inbound_sweep SET swept_until = now() + interval '1 hour'"))

    assert sweep(beside) == 0
    since = beside.services.transactions.machine_clock.now() - timedelta(hours=1)
    assert sweep(beside, since=since) == 1
    assert stored(beside) == [(sid, "sweep")]


def test_a_list_of_received_texts_that_is_cut_off_is_no_list(
    beside: Provider, clinic, anna, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.twilio.gateway.MOST_RECEIVED", 2)
    beside.faults(inbound_webhook_lost=1.0)
    for number in range(3):
        texts_us(beside, anna.number, f"text {number}")

    assert sweep(beside) == 0
    with pytest.raises(ProviderUnavailable):
        sweep(beside, whole=True)
    monkeypatch.setattr("outreach.twilio.gateway.MOST_RECEIVED", 3)
    assert sweep(beside) == 3, "the first was not counted as read"


def test_a_listed_text_that_is_none_keeps_no_other_from_being_stored(
    beside: Provider, clinic, anna, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside.faults(inbound_webhook_lost=1.0)
    texts_us(beside, anna.number, "one that is refused")
    texts_us(beside, anna.number, "STOP")
    store = inbound.receive

    def refuses(uow, *, sid: str, params, **more):
        if params["Body"].startswith("one"):
            raise inbound.NotAText
        return store(uow, sid=sid, params=params, **more)

    monkeypatch.setattr(inbound, "receive", refuses)

    assert sweep(beside) == 1
    assert len(stored(beside)) == 1
