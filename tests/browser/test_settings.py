"""The settings in a real browser: accessible, by keyboard, without script (C42, K37, O6, WCAG 2.2)."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.test_office import sign_in, violations
from vorzimmer.testing import PASSWORD, Practice

OWNER = "owner@praxis.example"
PAGES = (
    "settings/",
    "settings/services/",
    "settings/services/massage",
    "settings/people/",
    "settings/people/anna",
    "settings/places/markt",
    "settings/services/massage/archive",
    "hours/",
    "hours/resource/anna",
    "holidays/",
)


def test_pages_of_the_settings_are_accessible_and_fit_a_phone(page: Page, address: str) -> None:
    sign_in(page, address, OWNER)
    page.set_viewport_size({"width": 360, "height": 780})
    for path in PAGES:
        page.goto(f"{address}/office/{path}")
        for fold in page.locator("main details").all():
            fold.evaluate("fold => { fold.open = true }")
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_a_service_is_made_and_its_hours_are_set_without_javascript(
    practice: Practice, chromium: Browser, address: str
) -> None:
    """O6, K37."""
    context = chromium.new_context(locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/office/settings/services/new")
    page.get_by_label("E-Mail").fill(OWNER)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.get_by_label("Name", exact=True).fill("Lymphdrainage")
    page.get_by_role("button", name="Raum").click()
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("status").filter(has_text="Lymphdrainage")).to_be_visible()
    page.get_by_role("link", name="Lymphdrainage").click()
    page.get_by_role("link", name="Eigene Zeiten").click()
    page.get_by_label("Dienstag, von").fill("10")
    page.get_by_label("Dienstag, bis").fill("11")
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_label("Dienstag, bis").first).to_have_value("11:00")
    context.close()


def test_enter_in_a_field_saves_and_adds_nothing(page: Page, address: str) -> None:
    """The first button of the form is the one that Enter presses."""
    sign_in(page, address, OWNER)
    page.goto(f"{address}/office/settings/services/massage")
    page.get_by_label("Name", exact=True).fill("Massage am Morgen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Massage am Morgen")).to_be_visible()
