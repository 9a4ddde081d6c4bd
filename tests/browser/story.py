"""The story that the product is for, with nothing but real parts (O23 to O27, K14, B2, B22).

Chromium books, a mail server gets the code, python-caldav sees the appointment and moves it, the customer's mail says
so, and the page offers the old time and no longer the new one.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from caldav.davclient import DAVClient
from icalendar import Calendar
from playwright.sync_api import Page, expect

from tests.servers import Mailbox, eventually

BERLIN = ZoneInfo("Europe/Berlin")
OLGA = "olga@kunde.example"
NAME = "Александра Константинопольская-Воскресенская"


def invitation(mail: EmailMessage) -> tuple[str, str, int]:
    """Method, UID and SEQUENCE of the mail's one calendar part."""
    (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    payload: Any = part.get_payload(decode=True)
    calendar: Any = Calendar.from_ical(payload)
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), str(event["UID"]), int(event["SEQUENCE"])


def times(page: Page, url: str, day: str) -> list[str]:
    """The times that the page offers with Anna on a day."""
    page.goto(f"{url}/book/massage?staff=anna&location=markt&day={day}")
    buttons = page.get_by_role("region", name=re.compile(str(int(day[-2:])))).get_by_role("button")
    return [text.strip() for text in buttons.all_inner_texts() if re.fullmatch(r"\d\d:\d\d", text.strip())]


def choose(page: Page, url: str) -> tuple[str, str]:
    """Go from the practice's page to a time with Anna in the second week; the day and the time that were taken."""
    page.goto(url)
    page.get_by_role("link", name=re.compile("Klassische Massage")).click()
    page.get_by_role("radio", name=re.compile("Anna Berger")).check()
    page.get_by_role("button", name="Weiter zu den Zeiten").click()
    expect(page.get_by_role("heading", name="Wann passt es Ihnen?")).to_be_visible()
    day = datetime.now(BERLIN).date() + timedelta(days=8)
    while (
        day.weekday() > 4 or "09:00" not in (free := times(page, url, day.isoformat())) or "15:00" not in free
    ):
        day += timedelta(days=1)
    page.get_by_role("button", name="09:00").click()
    return day.isoformat(), "09:00"


def play(url: str, mailbox: Mailbox, page: Page, certificate: bool | str = True) -> None:
    """All of it at the practice that is served at `url`; `certificate` is the file of one that nobody signed."""
    day, _time = choose(page, url)
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("E-Mail-Adresse").fill(OLGA)
    page.get_by_role("button", name="Code anfordern").click()
    mail = mailbox.wait_for(OLGA, 1)
    (code,) = re.findall(r"(?<!\d)\d{6}(?!\d)", mail.get_body(("plain",)).get_content())
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Zahlungspflichtig buchen").click()
    expect(page.get_by_role("heading", name="Ihr Termin ist gebucht")).to_be_visible()
    method, uid, first = invitation(mailbox.wait_for(OLGA, 2))
    assert (method, first) == ("REQUEST", 0)
    assert "09:00" not in times(page, url, day)
    assert "15:00" in times(page, url, day)

    client: Any = DAVClient(  # the phone
        f"{url}/",
        username="anna@praxis.example",
        password="anna-caldav-demo-0001",
        ssl_verify_cert=certificate,
    )
    calendar = client.principal().calendars()[0]
    event = eventually(
        lambda: calendar.event_by_url(f"{calendar.url}{uid}.ics"), "the appointment on the phone"
    )
    component = event.icalendar_component
    assert str(component["SUMMARY"]) == f"Klassische Massage: {NAME}"
    assert int(component["SEQUENCE"]) == 0
    later = datetime.fromisoformat(f"{day}T15:00").replace(tzinfo=BERLIN)
    component.start, component.end = later, later + timedelta(minutes=30)
    event.save()

    told = mailbox.wait_for(OLGA, 3)
    method, moved, second = invitation(told)
    assert (method, moved) == ("REQUEST", uid)
    assert second > first
    assert "15:00" in told.get_body(("plain",)).get_content()
    free = times(page, url, day)
    assert "09:00" in free
    assert "15:00" not in free
