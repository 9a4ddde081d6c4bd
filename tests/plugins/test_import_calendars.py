"""Calendar files: appointments, private entries, and what is hostile (D2, rules 74 to 77, A134)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import foreign
from tests.acts import book
from tests.imports import begun, finish
from vorzimmer import customers, hookspecs
from vorzimmer.customers import Record
from vorzimmer.messages.outbox import FACTS
from vorzimmer.models import (
    Allocation,
    AuditEntry,
    Booking,
    Calendar,
    CalendarObject,
    Customer,
    Message,
    Status,
)
from vorzimmer.practice import Hall
from vorzimmer.testing import BERLIN, Practice
from vorzimmer_import.models import CHECKING, FAILED, IMPORTED, RUNNING, SKIPPED, Item
from vorzimmer_import.running import COMMAND

FUTURE = "20270302T100000"
PAST = "20260302T100000"


def event(
    uid: str, start: str, end: str = "", *more: str, summary: str = "Zahnarzt", zone: str = "Europe/Berlin"
) -> str:
    """A VEVENT; without `end` it lasts half an hour."""
    half = "DURATION:PT30M" if not end else f"DTEND;TZID={zone}:{end}"
    lines = ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART;TZID={zone}:{start}", half, f"SUMMARY:{summary}", *more]
    return "\r\n".join([*lines, "END:VEVENT", ""])


def brought(
    hall: Hall, folder: Path, *events: str, to: str = RUNNING, whose: str = "anna"
) -> list[tuple[str, list[str]]]:
    """Outcome and reasons of each event."""
    calendar = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{''.join(events)}END:VCALENDAR\r\n"
    return of_file(hall, folder, calendar.encode(), to=to, whose=whose)


def of_file(
    hall: Hall, folder: Path, calendar: bytes, to: str = RUNNING, whose: str = "anna"
) -> list[tuple[str, list[str]]]:
    """Outcome and reasons of each event of a file."""
    path = folder / "file.ics"
    path.write_bytes(calendar)
    run_id = begun(hall, path, to, whose)
    finish(hall, run_id)
    with hall.database.reading() as session:
        items = session.scalars(select(Item).where(Item.run_id == run_id).order_by(Item.number))
        return [(one.outcome, [reason["text"] % reason["facts"] for reason in one.reasons]) for one in items]


def blocked(hall: Hall) -> list[str]:
    """The local starts of all that blocks close."""
    with hall.database.reading() as session:
        starts = session.scalars(
            select(Allocation.starts).where(Allocation.block == 1).order_by(Allocation.starts)
        )
        return [f"{start.astimezone(BERLIN):%Y-%m-%d %H:%M}" for start in starts]


def stored(hall: Hall) -> int:
    with hall.database.reading() as session:
        return session.scalar(select(func.count()).where(CalendarObject.booking_id.is_(None))) or 0


# ---- private entries -------------------------------------------------------------------------------------------------


def test_a_private_entry_closes_its_time_and_comes_in_once(practice: Practice, tmp_path: Path) -> None:
    """D2: UID makes it repeatable."""
    hall = practice.hall
    assert brought(hall, tmp_path, event("a", FUTURE), event("b", PAST)) == [(IMPORTED, []), (IMPORTED, [])]
    assert (blocked(hall), stored(hall)) == (["2027-03-02 10:00"], 2)
    again = brought(hall, tmp_path, event("a", FUTURE), event("b", PAST))
    assert [outcome for outcome, _ in again] == [SKIPPED, SKIPPED]
    assert (blocked(hall), stored(hall)) == (["2027-03-02 10:00"], 2)


def test_busy_times_without_events_are_private_entries(practice: Practice, tmp_path: Path) -> None:
    """A list of busy times (VFREEBUSY) closes them; a newer list adds what is new, what is free stays free."""
    hall = practice.hall

    def of(*lines: str) -> list[tuple[str, list[str]]]:
        text = "\r\n".join(
            ["BEGIN:VFREEBUSY", "UID:fb", "DTSTART:20270301T000000Z", *lines, "END:VFREEBUSY", ""]
        )
        return brought(hall, tmp_path, text)

    two = "FREEBUSY;FBTYPE=BUSY:20270302T090000Z/20270302T100000Z,20270303T090000Z/PT1H"
    assert of(two, "FREEBUSY;FBTYPE=FREE:20270304T090000Z/PT1H") == [(IMPORTED, [])]
    assert blocked(hall) == ["2027-03-02 10:00", "2027-03-03 10:00"]
    assert of(two)[0][0] == SKIPPED
    assert of(two, "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20270305T090000Z/PT1H") == [(IMPORTED, [])]
    assert blocked(hall) == ["2027-03-02 10:00", "2027-03-03 10:00", "2027-03-05 10:00"]


def test_a_dry_run_of_a_calendar_leaves_nothing(practice: Practice, tmp_path: Path) -> None:
    """D2."""
    found = brought(practice.hall, tmp_path, event("a", FUTURE), to=CHECKING)
    assert ([outcome for outcome, _ in found], blocked(practice.hall), stored(practice.hall)) == (
        [IMPORTED],
        [],
        0,
    )


def test_an_entry_over_an_appointment_is_told_and_both_stand(practice: Practice, tmp_path: Path) -> None:
    """Rule 80: the import breaks no promise, and the rest of the entry's time is closed."""
    book(practice.hall, "2027-03-02 10:00", staff="anna")
    found = brought(practice.hall, tmp_path, event("a", FUTURE))
    assert found == [(IMPORTED, ["Overlaps an appointment: 2027-03-02 10:00–10:30."])]
    assert (stored(practice.hall), blocked(practice.hall)) == (1, ["2027-03-02 10:00"])
    assert [wall for wall, _, _ in bookings(practice.hall)] == ["2027-03-02T10:00"]


def test_a_series_closes_each_time_but_those_that_are_gone_or_moved(
    practice: Practice, tmp_path: Path
) -> None:
    """Rule 76, the exception far from its series in the file."""
    series = event("s", FUTURE, "", "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;TZID=Europe/Berlin:20270309T100000")
    moved = event("s", "20270317T150000", "", "RECURRENCE-ID;TZID=Europe/Berlin:20270316T100000")
    brought(practice.hall, tmp_path, series, event("b", PAST), moved)
    assert blocked(practice.hall) == ["2027-03-02 10:00", "2027-03-17 15:00", "2027-03-23 10:00"]


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("W. Europe Standard Time", "2027-03-02 10:00"),
        ("Eastern Standard Time", "2027-03-02 16:00"),
        ("/mozilla.org/20050126_1/Asia/Tokyo", "2027-03-02 02:00"),
    ],
)
def test_foreign_zones_are_understood(practice: Practice, tmp_path: Path, zone: str, start: str) -> None:
    """Rule 77."""
    assert brought(practice.hall, tmp_path, event("a", FUTURE, zone=zone)) == [(IMPORTED, [])]
    assert blocked(practice.hall) == [start]


def test_an_unknown_zone_is_the_practices_and_told(practice: Practice, tmp_path: Path) -> None:
    """Rule 77."""
    (found,) = brought(practice.hall, tmp_path, event("a", FUTURE, zone="Mond/Krater"))
    assert found == (IMPORTED, ["The time zone “Mond/Krater” is unknown: that of the practice was taken."])
    assert blocked(practice.hall) == ["2027-03-02 10:00"]


def test_floating_times_and_whole_days_are_those_of_the_practice(practice: Practice, tmp_path: Path) -> None:
    """Rules 75 and 77; what is free takes no time (rule 74)."""
    floating = event("a", FUTURE).replace(";TZID=Europe/Berlin", "")
    day = "BEGIN:VEVENT\r\nUID:d\r\nDTSTART;VALUE=DATE:20270303\r\nSUMMARY:Urlaub\r\nEND:VEVENT\r\n"
    free = event("f", "20270304T100000", "", "TRANSP:TRANSPARENT")
    gone = event("g", "20270305T100000", "", "STATUS:CANCELLED")
    found = brought(practice.hall, tmp_path, floating, day, free, gone)
    assert [outcome for outcome, _ in found] == [IMPORTED, IMPORTED, IMPORTED, SKIPPED]
    assert blocked(practice.hall) == ["2027-03-02 10:00", "2027-03-03 00:00"]


BOMBS = [
    "RRULE:FREQ=SECONDLY",
    "RRULE:FREQ=MINUTELY;COUNT=1000000000",
    "RRULE:FREQ=DAILY;INTERVAL=0",
    "RRULE=EXRULE",
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "EXRULE:FREQ=SECONDLY",
]


def test_bombs_are_told_and_leave_their_first_date(practice: Practice, tmp_path: Path) -> None:
    """A134: and nothing of them is an appointment, for nobody knows when it is."""
    bombs = [
        event(f"bomb {number}", FUTURE, "", rule, summary="Klassische Massage: Erika")
        for number, rule in enumerate(BOMBS)
    ]
    found = brought(practice.hall, tmp_path, *bombs, event("b", PAST))
    assert [outcome for outcome, _ in found] == [IMPORTED] * (len(BOMBS) + 1)
    assert all(reasons[-1].startswith("Its times are uncertain") for _, reasons in found[:-1])
    assert blocked(practice.hall) == ["2027-03-02 10:00"] * len(BOMBS)
    assert bookings(practice.hall) == []


def test_only_what_overlaps_is_said_to_be_booked_twice(practice: Practice, tmp_path: Path) -> None:
    """What is over may overlap; its history tells what it did, not what it was allowed."""
    massage = "Klassische Massage: Erika"
    alone = event("a", "20260302T190000", summary=massage)
    brought(practice.hall, tmp_path, alone)
    assert overrides(practice.hall) == ["warning"]
    brought(practice.hall, tmp_path, event("b", "20260302T191500", summary=massage))
    assert overrides(practice.hall) == ["warning", "double"]


def overrides(hall: Hall) -> list[str]:
    """What was broken by each appointment that came in."""
    query = select(AuditEntry.after).where(AuditEntry.act == "confirmed", AuditEntry.door == "import")
    with hall.database.reading() as session:
        return [after["override"] for after in session.scalars(query.order_by(AuditEntry.id)) if after]


def test_what_says_nothing_of_its_time_is_told(practice: Practice, tmp_path: Path) -> None:
    timeless = event("a", "", "").replace("DTSTART;TZID=Europe/Berlin:\r\n", "")
    odd = event("b", "someday")
    found = brought(practice.hall, tmp_path, timeless, odd, event("c", FUTURE))
    assert found == [(FAILED, ["Its start time cannot be read."])] * 2 + [(IMPORTED, [])]


def test_an_appointment_of_an_outlook_zone_is_at_its_time(practice: Practice, tmp_path: Path) -> None:
    """The definition's name is escaped, the parameter is quoted."""
    name = "(UTC+00:00) Dublin, Edinburgh, Lisbon, London"
    data = foreign.calendar(
        foreign.zone(name.replace(",", "\\,"), *foreign.LONDON),
        foreign.event(
            "e04",
            *foreign.at(f'"{name}"', "20270202", "140000", "143000"),
            "SUMMARY:Klassische Massage: Erika Zonenprobe",
        ),
    )
    folded = data.replace(b":20270202T140000", b":20270202T1400\r\n 00")
    assert of_file(practice.hall, tmp_path, folded) == [(IMPORTED, [])]
    assert bookings(practice.hall) == [("2027-02-02T15:00", "Erika Zonenprobe", Status.COMPLETED)]


@pytest.mark.parametrize(
    ("sent", "coding", "name"),
    [
        (
            "Jörg-Günther Österreicher-M\udcc3\r\n \udcbc\udcc3\udc9figgang",
            "utf-8",
            "Jörg-Günther Österreicher-Müßiggang",
        ),
        ("Jörg Müßiggang\r\nDESCRIPTION:\udcff", "utf-8", "Jörg Müßiggang"),
        ("Jörg Müßiggang", "cp1252", "Jörg Müßiggang"),
        ("Jörg Müßiggang", "utf-16", "Jörg Müßiggang"),
    ],
)
def test_names_are_read_whatever_the_coding(
    practice: Practice, tmp_path: Path, sent: str, coding: str, name: str
) -> None:
    """A fold inside a character, and one broken character, change nothing of the rest."""
    text = event("a", FUTURE, summary=f"Klassische Massage: {sent}")
    data = f"BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n".encode(coding, "surrogateescape")
    of_file(practice.hall, tmp_path, data)
    assert [whom for _, whom, _ in bookings(practice.hall)] == [name]


def test_events_that_are_cut_off_or_none_are_told(practice: Practice, tmp_path: Path) -> None:
    """A134; of one that is too large the times are kept; one without UID is the same the next time."""
    cut = "BEGIN:VEVENT\r\nUID:c\r\nSUMMARY:abgeschnitten\r\n"
    large = event("l", FUTURE, "", *(f"X-A:{'x' * 1000}" for _ in range(300)))
    task = "BEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\n"
    nameless = event("", FUTURE).replace("UID:\r\n", "")
    events = [cut, large, task, nameless]
    found = brought(practice.hall, tmp_path, *events)
    assert [outcome for outcome, _ in found] == [FAILED, IMPORTED, FAILED, IMPORTED]
    assert [outcome for outcome, _ in brought(practice.hall, tmp_path, *events)][-1] == SKIPPED


# ---- appointments ----------------------------------------------------------------------------------------------------


def bookings(hall: Hall) -> list[tuple[str, str, str]]:
    with hall.database.reading() as session:
        found = session.scalars(select(Booking).order_by(Booking.starts)).all()
        return [(f"{one.wall:.16}", one.whom, one.status) for one in found]


def test_what_names_a_service_and_somebody_is_an_appointment(practice: Practice, tmp_path: Path) -> None:
    """D2: past ones took place, those to come are confirmed, nobody is written to about it, and once is enough."""
    hall = practice.hall
    events = [
        event("p", PAST, summary="Klassische Massage: Erika Muster"),
        event("f", FUTURE, summary="Muster\\, Erika – Klassische Massage"),
        event(
            "m",
            "20270303T100000",
            "",
            "ATTENDEE;CN=Max Muster:mailto:max@kunde.example",
            summary="Klassische Massage",
        ),
    ]
    assert [outcome for outcome, _ in brought(hall, tmp_path, *events)] == [IMPORTED] * 3
    assert bookings(hall) == [
        ("2026-03-02T10:00", "Erika Muster", Status.COMPLETED),
        ("2027-03-02T10:00", "Erika Muster", Status.CONFIRMED),
        ("2027-03-03T10:00", "Max Muster", Status.CONFIRMED),
    ]
    assert [outcome for outcome, _ in brought(hall, tmp_path, *events)] == [SKIPPED] * 3
    with hall.database.reading() as session:
        assert session.scalar(select(func.count()).where(Customer.name == "Erika Muster")) == 1
        told = session.scalars(select(Message.topic).where(Message.topic.notin_((*FACTS, "reminder"))))
        assert list(told) == []


def test_what_is_no_clear_appointment_stays_a_private_entry_and_is_told(
    practice: Practice, tmp_path: Path
) -> None:
    """D2: nothing is lost, nothing is guessed."""
    hall = practice.hall

    def two(session: Session) -> None:
        for _ in range(2):
            customers.add(session, hall, COMMAND, Record(name="Anna Schmidt"))

    hall.database.write(two)
    found = brought(
        hall,
        tmp_path,
        event("n", "20270302T100000", summary="Klassische Massage"),
        event("l", "20270303T100000", "20270303T110000", summary="Klassische Massage: Erika"),
        event("t", "20270304T100000", summary="Klassische Massage: Anna Schmidt"),
        event("o", "20270305T090000", "", "RRULE:FREQ=WEEKLY", summary="Klassische Massage: Erika"),
        event("s", "20270302T150000", "20270302T160000", summary="Rückenschule: Erika"),
    )
    assert [reasons[0].partition(":")[0] for _, reasons in found] == [
        "Names a service, but nobody who comes",
        "Lasts 60 min instead of 30 min",
        "Several customers are called Anna Schmidt",
        "Comes again without end",
        "Rückenschule is not given by this person",
    ]
    assert (bookings(hall), stored(hall)) == ([], 5)


def test_a_finite_series_becomes_its_appointments(practice: Practice, tmp_path: Path) -> None:
    """D2, rule 76: one whose time is taken is told, the others come in."""
    book(practice.hall, "2027-03-09 10:00", staff="anna")
    rule = "RRULE:FREQ=WEEKLY;COUNT=3"
    found = brought(
        practice.hall, tmp_path, event("s", FUTURE, "", rule, summary="Klassische Massage: Erika")
    )
    assert found == [(FAILED, ["Overlaps an appointment: 2027-03-09 10:00–10:30."])]
    assert [wall for wall, whom, _ in bookings(practice.hall) if whom == "Erika"] == [
        "2027-03-02T10:00",
        "2027-03-16T10:00",
    ]


def test_the_imported_calendar_is_one_that_the_calendar_app_shows(practice: Practice, tmp_path: Path) -> None:
    """D2: the person sees it, and may take it away as a whole."""
    assert practice.hall.plugins.ask_first(hookspecs.own_calendars) is not None
    brought(practice.hall, tmp_path, event("a", FUTURE))
    with practice.hall.database.reading() as session:
        one = session.scalars(select(Calendar).where(Calendar.slug == "imported")).one()
        assert (one.kind, one.sequence) == ("private", 1)
