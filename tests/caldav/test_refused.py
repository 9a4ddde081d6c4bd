"""What a refused write leaves: everything as it was, and a sync that brings it back to the app (S1, S4, S5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event as engine_event
from sqlalchemy import text as sql

from tests import acts
from tests.caldav.desk import NAMESPACES, C, D, Phone, calendar, conditions, event
from tests.caldav.others import synced
from tests.caldav.test_bookings import moved, text_of
from vorzimmer.database import Database
from vorzimmer.icalendar.text import CalendarDataError
from vorzimmer.models import AuditEntry, Model
from vorzimmer.testing import Practice

TASKS = (
    f"<C:mkcalendar {NAMESPACES}><set><prop><C:supported-calendar-component-set><C:comp name='VTODO' />"
    "</C:supported-calendar-component-set></prop></set></C:mkcalendar>"
)


@pytest.fixture
def own(anna: Phone) -> Phone:
    """Anna's phone, with a calendar `own`."""
    assert anna.ask("MKCALENDAR", "own/").status_code == 201
    return anna


def todo(uid: str) -> str:
    return calendar("VTODO", f"UID:{uid}", "DTSTAMP:20270101T000000Z", "DUE:20270302T100000Z")


@pytest.mark.parametrize("overwritten", [False, True])
def test_move_into_a_calendar_of_another_kind_loses_nothing(own: Phone, overwritten: bool) -> None:
    """S1, in both directions, also onto an object of the same UID."""
    own.ask("MKCALENDAR", "tasks/", TASKS)
    for path, text, there, kept in (
        ("own/a.ics", event("a"), "tasks/a.ics", todo("a")),
        ("tasks/b.ics", todo("b"), "bookings/b.ics", event("b")),
    ):
        assert own.ask("PUT", path, text).status_code == 201
        if overwritten:
            assert own.ask("PUT", there, kept).status_code == 201
        refused = own.ask("MOVE", path, Destination=f"{own.home}{there}", Overwrite="T")
        assert refused.status_code == 403
        assert f"{C}supported-calendar-component" in conditions(refused)
        assert own.ask("GET", path).text == text
        assert own.ask("GET", there).status_code == (200 if overwritten else 404)


FREE = (
    f"<propertyupdate {NAMESPACES}><set><prop><C:schedule-calendar-transp><C:transparent />"
    "</C:schedule-calendar-transp></prop></set></propertyupdate>"
)
THRICE = "RRULE:FREQ=WEEKLY;COUNT=3"
WRITES = {
    "new": ("PUT", "own/new.ics", event("new", THRICE, start="20270302T120000Z", end="20270302T130000Z")),
    "changed": ("PUT", "own/a.ics", event("a", start="20270302T133000Z", end="20270302T143000Z")),
    "moved": ("PUT", "bookings/{uid}.ics", "{text}"),
    "object": ("DELETE", "own/a.ics", ""),
    "booking": ("DELETE", "bookings/{uid}.ics", ""),
    "calendar": ("DELETE", "own/", ""),
    "elsewhere": ("MOVE", "own/a.ics", ""),
    "made": ("MKCALENDAR", "made/", ""),
    "set": ("PROPPATCH", "own/", FREE),
}


@pytest.mark.parametrize("name", WRITES)
def test_error_at_any_statement_of_a_write_changes_nothing(practice: Practice, own: Phone, name: str) -> None:
    """The kind of S1: whoever answers an error, and wherever it comes from, nothing is half-done."""
    made = acts.book(practice.hall, staff="anna")
    own.ask("PUT", "own/a.ics", event("a", THRICE, start="20270302T160000Z", end="20270302T170000Z"))
    method, path, body = WRITES[name]
    text = moved(text_of(own, made.uid), "20270302T141500", "20270302T144500")
    path, body = path.format(uid=made.uid), body.replace("{text}", text)
    before = state(practice.hall.database)
    for number in range(1, 500):
        with failing(practice.hall.database, number):
            answer = own.ask(method, path, body, Destination=f"{own.home}bookings/a.ics")
        if answer.status_code < 300:
            break
        assert state(practice.hall.database) == before, (number, answer.status_code)
    assert 3 < number < 499
    assert state(practice.hall.database) != before


@contextmanager
def failing(database: Database, number: int) -> Iterator[None]:
    """Raise at the statement of this number what handlers catch and answer."""
    left = number

    def count(*_given: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise CalendarDataError("valid-calendar-data", "odd")

    engine_event.listen(database.engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        engine_event.remove(database.engine, "before_cursor_execute", count)


def state(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for what a refusal leaves behind."""
    left = {"audit_entry", "calendar_change", "app_password", "calendar.sequence", "resource.version"}
    left |= {"calendar_object.etag", "calendar_object.modified_at"}
    found = {}
    with database.reading() as session:
        for table in Model.metadata.sorted_tables:
            kept = [column.name for column in table.columns if f"{table.name}.{column.name}" not in left]
            if table.name not in left:
                columns = ", ".join(f'"{name}"' for name in kept)
                rows = session.execute(sql(f'SELECT {columns} FROM "{table.name}"'))
                found[table.name] = sorted(map(tuple, rows), key=repr)
    return found


# ---- what the next sync brings ---------------------------------------------------------------------------------------


def refusals(phone: Phone, uid: str, text: str) -> list[tuple[str, str, str]]:
    """Requests at an appointment that are refused: method, path and body."""
    there = f"bookings/{uid}.ics"
    return [
        ("PUT", there, moved(text, "20270302T110000", "20270302T113000")),  # onto another
        ("PUT", there, text.replace("STATUS:", "RRULE:FREQ=DAILY;COUNT=3\r\nSTATUS:")),
        ("PUT", there, event(uid, start="20270302", end="20270303")),
        ("PUT", there, text.replace("STATUS:", "RRULE:FREQ=SECONDLY\r\nSTATUS:")),
        ("PUT", there, "hello"),
        ("PUT", there, text.replace(f"UID:{uid}", "UID:other")),
        ("MOVE", there, ""),
    ]


def test_refused_write_is_followed_by_the_truth(practice: Practice, own: Phone) -> None:
    """S4, S5, rule 80: a new ETag, a row in the change log, the same text; and no refusal ends all syncs of an app."""
    made = acts.book(practice.hall, staff="anna")
    acts.book(practice.hall, "2027-03-02 11:00", staff="anna")
    path = f"{own.home}bookings/{made.uid}.ics"
    text = text_of(own, made.uid)
    _, token = synced(own, "bookings/")
    seen = {own.ask("GET", path).headers["ETag"]}
    for method, there, body in refusals(own, made.uid, text):
        before = own.ask("GET", path).headers["ETag"]
        refused = own.ask(method, there, body, If_Match=before, Destination=f"{own.home}own/x.ics")
        assert refused.status_code in (403, 409)
        assert refused.status_code == 409 or f"{D}need-privileges" in conditions(refused)
        changed, token = synced(own, "bookings/", token)
        assert changed == {path: True}, body
        after = own.ask("GET", path)
        assert after.text == text
        assert after.headers["ETag"] not in seen
        seen.add(after.headers["ETag"])
        assert own.ask(method, there, body, If_Match=before).status_code in (400, 412)  # is not tried again
        assert synced(own, "bookings/", token) == ({}, token)
    assert acts.again(practice.hall, made.uid).sequence == 0


def test_what_was_refused_to_be_made_is_told_to_be_gone(own: Phone) -> None:
    """An app that keeps what it could not store lets it go at the next sync."""
    _, token = synced(own, "own/")
    assert own.ask("PUT", "own/x.ics", event("x", "RRULE:FREQ=SECONDLY")).status_code == 403
    changed, token = synced(own, "own/", token)
    assert changed == {f"{own.home}own/x.ics": False}
    assert own.ask("PUT", "own/x.ics", event("x")).status_code == 201
    assert synced(own, "own/", token)[0] == {f"{own.home}own/x.ics": True}


def test_refused_change_of_an_own_event_brings_it_back(own: Phone) -> None:
    stored = own.ask("PUT", "own/a.ics", event("a"))
    _, token = synced(own, "own/")
    assert own.ask("PUT", "own/a.ics", event("b")).status_code == 409
    changed, _ = synced(own, "own/", token)
    assert changed == {f"{own.home}own/a.ics": True}
    after = own.ask("GET", "own/a.ics")
    assert (after.text, after.headers["ETag"] != stored.headers["ETag"]) == (event("a"), True)


def test_stale_write_leaves_others_their_tags(own: Phone) -> None:
    """412 needs no more: the tag differs already, and a second app may be about to write with the right one."""
    stored = own.ask("PUT", "own/a.ics", event("a"))
    _, token = synced(own, "own/")
    assert own.ask("PUT", "own/a.ics", event("a", "SUMMARY:x"), If_Match='"stale"').status_code == 412
    assert synced(own, "own/", token) == ({}, token)
    assert own.ask("GET", "own/a.ics").headers["ETag"] == stored.headers["ETag"]


def test_each_refused_write_is_in_the_log_with_its_reason(practice: Practice, own: Phone) -> None:
    """O6."""
    made = acts.book(practice.hall, staff="anna")
    acts.book(practice.hall, "2027-03-02 11:00", staff="anna")
    own.ask("PUT", "own/a.ics", event("a"))
    own.ask("PUT", "own/b.ics", event("a"))
    own.ask("PUT", "own/c.ics", event("c", "RRULE:FREQ=SECONDLY"))
    taken = moved(text_of(own, made.uid), "20270302T110000", "20270302T113000")
    own.ask("PUT", f"bookings/{made.uid}.ics", taken)
    with practice.hall.database.reading() as session:
        found = session.query(AuditEntry).filter_by(act="refused").order_by(AuditEntry.id).all()
    assert [(one.door, one.subject, one.after["reason"]) for one in found] == [
        ("caldav", "caldav b.ics", "no_uid_conflict"),
        ("caldav", "caldav c.ics", "max_instances"),
        ("caldav", f"booking {made.uid}", "slot_taken"),
    ]
