"""A name is a name: nowhere is it read as markup, as a template, as a header or as a line (A59, A61, A85, A86)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from tests import acts
from tests.caldav.desk import Phone
from tests.plugins.test_email import page, read, text
from tests.security.test_matrix import visitor
from vorzimmer import booking
from vorzimmer.contact import plain
from vorzimmer.models import Booking
from vorzimmer.testing import Practice
from vorzimmer.worker import Worker

USUAL = "Max Muster"
NAMES = [
    '"></title></textarea><script>alert(1)</script>{{1111*1111}}',
    "{0.__class__}%(name)s %s%d${1111*1111}{%x%}<img src=x onerror='a'>",
    "Max\r\nBcc: eva@kunde.example\u2028ATTENDEE:mailto:eva@kunde.example",
    'Max;X=1:,\\n"BEGIN:VALARM\u0085\u202e\x1b[31m\0 =1+1',
]


@dataclass(frozen=True)
class Seen:
    """What everybody sees of one appointment: pages, mails, and the object in the calendar."""

    pages: dict[str, str]
    mails: list[EmailMessage]
    calendar: str


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes; texts and values do not count."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep one."""
        self.tags.append((tag, *sorted(name for name, _value in attrs)))


def everything(app: Flask, practice: Practice, name: str) -> Seen:
    """A request by that name with the same as message, accepted, moved and cancelled; all that is shown of it."""
    hall = practice.hall
    who = booking.Details(name, "max@kunde.example", "030 1", name)
    made = acts.book(hall, "2027-03-09 10:00", "erstgespraech", who, staff="anna")
    pages = of_customer(app, practice, made)
    Worker(hall).run_due()  # while it is a request: Anna is asked
    acts.act(hall, booking.accept, acts.DESK, made.uid)
    desk = visitor(app, "desk")
    at = f"/office/booking/{made.uid}"
    for path in (
        "/office/?day=2027-03-09",
        "/office/week?day=2027-03-09",
        "/office/search?q=kunde",
        at,
        f"{at}/cancel",
        f"{at}/move",
    ):
        pages[path.replace(made.uid, "")] = desk.get(path).text
    away = {"resource": "anna", "kind": "sick", "first": "2027-03-09", "last": "2027-03-09"}
    pages["absence"] = desk.post("/office/absences/", data={"csrf_token": desk.csrf_token, **away}).text
    calendar = (
        Phone(app, "anna@praxis.example", "anna-caldav-demo-0001").ask("GET", f"bookings/{made.uid}.ics").text
    )
    moved = {"csrf_token": desk.csrf_token, "slot": "2027-03-09T14:30:00+01:00|markt", "message": name}
    pages["moved"] = desk.post(f"{at}/move", data=moved, follow_redirects=True).text
    gone = {"csrf_token": desk.csrf_token, "message": name}
    pages["cancelled"] = desk.post(f"{at}/cancel", data=gone, follow_redirects=True).text
    Worker(hall).run_due()
    return Seen(pages, [read(path) for path in sorted(hall.config.data.glob("mail/*.eml"))], calendar)


def of_customer(app: Flask, practice: Practice, made: Booking) -> dict[str, str]:
    """The pages that the customer has; a hold of theirs, too."""
    held = acts.hold(practice.hall, f"{made.wall[:10]} 15:00", staff="anna")
    acts.type_details(practice.hall, held.uid, booking.Details(made.name, made.email, "030 1", made.message))
    client = app.test_client()
    with client.session_transaction() as session:
        session["holds"] = [held.uid, made.uid]
        session["typed"] = {"name": made.name, "message": made.message}
        session["managing"] = [made.uid, int(practice.clock.now.timestamp()) + 1800]
    own = f"/book/massage/{held.uid}"
    paths = [
        f"{own}/details",
        f"{own}/code",
        f"/book/erstgespraech/{made.uid}/done",
        "/b/",
        "/b/cancel",
        "/b/move",
    ]
    return {path.replace(held.uid, "").replace(made.uid, ""): client.get(path).text for path in paths}


@pytest.fixture(scope="module")
def usual() -> dict[str, Seen]:
    """What is seen of a harmless name; made by the first test."""
    return {}


@pytest.mark.parametrize("name", [USUAL, *NAMES], ids=range(5))
def test_name_stays_text_on_every_page_in_every_mail_and_calendar(
    app: Flask, practice: Practice, usual: dict[str, Seen], name: str
) -> None:
    """A59, A61, A85, A86, A88: pages, mails and calendars are built like those of a harmless name."""
    seen = everything(app, practice, name)
    like = usual.setdefault(USUAL, seen)
    for where, source in seen.pages.items():
        assert Shape(source).tags == Shape(like.pages[where]).tags, where
        assert (plain(name) in unescape(source)) is (USUAL in like.pages[where]), where
    assert [shape(mail) for mail in seen.mails] == [shape(mail) for mail in like.mails]
    recipients = {"max@kunde.example", "anna@praxis.example"}
    assert {str(mail["To"]) for mail in seen.mails} == recipients
    assert "1234321" not in "".join(map(text, seen.mails)).replace(plain(name), "")
    assert lines(seen.calendar) == lines(like.calendar)
    assert plain(name) in str(event(seen.calendar)["SUMMARY"])


def event(source: str | bytes) -> Any:
    """The one event of a calendar."""
    (found,) = Calendar.from_ical(source).walk("VEVENT")
    return found


def lines(source: str | bytes) -> list[str]:
    """Which properties the event has, and how many lines begin one."""
    return [*sorted(event(source)), *(child.name for child in event(source).subcomponents)]


def shape(mail: EmailMessage) -> list[object]:
    """Headers, parts, tags of the page, properties of the event."""
    found: list[object] = [list(mail.keys()), len(str(mail["To"]).split(","))]
    for part in mail.walk():
        found.append(part.get_content_type())
        if part.get_content_type() == "text/calendar":
            found.append(lines(part.get_payload(decode=True)))  # type: ignore[arg-type]
    return [*found, Shape(page(mail)).tags]
