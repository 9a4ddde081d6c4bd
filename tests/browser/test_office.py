"""The office in a real browser: keyboard first, accessible, no script needed (O15, O18, O20, K77, C3, WCAG 2.2)."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.web.desk import DESK, requested
from vorzimmer.testing import PASSWORD, Practice

TAGS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
ANNA = "anna@praxis.example"


def sign_in(page: Page, address: str, email: str = DESK) -> None:
    page.goto(f"{address}/office/")
    page.get_by_label("E-Mail").fill(email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Montag, 1. März")
    page.wait_for_load_state()


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=TAGS).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


# ---- what staff do ---------------------------------------------------------------------------------------------------


def test_desk_enters_an_appointment_and_reads_who_was_told(
    practice: Practice, page: Page, address: str
) -> None:
    """K77, K79."""
    sign_in(page, address)
    page.get_by_role("link", name="Neuer Termin").click()
    page.get_by_label("Leistung").select_option("massage")
    page.get_by_label("Person").select_option("anna")
    page.get_by_role("radio").first.check()
    page.get_by_label("Name").fill("Eva Klein")
    page.get_by_label("Name").press("Tab")
    page.get_by_label("E-Mail (freiwillig)").fill("eva.klein@kunde.example")
    page.get_by_role("button", name="Termin eintragen").click()
    expect(page.get_by_role("status").filter(has_text="eva.klein@kunde.example")).to_be_visible()


def test_desk_enters_an_appointment_without_javascript(
    practice: Practice, chromium: Browser, address: str
) -> None:
    context = chromium.new_context(locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/office/new")
    page.get_by_label("E-Mail").fill(DESK)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.get_by_label("Leistung").select_option("massage")
    page.get_by_role("button", name="Zeiten anzeigen").click()
    page.get_by_text("Alle Zeiten, andere Tage").click()
    page.get_by_role("radio", name="11:00").check()
    page.get_by_label("Name").fill("Eva Klein")
    page.get_by_role("button", name="Termin eintragen").click()
    expect(page.get_by_role("link", name="Eva Klein")).to_be_visible()
    context.close()


def test_request_is_accepted_from_the_top_of_the_day(practice: Practice, page: Page, address: str) -> None:
    """K68."""
    requested(practice, "2027-03-03 10:00", name="Lena Lang")
    sign_in(page, address)
    page.get_by_role("button", name="Annehmen Lena Lang").click()
    expect(
        page.get_by_role("status").filter(has_text="Der Termin von Lena Lang ist bestätigt.")
    ).to_be_visible()


def test_appointment_is_cancelled_with_a_personal_message(
    practice: Practice, page: Page, address: str
) -> None:
    """O15."""
    practice.book("massage", "2027-03-01 13:30")
    sign_in(page, address)
    page.get_by_role("link", name="Max Muster").click()
    page.get_by_role("link", name="Absagen").click()
    page.get_by_label("Persönliche Nachricht").fill("Anna ist krank.")
    page.get_by_role("button", name="Termin absagen").click()
    expect(page.get_by_text("abgesagt", exact=True)).to_be_visible()


def test_time_outside_the_hours_is_said_before_it_is_done(
    practice: Practice, page: Page, address: str
) -> None:
    """Rule 42, O20."""
    made = practice.book("massage", "2027-03-03 10:00")
    sign_in(page, address)
    page.goto(f"{address}/office/booking/{made.uid}/move")
    page.get_by_label("Tag", exact=True).fill("2027-03-03")
    page.get_by_label("Zeit", exact=True).fill("20:00")
    page.get_by_role("button", name="Termin verschieben").click()
    expect(page.get_by_role("alert")).to_contain_text("Anna Berger")
    page.get_by_role("button", name="Trotzdem eintragen").click()
    expect(page.get_by_role("status").filter(has_text="hat eine neue Zeit")).to_be_visible()


def test_calendar_is_connected(practice: Practice, page: Page, address: str) -> None:
    """C3."""
    sign_in(page, address, ANNA)
    page.goto(f"{address}/office/connect")
    page.get_by_label("Für welches Gerät?").fill("Telefon")
    page.get_by_role("button", name="App-Passwort erstellen").click()
    page.get_by_text("Android mit DAVx⁵").click()
    expect(page.get_by_role("img", name="QR-Code für DAVx⁵")).to_be_visible()


# ---- keys ------------------------------------------------------------------------------------------------------------


def test_n_opens_a_new_appointment(practice: Practice, page: Page, address: str) -> None:
    sign_in(page, address)
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Neuer Termin")).to_be_visible()


def test_slash_goes_to_the_search_where_letters_are_letters(
    practice: Practice, page: Page, address: str
) -> None:
    sign_in(page, address)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("nt?")
    expect(page.get_by_role("searchbox")).to_have_value("nt?")


def test_arrows_go_through_the_days_and_t_comes_back(practice: Practice, page: Page, address: str) -> None:
    sign_in(page, address)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dienstag, 2. März")
    page.wait_for_load_state()
    page.keyboard.press("t")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Montag, 1. März")


def test_question_mark_shows_the_keys(practice: Practice, page: Page, address: str) -> None:
    sign_in(page, address)
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Tastatur")).to_be_visible()


# ---- for everybody ---------------------------------------------------------------------------------------------------


PAGES = [
    "",
    "week",
    "search?q=a",
    "new?service=massage",
    "booking/{uid}",
    "booking/{uid}/move",
    "booking/{uid}/cancel",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_accessibility_violation(
    practice: Practice, chromium: Browser, address: str, scheme: str
) -> None:
    """WCAG 2.2 AA, look.md 9: every page of the office, light and dark."""
    made = practice.book("massage", "2027-03-01 13:30")
    requested(practice, "2027-03-03 10:00", name="Lena Lang")
    context = chromium.new_context(locale="de-DE", color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
    page = context.new_page()
    page.goto(f"{address}/office/login")
    wrong = {"login": violations(page)}
    sign_in(page, address)
    for path in PAGES:
        page.goto(f"{address}/office/{path.format(uid=made.uid)}")
        wrong[path] = violations(page)
    context.close()
    assert {path: found for path, found in wrong.items() if found} == {}


def test_page_to_connect_has_no_accessibility_violation(practice: Practice, page: Page, address: str) -> None:
    """WCAG 2.2 AA."""
    sign_in(page, address, ANNA)
    page.goto(f"{address}/office/connect")
    page.get_by_role("button", name="App-Passwort erstellen").click()
    for part in page.get_by_role("group").all():
        part.evaluate("part => { part.removeAttribute('name'); part.open = true }")
    assert violations(page) == []


def test_nothing_is_wider_than_the_screen(practice: Practice, page: Page, address: str) -> None:
    """WCAG 1.4.10; a very long name without a blank."""
    made = practice.book(
        "massage", "2027-03-01 13:30", name="Donaudampfschifffahrtsgesellschaftskapitänswitwe Ö"
    )
    sign_in(page, address)
    page.set_viewport_size({"width": 320, "height": 800})
    wide = []
    for path in PAGES:
        page.goto(f"{address}/office/{path.format(uid=made.uid)}")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    assert wide == []


def test_page_asks_nobody_else_for_anything(practice: Practice, page: Page, address: str) -> None:
    """A70."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, address)
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


def test_policy_is_never_broken(practice: Practice, page: Page, address: str) -> None:
    """A68: no inline script, no inline style."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    made = practice.book("massage", "2027-03-01 13:30")
    sign_in(page, address)
    for path in PAGES:
        page.goto(f"{address}/office/{path.format(uid=made.uid)}")
    assert said == []


def test_office_weighs_less_than_250_kilobytes(practice: Practice, page: Page, address: str) -> None:
    """look.md 10."""
    sign_in(page, address)
    page.goto(f"{address}/office/")
    sizes = page.evaluate(
        "performance.getEntries().filter(e => e.transferSize !== undefined).map(e => e.encodedBodySize + 300)"
    )
    assert sum(sizes) < 250_000
