"""The customers in a real browser: found while one types, accessible (O11)."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests import acts
from tests.browser.test_office import sign_in, violations
from tests.web.desk import DESK
from vorzimmer import customers
from vorzimmer.customers import Record
from vorzimmer.testing import DESK as AT_DESK
from vorzimmer.testing import Practice

LONG = "Александра Константинопольская-Воскресенская"


def test_the_list_narrows_while_one_types_and_list_and_record_are_accessible(
    practice: Practice, page: Page, address: str
) -> None:
    """O11, WCAG 2.2: with the keyboard, the focus stays where it is."""
    for name in (LONG, "Ayşegül Kılıçdaroğlu-Yıldırımoğulları"):
        acts.act(practice.hall, customers.add, AT_DESK, Record(name=name, groups=["Privat"]))
    practice.book("massage", "2027-03-02 09:00", name=LONG, email="")
    sign_in(page, address, DESK)
    page.goto(f"{address}/office/customers")
    found = page.get_by_role("table", name="Kunden nach Namen").get_by_role("row")
    page.get_by_label("Name, E-Mail oder Telefon").press_sequentially("kili")
    expect(found).to_have_count(2)
    expect(page.get_by_label("Name, E-Mail oder Telefon")).to_be_focused()
    assert violations(page) == []
    page.get_by_label("Name, E-Mail oder Telefon").fill("конст")
    page.get_by_role("link", name=LONG).last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(LONG)
    assert violations(page) == []
