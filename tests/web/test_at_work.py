"""Two colleagues at one conversation, the composer, and the pane beside it, in a real Chromium."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.patients import commands as patients
from outreach.programs.commands import release
from outreach.staff import commands as staff
from tests import world
from tests.web import browse, make
from tests.web.make import OTHER_NURSE

pytestmark = pytest.mark.browser
OPS = "ops@riverside.example"
NIGHT = datetime(2026, 3, 11, 2, 40, tzinfo=UTC)


@pytest.fixture
def busy(site):
    """A morning with programs, quick replies, a caregiver and a mention."""
    m = site.morning
    with m.begin() as uow:
        staff.add_staff(uow, email=OPS, name="Olga Ops", password=make.PASSWORD, is_admin=True)
        release.install_library(uow)
        conversations.put_quick_reply(
            uow, team_id=m.team_id, shortcut="hours", language="en",
            body="{clinic}: [{name}, ]we are open 8 to 5. Call {callback}.",
        )  # fmt: skip
    with m.begin() as uow:
        conversation = talk.find(uow, phone_id=phone(m, 43), team_id=m.team_id)
        maria = conversation.patient_id
        world.discharged(uow, patient_id=maria)
        patients.attach_phone(
            uow, patient_id=maria, phone_id=phone(m, 77), relation="caregiver", holder_name="Ana Delgado",
            scopes=["see", "answer"],
        )  # fmt: skip
        conversations.note(
            uow, conversation_id=conversation.id, staff_id=m.sam_id, mentions=[m.nurse_id],
            body="@Nora Hart can you call her daughter at noon?",
        )  # fmt: skip
    m.services.relay.drain(seconds=10)
    return site


def phone(m: make.Morning, last: int):
    return m.phone_id(last)


def open_thread(page, name):
    page.locator(".row", has_text=name).click()
    page.locator(".thread-head", has_text=name).wait_for()


def in_menu(page, name):
    """A button of the first program's menu, opened; the pane may be drawn anew just then."""
    button = page.locator("#about").get_by_role("button", name=name).first
    for _ in range(20):
        if button.is_visible():
            break
        page.locator("#about summary[aria-label^='Pause or stop']").first.click()
        page.wait_for_timeout(100)
    return button


def test_two_people_at_one_conversation_lose_nothing_and_see_each_other(browser, site):
    with (
        browse.signed_in(browser, site.url) as nora,
        browse.signed_in(browser, site.url, email=OTHER_NURSE) as sam,
    ):
        for page in (nora, sam):
            open_thread(page, "Henry Osei")
        expect(sam.locator("#presence")).to_contain_text("Nora H. is looking at this, too.", timeout=8000)

        nora.get_by_label("Your text or note").fill("I will call them for you")
        expect(sam.locator("#presence")).to_contain_text("Nora H. is writing here.", timeout=8000)

        sam.get_by_label("Your text or note").fill("Which pharmacy is it?")
        sam.get_by_role("button", name="Send", exact=True).click()
        expect(nora.locator(".item.us").last).to_contain_text("Which pharmacy is it?", timeout=5000)
        expect(nora.locator("#meanwhile")).to_contain_text("A colleague has just answered.")
        expect(nora.get_by_label("Your text or note")).to_have_value("I will call them for you")
        # Our own answer stands behind it, and hides nothing.
        site.morning.says(45, "Main Street. My chest hurts", read_after=timedelta(seconds=1))
        expect(nora.locator("#meanwhile")).to_contain_text("A new text came in", timeout=5000)
        expect(nora.locator(".item.automated.safety")).to_have_count(1)
        assert browse.picture(nora, "journey-two-at-once") == []

        nora.get_by_role("button", name="Send", exact=True).click()
        expect(sam.locator(".item.us").last).to_contain_text("I will call them for you", timeout=5000)
        for page in (nora, sam):
            said = page.locator("#items").inner_text()
            assert said.count("Which pharmacy is it?") == said.count("I will call them for you") == 1
        assert not nora.complaints + sam.complaints


@pytest.mark.parametrize("added", ["", "And call you"])
def test_a_late_draft_brings_back_nothing_and_what_is_typed_while_sending_stays(browser, site, added):
    with browse.signed_in(browser, site.url) as page:
        open_thread(page, "Henry Osei")
        drafts, replies = [], []
        page.route("**/draft", lambda route: route.continue_() if drafts else drafts.append(route))
        page.route("**/reply", lambda route: replies.append(route))
        body = page.get_by_label("Your text or note")
        with page.expect_request("**/draft"):
            body.fill("We can ask the pharmacy.")
        with page.expect_request("**/reply"):
            body.press("Control+Enter")
        page.keyboard.type(f" {added}")
        replies[0].continue_()
        expect(page.locator(".item.us").last).to_contain_text("We can ask the pharmacy.")
        expect(body).to_have_value(added)
        last = added or "We can ask"
        with page.expect_response(lambda one: "/draft" in one.url and last in parsed(one.request)):
            drafts[0].continue_()
        page.reload()
        expect(body).to_have_value(added)


def parsed(request):
    return " ".join(parse_qs(request.post_data or "").get("body", []))


def test_writing_by_keyboard_with_suggestions_advice_and_hours(browser, busy, clock):
    with browse.signed_in(browser, busy.url) as page:
        open_thread_of(page, busy)
        page.keyboard.press("r")
        page.keyboard.type("/ho")
        expect(page.get_by_role("option", name="/hours")).to_have_attribute("aria-selected", "true")
        problems = browse.violations(page)
        page.keyboard.press("Enter")
        expect(page.locator("#body")).to_have_value(
            "Riverside: Maria, we are open 8 to 5. Call (202) 555-0101."
        )
        page.keyboard.type(" Bring your insulin")
        expect(page.locator(".advice")).to_contain_text("gives away a drug")
        problems += browse.picture(page, "journey-writing")

        page.get_by_role("button", name="Send later").press("Enter")
        expect(page.get_by_role("button", name="This afternoon")).to_be_focused()
        page.keyboard.press("Tab")
        problems += browse.violations(page)
        problems += browse.picture(page, "journey-later")
        offered = page.locator("#later").bounding_box()
        assert offered["y"] + offered["height"] <= page.viewport_size["height"]
        page.keyboard.press("Enter")
        bubble = page.locator(".item.us").last
        expect(bubble).to_contain_text("Sends tomorrow 9:00 am")
        bubble.get_by_role("button", name="Cancel").press("Enter")
        expect(page.locator(".item.us").last).to_contain_text("Taken back")
        expect(page.locator("#body")).to_have_value(re.compile("Bring your insulin$"))
        expect(page.locator("#body")).to_be_focused()

        clock.at = NIGHT
        page.get_by_label("Your text or note").fill("How are your ankles?")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".outside")).to_contain_text("It is 10:40 pm where they are")
        problems += browse.violations(page)
        problems += browse.picture(page, "journey-outside-hours")
        page.keyboard.press("Enter")
        expect(page.locator(".item.us").last).to_contain_text("Sends tomorrow 9:00 am")

        page.keyboard.press("Escape")
        page.keyboard.press("n")
        page.keyboard.type("@sam")
        page.get_by_role("option", name="Sam Keller").click()
        expect(page.locator("#body")).to_have_value("@Sam Keller ")
        assert problems == []
        assert not page.complaints


def test_the_pane_beside_a_thread_is_worked_with(browser, busy):
    with browse.signed_in(browser, busy.url) as page:
        open_thread_of(page, busy)
        about = page.locator("#about")
        expect(about).to_contain_text("After a stay for heart failure, 30 days")
        problems = browse.picture(page, "journey-context")

        page.get_by_role("button", name="Show birth date").press("Enter")
        expect(page.locator("#identifiers")).to_be_focused()
        page.get_by_role("button", name="Skip Intro").first.press("Enter")
        expect(about.get_by_role("button", name="Skip Intro")).to_have_count(0)
        expect(page.locator("#notices")).to_contain_text("Skipped: Intro")
        assert page.evaluate("document.activeElement.closest('.timeline') !== null")
        page.locator("#notices").get_by_role("button", name="Undo").click()
        page.get_by_role("button", name="Skip Intro").first.press("Enter")
        about.get_by_role("button", name="Let it come Intro").press("Enter")
        expect(page.locator("#notices")).to_contain_text("It comes after all: Intro")
        page.once("dialog", lambda one: one.dismiss())
        in_menu(page, "Stop for good").click()
        problems += browse.violations(page)
        in_menu(page, "Pause").click()
        expect(about).to_contain_text("what comes due meanwhile is let go")
        expect(about.locator(".off").first).to_contain_text("won't go out")
        expect(about.locator("summary[aria-label^='Pause or stop']").first).to_be_focused()

        about.get_by_role("button", name="Correct details").click()
        dialog = page.get_by_role("dialog", name="Correct details")
        problems += browse.violations(page)
        problems += browse.picture(page, "journey-details")
        dialog.get_by_label("Goes by").fill("Mari")
        dialog.get_by_role("button", name="Save").click()
        expect(about).to_contain_text("Goes by Mari")

        about.get_by_role("button", name="Enroll").click()
        dialog = page.get_by_role("dialog", name="Enroll in a program")
        problems += browse.violations(page)
        problems += browse.picture(page, "journey-enroll")
        dialog.get_by_role("radio").and_(page.locator("[data-exception]")).first.check()
        dialog.get_by_role("button", name="Enroll").click()
        expect(page.locator(".notice.danger")).to_contain_text("was not written for this patient")
        dialog.get_by_role("textbox").fill("Her doctor asked for it today")
        dialog.get_by_role("button", name="Enroll").click()
        expect(dialog).to_have_count(0)
        assert problems == []
        assert not page.complaints


def test_what_else_one_opens_is_accessible_and_fits(browser, busy):
    found: list[str] = []
    with browse.signed_in(browser, busy.url) as page:

        def look(name, **options):
            found.extend(browse.look(page, name, **options))

        expect(page.locator("[data-mentions]")).to_have_text("1", timeout=8000)
        for path in ("mentions", "quick-replies", "why"):
            if path == "why":
                open_thread_of(page, busy)
                page.locator("a.why").first.click()
                page.get_by_role("heading", name="Why this text?").wait_for()
            else:
                page.goto(f"{busy.url}/{path}")
            look(path)
        open_thread_of(page, busy)
        base = page.url.partition("?")[0]
        page.get_by_label("Your text or note").fill("Your insulin is ready.")
        page.locator(".advice").wait_for()
        look("composer")
        page.locator("#about .timeline").first.wait_for()
        browse.show(page, width=390, scheme="light")
        page.get_by_role("button", name="About this person").click()
        found.extend(browse.violations(page, browse.ROOM))
        for path in ("about", "print"):
            page.goto(f"{base}/{path}")
            look(f"{path}-page")
        idle(page, busy.url)
        look("idle", everywhere=False)
        page.unroute_all()
        page.context.clear_cookies()
        browse.sign_in(page, busy.url, email=OPS)
        page.goto(f"{busy.url}/inbox")
        look("no-inbox", everywhere=False)
        page.goto(f"{busy.url}/admin")
        look("admin")
    assert found == []
    assert not page.complaints, page.complaints


def open_thread_of(page, busy):
    page.goto(f"{busy.url}/inbox?view=all")
    open_thread(page, "Maria Delgado")


def idle(page, url):
    """Let the browser believe that the sign-in ends in half a minute."""
    until = (datetime.now(UTC) + timedelta(seconds=40)).isoformat()

    def end_soon(route):
        answer = route.fetch()
        body = re.sub(r'(signed-in-until" content=")[^"]+', rf"\g<1>{until}", answer.text())
        route.fulfill(response=answer, body=body)

    page.route("**/session", lambda route: route.fulfill(json={"until": until}))
    page.route(f"{url}/team", end_soon)
    page.goto(f"{url}/team")
    expect(page.get_by_role("dialog", name="Still there?")).to_be_visible(timeout=8000)


def test_hands_stay_on_the_keyboard(browser, site):
    """Keys on every page and on check boxes, commands by name, and focus where one was."""
    with browse.signed_in(browser, site.url) as page:
        page.goto(f"{site.url}/tasks")
        page.keyboard.press("/")
        expect(page.locator("#find")).to_be_focused()
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        page.goto(f"{site.url}/inbox")
        page.locator("#choose").press("Enter")
        expect(page.locator(".pick").first).to_be_focused()
        page.keyboard.press("j")
        page.locator(".thread-head", has_text="Walter Nkemelu").wait_for()
        page.get_by_role("button", name="I have it").press("Enter")
        expect(page.get_by_role("button", name="Take it over")).to_be_visible()
        assert page.evaluate("document.activeElement.closest('.band') !== null")

        command(page, "note")
        expect(page.locator("#body")).to_be_focused()
        expect(page.get_by_role("radio", name="Note")).to_be_checked()
        command(page, "assign sam")
        expect(page.locator(".owner-name")).to_contain_text("Sam K.")
        command(page, "write text")
        for words in ("print", "later", "photo", "snooze tomorrow", "enroll"):
            page.keyboard.press("Control+k")
            page.keyboard.type(words)
            assert page.get_by_role("option").count() > 1, words
            page.keyboard.press("Escape")

        browse.show(page, width=1024, scheme="light")
        page.get_by_role("button", name="About this person").press("Enter")
        expect(page.locator("#context")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#context")).to_be_hidden()
        browse.show(page, width=390, scheme="light")
        page.locator("summary[aria-label='More to do here']").click()
        expect(page.locator(".on-phones .menu-head")).to_contain_text("Sam Keller")
        problems = browse.violations(page) + browse.picture(page, "journey-on-a-phone")
        browse.show(page, width=390, scheme="dark")
        page.locator(".on-phones").get_by_role("button", name="Assign").click()
        page.get_by_role("button", name="Nora Hart").click()
        expect(page.locator(".owner-name .avatar")).to_have_text("NH")
        assert problems == []
        assert not page.complaints


def command(page, words):
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
