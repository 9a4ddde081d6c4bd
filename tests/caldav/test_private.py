"""Calendars that a person makes: stored as sent, busy unless said otherwise, deleted softly."""

from __future__ import annotations

import pytest

from tests import acts
from tests.caldav.desk import NAMESPACES, C, D, Phone, calendar, conditions, event, hrefs
from vorzimmer.models import Calendar, CalendarObject
from vorzimmer.testing import Practice, berlin

TUESDAY = "2027-03-02"


@pytest.fixture
def own(anna: Phone) -> Phone:
    """Anna's phone, with a calendar `own`."""
    assert anna.ask("MKCALENDAR", "own/").status_code == 201
    return anna


def free(practice: Practice, time: str = "10:00") -> bool:
    """Whether Anna's time is offered on Tuesday."""
    return berlin(f"{TUESDAY} {time}") in acts.offered(practice.hall, "massage", TUESDAY, staff="anna")


def test_bookings_come_first_then_ones_own(own: Phone) -> None:
    own.ask("MKCALENDAR", "another/")
    listed = hrefs(own.propfind("", "D:resourcetype", depth="1"))
    assert listed == [own.home, f"{own.home}bookings/", f"{own.home}own/", f"{own.home}another/"]


@pytest.mark.parametrize("component", ["VEVENT", "VTODO", "VJOURNAL"])
def test_text_is_stored_as_sent(own: Phone, component: str) -> None:
    text = calendar(
        component, "UID:a", "DTSTAMP:20270101T000000Z", "DTSTART:20270302T090000Z", "X-OWN;A=b:c,d"
    )
    stored = own.ask("PUT", "own/a.ics", text)
    assert stored.status_code == 201
    read = own.ask("GET", "own/a.ics")
    assert (read.text, read.headers["ETag"]) == (text, stored.headers["ETag"])


def test_event_closes_its_time_and_opens_it_again(practice: Practice, own: Phone) -> None:
    own.ask("PUT", "own/a.ics", event("a"))
    assert not free(practice)
    own.ask("PUT", "own/a.ics", event("a", start="20270302T130000Z", end="20270302T140000Z"))
    assert free(practice)
    assert not free(practice, "14:15")
    own.ask("DELETE", "own/a.ics")
    assert free(practice, "14:15")


@pytest.mark.parametrize("line", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED"])
def test_transparent_or_cancelled_event_closes_nothing(practice: Practice, own: Phone, line: str) -> None:
    own.ask("PUT", "own/a.ics", event("a", line))
    assert free(practice)
    own.ask("PUT", "own/a.ics", event("a"))
    assert not free(practice)
    own.ask("PUT", "own/a.ics", event("a", line))
    assert free(practice)


def test_task_closes_nothing(practice: Practice, own: Phone) -> None:
    own.ask(
        "PUT", "own/a.ics", calendar("VTODO", "UID:a", "DTSTAMP:20270101T000000Z", "DUE:20270302T100000Z")
    )
    assert free(practice)


def test_calendar_set_to_free_opens_its_time_at_once(practice: Practice, own: Phone) -> None:
    own.ask("PUT", "own/a.ics", event("a"))
    assert own.ask("PROPPATCH", "own/", transparency("transparent")).status_code == 207
    assert free(practice)
    assert own.propfind("own/", "C:schedule-calendar-transp").find(f".//{C}transparent") is not None
    own.ask("PROPPATCH", "own/", transparency("opaque"))
    assert not free(practice)


def transparency(value: str) -> str:
    return (
        f"<propertyupdate {NAMESPACES}><set><prop><C:schedule-calendar-transp><C:{value} />"
        "</C:schedule-calendar-transp></prop></set></propertyupdate>"
    )


def test_events_may_overlap_each_other(own: Phone) -> None:
    assert own.ask("PUT", "own/a.ics", event("a")).status_code == 201
    assert own.ask("PUT", "own/b.ics", event("b")).status_code == 201
    assert own.ask("PUT", "bookings/c.ics", event("c")).status_code == 201


def test_twenty_first_calendar_is_refused(anna: Phone) -> None:
    """A144: the quota of interface.md."""
    assert {anna.ask("MKCALENDAR", f"c{number}/").status_code for number in range(20)} == {201}
    refused = anna.ask("MKCALENDAR", "one-too-many/")
    assert refused.status_code == 507
    assert conditions(refused) == {f"{D}quota-not-exceeded"}
    anna.ask("DELETE", "c0/")
    assert anna.ask("MKCALENDAR", "c20/").status_code == 201


def test_deleted_calendar_is_gone_its_time_open_its_address_free(practice: Practice, own: Phone) -> None:
    """T7, A136: softly, the rows stay."""
    own.ask("PUT", "own/a.ics", event("a"))
    assert own.ask("DELETE", "own/").status_code == 204
    assert own.ask("GET", "own/a.ics").status_code == 404
    assert free(practice)
    assert own.ask("MKCALENDAR", "own/").status_code == 201
    assert own.ask("GET", "own/a.ics").status_code == 404
    with practice.hall.database.reading() as session:
        assert session.query(Calendar).filter_by(slug="own").count() == 2
        assert session.query(CalendarObject).filter_by(uid="a").count() == 1


def test_servers_own_collections_are_neither_deleted_nor_replaced(practice: Practice, anna: Phone) -> None:
    """A136."""
    acts.book(practice.hall, staff="anna")
    for path in ("bookings/", "bookings", "", "/dav/"):
        assert anna.ask("DELETE", path).status_code == 403
        assert anna.ask("PUT", path, event("a")).status_code == 403
    assert anna.ask("MOVE", "bookings/", Destination=f"{anna.home}elsewhere/").status_code in (403, 405)
    assert len(hrefs(anna.propfind("bookings/", "D:getetag", depth="1"))) == 2


def test_extended_mkcol_makes_a_calendar_and_nothing_else(anna: Phone) -> None:
    types = {"<collection /><C:calendar />": 201, "<collection />": 403}
    for number, (inner, status) in enumerate(types.items()):
        body = f"<mkcol {NAMESPACES}><set><prop><resourcetype>{inner}</resourcetype></prop></set></mkcol>"
        assert anna.ask("MKCOL", f"c{number}/", body).status_code == status


def test_only_components_that_the_calendar_was_made_for_are_taken(anna: Phone) -> None:
    body = (
        f"<C:mkcalendar {NAMESPACES}><set><prop><C:supported-calendar-component-set><C:comp name='VTODO' />"
        "</C:supported-calendar-component-set></prop></set></C:mkcalendar>"
    )
    assert anna.ask("MKCALENDAR", "tasks/", body).status_code == 201
    refused = anna.ask("PUT", "tasks/a.ics", event("a"))
    assert refused.status_code == 403
    assert f"{C}supported-calendar-component" in conditions(refused)


def test_object_moves_between_calendars_and_keeps_its_time(practice: Practice, own: Phone) -> None:
    own.ask("PUT", "own/a.ics", event("a"))
    moved = own.ask("MOVE", "own/a.ics", Destination=f"http://localhost{own.home}bookings/b.ics")
    assert moved.status_code == 201
    assert own.ask("GET", "own/a.ics").status_code == 404
    assert own.ask("GET", "bookings/b.ics").text == event("a")
    assert not free(practice)


def test_booking_does_not_move_to_another_calendar(practice: Practice, own: Phone) -> None:
    made = acts.book(practice.hall, staff="anna")
    path = f"bookings/{made.uid}.ics"
    assert own.ask("MOVE", path, Destination=f"{own.home}own/a.ics").status_code == 403
    assert own.ask("GET", path).status_code == 200


@pytest.mark.parametrize(
    ("destination", "status"),
    [
        ("http://elsewhere.example/dav/anna%40praxis.example/own/b.ics", 502),
        ("http://localhost:x/dav/anna%40praxis.example/own/b.ics", 502),
        ("", 400),
        ("/dav/anna%40praxis.example/own/%2e%2e/b.ics", 400),
        ("/dav/ben%40praxis.example/bookings/b.ics", 403),
        ("/elsewhere/b.ics", 403),
        ("/dav/anna%40praxis.example/own/a.ics", 403),
    ],
)
def test_odd_destination_is_refused(own: Phone, destination: str, status: int) -> None:
    """A146, A125."""
    own.ask("PUT", "own/a.ics", event("a"))
    overwrite = "T" if destination.endswith("own/a.ics") else "F"
    assert own.ask("MOVE", "own/a.ics", Destination=destination, Overwrite=overwrite).status_code == status
    assert own.ask("GET", "own/a.ics").status_code == 200


def test_object_is_not_overwritten_without_leave(own: Phone) -> None:
    own.ask("PUT", "own/a.ics", event("a"))
    own.ask("PUT", "own/b.ics", event("b"))
    target = f"{own.home}own/b.ics"
    assert own.ask("MOVE", "own/a.ics", Destination=target, Overwrite="F").status_code == 412
    assert own.ask("MOVE", "own/a.ics", Destination=target, Overwrite="T").status_code == 409


def test_uid_is_once_in_a_calendar_and_keeps_its_address(own: Phone) -> None:
    """A137."""
    own.ask("PUT", "own/a.ics", event("a"))
    for path, uid in (("own/b.ics", "a"), ("own/a.ics", "b")):
        refused = own.ask("PUT", path, event(uid))
        assert refused.status_code == 409
        assert conditions(refused) == {f"{C}no-uid-conflict"}


def test_colour_and_name_are_kept(own: Phone) -> None:
    body = (
        f"<propertyupdate {NAMESPACES}><set><prop><displayname>Yoga &amp; Sport</displayname>"
        "<I:calendar-color>#FF0000FF</I:calendar-color><x:own xmlns:x='urn:x'>1</x:own></prop></set></propertyupdate>"
    )
    assert own.ask("PROPPATCH", "own/", body).status_code == 207
    kept = own.propfind("own/", "displayname", "I:calendar-color")
    assert kept.findtext(f".//{D}displayname") == "Yoga & Sport"
    assert kept.findtext(".//{http://apple.com/ns/ical/}calendar-color") == "#FF0000FF"
    named = own.ask("PROPFIND", "own/", f"<propfind {NAMESPACES}><propname /></propfind>").text
    assert 'xmlns="urn:x"' in named
