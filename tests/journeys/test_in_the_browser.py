"""The main way in a real browser: discharge, text, answer, a nurse who reads and replies, STOP."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result
from playwright.sync_api import Browser, Page, expect

from outreach.cli import opening
from outreach.cli.main import main
from outreach.kernel.unit_of_work import SYSTEM
from outreach.services import Services
from outreach.staff import commands as staff
from tests import world
from tests.journeys.steps import step, to_ten_in_new_york
from tests.live import Live, eventually
from tests.web import browse

pytestmark = [pytest.mark.servers, pytest.mark.browser, pytest.mark.xdist_group("live")]

MARIA = "+12025550143"
ROBIN = "+12025550188"
"""Of the guide's example discharge."""
GUIDE = Path("docs/how-to")
WAITING = (
    "SELECT count(*) FROM touchpoint t, product_clock c "
    "WHERE t.state IN ('planned', 'held') AND t.due_at <= c.product_at"
)
PATIENCE_MS = 20_000
"""Long, because other tests share the machine; how soon the answer really shows is printed."""


@pytest.fixture
def pages(live: Live, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """A nurse's browser and the page with the phones."""
    with browse.window(browser) as of_the_nurse, browse.window(browser) as of_a_patient:
        yield of_the_nurse, of_a_patient


def sign_in(nurse: Page, live: Live, clinic: world.Clinic, email: str = "") -> None:
    nurse.goto(f"{live.url}/login")
    nurse.get_by_label("Work email").fill(email or clinic.email)
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


@pytest.fixture
def command(live: Live, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command `outreach`, on the running product."""

    @contextmanager
    def ours(data: Path, **_: object) -> Iterator[Services]:
        yield live.services

    monkeypatch.setattr(opening, "services", ours)
    return lambda *words: CliRunner().invoke(main, [*map(str, words)], catch_exceptions=False)


@pytest.fixture
def owners(live: Live, clinic: world.Clinic, browser: Browser) -> Iterator[list[Page]]:
    """The browsers of two program owners, signed in."""
    with browse.window(browser) as one, browse.window(browser) as other:
        found = [one, other]
        for name, page in zip(("olga", "paul"), found, strict=True):
            email = f"{name}@riverside.example"
            with live.services.transactions.begin(actor=SYSTEM) as uow:
                staff_id = staff.add_staff(uow, email=email, name=name.title(), password=clinic.password)
                staff.join_team(uow, staff_id=staff_id, team_id=clinic.team_id, role="program_owner")
            page.set_default_timeout(PATIENCE_MS)
            sign_in(page, live, clinic, email)
        yield found


def test_an_owner_changes_the_first_text_and_sees_it_leave(
    live: Live, owners: list[Page], command: Any, tmp_path: Path
) -> None:
    """Step by step what docs/how-to/write-a-program.md says."""
    olga, paul = owners
    my = tmp_path / "my.yaml"

    # Start from one there is, edit, check, have it reviewed.
    olga.get_by_role("link", name="Programs").click()
    olga.get_by_role("link", name="After a hospital stay, 30 days", exact=True).click()
    olga.get_by_role("link", name="Change it").click()
    text = olga.get_by_label("Or its text").input_value()
    my.write_text(text.replace("we check on you by text", "we ask how you are by text"), encoding="utf-8")
    refused: Result = command("programs", "lint", my)
    assert (refused.exit_code, "outreach programs approve" in refused.output) == (1, True)
    words = ("--language", "es", "--translator", "R. Vidal, CHI", "--dated", "2026-12-01")
    assert command("programs", "approve", my, *words).exit_code == 0
    assert command("programs", "lint", my).exit_code == 0

    # Propose; a dry run shows the text; a colleague sees what changed and releases it.
    olga.get_by_label("File").set_input_files(my)
    olga.get_by_role("button", name="Check it").click()
    expect(olga.get_by_text("Nothing to mend.")).to_be_visible()
    olga.get_by_role("button", name="Propose it").click()
    expect(olga.get_by_text("A colleague must release what you proposed.")).to_be_visible()
    draft = olga.url
    olga.goto(f"{draft}/rehearsal?cohort=synthetic:100&days=2")
    expect(olga.get_by_text("we ask how you are by text").first).to_be_visible()
    paul.goto(draft)
    expect(paul.locator(".diff-in", has_text="we ask how you are by text")).to_be_visible()
    paul.get_by_role("button", name="Release it").click()
    expect(paul.get_by_text("Released by Paul.")).to_be_visible()

    # Somebody comes home: the changed text leaves, and stands in the inbox with its reasons.
    to_ten_in_new_york(live)
    assert command("import", "fhir", GUIDE / "discharge.json", "--rebase").exit_code == 0
    eventually(lambda: live.phones.bodies(ROBIN))
    assert "Riverside here: Robin, we ask how you are by text" in live.phones.bodies(ROBIN)[-1]
    olga.goto(f"{live.url}/inbox?view=all")
    olga.get_by_role("link", name=re.compile("Robin Sample")).first.click()
    bubble = olga.locator("li.item", has_text="we ask how you are by text")
    expect(bubble).to_contain_text("Delivered", timeout=PATIENCE_MS)
    bubble.get_by_role("link", name="Why?").click()
    expect(olga.get_by_role("heading", name="Why these words")).to_be_visible()
