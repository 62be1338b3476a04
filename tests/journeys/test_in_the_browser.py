"""The main way in a real browser: discharge, text, answer, a nurse who reads and replies, STOP."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from outreach.kernel.unit_of_work import SYSTEM
from tests import world
from tests.journeys.steps import step, to_ten_in_new_york
from tests.live import Live, eventually

pytestmark = [pytest.mark.servers, pytest.mark.browser, pytest.mark.xdist_group("live")]

MARIA = "+12025550143"
WAITING = (
    "SELECT count(*) FROM touchpoint t, product_clock c "
    "WHERE t.state IN ('planned', 'held') AND t.due_at <= c.product_at"
)
PATIENCE_MS = 20_000
"""Long, because other tests share the machine; how soon the answer really shows is printed."""


@pytest.fixture(scope="module")
def pages(live: Live, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """A nurse's browser and the page with the phones."""
    with browser.new_context() as of_the_nurse, browser.new_context() as of_a_patient:
        yield of_the_nurse.new_page(), of_a_patient.new_page()


def sign_in(nurse: Page, live: Live, clinic: world.Clinic) -> None:
    nurse.goto(f"{live.url}/login")
    nurse.get_by_label("Work email").fill(clinic.email)
    nurse.get_by_label("Password").fill(clinic.password)
    nurse.get_by_role("button", name="Sign in").click()
    nurse.wait_for_url(re.compile("/inbox"))


def test_from_discharge_to_stop(live: Live, clinic: world.Clinic, pages: tuple[Page, Page]) -> None:
    nurse, phones = pages
    to_ten_in_new_york(live)
    with live.services.transactions.begin(actor=SYSTEM) as uow:
        maria = world.person(uow, team_id=clinic.team_id, e164=MARIA)
        world.discharged(uow, patient_id=maria, days_ago=0.05)
    requests.put(f"{live.phones.url}/_sim/phones/{MARIA}", json={"label": "Maria Delgado"}, timeout=5)
    sign_in(nurse, live, clinic)
    phones.goto(live.phones.url)
    handset = phones.locator("section.phone", has=phones.get_by_role("heading", name="Maria Delgado"))

    # The phone gets the program's text.
    expect(handset.get_by_role("log")).to_contain_text(
        "Riverside here: Maria, we check on you", timeout=PATIENCE_MS
    )
    step(live, days=2)
    expect(handset.get_by_role("log")).to_contain_text("do you have all your medicines?", timeout=PATIENCE_MS)

    # It answers; the answer shows in the open inbox, without reloading.
    handset.get_by_role("textbox").fill("2, the pharmacy had none")
    handset.get_by_role("button", name="Send").click()
    began = time.monotonic()
    row = nurse.get_by_role("link", name=re.compile("Maria Delgado")).first
    expect(row).to_contain_text("2, the pharmacy had none", timeout=PATIENCE_MS)
    print(f"the answer showed after {time.monotonic() - began:.2f} s")
    expect(handset.get_by_role("log")).to_contain_text("A team member will contact you", timeout=PATIENCE_MS)
    assert live.scalar("SELECT tier FROM escalation") == "yellow"
    assert live.scalar("SELECT unread FROM conversation") == 1

    # The nurse replies; the phone shows it, and the bubble says that it arrived.
    row.click()
    nurse.locator("#body").fill("I will call the pharmacy for you now.")
    nurse.get_by_role("button", name="Send", exact=True).click()
    expect(handset.get_by_role("log")).to_contain_text("I will call the pharmacy", timeout=PATIENCE_MS)
    bubble = nurse.locator("li.item", has_text="I will call the pharmacy").last
    expect(bubble).to_contain_text("Delivered", timeout=PATIENCE_MS)

    # STOP stops everything, in words the nurse sees.
    handset.get_by_role("textbox").fill("STOP")
    handset.get_by_role("button", name="Send").click()
    expect(nurse.locator("#composer")).to_contain_text(
        re.compile("opted out|STOP", re.IGNORECASE), timeout=PATIENCE_MS
    )
    eventually(lambda: "unsubscribed" in live.phones.bodies(MARIA)[-1])
    before = live.phones.bodies(MARIA)
    step(live, days=5)
    eventually(lambda: live.scalar(WAITING) == 0)
    assert live.phones.bodies(MARIA) == before
