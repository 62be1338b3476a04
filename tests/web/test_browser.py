"""The pages in a real Chromium: journeys, keyboard, accessibility, and pictures to look at."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.web import browse
from tests.web.make import OTHER_NURSE

pytestmark = pytest.mark.browser
URGENT = "Walter Nkemelu"


@pytest.fixture
def page(browser, site):
    with opened(browser, site) as found:
        yield found


def opened(browser, site, **options):
    return browse.signed_in(browser, site.url, **options)


def row(page, name):
    return page.locator(".row", has_text=name)


def test_a_nurse_reads_and_answers(page, site):
    row(page, "Henry Osei").click()
    expect(page.get_by_role("heading", name="Henry Osei", level=2)).to_be_visible()

    page.get_by_label("Your text or note").fill("We can ask the pharmacy for a cheaper one.")
    expect(page.locator("#measure")).to_contain_text("1 segment")
    page.get_by_role("button", name="Send", exact=True).click()

    bubble = page.locator(".item.us").last
    expect(bubble).to_contain_text("We can ask the pharmacy")
    expect(bubble).to_contain_text("Waiting to send")
    expect(page.get_by_label("Your text or note")).to_have_value("")
    bubble.get_by_role("button", name="Undo").click()
    expect(page.locator(".item.us").last).to_contain_text("Taken back")


def test_what_happens_elsewhere_shows_without_reloading(browser, page, site):
    row(page, "Henry Osei").click()
    expect(page.locator("#live-dot[data-state=on]")).to_be_visible()

    site.morning.says(45, "I still have no pills")

    expect(page.locator(".item.them").last).to_contain_text("I still have no pills", timeout=3000)
    expect(row(page, "Henry Osei")).to_contain_text("I still have no pills")
    expect(page.locator("#spoken")).to_have_text("New text from Henry Osei")

    with opened(browser, site, email=OTHER_NURSE) as sam:
        row(sam, "Henry Osei").click()
        sam.get_by_role("button", name="Take it").click()
        expect(sam.locator(".owner-name")).to_contain_text("Sam K.")
    expect(page.locator(".owner-name")).to_contain_text("Sam K.", timeout=3000)


def test_a_new_conversation_comes_into_the_list_and_a_danger_to_its_top(page, site):
    expect(page.locator('[data-count="unassigned"]').first).to_have_text("4")

    site.morning.says(70, "Is anybody there?")

    expect(row(page, "Is anybody there?")).to_be_visible(timeout=3000)
    expect(page.locator('[data-count="unassigned"]').first).to_have_text("5")
    expect(page.locator(".row").last).to_contain_text("Is anybody there?")

    site.morning.says(70, "I can't breathe")

    expect(page.locator(".row").nth(1)).to_contain_text("I can't breathe", timeout=3000)
    shown = page.locator(".row").evaluate_all("rows => rows.map((one) => one.id)")
    page.reload()
    assert page.locator(".row").evaluate_all("rows => rows.map((one) => one.id)") == shown


def test_two_people_answer_at_once_and_nothing_is_lost(browser, page, site):
    page.route("**/live?*", lambda route: route.abort())
    page.reload()
    row(page, "Henry Osei").click()
    page.get_by_label("Your text or note").fill("Mine was first")
    site.morning.says(45, "One more thing")

    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator(".notice.danger")).to_contain_text("new text came in")
    expect(page.get_by_label("Your text or note")).to_have_value("Mine was first")


def test_the_banner_says_that_live_updates_are_down(page, site):
    page.route("**/live?*", lambda route: route.abort())
    page.reload()

    expect(page.locator("#offline")).to_be_visible(timeout=15000)
    page.unroute("**/live?*")
    expect(page.locator("#offline")).to_be_hidden(timeout=40000)


def test_everything_by_keyboard(page, site):
    for name in ("Walter Nkemelu", "Dolores Ibarra", "Henry Osei"):
        page.keyboard.press("j")
        expect(page.locator(".row.selected")).to_contain_text(name)
    page.keyboard.press("n")
    expect(page.locator("#body")).to_be_focused()
    page.keyboard.type("Called the pharmacy")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-band")).to_contain_text("Called the pharmacy")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Handled by phone")).to_be_visible()
    page.get_by_role("button", name="Handled by phone").press("Enter")
    expect(page.locator(".thread-head")).to_contain_text("Closed: Handled by phone")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_who_moves_on_at_once_finds_a_note_again_as_a_note(page, site):
    row(page, "Henry Osei").click()
    expect(page.get_by_role("heading", name="Henry Osei", level=2)).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type("Sounded drunk on the phone")
    row(page, "Dolores Ibarra").click()
    expect(page.get_by_role("heading", name="Dolores Ibarra", level=2)).to_be_visible()
    expect(page.locator("#body")).to_have_value("")

    row(page, "Henry Osei").click()

    expect(page.locator("#body")).to_have_value("Sounded drunk on the phone")
    expect(page.get_by_role("radio", name="Note")).to_be_checked()
    expect(page.get_by_role("button", name="Save note")).to_be_visible()


def test_an_escalation_is_taken_and_resolved(page, site):
    page.goto(f"{site.url}/escalations")
    page.get_by_role("link", name="Open Walter").click()
    page.get_by_role("button", name="I have it").click()
    expect(page.locator(".urgent")).to_contain_text("Nora Hart has it")

    page.get_by_role("button", name="Resolve").click()
    dialog = page.get_by_role("dialog", name="How did it end?")
    dialog.get_by_label("Outcome").select_option("reached_patient")
    dialog.get_by_label("What was done").fill("Called him; his wife drives him in.")
    dialog.get_by_role("button", name="Resolve").click()

    expect(page.locator(".urgent")).to_have_count(0)
    expect(page.locator(".kind-band")).to_contain_text("Resolved")


def test_a_reading_is_marked_and_its_escalation_overruled(page, site):
    row(page, "Walter Nkemelu").click()
    page.get_by_role("button", name="Read wrong?").press("Enter")
    page.get_by_role("button", name="What is it?").click()
    dialog = page.get_by_role("dialog", name="What is this text?")
    dialog.get_by_label("It should have been read as").select_option("answer")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".marked")).to_contain_text("Answers the question")

    page.get_by_role("button", name="Overrule").click()
    dialog = page.get_by_role("dialog", name="Was there nothing to escalate?")
    dialog.get_by_label("How do you know?").fill("He told me on the phone that he sang.")
    dialog.get_by_role("button", name="Overrule").click()
    expect(page.locator(".kind-band")).to_contain_text("Overruled")

    page.get_by_role("button", name="Open it again").click()
    expect(page.locator(".urgent")).to_contain_text("Nora Hart has it")


def test_a_phone_that_opted_out_takes_notes_only(page, site):
    page.goto(f"{site.url}/inbox?view=all")
    row(page, "Theo Brandt").click()

    expect(page.locator("#composer-state")).to_contain_text("They wrote STOP")
    expect(page.get_by_role("radio", name="Text")).to_be_disabled()
    expect(page.get_by_role("button", name="Save note")).to_be_visible()


def test_the_pages_fit_and_are_accessible_in_spanish(browser, site):
    found: dict[str, list[str]] = {}
    with opened(browser, site, width=390) as page:

        def look(name):
            browse.shoot(page, f"es-{name}")
            found.update({name: problems} if (problems := browse.violations(page)) else {})
            assert not browse.too_wide(page), name

        page.goto(f"{site.url}/account")
        page.get_by_label("Language").select_option(label="Español")
        page.locator('form[action="/account/language"] button').click()
        expect(page.get_by_role("heading", name="Sus ajustes")).to_be_visible()
        look("account")
        page.goto(f"{site.url}/inbox?view=all")
        look("inbox")
        row(page, URGENT).click()
        page.locator(".thread-head", has_text=URGENT).wait_for()
        look("urgent")
        for name in ("escalations", "tasks/calls", "team", "record"):
            page.goto(f"{site.url}/{name}")
            look(name.replace("/", "-"))
    assert found == {}
    assert not page.complaints, page.complaints
