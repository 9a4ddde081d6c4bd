"""The calendar in a real browser: drag, keys, what others do meanwhile (O10, O18, O20, K77, K89, C5, WCAG 2.2)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.browser.test_office import violations
from tests.web.desk import DESK, actor, requested
from vorzimmer import booking
from vorzimmer.booking import Target
from vorzimmer.testing import PASSWORD, Practice, berlin

DAY = "/office/calendar?day=2027-03-03"
DESKTOP: ViewportSize = {"width": 1280, "height": 900}


@pytest.fixture
def desk(context: BrowserContext, page: Page, practice: Practice, address: str) -> Page:
    """Somebody at the desk, before a wide screen; an appointment of Max Muster on Wednesday at ten."""
    page.set_viewport_size(DESKTOP)
    practice.book("massage", "2027-03-03 10:00")
    sign_in(page, address)
    expect(appointment(page)).to_be_visible()
    return page


def sign_in(page: Page, address: str) -> None:
    """To the calendar of Wednesday."""
    page.goto(f"{address}{DAY}")
    page.get_by_label("E-Mail").fill(DESK)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()


def appointment(page: Page, name: str = "Max Muster") -> Locator:
    return page.get_by_role("button").filter(has_text=name)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def drag(page: Page, down: int, right: int = 0) -> None:
    """Drag the appointment by so many quarters of an hour and pixels."""
    box = appointment(page).bounding_box()
    assert box
    x, y = box["x"] + 20, box["y"] + 5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 4, y + 9, steps=3)
    page.mouse.move(x + right, y + down * box["height"] / 2, steps=6)
    page.mouse.up()


def test_drag_moves_after_the_dialog_said_what_happens(desk: Page) -> None:
    """O18: who, from when to when, a message; only then it is done."""
    drag(desk, down=4)
    expect(dialog(desk)).to_contain_text("11:00")
    dialog(desk).get_by_label("Persönliche Nachricht").fill("Bitte eine Stunde später.")
    dialog(desk).get_by_role("button", name="Termin verschieben").click()
    expect(desk.get_by_role("status").filter(has_text="hat eine neue Zeit")).to_be_visible()
    expect(appointment(desk)).to_contain_text("11:00")


def test_drag_to_a_colleague_names_the_colleague(desk: Page) -> None:
    drag(desk, down=4, right=190)
    expect(dialog(desk).get_by_label("Person")).to_have_value("ben")


def test_escape_leaves_everything_as_it_was(desk: Page) -> None:
    drag(desk, down=4)
    expect(dialog(desk)).to_be_visible()
    desk.keyboard.press("Escape")
    expect(appointment(desk)).to_contain_text("10:00")


def test_conflict_is_shown_and_wants_a_reason(practice: Practice, desk: Page) -> None:
    """O20, rule 42."""
    practice.book("massage", "2027-03-03 11:00", name="Eva Klein")
    drag(desk, down=4)
    expect(dialog(desk).get_by_role("alert")).to_contain_text("Diese Zeit ist belegt.")
    expect(dialog(desk).get_by_label("Grund für die Doppelbelegung")).to_be_focused()


def test_appointment_is_looked_at_and_moved_by_keyboard_alone(desk: Page) -> None:
    """K89, O18 without a mouse: Enter looks, `m` moves, the form takes any time."""
    appointment(desk).focus()
    desk.keyboard.press("Enter")
    expect(dialog(desk).get_by_role("heading", name="Max Muster")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(appointment(desk)).to_be_focused()
    desk.keyboard.press("m")
    dialog(desk).get_by_label("Zeit").fill("11:30")
    desk.keyboard.press("Enter")
    expect(appointment(desk)).to_contain_text("11:30")


def test_arrows_choose_a_time_and_enter_begins_an_appointment_there(desk: Page) -> None:
    """O10: the same as a click on the time."""
    desk.get_by_role("button", name="Neuer Termin Mi").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
        desk.keyboard.press(key)
    desk.wait_for_url("**/office/new?day=2027-03-03&time=09%3A30&staff=ben")


def test_click_on_a_time_begins_an_appointment_there(desk: Page) -> None:
    """O10, K77."""
    box = appointment(desk).bounding_box()
    assert box
    desk.mouse.click(box["x"] + 40, box["y"] + 2.5 * box["height"])
    desk.wait_for_url("**/office/new?day=2027-03-03&time=11*&staff=anna")


def test_what_others_do_appears_while_a_dialog_stays_open(practice: Practice, desk: Page) -> None:
    """The open page asks every few seconds, and nothing that was typed is lost (A109)."""
    appointment(desk).focus()
    desk.keyboard.press("m")
    dialog(desk).get_by_label("Persönliche Nachricht").fill("Halb geschrieben")
    practice.book("massage", "2027-03-03 13:30", "ben", name="Eva Klein")
    expect(desk.locator(".ec-event").filter(has_text="Eva Klein")).to_be_visible()
    expect(dialog(desk).get_by_label("Persönliche Nachricht")).to_have_value("Halb geschrieben")


def test_second_of_two_sees_how_it_stands(practice: Practice, desk: Page) -> None:
    """A109: somebody moves it while the dialog is open."""
    appointment(desk).focus()
    desk.keyboard.press("m")
    dialog(desk).get_by_label("Persönliche Nachricht").fill("Halb geschrieben")
    with practice.hall.database.reading() as session:
        uid = booking.parts.load.booking(
            session, appointment(desk).locator("[data-uid]").get_attribute("data-uid") or ""
        ).uid
    target, by = Target(berlin("2027-03-03 16:00")), actor(practice, DESK)
    practice.hall.database.write(lambda session: booking.move(session, practice.hall, by, uid, target))
    dialog(desk).get_by_label("Zeit").fill("11:30")
    desk.keyboard.press("Enter")
    expect(dialog(desk)).to_contain_text("gerade jemand geändert")
    expect(dialog(desk)).to_contain_text("16:00")
    expect(dialog(desk).get_by_label("Persönliche Nachricht")).to_have_value("Halb geschrieben")


def test_days_are_gone_through_without_a_new_page(desk: Page) -> None:
    desk.evaluate("window.same = true")
    desk.keyboard.press("ArrowRight")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Donnerstag, 4. März")
    desk.keyboard.press("w")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("1.–7. März")
    desk.go_back()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Donnerstag, 4. März")
    assert desk.evaluate("window.same")


def test_page_is_the_list_without_javascript(practice: Practice, chromium: Browser, address: str) -> None:
    practice.book("massage", "2027-03-03 10:00")
    context = chromium.new_context(locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, address)
    expect(page.get_by_role("link", name="Max Muster")).to_be_visible()
    context.close()


def test_an_empty_day_is_scrolled_by_keys(chromium: Browser, address: str) -> None:
    """WCAG 2.1.1: on a Sunday there is nothing in the calendar to tab to but its pane."""
    page = chromium.new_context(locale="de-DE", viewport={"width": 1280, "height": 500}).new_page()
    sign_in(page, address)
    page.goto(f"{address}/office/calendar?view=day&day=2027-03-07")
    expect(page.get_by_role("group", name="Sonntag, 7. März")).to_have_attribute("tabindex", "0")
    assert violations(page) == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_calendar_has_no_accessibility_violation(
    practice: Practice, chromium: Browser, address: str, scheme: str
) -> None:
    """WCAG 2.2 AA, look.md 7 and 9: day, week, free times and both dialogs."""
    practice.book("massage", "2027-03-03 10:00")
    requested(practice, "2027-03-03 14:00", name="Lena Lang")
    context = chromium.new_context(locale="de-DE", color_scheme=scheme, viewport=DESKTOP)  # type: ignore[arg-type]  # light or dark
    page = context.new_page()
    sign_in(page, address)
    wrong = {}
    for path in ("", "&view=week", "&service=massage"):
        page.goto(f"{address}{DAY}{path}")
        expect(appointment(page)).to_be_visible()
        wrong[path] = violations(page)
    for key in ("Enter", "m"):
        appointment(page).focus()
        page.keyboard.press(key)
        expect(dialog(page)).to_be_visible()
        wrong[key] = violations(page)
        page.keyboard.press("Escape")
    context.close()
    assert {path: found for path, found in wrong.items() if found} == {}


def test_status_is_in_the_accessible_name(practice: Practice, desk: Page) -> None:
    """Look.md 7: never colour alone."""
    expect(appointment(desk)).to_have_accessible_name(
        "bestätigt 10:00 – 10:30 Max Muster Klassische Massage Anna Berger"
    )


def test_office_weighs_less_than_250_kilobytes(desk: Page, address: str) -> None:
    """Look.md 10: page, styles, scripts and feed as they travel."""
    sizes = desk.evaluate(
        "performance.getEntries().filter(one => one.transferSize).reduce((sum, one) => sum + one.transferSize, 0)"
    )
    assert 0 < sizes < 250_000


def test_the_weekend_is_shown_for_good_once_it_is_asked_for(desk: Page) -> None:
    """O21."""
    desk.get_by_role("link", name="Woche", exact=True).click()
    calendar = desk.get_by_role("region")
    friday, saturday = (calendar.get_by_text(day, exact=False).first for day in ("Fr., 5.", "Sa., 6."))
    expect(friday).to_be_visible()
    expect(saturday).to_be_hidden()
    desk.get_by_text("Spalten").click()
    desk.get_by_label("Samstag und Sonntag").check()
    expect(saturday).to_be_visible()
    desk.reload()
    expect(saturday).to_be_visible()
