"""The page with the phones, on a real browser."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from twilio.rest import Client

from outreach.simulator.server import Running
from tests.simulator.kit import ACCOUNT, ANNA, BERT, OURS, Application, Control, until
from tests.web import browse

pytestmark = pytest.mark.browser
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def complains(said: ConsoleMessage) -> bool:
    # A refused control call is shown in words; that the browser notes its status too is no complaint.
    return said.type == "error" and "/_sim/" not in said.location["url"]


@pytest.fixture
def page(browser: Browser, simulator: Running) -> Iterator[Page]:
    """The page at 1440 with two named phones. Anything the browser complains about fails the test."""
    for phone, label in ((ANNA, "Anna Example"), (BERT, "Bert Sample")):
        requests.put(f"{simulator.url}/_sim/phones/{phone}", json={"label": label}, timeout=5)
    complaints: list[str] = []
    with browse.window(browser) as found:
        found.on("console", lambda said: complaints.append(said.text) if complains(said) else None)
        found.on("pageerror", lambda error: complaints.append(str(error)))
        found.goto(simulator.url)
        expect(found.get_by_role("status")).to_contain_text("Live")
        yield found
    assert complaints == []


def phone(page: Page, name: str) -> Page:
    return page.locator("section.phone", has=page.get_by_role("heading", name=name))  # type: ignore[return-value]


def test_a_text_appears_without_reloading_and_is_answered(
    page: Page, client: Client, application: Application
) -> None:
    page.get_by_role("button", name="Anna Example").first.click()
    client.messages.create(to=ANNA, from_=OURS, body="<b>How</b> are you?\nReply 1 or 2.")

    anna = phone(page, "Anna Example")
    expect(anna.get_by_text("<b>How</b> are you?")).to_be_visible(timeout=3000)
    expect(anna.get_by_text("Delivered ✓")).to_be_visible(timeout=3000)
    area = anna.get_by_role("textbox", name="Text the clinic from the phone of Anna Example")
    area.fill("2, and my leg hurts")
    area.press("Enter")

    hit = until(lambda: application.at(f"/twilio/{ACCOUNT}/inbound"))[0]
    assert (hit["From"], hit["To"], hit["Body"]) == (ANNA, OURS, "2, and my leg hurts")
    expect(anna.locator(".mine")).to_contain_text("2, and my leg hurts")
    expect(area).to_have_value("")


def test_phones_stand_side_by_side_and_are_found_by_name_or_number(page: Page) -> None:
    expect(page.locator("section.phone")).to_have_count(2)
    phone(page, "Anna Example").get_by_role("button", name="Close the phone of Anna Example").click()
    expect(page.locator("section.phone")).to_have_count(1)

    page.keyboard.press("/")
    page.keyboard.type("0143")
    expect(page.locator(".entry")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("section.phone")).to_have_count(2)
    page.get_by_role("searchbox").fill("nobody")
    expect(page.get_by_text("No phone has this name or number.")).to_be_visible()


def test_stop_shows_what_the_network_does(page: Page) -> None:
    anna = phone(page, "Anna Example")
    anna.get_by_role("textbox").fill("Stop")
    anna.get_by_role("button", name="Send").click()

    expect(anna.get_by_text("Opted out")).to_be_visible()
    expect(anna.get_by_text("Answered by the network")).to_be_visible()


def test_what_is_not_delivered_says_why(page: Page, client: Client, control: Control) -> None:
    control.post("faults", phone_errors={ANNA: 30006})
    client.messages.create(to=ANNA, from_=OURS, body="Can you read this?")

    anna = phone(page, "Anna Example")
    expect(anna.get_by_text("Not delivered: Landline or unreachable carrier (30006)")).to_be_visible()


def test_a_photo_can_be_attached(page: Page, application: Application, tmp_path: Path) -> None:
    (tmp_path / "wound.png").write_bytes(PIXEL)
    anna = phone(page, "Anna Example")

    anna.locator("input[type=file]").set_input_files(tmp_path / "wound.png")
    expect(anna.get_by_text("Photo attached: wound.png")).to_be_visible()
    anna.get_by_role("button", name="Send").click()

    expect(anna.get_by_role("img", name="Photo")).to_be_visible()
    assert anna.get_by_role("img", name="Photo").evaluate("image => image.naturalWidth") == 1
    assert until(lambda: application.hits)[0]["MediaContentType0"] == "image/png"


def test_faults_are_switched_and_counted(page: Page, control: Control) -> None:
    page.get_by_role("button", name="Faults").first.click()

    # Each switch is a call of its own, and its answer shows all of them anew.
    page.get_by_label("Delivery news lost").select_option("30%")
    until(lambda: control.get("faults")["callbacks_lost"] == 0.3, within=30)
    page.get_by_label("Filtered as spam (30007)").select_option("100%")
    until(lambda: control.get("faults")["carrier_errors"] == {"30007": 1.0}, within=30)
    expect(page.locator("#faults-count")).to_have_text("2")
    page.get_by_label("Delay of each answer").fill("250")
    page.get_by_label("Delay of each answer").press("Tab")
    until(lambda: control.get("faults")["latency_ms"] == 250, within=30)

    expect(page.locator("#faults-count")).to_have_text("3")
    page.get_by_role("button", name="All off").click()
    expect(page.locator("#faults-count")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary", name="Faults")).to_be_hidden()


def test_a_phone_is_added_by_hand(page: Page, control: Control) -> None:
    page.get_by_text("Add a phone").click()
    page.get_by_role("textbox", name="Number").fill("12")
    page.get_by_role("textbox", name="Name").fill("Cora Third")
    page.get_by_role("button", name="Add phone").click()
    expect(page.locator("#add-error")).to_contain_text("E.164")
    page.get_by_role("textbox", name="Number").fill("(202) 555-0145")
    page.get_by_role("button", name="Add phone").click()

    expect(phone(page, "Cora Third")).to_be_visible()
    assert {item["label"] for item in control.get("phones")["phones"]} >= {"Cora Third"}


def test_words_are_kept_when_the_simulator_is_away(page: Page, simulator: Running) -> None:
    anna = phone(page, "Anna Example")
    page.route(re.compile("/_sim/"), lambda route: route.fulfill(status=503, json={"error": "Away."}))
    anna.get_by_role("textbox").fill("Precious words")
    anna.get_by_role("button", name="Send").click()

    expect(anna.get_by_text("Not sent: Away. Your words are still here.")).to_be_visible()
    expect(anna.get_by_role("textbox")).to_have_value("Precious words")
    expect(page.get_by_role("status")).to_contain_text("No connection")


def test_a_narrow_screen_shows_one_pane_at_a_time(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    page.get_by_role("button", name="Bert Sample").click()

    expect(phone(page, "Bert Sample")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for name in ("Send", "Attach a photo", "Back to the list of phones"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44
    page.get_by_role("button", name="Back to the list of phones").click()
    expect(page.get_by_role("searchbox")).to_be_visible()
