"""The session ends while somebody types, in a real browser (office 8)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_office import sign_in
from tests.web.desk import DESK, count
from vorzimmer.models import Customer, WebSession
from vorzimmer.testing import PASSWORD, Practice


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_typed_outlives_the_session(
    practice: Practice, chromium: Browser, address: str, scripts: bool
) -> None:
    """Sign in, look, send: nothing is typed twice."""
    page = chromium.new_context(locale="de-DE", java_script_enabled=scripts).new_page()
    sign_in(page, address)
    page.goto(f"{address}/office/customers/new")
    page.get_by_label("Name").fill("Eva Beispiel")
    page.get_by_label("Notiz").fill("ruft\nmittags an")
    before = count(practice, Customer)
    practice.hall.database.write(lambda session: session.query(WebSession).delete())
    page.get_by_role("button", name="Kunden anlegen").click()
    page.get_by_label("E-Mail").fill(DESK)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("status").filter(has_text="noch nichts gesendet")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Eva Beispiel")
    expect(page.get_by_label("Notiz")).to_have_value("ruft\nmittags an")
    assert count(practice, Customer) == before
    page.get_by_role("button", name="Kunden anlegen").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Eva Beispiel")
    assert count(practice, Customer) == before + 1


def test_another_language_keeps_what_is_typed(practice: Practice, chromium: Browser, address: str) -> None:
    page = chromium.new_context(locale="de-DE").new_page()
    sign_in(page, address)
    page.goto(f"{address}/office/customers/new")
    page.get_by_label("Name").fill("Eva Beispiel")
    page.get_by_label("Menü von").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="New customer")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Eva Beispiel")
    page.get_by_label("Menu of").click()
    page.get_by_role("button", name="Русский").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def test_what_is_typed_in_the_calendars_dialog_outlives_the_session(
    practice: Practice, chromium: Browser, address: str
) -> None:
    """Sent with the dialog's button: the sign-in leads to the page of the same move, and nothing has moved."""
    made = practice.book("massage", "2027-03-02 09:00")
    page = chromium.new_context(locale="de-DE").new_page()
    sign_in(page, address)
    page.goto(f"{address}/office/calendar?view=day&day=2027-03-02")
    page.get_by_role("button").filter(has_text="Max Muster").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Verschieben").click()
    dialog.get_by_label("Persönliche Nachricht").fill("Bitte später & lauter")
    practice.hall.database.write(lambda session: session.query(WebSession).delete())
    dialog.get_by_label("Zeit").fill("11:30")
    dialog.get_by_label("Zeit").blur()
    page.get_by_label("E-Mail").fill(DESK)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("heading", name="Termin verschieben")).to_be_visible()
    expect(page.get_by_label("Persönliche Nachricht")).to_have_value("Bitte später & lauter")
    expect(page.get_by_label("Zeit", exact=True)).to_have_value("11:30")
    with practice.hall.database.reading() as session:
        assert session.get_one(type(made), made.id).starts == made.starts
