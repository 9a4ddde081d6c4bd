"""A name is a name: nowhere is it read as markup, as a template, as a header or as a line (A59, A61, A85, A86)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from html import unescape
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from icalendar import Calendar

from tests import acts
from tests.caldav.desk import Phone
from tests.plugins.test_email import page, read, text
from tests.security.test_matrix import visitor
from vorzimmer import booking
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Booking
from vorzimmer.testing import Practice, berlin
from vorzimmer.text.contact import plain

USUAL = "Max Muster"
NAMES = [
    '"></title></textarea><script>alert(1)</script>{{1111*1111}}',
    "{0.__class__}%(name)s %s%d${1111*1111}{%x%}<img src=x onerror='a'>",
    "Max\r\nBcc: eva@kunde.example\u2028ATTENDEE:mailto:eva@kunde.example",
    'Max;X=1:,\\n"BEGIN:VALARM\u0085\u202e\x1b[31m\0 =1+1',
]

DAYS = ["2027-03-11", "2027-03-16", "2027-03-18", "2027-03-23"]
"""Everybody works on them."""


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


def everything(app: Flask, practice: Practice, name: str, day: str) -> Seen:
    """A request by that name with the same as message, accepted, moved and cancelled; all that is shown of it."""
    hall, sent = practice.hall, len(mails(practice))
    who = booking.Details(name, f"max@{day}.example", "030 1", name)
    made = acts.book(hall, f"{day} 10:00", "erstgespraech", who, staff="anna")
    pages = of_customer(app, practice, made)
    Worker(hall).run_due()  # while it is a request: Anna is asked
    acts.act(hall, booking.accept, acts.DESK, made.uid)
    for _twice in range(2):  # whoever signs in for the first time is offered a tour
        desk = visitor(app, "desk")
    at = f"/office/booking/{made.uid}"
    for path in (
        f"/office/?day={day}",
        f"/office/week?day={day}",
        f"/office/search?q={day}.example",
        at,
        f"{at}/cancel",
        f"{at}/move",
    ):
        pages[path.replace(made.uid, "").replace(day, "")] = desk.get(path).text
    away = {"resource": "anna", "kind": "sick", "first": day, "last": day}
    pages["absence"] = desk.post("/office/absences/", data={"csrf_token": desk.csrf_token, **away}).text
    calendar = (
        Phone(app, "anna@praxis.example", "anna-caldav-demo-0001").ask("GET", f"bookings/{made.uid}.ics").text
    )
    moved = {
        "csrf_token": desk.csrf_token,
        "slot": f"{berlin(f'{day} 14:30').isoformat()}|markt",
        "message": name,
    }
    pages["moved"] = desk.post(f"{at}/move", data=moved, follow_redirects=True).text
    gone = {"csrf_token": desk.csrf_token, "message": name}
    pages["cancelled"] = desk.post(f"{at}/cancel", data=gone, follow_redirects=True).text
    Worker(hall).run_due()
    return Seen(pages, mails(practice)[sent:], calendar)


def mails(practice: Practice) -> list[EmailMessage]:
    """What has left so far."""
    return [read(path) for path in sorted(practice.hall.config.data.glob("mail/*.eml"))]


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


def test_name_stays_text_on_every_page_in_every_mail_and_calendar(app: Flask, practice: Practice) -> None:
    """A59, A61, A85, A86, A88: pages, mails and calendars are built like those of a harmless name."""
    like = everything(app, practice, USUAL, "2027-03-09")
    for day, name in zip(DAYS, NAMES, strict=True):
        seen = everything(app, practice, name, day)
        for where, source in seen.pages.items():
            assert Shape(source).tags == Shape(like.pages[where]).tags, (name, where)
            assert (plain(name) in unescape(source)) is (USUAL in like.pages[where]), (name, where)
        assert [shape(mail) for mail in seen.mails] == [shape(mail) for mail in like.mails], name
        assert {str(mail["To"]) for mail in seen.mails} == {
            f"max@{day}.example",
            "anna@praxis.example",
            "empfang@praxis.example",
        }
        assert "1234321" not in "".join(map(text, seen.mails)).replace(plain(name), "")
        assert lines(seen.calendar) == lines(like.calendar), name
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
