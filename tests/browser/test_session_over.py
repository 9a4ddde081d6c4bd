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
