from __future__ import annotations

from dataclasses import replace

import pytest
from flask import request

from outreach import http
from outreach.kernel.clock import FrozenClock
from outreach.web.app import create_app
from tests.conftest import TUESDAY_10_NEW_YORK
from tests.web import make
from tests.web.forms import post, sign_in, token_of


@pytest.fixture
def machine():
    return FrozenClock(TUESDAY_10_NEW_YORK)


@pytest.fixture
def app(services, machine):
    transactions = replace(services.transactions, machine_clock=machine)
    return create_app(replace(services, transactions=transactions))


@pytest.fixture
def clinic(services, clock):
    return make.Morning(services, clock)


def test_a_stranger_is_led_to_the_sign_in_page(client, clinic):
    answer = client.get("/inbox?view=mine")

    assert answer.status_code == 302
    assert answer.location == "/login?next=/inbox%3Fview%3Dmine"


def test_signing_in_leads_where_one_wanted_to_go(client, clinic):
    answer = sign_in(client, next_="/team")

    assert (answer.status_code, answer.location) == (303, "/team")
    assert client.get("/team").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_signing_in_leads_nowhere_else(client, clinic, target):
    assert sign_in(client, next_=target).location == "/"


def test_a_wrong_password_says_nothing_of_which_part_was_wrong(client, clinic):
    known = sign_in(client, password="wrong wheelbarrows")
    unknown = sign_in(client, email="nobody@riverside.example", password="wrong wheelbarrows")

    assert known.status_code == unknown.status_code == 422
    assert "do not match" in known.text
    assert known.text.count("callout") == unknown.text.count("callout")


def test_guessing_is_slowed_and_says_for_how_long(client, clinic):
    answers = [sign_in(client, password="wrong wheelbarrows") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 429, 429]
    assert answers[-1].headers["Retry-After"] == "1"


def test_an_idle_browser_has_to_sign_in_again(client, clinic, machine):
    sign_in(client)
    machine.move(minutes=15)

    assert client.get("/inbox").location.startswith("/login")


def test_live_updates_do_not_keep_anybody_signed_in(client, clinic, machine):
    sign_in(client)
    for _ in range(3):
        machine.move(minutes=5)
        answer = client.get("/session", headers={"Accept": "application/json"})

    assert answer.status_code == 401


def test_use_keeps_one_signed_in(client, clinic, machine):
    sign_in(client)
    for _ in range(3):
        machine.move(minutes=10)
        assert client.get("/team").status_code == 200


def test_a_fragment_asked_for_after_the_end_leads_to_the_sign_in_page(client, clinic, machine):
    sign_in(client)
    machine.move(minutes=15)

    answer = client.get("/inbox/rows", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login?ended=1")


def test_signing_out_ends_the_session_for_a_copied_cookie_too(app, client, clinic):
    sign_in(client)
    copied = client.get_cookie("outreach_8080").value
    post(client, "/logout")

    thief = app.test_client()
    thief.set_cookie("outreach_8080", copied)

    assert thief.get("/inbox").status_code == 302


def test_a_form_without_its_token_is_refused(client, clinic):
    sign_in(client)

    answer = client.post("/logout", headers={"Accept": "text/html"})

    assert answer.status_code == 400
    assert client.get("/team").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client, clinic):
    cookie = sign_in(client).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_behind_tls_the_cookie_is_bound_to_the_host(services, clinic):
    settings = replace(services.settings, public_url="https://outreach.riverside.example")
    client = create_app(replace(services, settings=settings)).test_client()

    answer = client.get("/login", base_url="https://outreach.riverside.example")

    assert answer.headers["Set-Cookie"].startswith("__Host-outreach=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_pages_allow_no_script_or_style_but_ours(client, clinic):
    sign_in(client)
    answer = client.get("/inbox")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


def test_a_first_password_must_be_changed_before_anything_else(client, clinic, services):
    from outreach.staff import commands

    with clinic.begin() as uow:
        temporary = commands.reset(uow, email=make.NURSE)
    sign_in(client, password=temporary)

    assert client.get("/inbox").location == "/account/password"
    changed = post(
        client,
        "/account/password",
        {"present": temporary, "new": "seven quiet lanterns"},
        page="/account/password",
    )
    assert changed.status_code == 303
    assert sign_in(client, password="seven quiet lanterns").location == "/"


def test_the_token_of_a_form_is_on_its_page(client, clinic):
    assert token_of(client, "/login")


@pytest.mark.parametrize(
    ("proxies", "said", "seen"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (2, "203.0.113.9", "127.0.0.1"),
    ],
)
def test_only_proxies_of_ours_say_where_a_sign_in_comes_from(services, proxies, said, seen):
    app = create_app(replace(services, settings=replace(services.settings, trusted_proxies=proxies)))
    app.add_url_rule("/where", view_func=http.public(lambda: request.remote_addr), endpoint="where")

    answer = app.test_client().get("/where", headers={"X-Forwarded-For": said, "X-Forwarded-Host": "evil"})

    assert answer.text == seen
