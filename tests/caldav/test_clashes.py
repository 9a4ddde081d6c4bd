"""A private event over an appointment: both stand, the rest of its time is closed, and it is noted (S6, rule 80)."""

from __future__ import annotations

import pytest

from tests import acts
from tests.caldav.desk import Phone, event
from tests.caldav.test_bookings import moved, text_of
from vorzimmer import booking, database
from vorzimmer.models import Allocation, AuditEntry, Message, Status
from vorzimmer.testing import Practice, berlin

TUESDAY = "2027-03-02"


def noted(practice: Practice) -> list[tuple[str, str]]:
    """Appointments and times of private events for which a clash was written down, in order."""
    with practice.hall.database.reading() as session:
        found = session.query(AuditEntry).filter_by(act="clashed").order_by(AuditEntry.id)
        return [(one.subject.removeprefix("booking "), one.after["private"][0][5:16]) for one in found]


def seen(practice: Practice) -> list[str]:
    """The appointments that clash now."""
    with practice.hall.database.reading() as session:
        return [one.booking.uid for one in booking.clashes(session, database.now(session))]


def free(practice: Practice, *times: str, day: str = TUESDAY) -> list[bool]:
    """Whether Anna's times are on offer."""
    offered = acts.offered(practice.hall, "massage", day, staff="anna")
    return [berlin(f"{day} {time}") in offered for time in times]


@pytest.mark.parametrize("calendar", ["bookings", "own"])
def test_private_event_over_an_appointment_stands_beside_it(
    practice: Practice, anna: Phone, calendar: str
) -> None:
    anna.ask("MKCALENDAR", "own/")
    made = acts.book(practice.hall, staff="anna")
    told = acts.told(practice.hall, made.uid)
    answer = anna.ask("PUT", f"{calendar}/dentist.ics", event("dentist", end="20270302T103000Z"))
    assert answer.status_code == 201
    assert "ETag" in answer.headers
    assert acts.again(practice.hall, made.uid).starts == made.starts
    assert free(practice, "10:00", "10:45", "11:30") == [False, False, True]
    assert noted(practice) == [(made.uid, "03-02T09:00")]
    assert seen(practice) == [made.uid]
    assert acts.told(practice.hall, made.uid) == told  # no concern of the customer's
    acts.act(practice.hall, booking.cancel, acts.DESK, made.uid)
    assert free(practice, "10:00", "11:30") == [False, True]
    assert seen(practice) == []


def test_clash_is_a_fact_for_plugins_in_the_same_transaction(practice: Practice, anna: Phone) -> None:
    """Whoever listens can tell the person: which appointment it is, and when the private event is."""
    made = acts.book(practice.hall, staff="anna")
    anna.ask("PUT", "bookings/dentist.ics", event("dentist"))
    with practice.hall.database.reading() as session:
        facts = [
            one.details
            for one in session.query(Message).filter_by(topic="booking_changed", channel="vorzimmer_notices")
        ]
    [fact] = [one for one in facts if one["kind"] == "clashed"]
    assert (fact["uid"], fact["door"], fact["actor"]) == (made.uid, "caldav", "anna@praxis.example")
    assert fact["after"]["private"] == ["2027-03-02T09:00:00+00:00", "2027-03-02T10:00:00+00:00"]


def test_event_that_is_put_again_is_noted_once(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, staff="anna")
    for title in ("a", "b"):
        anna.ask("PUT", "bookings/dentist.ics", event("dentist", f"SUMMARY:{title}"))
    assert noted(practice) == [(made.uid, "03-02T09:00")]
    other = acts.book(practice.hall, f"{TUESDAY} 14:00", staff="anna")
    anna.ask("PUT", "bookings/dentist.ics", event("dentist", end="20270302T140000Z"))
    assert [uid for uid, _ in noted(practice)] == [made.uid, other.uid]


def test_event_over_a_hold_stands_and_is_noted_when_it_is_confirmed(practice: Practice, anna: Phone) -> None:
    held = acts.hold(practice.hall, staff="anna")
    acts.type_details(practice.hall, held.uid)
    assert anna.ask("PUT", "bookings/dentist.ics", event("dentist")).status_code == 201
    assert (noted(practice), seen(practice)) == ([], [])
    assert acts.confirm(practice.hall, held).status == Status.CONFIRMED
    assert noted(practice) == [(held.uid, "03-02T09:00")]
    assert seen(practice) == [held.uid]


def test_series_whose_fifth_date_meets_an_appointment_is_taken(practice: Practice, anna: Phone) -> None:
    made = acts.book(practice.hall, "2027-03-30 10:00", staff="anna")
    weekly = event("a", "RRULE:FREQ=WEEKLY;COUNT=8", start="20270302T080000Z", end="20270302T100000Z")
    assert anna.ask("PUT", "bookings/a.ics", weekly).status_code == 201
    assert noted(practice) == [(made.uid, "03-30T08:00")]  # summer time has begun
    for day in (TUESDAY, "2027-03-23"):
        assert free(practice, "10:00", day=day) == [False]
    assert free(practice, "09:00", "11:00", "14:00", day="2027-03-30") == [True, False, True]


@pytest.mark.parametrize(
    ("start", "end"), [("20270309T083000Z", "20270309T090000Z"), ("20270309T093000Z", "20270309T100000Z")]
)
def test_series_that_only_touches_an_appointment_is_no_clash(
    practice: Practice, anna: Phone, start: str, end: str
) -> None:
    """Half-open times (rule 2), at both ends, also of a later date: the belt guards all of it."""
    acts.book(practice.hall, "2027-03-09 10:00", staff="anna")
    first = (start.replace("0309", "0302"), end.replace("0309", "0302"))
    text = event("a", "RRULE:FREQ=WEEKLY;COUNT=3", start=first[0], end=first[1])
    assert anna.ask("PUT", "bookings/a.ics", text).status_code == 201
    assert noted(practice) == []
    assert guards(practice) == [True] * 3
    longer = text.replace(f"DTEND:{first[1]}", f"DTEND:{first[1].replace('00Z', '01Z')}")
    earlier = text.replace(f"DTSTART:{first[0]}", f"DTSTART:{first[0].replace('3000Z', '2959Z')}")
    assert anna.ask("PUT", "bookings/a.ics", longer if "T08" in start else earlier).status_code == 204
    assert len(noted(practice)) == 1
    assert guards(practice) == [True, False, True]


def guards(practice: Practice) -> list[bool]:
    """Which occurrences of private events the belt guards."""
    with practice.hall.database.reading() as session:
        return [
            one.guarded for one in session.query(Allocation).filter_by(block=1).order_by(Allocation.starts)
        ]


def test_appointment_dragged_over_an_own_event_stands_there(practice: Practice, anna: Phone) -> None:
    """Only appointments may not overlap appointments, whichever came first."""
    made = acts.book(practice.hall, staff="anna")
    anna.ask(
        "PUT", "bookings/dentist.ics", event("dentist", start="20270302T130000Z", end="20270302T140000Z")
    )
    text = moved(text_of(anna, made.uid), "20270302T141500", "20270302T144500")
    assert anna.ask("PUT", f"bookings/{made.uid}.ics", text).status_code == 204
    assert acts.again(practice.hall, made.uid).starts == berlin(f"{TUESDAY} 14:15")
    assert noted(practice) == [(made.uid, "03-02T13:00")]
    other = acts.book(practice.hall, f"{TUESDAY} 16:00", staff="anna")
    text = moved(text_of(anna, other.uid), "20270302T141500", "20270302T144500")
    assert anna.ask("PUT", f"bookings/{other.uid}.ics", text).status_code == 409


def test_calendar_over_an_appointment_can_be_set_to_busy(practice: Practice, anna: Phone) -> None:
    anna.ask("MKCALENDAR", "own/")
    free_, busy = (
        f"<propertyupdate xmlns='DAV:' xmlns:C='urn:ietf:params:xml:ns:caldav'><set><prop>"
        f"<C:schedule-calendar-transp><C:{value} /></C:schedule-calendar-transp></prop></set></propertyupdate>"
        for value in ("transparent", "opaque")
    )
    anna.ask("PROPPATCH", "own/", free_)
    anna.ask("PUT", "own/a.ics", event("a"))
    made = acts.book(practice.hall, staff="anna")
    assert noted(practice) == []
    assert anna.ask("PROPPATCH", "own/", busy).status_code == 207
    assert noted(practice) == [(made.uid, "03-02T09:00")]
