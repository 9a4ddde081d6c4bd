"""A booking while the telephone rings, by keys alone or without a script (K77, O10 to O12, D9, look.md 6, 9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect

from tests import acts
from tests.browser.test_office import sign_in, violations
from tests.caldav.live import serving
from tests.web.desk import DESK
from vorzimmer import booking
from vorzimmer.booking import Details, Entry, Override
from vorzimmer.testing import PASSWORD, Practice, berlin


@pytest.fixture
def address(practice: Practice, app: Flask) -> Iterator[str]:
    """Where the practice's pages are served; two customers had a massage a month ago."""
    practice.clock.now = berlin("2027-01-30 08:00")
    for name, hour in [("Ольга Воскресенская", 10), ("Öz İnce", 11)]:
        who = Details(name, f"kunde{hour}@kunde.example", f"030 12345{hour}")
        acts.book(practice.hall, f"2027-02-02 {hour}:00", staff="anna", who=who)
    practice.clock.now = berlin("2027-03-01 08:00")
    with serving(app) as live:
        yield f"http://localhost:{live.port}"


def keys(page: Page, *pressed: str) -> int:
    """Press keys as fast as the machine goes, and count them; a word is typed letter by letter."""
    for word in pressed:
        if word in ("Enter", "ArrowUp", "ArrowDown", "Escape", "Tab"):
            page.keyboard.press(word)
        else:
            page.keyboard.type(word)
    return sum(
        1 if word in ("Enter", "ArrowUp", "ArrowDown", "Escape", "Tab") else len(word) for word in pressed
    )


def open_new(page: Page) -> None:
    page.keyboard.press("n")
    expect(page.get_by_role("combobox", name="Name, Telefonnummer")).to_be_focused()


def test_known_customer_is_booked_in_six_keys(practice: Practice, page: Page, address: str) -> None:
    """D9, K77: n, three letters, Enter, Enter; the appointment is then in focus where one came from."""
    sign_in(page, address)
    open_new(page)
    pressed = 1 + keys(page, "вос", "Enter")
    expect(page.get_by_role("radio", name="heute, Mo, 1. März").first).to_be_focused()
    pressed += keys(page, "Enter")
    expect(
        page.get_by_role("status").filter(has_text="kunde10@kunde.example wird benachrichtigt")
    ).to_be_visible()
    expect(page.get_by_role("link", name="Ольга Воскресенская")).to_be_focused()
    assert pressed == 6


def test_letters_typed_before_the_page_is_there_are_not_lost(
    practice: Practice, page: Page, address: str
) -> None:
    """O11: whoever types quickly does not wait for a page."""
    sign_in(page, address)
    keys(page, "nince")
    expect(page.get_by_role("combobox", name="Name, Telefonnummer")).to_have_value("ince")
    expect(page.get_by_role("option", name="Öz İnce")).to_be_visible()


def test_figure_chooses_another_time(practice: Practice, page: Page, address: str) -> None:
    sign_in(page, address)
    open_new(page)
    keys(page, "ince", "Enter")
    third = page.get_by_role("radio").nth(2)
    expect(third).to_be_visible()
    keys(page, "3")
    expect(third).to_be_checked()
    expect(third).to_be_focused()


def test_new_customer_is_booked_by_keys_alone(practice: Practice, page: Page, address: str) -> None:
    """O12, D5: seven keys beside the name and the number."""
    sign_in(page, address)
    open_new(page)
    pressed = 1 + keys(page, "Eva Klein", "Enter")
    expect(page.get_by_label("Telefon (freiwillig)")).to_be_focused()
    pressed += keys(page, "030998877", "Enter")
    expect(page.get_by_label("Leistung")).to_be_focused()
    pressed += keys(page, "kl", "Enter")
    expect(page.get_by_role("radio").first).to_be_focused()
    pressed += keys(page, "Enter")
    expect(page.get_by_role("status").filter(has_text="Eva Klein: Mo, 1. März")).to_be_visible()
    assert pressed - len("Eva Klein") - len("030998877") == 7


def test_list_is_walked_with_arrows_and_left_with_escape(
    practice: Practice, page: Page, address: str
) -> None:
    """O11, the pattern of a combobox (ARIA)."""
    sign_in(page, address)
    open_new(page)
    search = page.get_by_role("combobox", name="Name, Telefonnummer")
    hits = page.get_by_role("listbox", name="Kunden")
    keys(page, "kunde1")
    expect(hits.get_by_role("option", selected=True)).to_contain_text("Öz İnce")
    keys(page, "ArrowDown")
    expect(hits.get_by_role("option", selected=True)).to_contain_text("Ольга")
    keys(page, "ArrowUp", "ArrowUp")
    expect(hits.get_by_role("option", selected=True)).to_contain_text("Neuer Kunde")
    assert violations(page) == []
    keys(page, "Escape")
    expect(search).to_have_attribute("aria-expanded", "false")
    expect(search).to_be_focused()


def test_walk_in_takes_two_steps(practice: Practice, page: Page, address: str) -> None:
    """D9: N, the service, Enter, Enter."""
    practice.clock.now = berlin("2027-03-01 14:02")
    sign_in(page, address)
    page.keyboard.press("N")
    expect(page.get_by_label("Leistung")).to_be_focused()
    pressed = 1 + keys(page, "kl", "Enter")
    expect(page.get_by_role("radio", name="jetzt, 14:05–14:35").first).to_be_focused()
    pressed += keys(page, "Enter")
    expect(page.get_by_role("status").filter(has_text="Ohne Termin: Mo, 1. März, 14:05 Uhr")).to_be_visible()
    assert pressed == 5


def test_page_takes_no_keys_before_its_script_listens(practice: Practice, page: Page, address: str) -> None:
    """Enter in a select would be lost: nothing is shown, and nothing has the focus, until then."""
    sign_in(page, address)
    held: list[Route] = []
    page.route("**/office.js", lambda route: held.extend([route]))
    page.goto(f"{address}/office/walk-in", wait_until="commit")
    focused = "new Promise(done => setTimeout(() => done(document.activeElement.id), 500))"
    assert page.evaluate(focused) == ""
    held[0].continue_()
    expect(page.get_by_label("Leistung")).to_be_focused()


def test_time_taken_meanwhile_is_said_and_the_next_one_booked(
    practice: Practice, page: Page, address: str
) -> None:
    """A109: what was typed is still there."""
    sign_in(page, address)
    page.goto(f"{address}/office/new?service=massage")
    page.get_by_role("combobox", name="Name, Telefonnummer").fill("Eva Klein")
    first = page.get_by_role("radio").first
    first.check()
    value = first.get_attribute("value") or ""
    for staff in ("anna", "ben"):
        taken = Entry("massage", datetime.fromisoformat(value.partition("|")[0]), "Max", staff=staff)
        acts.act(practice.hall, booking.enter, acts.DESK, taken, Override("warning"))
    page.get_by_role("button", name="Termin eintragen").click()
    expect(page.get_by_role("alert")).to_contain_text("belegt")
    expect(page.get_by_role("alert")).to_be_focused()
    keys(page, "1", "Enter")
    expect(page.get_by_role("status").filter(has_text="Eva Klein")).to_be_visible()


def test_call_is_taken_without_javascript(practice: Practice, chromium: Browser, address: str) -> None:
    """Look.md 9: the same in steps."""
    context = chromium.new_context(locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/office/new")
    page.get_by_label("E-Mail").fill(DESK)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.get_by_role("combobox", name="Name, Telefonnummer").fill("0301234510")
    page.get_by_role("button", name="Suche", exact=True).last.click()
    page.get_by_role("button", name="Ольга Воскресенская").click()
    page.get_by_role("radio").nth(1).check()
    page.get_by_label("Notiz für die Praxis").fill("Knie links")
    page.get_by_role("button", name="Termin eintragen").click()
    expect(
        page.get_by_role("status").filter(has_text="kunde10@kunde.example wird benachrichtigt")
    ).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_a_call_have_no_accessibility_violation(
    practice: Practice, chromium: Browser, address: str, scheme: str
) -> None:
    """WCAG 2.2 AA."""
    practice.clock.now = berlin("2027-03-01 14:02")
    context = chromium.new_context(locale="de-DE", color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
    page = context.new_page()
    sign_in(page, address)
    wrong = {}
    for path in ("new", "new?service=massage", "walk-in", "walk-in?service=massage"):
        page.goto(f"{address}/office/{path}")
        wrong[path] = violations(page)
    page.goto(f"{address}/office/new")
    keys(page, "вос", "Enter")
    expect(page.get_by_role("radio").first).to_be_focused()
    wrong["chosen"] = violations(page)
    context.close()
    assert {path: found for path, found in wrong.items() if found} == {}
