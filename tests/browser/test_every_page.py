"""Every other page of the office in a real browser: accessible, on a phone, by keyboard, without script (WCAG 2.2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import acts
from tests.browser.test_office import sign_in, violations
from tests.caldav.live import serving
from tests.web.desk import requested
from vorzimmer import customers
from vorzimmer.customers import Record
from vorzimmer.practice import Hall
from vorzimmer.server.app import create_app
from vorzimmer.settings import setup
from vorzimmer.testing import DESK, Clock, Practice

OWNER = "owner@praxis.example"
PAGES = (
    "requests",
    "booking/{uid}/edit",
    "booking/{uid}/customer?who=Лена",
    "absences/",
    "account",
    "settings/fields",
    "settings/fields/new",
    "settings/practice",
    "settings/staff/",
    "settings/staff/invite",
)


def wrong_with(page: Page, width: int) -> list[str]:
    """What axe finds with every fold open, and whether the page is wider than the screen."""
    for fold in page.locator("main details").all():
        fold.evaluate("fold => { fold.open = true }")
    wide = page.evaluate("document.documentElement.scrollWidth") > width
    return violations(page) + ["wider than the phone"] * wide


def test_pages_of_the_office_are_accessible_and_fit_a_phone(
    practice: Practice, page: Page, address: str
) -> None:
    """look.md 9, WCAG 2.2 AA: requests, one appointment, absences, fields, practice, logins."""
    made = practice.book(
        "massage", "2027-03-01 13:30", name="Donaudampfschifffahrtsgesellschaftskapitänswitwe"
    )
    requested(practice, "2027-03-03 10:00", name="Lena Lang")
    acts.act(practice.hall, customers.add, DESK, Record(name="Лена Константинопольская"))
    sign_in(page, address, OWNER)
    page.set_viewport_size({"width": 360, "height": 780})
    found = {}
    for path in PAGES:
        page.goto(f"{address}/office/{path.format(uid=made.uid)}")
        found[path] = wrong_with(page, 360)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_appointments_in_an_absence_are_decided_by_keyboard(
    practice: Practice, page: Page, address: str
) -> None:
    """K77: the page that asks is accessible, light and dark, and needs no mouse."""
    practice.book("massage", "2027-03-01 13:30")
    sign_in(page, address, OWNER)
    page.goto(f"{address}/office/absences/?resource=anna")
    page.get_by_role("button", name="Abwesenheit eintragen").press("Enter")
    choice = page.get_by_role("combobox", name="Max Muster")
    expect(choice).to_be_visible()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # no colour on its way to another
    assert violations(page) == []
    choice.press("End")
    page.get_by_role("button", name="Abwesenheit eintragen").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Anna Berger")


def test_person_and_question_are_added_without_javascript(
    practice: Practice, chromium: Browser, address: str
) -> None:
    """look.md 9: staff pages and fields."""
    page = chromium.new_context(locale="de-DE", java_script_enabled=False).new_page()
    sign_in(page, address, OWNER)
    page.goto(f"{address}/office/settings/staff/invite")
    page.get_by_label("Name").fill("Dora Ebert")
    page.get_by_label("E-Mail").fill("dora@praxis.example")
    page.get_by_label("Rolle").select_option(label="Empfang")
    page.get_by_role("button", name="Einladung schicken").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dora Ebert")
    page.goto(f"{address}/office/settings/fields/new")
    page.get_by_label("Frage (Deutsch)").fill("Ihre Krankenkasse?")
    page.get_by_label("Zweck").fill("Für die Abrechnung.")
    page.get_by_label("Aufbewahrt").select_option(index=1)
    page.get_by_label("Auf jedem Formular").select_option("optional")
    page.get_by_role("button", name="Speichern").last.click()
    expect(page.get_by_role("link", name="Ihre Krankenkasse?")).to_be_visible()
    page.context.close()


# ---- the first start -------------------------------------------------------------------------------------------------


@pytest.fixture
def new_server(hall: Hall, clock: Clock) -> Iterator[str]:
    """Where a server without any data waits for its owner: the link from the console."""
    app = create_app(hall)
    printed = hall.database.write(lambda session: setup.begin(session, hall))
    assert printed is not None
    with serving(app) as live:
        yield f"http://localhost:{live.port}" + printed.removeprefix(hall.config.base_url)


def test_practice_is_set_up_by_keyboard(new_server: str, page: Page) -> None:
    """K6, WCAG 2.2: Tab and Enter lead from the link to the checklist; both are accessible."""
    page.goto(new_server)
    assert wrong_with(page, 360) == []
    page.keyboard.type("Olga Öz")
    for typed in ("olga@praxis.example", "drei blaue Kühe am Fluss", "drei blaue Kühe am Fluss"):
        page.keyboard.press("Tab")
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="bis zur ersten Buchung")).to_be_visible()
    assert wrong_with(page, 360) == []
