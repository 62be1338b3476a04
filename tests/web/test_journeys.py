"""A day in the inbox in a real Chromium: choosing many, a photo, notices, finding, and no mouse at all.

Writing, the pane beside a thread and two people at once are in test_at_work, live changes in test_browser.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from outreach.conversations import commands as conversations
from tests.photos import PNG
from tests.web import browse
from tests.web.make import OTHER_NURSE

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser, site):
    with browse.signed_in(browser, site.url) as found:
        # Scripts are there, keys are heard.
        expect(found.locator("#live-dot[data-state=on]")).to_be_visible(timeout=15000)
        yield found
        assert not found.complaints, found.complaints


def row(page, name):
    return page.locator(".row", has_text=name)


def open_thread(page, name):
    row(page, name).click()
    page.locator(".thread-head", has_text=name).wait_for()


def body(page):
    return page.get_by_label("Your text or note")


def rows(site, statement):
    with site.morning.begin() as uow:
        return [tuple(one) for one in uow.session.execute(text(statement))]


def test_queue(page, site):
    """Choose some, tag them, keep a list of them with its counter, close one, put one aside till an hour of
    one's own.
    """
    page.keyboard.press("j")
    expect(page.locator(".row.selected")).to_contain_text("Walter Nkemelu")
    for name in ("Dolores Ibarra", "Henry Osei"):
        page.keyboard.press("j")
        expect(page.locator(".row.selected")).to_contain_text(name)
        page.keyboard.press("x")
    bar = page.get_by_role("region", name="With those chosen")
    expect(bar).to_contain_text("2 chosen")
    assert browse.picture(page, "journey-queue") == []
    bar.get_by_text("Tag", exact=True).click()
    bar.get_by_label("New tag").fill("call back")
    bar.get_by_label("New tag").press("Enter")
    expect(page.locator(".row .chip.tag")).to_have_count(2)

    page.get_by_text("Narrow", exact=True).click()
    page.locator('select[name="tag"]').select_option(label="call back")
    page.get_by_role("button", name="Narrow the list").click()
    expect(page.locator(".row")).to_have_count(2)
    page.locator("#filter summary").click()
    page.get_by_label("Keep this list as").fill("To call back")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".list-title")).to_have_text("To call back")
    expect(page.locator("[data-saved]")).to_have_text("2")

    page.get_by_role("button", name="Choose", exact=True).click()
    expect(page.locator("#queue.picking")).to_be_visible()
    row(page, "Henry Osei").get_by_role("checkbox").press("Space")
    page.get_by_role("region", name="With those chosen").get_by_text("Close", exact=True).click()
    page.locator("#many").get_by_role("button", name="No answer needed").click()
    expect(page.locator("[data-saved]")).to_have_text("1", timeout=8000)
    page.goto(f"{site.url}/inbox?view=closed")
    expect(page.locator(".row")).to_have_count(1)

    page.goto(f"{site.url}/inbox")
    page.get_by_role("button", name="Choose", exact=True).click()
    for name in ("555-0147", "Dolores Ibarra"):
        row(page, name).get_by_role("checkbox").click()
    bar.get_by_text("Snooze", exact=True).first.click()
    bar.get_by_label("Another time, by the team's clock").fill("2030-03-12T15:00")
    assert browse.picture(page, "journey-snooze-many") == []
    bar.locator("form").get_by_role("button", name="Snooze").click()
    expect(row(page, "555-0147")).to_have_count(0, timeout=8000)
    expect(page.locator(".notice.danger")).to_contain_text("Dolores Ibarra: ")
    expect(bar).to_contain_text("1 chosen")


def test_thread(page, site):
    """A quick reply with its fields, advice while typing, a photo, send later, undo, a note that names."""
    with site.morning.begin() as uow:
        conversations.put_quick_reply(
            uow, team_id=site.morning.team_id, shortcut="hours", language="en",
            body="Hi {name}, we are here from 8 to 5.",
        )  # fmt: skip
    open_thread(page, "Henry Osei")
    body(page).type("/ho")
    expect(page.get_by_role("option")).to_contain_text("Hi Henry, we are here")
    page.keyboard.press("Enter")
    expect(body(page)).to_have_value("Hi Henry, we are here from 8 to 5.")

    body(page).fill("Your insulin is ready")
    expect(page.get_by_role("list", name="Advice")).to_contain_text("insulin")
    body(page).fill("This is the box to ask for")
    page.locator("#photo").set_input_files({"name": "box.png", "mimeType": "image/png", "buffer": PNG})
    expect(page.locator("#photo-out")).to_contain_text("Texts are not private")
    page.get_by_label("What it shows").fill("A blue box")
    expect(page.locator("#measure")).to_contain_text("Text with a photo")
    with page.expect_response(lambda kept: kept.request.post_data_buffer == b"photo_about=A+blue+box"):
        page.get_by_label("What it shows").blur()
    with page.expect_response("**/draft/photo"):
        page.reload()
    expect(page.locator("#photo-size")).to_contain_text("Photo")
    expect(page.get_by_label("What it shows")).to_have_value("A blue box")
    expect(page.locator("#measure")).to_contain_text("Text with a photo")
    assert browse.violations(page) == []
    assert browse.picture(page, "journey-thread") == []
    page.get_by_role("button", name="Send", exact=True).click()
    bubble = page.locator(".item.us").last
    expect(bubble.get_by_alt_text("A blue box")).to_be_visible()
    expect(page.locator("#photo-out")).to_be_hidden()

    body(page).fill("How did it go?")
    page.get_by_role("button", name="Send later").click()
    page.locator("#later").get_by_role("button").first.click()
    expect(page.locator(".item.us").last.get_by_role("button", name="Cancel")).to_be_visible()

    page.keyboard.press("Escape")
    page.get_by_role("radio", name="Note").check(force=True)
    body(page).type("@Sa")
    page.keyboard.press("Enter")
    body(page).type(" please look")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-band").last).to_contain_text("@Sam Keller please look")
    with site.morning.begin() as uow:
        assert uow.session.execute(text("SELECT count(*) FROM mention")).scalar() == 1


def test_context(page, site):
    """What names a person for sure stands behind a click, and the click is on the record."""
    page.goto(f"{site.url}/inbox?view=all")
    open_thread(page, "Maria Delgado")
    about = page.locator("#about")
    expect(about).not_to_contain_text("00481516")
    about.get_by_role("button", name="Show birth date").click()
    expect(about).to_contain_text("00481516")
    assert rows(site, "SELECT count(*) FROM audit_event WHERE action = 'looked_at_identifiers'") == [(1,)]


def test_work(browser, page, site):
    """Hand over, put aside, close for a reason; it opens again when they write; a notice, and fewer."""
    open_thread(page, "Henry Osei")
    page.keyboard.press("a")
    page.locator("#assign").get_by_role("button", name="Sam Keller").click()
    expect(page.locator(".owner-name")).to_contain_text("Sam K.")
    page.keyboard.press("s")
    expect(page.locator("#snooze").get_by_role("button", name="Tomorrow")).to_be_visible()
    assert browse.picture(page, "journey-work") == []
    page.locator("#snooze").get_by_role("button", name="Tomorrow").click()
    expect(page.locator(".thread-head")).to_contain_text("Snoozed until")

    with browse.signed_in(browser, site.url, email=OTHER_NURSE) as sam:
        sam.add_init_script(
            "window.told = []; window.Notification = class extends EventTarget {"
            " constructor(title, about) { super(); told.push(about.body); } };"
            " Notification.permission = 'granted'; document.hasFocus = () => false;"
        )
        sam.goto(f"{site.url}/account")
        sam.get_by_label("Fewer: only urgent texts, and those in my own conversations").check()
        sam.get_by_label("With a short sound").check()
        sam.locator('form[action="/account/notifications"]').get_by_role("button", name="Save").click()
        sam.goto(f"{site.url}/inbox?view=mine")
        expect(sam.locator("#live-dot[data-state=on]")).to_be_visible()

        site.morning.says(71, "Nobody knows me")
        expect(sam).to_have_title("(1) Inbox · Outreach", timeout=5000)
        assert sam.evaluate("told") == [], "it is nobody's, and Sam wants fewer"
        site.morning.says(45, "They called me, thanks")
        expect(sam).to_have_title("(2) Inbox · Outreach", timeout=5000)
        assert sam.evaluate("told") == ["A text waits for an answer"]
        assert sam.evaluate("document.body.dataset.sounded") == "text"
        expect(row(sam, "Henry Osei")).to_contain_text("They called me")

    expect(page.locator(".thread-head")).not_to_contain_text("Snoozed", timeout=5000)
    page.keyboard.press("e")
    page.locator("#close").get_by_role("button", name="Answered").click()
    expect(page.locator(".thread-head")).to_contain_text("Closed: Answered")


def test_work_of_a_lead(browser, page, site):
    """A task given and finished; a shift and a holiday; words for the night; a leaver's work handed over."""
    page.goto(f"{site.url}/inbox?view=all")
    open_thread(page, "Maria Delgado")
    about = page.locator("#about")
    about.get_by_text("Add a task").click()
    about.get_by_label("What is to be done").fill("Ask Dr. Chen about the scale")
    about.get_by_role("button", name="Add", exact=True).click()
    expect(about.get_by_role("listitem").filter(has_text="Ask Dr. Chen")).to_be_visible()
    page.goto(f"{site.url}/tasks")
    task = page.get_by_role("row", name="Ask Dr. Chen")
    assert browse.picture(page, "journey-tasks") == []
    task.get_by_label("What came of it").fill("He wants her weighed at home")
    task.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row", name="Ask Dr. Chen")).to_have_count(0)

    page.goto(f"{site.url}/team")
    page.get_by_role("link", name="Roster and hours").click()
    page.locator('select[name="person"]').select_option(label="Sam Keller")
    page.get_by_label("From", exact=True).fill("18:00")
    page.get_by_label("To", exact=True).fill("22:00")
    page.get_by_role("button", name="Add shift").click()
    expect(page.get_by_role("region", name="Shifts of the week")).to_contain_text("6:00 pm–10:00 pm")
    page.get_by_label("Day", exact=True).fill("2026-03-17")
    page.get_by_label("Name", exact=True).fill("St. Patrick's Day")
    page.get_by_role("button", name="Add holiday").click()
    expect(page.get_by_role("region", name="Holidays")).to_contain_text("St. Patrick's Day")
    assert browse.picture(page, "journey-roster") == []
    page.get_by_label("All conversations of").select_option(label="Sam Keller")
    page.get_by_label("go to").select_option(label="Nora Hart")
    page.get_by_role("button", name="Hand over").click()
    page.goto(f"{site.url}/inbox?view=mine")
    expect(row(page, "Ruth Abrams")).to_be_visible()

    page.goto(f"{site.url}/team")
    page.get_by_role("link", name="After hours, pagers and routing").click()
    page.get_by_label("Words of your own, English").fill(
        "Riverside: nobody reads texts now. In danger call 911."
    )
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_label("Words of your own, English")).to_have_value(
        "Riverside: nobody reads texts now. In danger call 911."
    )
    assert browse.picture(page, "journey-after-hours") == []


def test_live(page, site):
    """What came while the connection was lost is there once it is back; nothing is loaded anew."""
    open_thread(page, "Henry Osei")
    body(page).fill("We can ask")
    page.evaluate("window.loadedOnce = true")
    page.route("**/live?*", lambda route: route.abort())
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#offline")).to_be_visible(timeout=20000)
    assert browse.picture(page, "journey-offline") == []
    site.morning.says(45, "They have found them now")
    site.morning.says(72, "Is this the right number?")
    page.unroute("**/live?*")

    expect(page.locator(".item.them").last).to_contain_text("They have found them now", timeout=30000)
    expect(row(page, "Is this the right number?")).to_be_visible()
    expect(page.locator("#offline")).to_be_hidden()
    expect(body(page)).to_have_value("We can ask")
    assert page.evaluate("window.loadedOnce")


def test_a_day_on_a_phone(browser, site):
    """One pane at a time: the list, a conversation, the person, and back; nothing needs a wide screen."""
    with browse.signed_in(browser, site.url, width=390) as page:
        expect(page.locator(".thread-head")).to_have_count(0)
        open_thread(page, "Henry Osei")
        expect(page.locator("#queue")).to_be_hidden()
        page.get_by_role("button", name="About this person").click()
        expect(page.locator("#about .facts")).to_be_in_viewport()
        page.locator("#context [data-toggle-context]").click()
        body(page).fill("We will call them")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator(".item.us").last).to_contain_text("We will call them")
        page.get_by_role("link", name="Back to the list").click()
        expect(row(page, "Walter Nkemelu")).to_be_visible()
        small = page.evaluate(
            "[...document.querySelectorAll('.top a, .top button, .top summary, .views a, .row > a')]"
            ".filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 40)"
            ".map((one) => one.outerHTML.slice(0, 80))"
        )
        assert small == []
        assert not page.complaints, page.complaints


def test_find(page, site):
    """By name, by number, by words of a text; and write to somebody who never wrote."""
    for wanted in ("00481516", "(202) 555-0143"):
        page.goto(f"{site.url}/find")
        page.locator("#find-main").fill(wanted)
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("Maria Delgado")
    page.goto(f"{site.url}/inbox")
    site.morning.person(60, "Olga Petrova")
    page.keyboard.press("/")
    page.keyboard.type("delg")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="People")).to_contain_text("Maria Delgado")
    page.locator("#find-main").fill("pharmacy insurance")
    page.keyboard.press("Enter")
    hit = page.get_by_role("region", name="Texts").get_by_role("link")
    expect(hit).to_contain_text("Henry Osei")
    assert browse.picture(page, "journey-find") == []
    hit.click()
    expect(page.locator(".thread-head")).to_contain_text("Henry Osei")

    page.goto(f"{site.url}/find")
    page.locator("#find-main").fill("petro")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Write to them").click()
    expect(page.locator(".thread-empty")).to_contain_text("No texts yet")


def test_everyone(page, site, monkeypatch, tmp_path):
    """Without a mouse: from the list to an answer, and every command by its name."""
    for name in ("Walter Nkemelu", "Dolores Ibarra", "Henry Osei"):
        page.keyboard.press("j")
        page.locator(".thread-head", has_text=name).wait_for()
    page.keyboard.press("r")
    expect(body(page)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="What do you want to do?")
    expect(palette.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("snoo")
    monkeypatch.setattr(browse.PICTURES, "wanted", True)
    monkeypatch.setattr(browse, "SHOTS", tmp_path / "shots")
    assert browse.picture(page, "journey-palette") == []
    assert len(list((tmp_path / "shots").glob("journey-palette-*.png"))) == 6
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Snooze")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="In one hour")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".thread-head")).to_contain_text("Snoozed until")
    page.keyboard.press("Control+k")
    page.keyboard.type("figures")
    page.keyboard.press("Enter")
    page.wait_for_url("**/figures")
    page.keyboard.press("Control+k")
    page.keyboard.type("delgado")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="People")).to_contain_text("Maria Delgado")
