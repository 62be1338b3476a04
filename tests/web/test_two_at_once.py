"""Two colleagues act on one conversation at once, in a real Chromium each: nothing is lost, both see it.

At once means that the second one's request is under way while the first one's is done.
"""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.web import browse
from tests.web.make import OTHER_NURSE

pytestmark = pytest.mark.browser


@pytest.fixture
def nora(browser, site):
    with browse.signed_in(browser, site.url) as page:
        yield at_henrys(page)
        assert not page.complaints, page.complaints


@pytest.fixture
def sam(browser, site):
    with browse.signed_in(browser, site.url, email=OTHER_NURSE) as page:
        yield at_henrys(page)
        assert not page.complaints, page.complaints


def at_henrys(page):
    page.locator(".row", has_text="Henry Osei").click()
    page.locator(".thread-head", has_text="Henry Osei").wait_for()
    expect(page.locator("#live-dot[data-state=on]")).to_be_visible(timeout=15000)
    return page


@contextmanager
def held(page, path):
    """Hold what a page asks of a path until the block is over."""
    asked = []
    page.route(path, lambda route: asked.append(route))
    yield
    with page.expect_response(path):
        asked[0].continue_()
    page.unroute(path)


def body(page):
    return page.get_by_label("Your text or note")


def sends(page, words):
    body(page).fill(words)
    page.get_by_role("button", name="Send", exact=True).click()


def bubble(page, words):
    return page.locator(".item.us", has_text=words)


def told(page):
    return page.locator(".notice.danger").last


def test_both_take_it_and_one_has_it(nora, sam):
    with held(nora, "**/claim"):
        nora.get_by_role("button", name="Take it").click()
        sam.get_by_role("button", name="Take it").click()
        expect(sam.locator(".owner-name")).to_contain_text("Sam K.")

    expect(told(nora)).to_contain_text("A colleague has taken this conversation")
    for page in (nora, sam):
        expect(page.locator(".owner-name")).to_contain_text("Sam K.", timeout=8000)
        expect(page.get_by_role("button", name="Take it")).to_have_count(0)


def test_one_closes_while_the_other_sends(nora, sam):
    with held(nora, "**/reply"):
        sends(nora, "I have asked the pharmacy")
        sam.keyboard.press("e")
        sam.locator("#close").get_by_role("button", name="Answered").click()
        expect(sam.locator(".thread-head")).to_contain_text("Closed: Answered")

    expect(told(nora)).to_contain_text("Somebody changed this conversation")
    expect(nora.locator(".thread-head")).to_contain_text("Closed: Answered", timeout=8000)
    expect(body(nora)).to_have_value("I have asked the pharmacy")
    expect(bubble(sam, "I have asked")).to_have_count(0)

    nora.get_by_role("button", name="Send", exact=True).click()
    for page in (nora, sam):
        expect(bubble(page, "I have asked the pharmacy")).to_have_count(1, timeout=8000)
        expect(page.locator(".thread-head")).not_to_contain_text("Closed")


def test_one_sends_while_the_others_answer_can_still_be_taken_back(nora, sam):
    with held(nora, "**/reply"):
        sends(nora, "Is it the one on Main Street?")
        sends(sam, "We will call them")
        expect(bubble(sam, "We will call them")).to_contain_text("Waiting to send")

    expect(told(nora)).to_contain_text("Somebody changed this conversation")
    expect(body(nora)).to_have_value("Is it the one on Main Street?")
    expect(bubble(nora, "We will call them")).to_contain_text("Waiting to send", timeout=8000)
    nora.get_by_role("button", name="Send", exact=True).click()
    expect(bubble(sam, "Is it the one on Main Street?")).to_be_visible(timeout=8000)
    bubble(sam, "We will call them").get_by_role("button", name="Undo").click()

    for page in (nora, sam):
        expect(bubble(page, "We will call them")).to_contain_text("Taken back", timeout=8000)
        expect(bubble(page, "Is it the one on Main Street?")).to_contain_text("Waiting to send")


def test_one_closes_many_while_the_other_puts_one_of_them_aside(nora, sam):
    nora.get_by_role("button", name="Choose", exact=True).click()
    for name in ("Henry Osei", "555-0147"):
        nora.locator(".row", has_text=name).get_by_role("checkbox").click()
    bar = nora.get_by_role("region", name="With those chosen")
    expect(bar).to_contain_text("2 chosen")
    sam.keyboard.press("s")
    sam.locator("#snooze").get_by_role("button", name="Tomorrow").click()
    expect(nora.locator(".thread-head")).to_contain_text("Snoozed until", timeout=8000)

    bar.get_by_text("Close", exact=True).click()
    bar.get_by_role("button", name="No answer needed").click()

    expect(told(nora)).to_contain_text("Henry Osei: Somebody changed this conversation")
    expect(nora.locator(".row", has_text="555-0147")).to_have_count(0, timeout=8000)
    for page in (nora, sam):
        expect(page.locator(".thread-head")).to_contain_text("Snoozed until")
