"""Calendars of others are for reading only, and tell no more than they may: A1, A125, A126."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import Any

import pytest
from caldav.davclient import DAVClient
from sqlalchemy import event as listening
from sqlalchemy import select

from tests import acts
from tests.caldav.desk import NAMESPACES, C, D, Phone, conditions, event
from tests.caldav.live import Live
from tests.caldav.others import BEN, everything, give_role, objects, switch_on, synced, texts
from tests.caldav.test_apps import TSDAV, vdirsyncer
from tests.node import node
from vorzimmer.booking import Details
from vorzimmer.models import Calendar, CalendarChange, CalendarObject
from vorzimmer.testing import Practice

SECRETS = ("Geheimrat", "geheim", "Rücken", "Klassische", "Scheidung", "Advokat", "+49", "Markt 1")
WHO = Details("Geheimrat Zwölfender", "geheim@kunde.example", phone="+49301234567", message="Mein Rücken")


@pytest.fixture
def database_url() -> str:
    """What is refused and hidden is decided before the database is asked: once, on SQLite, is enough."""
    return ""


def private(uid: str) -> str:
    """An event with a secret in every place that a client may write to."""
    lines = (
        *("SUMMARY:Scheidung", "DESCRIPTION:Advokat Scheidung", "LOCATION:Markt 1", "CATEGORIES:geheim"),
        *("ATTENDEE;CN=Advokat:mailto:geheim@advokat.example", "ORGANIZER;CN=Advokat:mailto:a@b.example"),
        *(
            "X-SECRET:Scheidung",
            "COMMENT:Scheidung",
            "URL:https://scheidung.example/Scheidung",
            "CLASS:PUBLIC",
        ),
        *("RRULE:FREQ=WEEKLY;COUNT=3;WKST=SCHEIDUNG", "STATUS:Scheidung", "TRANSP:Scheidung"),
        *("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", "DESCRIPTION:Scheidung", "END:VALARM"),
    )
    text = event(uid, *lines, start="20270303T090000", end="20270303T100000")
    return re.sub(r"(DTSTART|DTEND|DTSTAMP):", r"\1;X-WHY=Scheidung:", text)


@pytest.fixture
def uid(practice: Practice, anna: Phone, ben: Phone) -> str:
    """An appointment of Ben's with secrets, and secrets of his own; Anna looks at his calendar and the room's."""
    made = acts.book(practice.hall, service="ultraschall", who=WHO, staff="ben")
    ben.ask("MKCALENDAR", "own/")
    for path in ("own/Scheidung.ics", "bookings/Scheidung.ics"):
        answer = ben.ask("PUT", path, private(f"Scheidung-{path[:3]}"))
        assert answer.status_code == 201, answer.text
    switch_on(practice, anna, "ben", "raum-1", "ultraschall")
    return made.uid


def test_busy_times_tell_nothing_else(uid: str, practice: Practice, anna: Phone) -> None:
    """Whatever is asked, in all that goes over the wire."""
    seen = everything(anna, BEN).decode()
    assert "SUMMARY:Belegt" in seen
    assert [word for word in (*SECRETS, uid) if word.casefold() in seen.casefold()] == []
    assert len(objects(anna, BEN)) == 3
    rooms = everything(anna, "shown-raum-1/") + everything(anna, "shown-ultraschall/")
    assert [word for word in (*SECRETS, uid) if word.casefold() in rooms.decode().casefold()] == []


def test_private_events_tell_nothing_with_any_right(uid: str, practice: Practice, anna: Phone) -> None:
    give_role(practice, anna, "owner")
    seen = everything(anna, BEN).decode()
    assert "Geheimrat" in seen
    assert [word for word in ("Scheidung", "Advokat") if word.casefold() in seen.casefold()] == []


def test_filters_tell_nothing_by_what_they_find(uid: str, anna: Phone) -> None:
    """What is not there cannot be asked for by guessing."""
    for name, word in product(("SUMMARY", "DESCRIPTION", "LOCATION", "UID"), (*SECRETS, uid)):
        found = anna.report(
            BEN,
            "<C:calendar-query><prop><getetag /></prop><C:filter><C:comp-filter name='VCALENDAR'>"
            f"<C:comp-filter name='VEVENT'><C:prop-filter name='{name}'><C:text-match>{word}</C:text-match>"
            "</C:prop-filter></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>",
        )
        assert list(found.iter(f"{D}response")) == []


def state(practice: Practice) -> list[Any]:
    """All that a write could change: the calendars of others wholly, one's own but for what refusals leave there."""
    others = Calendar.kind.in_(("full", "busy"))
    changes = select(CalendarChange.calendar_id, CalendarChange.sequence).join(Calendar).where(others)
    tags = select(CalendarObject.href, CalendarObject.etag).join(Calendar).where(others)
    found: list[Any] = []
    with practice.hall.database.reading() as session:
        for wanted in (
            changes,
            tags,
            select(CalendarObject.calendar_id, CalendarObject.href, CalendarObject.text),
        ):
            found += session.execute(wanted).all()
    return found


@pytest.mark.parametrize("role", ["owner", "staff"])
def test_every_write_is_refused_and_changes_nothing(
    uid: str, practice: Practice, anna: Phone, role: str
) -> None:
    give_role(practice, anna, role)
    anna.ask("PUT", "bookings/mine.ics", event("mine", start="20270305T090000Z", end="20270305T100000Z"))
    first, text = objects(anna, BEN)[0], texts(anna, BEN)[0]
    before, name = state(practice), "<displayname>x</displayname>"
    patch = f"<propertyupdate {NAMESPACES}><set><prop>{name}</prop></set></propertyupdate>"
    mine = f"{anna.home}bookings/mine.ics"
    writes = [
        ("PUT", first, text, {}),
        ("PUT", f"{BEN}new.ics", event("new"), {}),
        ("DELETE", first, "", {}),
        ("DELETE", BEN, "", {}),
        ("PROPPATCH", first, patch, {}),
        ("MKCALENDAR", BEN, "", {}),
        ("MKCALENDAR", "shown-clara/", "", {}),
        ("MOVE", mine, "", {"Destination": f"{anna.home}{BEN}mine.ics"}),
        ("MOVE", first, "", {"Destination": f"{anna.home}bookings/taken.ics"}),
    ]
    for method, path, body, headers in writes:
        refused = anna.ask(method, path, body, **headers)
        assert refused.status_code == 403, (method, path, refused.text)
        assert conditions(refused) & {f"{D}need-privileges", f"{C}calendar-collection-location-ok"}, method
    assert anna.ask("MKCALENDAR", f"{BEN}inside/").status_code == 403
    for path in (BEN, ""):  # the name is not the reader's to change, hence nothing of it
        answer = anna.ask(
            "PROPPATCH", path, patch.replace(name, f"{name}<I:calendar-color>#ff0000</I:calendar-color>")
        )
        assert (answer.status_code, answer.text.count("HTTP/1.1 403")) == (207, 1)
        assert "calendar-color" in answer.text
        assert "#ff0000" not in everything(anna, BEN).decode()
    assert state(practice) == before


def test_apps_are_told_that_it_is_for_reading(uid: str, anna: Phone) -> None:
    for path in (BEN, objects(anna, BEN)[0]):
        told = anna.propfind(path, "D:current-user-privilege-set")
        assert {child.tag for each in told.iter(f"{D}privilege") for child in each} <= {
            f"{D}read",
            f"{C}read-free-busy",
        }
    told = anna.propfind(
        BEN, "C:supported-calendar-component-set", "I:calendar-color", "C:schedule-calendar-transp"
    )
    assert [comp.get("name") for comp in told.iter(f"{C}comp")] == ["VEVENT"]
    assert re.fullmatch("#[0-9a-f]{6}", told.findtext(".//{http://apple.com/ns/ical/}calendar-color") or "")
    assert told.find(f".//{C}transparent") is not None  # what others do is no busy time of one's own


def test_what_is_not_switched_on_is_as_if_it_were_not_there(uid: str, anna: Phone, ben: Phone) -> None:
    """A1: the same answers for a colleague's calendar, one's own by this door, and one that is nobody's."""
    name = objects(anna, BEN)[0].rpartition("/")[2]
    reading = ("GET", "PROPFIND", "REPORT", "DELETE", "PROPPATCH")
    query = f"<C:calendar-query {NAMESPACES}><prop /><C:filter /></C:calendar-query>"
    patch = f"<propertyupdate {NAMESPACES}><set><prop><displayname /></prop></set></propertyupdate>"
    bodies = {"REPORT": query, "PROPPATCH": patch, "PUT": event("a")}
    for method, inside in product((*reading, "PUT", "MOVE"), ("", name)):
        answers = [
            phone.ask(
                method, f"{path}{inside}", bodies.get(method, ""), Destination=f"{phone.home}bookings/x.ics"
            )
            for phone, path in (
                (anna, "shown-nobody/"),
                (anna, "shown-clara/"),
                (anna, "shown-anna/"),
                (ben, "shown-raum-1/"),
                (ben, BEN),
            )
        ]
        assert len({(answer.status_code, answer.data) for answer in answers}) == 1, method
        assert answers[0].status_code in (403, 404, 409)
    for kind in ("busy/", "full/"):  # how the copies are called inside
        assert anna.ask("PROPFIND", kind).status_code == ben.ask("PROPFIND", kind).status_code == 404


def test_multiget_reaches_no_other_calendar(uid: str, practice: Practice, anna: Phone, ben: Phone) -> None:
    switch_on(practice, ben, "ultraschall")
    foreign = objects(anna, BEN)
    inside = "".join(f"<href>{href}</href>" for href in foreign)
    body = f"<C:calendar-multiget {NAMESPACES}><prop><C:calendar-data /></prop>{inside}</C:calendar-multiget>"
    answer = ben.ask("REPORT", "shown-ultraschall/", body.replace("anna%40", "ben%40"))
    assert "BEGIN:VEVENT" not in answer.text
    assert answer.text.count("404 Not Found") == len(foreign)


def asked(practice: Practice, phone: Phone, method: str, body: str) -> int:
    """How many statements a request takes."""
    seen: list[str] = []
    engine = practice.hall.database.engine

    def listen(*given: Any) -> None:
        seen.append(given[2])

    listening.listen(engine, "before_cursor_execute", listen)
    assert phone.ask(method, BEN, body, Depth="1").status_code == 207
    listening.remove(engine, "before_cursor_execute", listen)
    return len(seen)


def test_number_of_queries_does_not_grow_with_the_objects(
    practice: Practice, anna: Phone, ben: Phone
) -> None:
    switch_on(practice, anna, "ben")
    _, token = synced(anna, BEN)
    privileges = f"<propfind {NAMESPACES}><prop><current-user-privilege-set /><getetag /></prop></propfind>"
    query = f"<C:calendar-query {NAMESPACES}><prop><C:calendar-data /></prop><C:filter /></C:calendar-query>"
    sync = f"<sync-collection {NAMESPACES}><sync-token /><prop><C:calendar-data /></prop></sync-collection>"
    requests = (("PROPFIND", privileges), ("PROPFIND", ""), ("REPORT", query), ("REPORT", sync))
    ben.ask("PUT", "bookings/0.ics", event("0"))
    few = [asked(practice, anna, *request) for request in requests]
    for number in range(1, 12):
        ben.ask("PUT", f"bookings/{number}.ics", event(str(number)))
    assert [asked(practice, anna, *request) for request in requests] == few
    assert max(few) < 12
    assert token


# ---- real apps -------------------------------------------------------------------------------------------------------


def test_real_apps_read_and_cannot_write(uid: str, practice: Practice, live: Live, tmp_path: Any) -> None:
    """python-caldav and tsdav list it, read it and sync it; vdirsyncer keeps a folder like it."""
    with DAVClient(live.url, username=live.address, password=live.password) as client:
        calendar = next(each for each in client.principal().calendars() if str(each.url).endswith(BEN))
        assert calendar.get_display_name() == "Ben Cordes"
        assert len(calendar.search(event=True, expand=False)) == 3
        before = calendar.get_objects_by_sync_token()
        acts.book(practice.hall, "2027-03-04 10:00", staff="ben")
        assert len(list(calendar.get_objects_by_sync_token(before.sync_token))) == 1
    told = json.loads(node(TSDAV, "shown.mjs", live.url, live.address, live.password, BEN))
    assert told == {"name": "Ben Cordes", "objects": 4, "made": 403, "deleted": 403}
    vdirsyncer(tmp_path, live, "discover", "sync", collections=[["ben", "ben", BEN.strip("/")]])
    assert len([*(tmp_path / "files/ben").iterdir()]) == 4
