"""What of one person's calendars another one reaches: nothing, by any method, report or header (A125 to A142)."""

from __future__ import annotations

from itertools import product

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import acts
from tests.caldav.desk import NAMESPACES, Phone, hrefs
from tests.caldav.desk import event as calendar_event
from tests.security.world import LOGINS, MARK, Foreign, of_ben, state
from tests.web.desk import address
from vorzimmer import accounts, database
from vorzimmer.models import CalendarObject, Message
from vorzimmer.testing import Practice

METHODS = (
    "GET",
    "HEAD",
    "PUT",
    "DELETE",
    "PROPFIND",
    "PROPPATCH",
    "MKCALENDAR",
    "MKCOL",
    "REPORT",
    "MOVE",
    "COPY",
    "POST",
)


def phone_of(app: Flask, practice: Practice, who: str) -> Phone:
    """The calendar app of somebody, with a fresh app password."""
    email = {**LOGINS, "ben": "ben@praxis.example"}[who]

    def work(session: Session) -> str:
        return accounts.add_app_password(session, database.now(session), address(session, email), "phone")

    return Phone(app, email, practice.hall.database.write(work))


@pytest.fixture
def foreign(app: Flask, practice: Practice) -> Foreign:
    """Ben's appointment and his own event."""
    ben = phone_of(app, practice, "ben")
    text = calendar_event("his-own", f"SUMMARY:{MARK}", start="20270304T130000Z", end="20270304T140000Z")
    assert ben.ask("PUT", "bookings/his-own.ics", text).status_code == 201
    return of_ben(practice)


@pytest.mark.parametrize("who", LOGINS)
def test_no_method_reaches_a_colleagues_calendar(
    app: Flask, practice: Practice, foreign: Foreign, who: str
) -> None:
    """A125, A136: rights in the office open no door here; each person's app sees that person's calendars."""
    phone, before = phone_of(app, practice, who), state(practice, foreign)
    there = "/dav/ben%40praxis.example/"
    for method, path in product(
        METHODS, ("", "bookings/", f"bookings/{foreign.booking.uid}.ics", "bookings/his-own.ics", "new/")
    ):
        answer = phone.ask(
            method, there + path, calendar_event("his-own"), Destination=f"{phone.home}bookings/x.ics"
        )
        assert answer.status_code in (401, 403, 404, 405), (method, path)
        assert MARK.lower() not in answer.text.lower()
    for own in ("bookings/x.ics", "bookings/"):
        answer = phone.ask("MOVE", f"{phone.home}{own}", Destination=f"{there}bookings/x.ics")
        assert answer.status_code in (401, 403, 404, 409)
    assert state(practice, foreign) == before


DATA = "<prop><C:calendar-data /><displayname /></prop>"
EVERYTHING = "<C:filter><C:comp-filter name='VCALENDAR' /></C:filter>"
OWNER = "<property name='owner'><property name='displayname' /></property>"
ANYBODY = "<property-search><prop><displayname /></prop><match /></property-search>"
REPORTS = {
    "C:calendar-multiget": f"{DATA}<href>/dav/ben%40praxis.example/bookings/his-own.ics</href>",
    "C:calendar-query": f"{DATA}{EVERYTHING}",
    "C:free-busy-query": "<C:time-range start='20270301T000000Z' end='20270401T000000Z' />",
    "sync-collection": f"<sync-token /><sync-level>infinite</sync-level>{DATA}",
    "expand-property": OWNER,
    "principal-property-search": f"{ANYBODY}{DATA}",
    "principal-match": f"<self />{DATA}",
    "acl-principal-prop-set": DATA,
}


@pytest.mark.parametrize("report", REPORTS)
def test_no_report_tells_of_a_colleague(
    app: Flask, practice: Practice, foreign: Foreign, report: str
) -> None:
    """A126: asked of the root, of the own home, of the own calendar."""
    anna = phone_of(app, practice, "anna")
    body = f"<{report} {NAMESPACES}>{REPORTS[report]}</{report}>"
    for path in ("/dav/", anna.home, f"{anna.home}bookings/"):
        answer = anna.ask("REPORT", path, body, Depth="1")
        assert answer.status_code < 500
        assert MARK.lower() not in answer.text.lower()
        assert "Ben Cordes" not in answer.text
        assert "20270304" not in answer.text


def test_listing_of_the_root_names_nobody_else(app: Flask, practice: Practice, foreign: Foreign) -> None:
    """A10, A126."""
    anna = phone_of(app, practice, "anna")
    assert hrefs(anna.propfind("/dav/", "displayname", depth="1")) == ["/dav/", anna.home]


def test_two_people_may_have_the_same_event(app: Flask, practice: Practice, foreign: Foreign) -> None:
    """A137: a UID that a colleague uses tells nothing and stops nobody: both were invited."""
    anna = phone_of(app, practice, "anna")
    text = calendar_event("his-own", "SUMMARY:hers", start="20270304T130000Z", end="20270304T140000Z")
    assert anna.ask("PUT", "bookings/his-own.ics", text).status_code == 201
    assert anna.ask("DELETE", "bookings/his-own.ics").status_code == 204
    with practice.hall.database.reading() as session:
        assert (
            session.scalars(select(CalendarObject).where(CalendarObject.uid == "his-own"))
            .one()
            .text.count(MARK)
            == 1
        )


@pytest.mark.parametrize("act", ["move", "put"])
def test_no_object_takes_the_place_of_an_appointment(app: Flask, practice: Practice, act: str) -> None:
    """A136, A137: neither by moving onto its address nor by another UID there."""
    anna, made = phone_of(app, practice, "anna"), acts.book(practice.hall, staff="anna")
    anna.ask(
        "PUT", "bookings/own.ics", calendar_event("own", start="20270305T130000Z", end="20270305T140000Z")
    )
    if act == "move":
        to = f"{anna.home}bookings/{made.uid}.ics"
        answer = anna.ask("MOVE", "bookings/own.ics", Destination=to, Overwrite="T")
    else:
        answer = anna.ask("PUT", f"bookings/{made.uid}.ics", calendar_event("own"))
    assert answer.status_code in (403, 409, 412)
    assert acts.again(practice.hall, made.uid).status == "confirmed"


def test_appointment_is_not_moved_onto_a_hold(app: Flask, practice: Practice) -> None:
    """A140: refused with a precondition, nothing half-done, nobody told."""
    anna, made = phone_of(app, practice, "anna"), acts.book(practice.hall, "2027-03-02 10:00", staff="anna")
    acts.hold(practice.hall, "2027-03-02 14:00", staff="anna")
    text = anna.ask("GET", f"bookings/{made.uid}.ics").text
    moved = text.replace("20270302T10", "20270302T14")
    refused = anna.ask("PUT", f"bookings/{made.uid}.ics", moved)
    assert refused.status_code == 409
    assert "allowed-organizer-scheduling-object-change" in refused.text
    assert acts.again(practice.hall, made.uid).starts == made.starts
    with practice.hall.database.reading() as session:
        assert not session.scalars(select(Message).where(Message.topic == "moved")).all()


def test_what_an_event_points_to_is_kept_and_never_fetched(app: Flask, practice: Practice) -> None:
    """A142: every connection beyond loopback fails the test; loopback's port 1 would refuse."""
    anna = phone_of(app, practice, "anna")
    lines = [
        "ATTACH:http://192.0.2.1/x",
        "ATTACH:file:///etc/passwd",
        "IMAGE;VALUE=URI:http://192.0.2.1/x",
        "CONFERENCE;VALUE=URI:javascript:alert(1)",
        "URL:javascript:alert(1)",
        "BEGIN:VALARM",
        "ACTION:AUDIO",
        "TRIGGER:-PT5M",
        "ATTACH:http://192.0.2.1/x",
        "END:VALARM",
    ]
    assert anna.ask("PUT", "bookings/a.ics", calendar_event("a", *lines)).status_code == 201
    kept = anna.ask("GET", "bookings/a.ics")
    assert kept.text.count("192.0.2.1") == 3
    assert kept.mimetype == "text/calendar"
