"""Calendars elsewhere: read by the worker, stored as a whole, given to search, marked when out of date."""

from datetime import UTC
from typing import Any

import pytest

from tests import acts
from tests.plugins.elsewhere import (
    DENTIST,
    HTTP,
    Elsewhere,
    again,
    elsewhere,
    enter,
    event,
    ics,
    read,
    settings,
)
from tests.servers import eventually
from vorzimmer import availability, booking
from vorzimmer.access import ROLES, Actor
from vorzimmer.hookspecs import ExternalCalendar
from vorzimmer.messages.worker import Worker
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import BERLIN, Practice, berlin
from vorzimmer_external_busy import refreshing
from vorzimmer_external_busy.models import Source

__all__ = ["elsewhere", "settings"]
DAY = "2027-03-02"


def hours(practice: Practice, day: str = DAY) -> list[str]:
    """When anna is offered."""
    starts = acts.offered(practice.hall, "massage", day, "anna")
    return [f"{start.astimezone(BERLIN):%H:%M}" for start in starts]


def rules(practice: Practice, start: str) -> list[tuple[str, str]]:
    """Rule and text of what stands against a start of anna's."""
    with practice.hall.database.reading() as session:
        told = availability.explain(
            session,
            practice.hall.plugins,
            booking.parts.load.service(session, "massage"),
            berlin(start),
            practice.clock.now,
            staff="anna",
        )
    return [(why.rule, str(why.text)) for why in told.reasons]


def test_an_address_makes_time_busy_through_the_worker(practice: Practice, elsewhere: Elsewhere) -> None:
    """Rule 74: what stands in a calendar elsewhere is not offered, as soon as the worker has read it."""
    Worker(practice.hall).run_due()  # has been running for a while
    made = enter(practice, elsewhere.url)
    assert "10:00" in hours(practice)
    Worker(practice.hall).run_due()
    eventually(lambda: again(practice, made).success_at, "the first reading")
    found = hours(practice)
    assert not {"10:00", "10:30"} & set(found)
    assert {"09:00", "11:00"} <= set(found)


def known(practice: Practice, elsewhere: Elsewhere, **more: Any) -> ExternalCalendar:
    """A calendar that was read well once."""
    return read(practice, enter(practice, elsewhere.url, **more))


def test_a_calendar_that_has_not_changed_is_asked_by_its_mark(
    practice: Practice, elsewhere: Elsewhere
) -> None:
    elsewhere.headers = {"ETag": '"1"'}
    made = known(practice, elsewhere)
    practice.clock.move(hours=1)
    after = read(practice, made)
    assert elsewhere.asked[-1][2]["If-None-Match"] == '"1"'
    assert (after.busy, after.success_at) == (1, practice.clock.now.astimezone(UTC))


def test_what_is_gone_from_the_calendar_is_free_again(practice: Practice, elsewhere: Elsewhere) -> None:
    made = known(practice, elsewhere)
    elsewhere.body = ics()
    assert read(practice, made).busy == 0
    assert "10:00" in hours(practice)


def test_an_own_appointment_seen_again_blocks_nothing(practice: Practice, elsewhere: Elsewhere) -> None:
    """Rule 78, A124: our own UIDs are ours; the booking stays as it is. Any other UID at that time is busy."""
    booked = practice.book("massage", f"{DAY} 11:00")
    own = event(booked.uid, ":20270302T080000Z", ":20270302T090000Z")
    elsewhere.body = ics(own)
    found = known(practice, elsewhere)
    assert (found.busy, list(found.remarks)) == (0, [])
    assert "09:00" in hours(practice)
    elsewhere.body = ics(own.replace(booked.uid, "another"))
    assert read(practice, found).busy == 1
    assert "09:00" not in hours(practice)
    elsewhere.body = ics(own.replace("END:", "STATUS:CANCELLED\nEND:"))
    assert read(practice, found).busy == 0
    assert acts.again(practice.hall, booked.uid).status == "confirmed"


def test_the_explainer_names_the_rule(practice: Practice, elsewhere: Elsewhere) -> None:
    """Rules 74, 81: and nothing of what stands there."""
    known(practice, elsewhere)
    assert rules(practice, f"{DAY} 10:00") == [("74", "busy in another calendar")]


def test_an_old_answer_goes_on_and_says_so(practice: Practice, elsewhere: Elsewhere) -> None:
    """Rule 79: out of date by the limit, the policy offers what is left."""
    made = known(practice, elsewhere)
    practice.clock.move(hours=24)
    assert again(practice, made).stale
    assert rules(practice, f"{DAY} 10:30")[0][0] == "79"
    assert "11:00" in hours(practice)


def test_an_old_answer_ends_the_offers_where_that_is_wanted(practice: Practice, elsewhere: Elsewhere) -> None:
    """Rule 79: the other policy."""
    known(practice, elsewhere, offer_when_stale=False)
    practice.clock.move(hours=24)
    assert hours(practice) == []
    assert ("79", "another calendar has not answered for too long") in rules(practice, f"{DAY} 11:00")


def test_caldav_is_asked_by_report_with_the_password(practice: Practice, elsewhere: Elsewhere) -> None:
    """Rule 76: the server sends objects of one UID each; a secret never stands in the database in plain."""
    elsewhere.status = 207
    text = ics(DENTIST).decode()
    elsewhere.body = (
        '<multistatus xmlns="DAV:"><response><propstat><prop>'
        f'<C:calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav">{text}</C:calendar-data>'
        "</prop></propstat></response></multistatus>"
    ).encode()
    made = known(practice, elsewhere, kind="caldav", user="anna", password="geheim")
    method, _, headers, body = elsewhere.asked[0]
    assert (made.busy, method, headers["Authorization"]) == (1, "REPORT", "Basic YW5uYTpnZWhlaW0=")
    assert b"time-range" in body
    with practice.hall.database.reading() as session:
        stored = str(session.get_one(Source, made.id).secret)
    assert "geheim" not in stored
    assert "127.0.0.1" not in stored


def test_nobody_touches_a_calendar_of_somebody_else(practice: Practice) -> None:
    """A1: as if it were not there."""
    ben = Actor("ben", "office", resource_id=practice.resource("ben").id, rights=ROLES["staff"])
    with pytest.raises(Refused) as refusal:
        enter(practice, "https://cal.example/x.ics", actor=ben)
    assert refusal.value.reason is Reason.NOT_FOUND


def test_a_calendar_changed_while_it_is_read_takes_nothing_of_the_old(
    practice: Practice, elsewhere: Elsewhere
) -> None:
    made = enter(practice, elsewhere.url)
    task = refreshing.task_of(practice.hall, made.id)
    with practice.hall.database.transaction() as session:
        session.get_one(Source, made.id).version += 1
    refreshing.refresh(practice.hall, HTTP, task)
    assert again(practice, made).success_at is None
