"""The whole way of a customer in a real browser: O23 to O27, K14, S24, A69, A70, WCAG 2.2."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Frame, Locator, Page, expect

from tests.acts import code_of
from tests.web.customer import found
from vorzimmer.testing import Practice

EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def code_for(practice: Practice, page: Page | Frame) -> str:
    """The digits of the mail about the appointment that the page is about."""
    uid = page.url.split("/")[5]
    return code_of(practice.hall, found(practice, uid))


def choose(page: Page, address: str) -> None:
    """From the start page to the form for one's details."""
    page.goto(address)
    page.get_by_role("link", name="Klassische Massage").click()
    page.get_by_role("radio", name="Anna Berger").check()
    page.get_by_role("button", name="Weiter zu den Zeiten").click()
    page.get_by_role("link", name="Mittwoch, 3. März, frei").click()
    expect(page.get_by_role("heading", name="Mittwoch, 3. März")).to_be_visible()
    page.get_by_role("button", name="10:30", exact=True).click()


def say_who(page: Page) -> None:
    """Fill in the details."""
    page.get_by_label("Name").fill("Max Muster")
    page.get_by_label("E-Mail-Adresse").fill("max.muster@kunde.example")
    page.get_by_role("button", name="Code anfordern").click()


def book(practice: Practice, page: Page, address: str) -> None:
    """All of it."""
    choose(page, address)
    say_who(page)
    page.get_by_label("Code", exact=True).fill(code_for(practice, page))
    page.get_by_role("button", name="Zahlungspflichtig buchen").click()
    expect(page.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()


def test_customer_books_on_a_phone(practice: Practice, page: Page, address: str) -> None:
    book(practice, page, address)
    expect(page.get_by_role("article", name="Termin")).to_contain_text("Mittwoch, 3. März")


def test_customer_books_without_javascript(practice: Practice, chromium: Browser, address: str) -> None:
    context = chromium.new_context(locale="de-DE", java_script_enabled=False)
    book(practice, context.new_page(), address)
    context.close()


def test_customer_manages_without_javascript(practice: Practice, chromium: Browser, address: str) -> None:
    context = chromium.new_context(locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    book(practice, page, address)
    page.get_by_role("link", name="Verschieben oder absagen").click()
    page.get_by_role("button", name="Meinen Termin zeigen").click()
    page.get_by_role("link", name="Termin absagen").click()
    page.get_by_role("button", name="Ja, absagen").click()
    expect(page.get_by_text("Ihr Termin ist abgesagt.")).to_be_visible()
    context.close()


def press_until(page: Page, wanted: Locator) -> None:
    """Tab on until this has the focus, and the focus is seen."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    pytest.fail(f"{wanted} is not reached by keyboard")


def test_customer_books_by_keyboard_alone(practice: Practice, page: Page, address: str) -> None:
    page.goto(f"{address}/book/massage")
    press_until(page, page.get_by_role("radio", name="Wer zuerst Zeit hat"))
    page.keyboard.press("ArrowDown")
    press_until(page, page.get_by_role("button", name="Weiter zu den Zeiten"))
    page.keyboard.press("Enter")
    press_until(page, page.get_by_role("link", name="Mittwoch, 3. März, frei"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mittwoch, 3. März")).to_be_visible()
    press_until(page, page.get_by_role("button", name="10:30", exact=True))
    page.keyboard.press("Enter")
    press_until(page, page.get_by_label("Name"))
    page.keyboard.type("Max Muster")
    page.keyboard.press("Tab")
    page.keyboard.type("max.muster@kunde.example")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    page.keyboard.type(code_for(practice, page))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()


def test_day_chosen_by_keyboard_keeps_the_focus(practice: Practice, page: Page, address: str) -> None:
    page.goto(f"{address}/book/massage?staff=anna")
    page.get_by_role("link", name="Mittwoch, 3. März, frei").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mittwoch, 3. März")).to_be_visible()
    expect(page.get_by_role("link", name="Mittwoch, 3. März, frei")).to_be_focused()


def test_back_leads_to_the_day_before(practice: Practice, page: Page, address: str) -> None:
    page.goto(f"{address}/book/massage?staff=anna")
    page.get_by_role("link", name="Mittwoch, 3. März, frei").click()
    expect(page.get_by_role("heading", name="Mittwoch, 3. März")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Montag, 1. März")).to_be_visible()


def test_manage_link_leaves_no_token_in_the_address(practice: Practice, page: Page, address: str) -> None:
    """A69."""
    book(practice, page, address)
    page.get_by_role("link", name="Verschieben oder absagen").click()
    expect(page.get_by_role("heading", name="Ihr Termin bestätigt")).to_be_visible()
    assert page.url == f"{address}/b/"


def test_customer_moves_the_appointment(practice: Practice, page: Page, address: str) -> None:
    book(practice, page, address)
    page.get_by_role("link", name="Verschieben oder absagen").click()
    page.get_by_role("link", name="Andere Zeit").click()
    page.get_by_role("link", name="Donnerstag, 4. März, frei").click()
    expect(page.get_by_role("heading", name="Donnerstag, 4. März")).to_be_visible()
    page.get_by_role("button", name="14:00", exact=True).click()
    page.get_by_role("button", name="Auf diese Zeit verschieben").click()
    expect(page.get_by_text("Ihr Termin ist verschoben.")).to_be_visible()
    expect(page.get_by_role("article", name="Termin")).to_contain_text("Donnerstag, 4. März")


def test_pages_ask_no_other_host_and_break_no_policy(
    practice: Practice, context: BrowserContext, page: Page, address: str
) -> None:
    """A70, and the strict Content-Security-Policy."""
    asked: list[str] = []
    said: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    book(practice, page, address)
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert said == []


@pytest.mark.parametrize(("scheme", "rules"), [("light", EVERYTHING), ("dark", ["color-contrast"])])
def test_no_page_of_the_way_has_an_accessibility_fault(
    practice: Practice, chromium: Browser, address: str, scheme: str, rules: list[str]
) -> None:
    """axe on every page, in both colour schemes (beyond 16)."""
    context = chromium.new_context(locale="de-DE", color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    faults: list[str] = []

    def check() -> None:
        page.emulate_media(reduced_motion="reduce")
        for violation in Axe().run(page, options={"runOnly": rules}).response["violations"]:
            where = [node["target"] for node in violation["nodes"]]
            faults.append(f"{page.url.removeprefix(address)}: {violation['id']} {where}")

    for path in (
        "/",
        "/book/massage",
        "/book/massage?staff=anna",
        "/book/massage?staff=anna&day=2027-03-06",
        "/x",
    ):
        page.goto(address + path)
        check()
    choose(page, address)
    check()
    page.get_by_role("button", name="Code anfordern").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check()
    say_who(page)
    check()
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Zahlungspflichtig buchen").click()
    expect(page.get_by_text("Dieser Code stimmt nicht.")).to_be_visible()
    check()
    page.get_by_label("Code", exact=True).fill(code_for(practice, page))
    page.get_by_role("button", name="Zahlungspflichtig buchen").click()
    expect(page.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()
    check()
    page.get_by_role("link", name="Verschieben oder absagen").click()
    expect(page.get_by_role("heading", name="Ihr Termin bestätigt")).to_be_visible()
    check()
    for path in ("/b/move", "/b/cancel"):
        page.goto(address + path)
        check()
    context.close()
    assert faults == []
