"""Events that come again: unfolded once, found by their times, expanded, and carried on by the worker."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import acts
from tests.caldav.desk import NAMESPACES, C, Phone, calendar, conditions, event
from vorzimmer import booking, database, hookspecs
from vorzimmer.models import Allocation, CalendarObject, Occurrence
from vorzimmer.testing import Practice, berlin

WEEKLY = event("w", "RRULE:FREQ=WEEKLY", "SUMMARY:Team", start="20270302T090000Z", end="20270302T100000Z")


@pytest.fixture
def own(anna: Phone) -> Phone:
    """Anna's phone, with a calendar `own`."""
    assert anna.ask("MKCALENDAR", "own/").status_code == 201
    return anna


def free(practice: Practice, day: str, time: str = "10:00") -> bool:
    return berlin(f"{day} {time}") in acts.offered(practice.hall, "massage", day, staff="anna")


def zoned(*lines: str) -> str:
    """An event at 10:00 of Berlin, every day."""
    return calendar(
        "VEVENT",
        "UID:z",
        "DTSTAMP:20270101T000000Z",
        "DTSTART;TZID=Europe/Berlin:20270326T100000",
        "DTEND;TZID=Europe/Berlin:20270326T110000",
        "RRULE:FREQ=DAILY;COUNT=4",
        *lines,
    )


def starts(texts: list[str]) -> list[str]:
    """The DTSTART lines of expanded data."""
    return [line for text in texts for line in text.split("\r\n") if line.startswith("DTSTART")]


def test_every_occurrence_closes_its_time(practice: Practice, own: Phone) -> None:
    assert own.ask("PUT", "own/w.ics", WEEKLY).status_code == 201
    assert not free(practice, "2027-03-02")
    assert not free(practice, "2027-03-09")
    assert free(practice, "2027-03-10")


def test_query_finds_a_series_by_any_occurrence(own: Phone) -> None:
    own.ask("PUT", "own/w.ics", WEEKLY)
    assert own.query("own/", "20270601T000000Z", "20270602T000000Z") == own.query(
        "own/", "20270302T090000Z", "20270302T093000Z"
    )
    assert own.query("own/", "20270602T000000Z", "20270603T000000Z") == []


def test_query_behind_the_horizon_finds_what_goes_on(own: Phone) -> None:
    own.ask("PUT", "own/w.ics", WEEKLY)
    assert len(own.query("own/", "20450101T000000Z", "20450110T000000Z")) == 1
    assert own.query("own/", "20450104T000000Z", "20450105T000000Z") == []
    assert (
        len(own.query("own/", "20450101T000000Z", "20450115T000000Z", expand=True)[0].split("BEGIN:VEVENT"))
        == 3
    )


def test_wall_clock_time_is_kept_over_the_change_of_clocks(own: Phone) -> None:
    """28 March 2027: 10:00 stays 10:00."""
    own.ask("PUT", "own/z.ics", zoned())
    assert starts(own.query("own/", "20270320T000000Z", "20270401T000000Z", expand=True)) == [
        "DTSTART:20270326T090000Z",
        "DTSTART:20270327T090000Z",
        "DTSTART:20270328T080000Z",
        "DTSTART:20270329T080000Z",
    ]


def test_expansion_knows_exceptions_and_overrides(own: Phone) -> None:
    override = (
        "BEGIN:VEVENT\r\nUID:z\r\nDTSTAMP:20270101T000000Z\r\nRECURRENCE-ID;TZID=Europe/Berlin:20270327T100000\r\n"
        "DTSTART;TZID=Europe/Berlin:20270327T150000\r\nDTEND;TZID=Europe/Berlin:20270327T153000\r\nSUMMARY:Late\r\n"
        "END:VEVENT\r\nEND:VCALENDAR"
    )
    text = zoned("EXDATE;TZID=Europe/Berlin:20270328T100000").replace("END:VCALENDAR", override)
    assert own.ask("PUT", "own/z.ics", text).status_code == 201
    found = own.query("own/", "20270320T000000Z", "20270401T000000Z", expand=True)
    assert starts(found) == [
        "DTSTART:20270326T090000Z",
        "DTSTART:20270327T140000Z",
        "DTSTART:20270329T080000Z",
    ]
    assert "RECURRENCE-ID:20270327T090000Z" in found[0]
    assert "RRULE" not in found[0]
    assert len(own.query("own/", "20270327T140000Z", "20270327T143000Z")) == 1
    assert own.query("own/", "20270328T080000Z", "20270328T090000Z") == []


def test_whole_days_are_days_of_the_practice(practice: Practice, own: Phone) -> None:
    text = calendar(
        "VEVENT",
        "UID:d",
        "DTSTAMP:20270101T000000Z",
        "DTSTART;VALUE=DATE:20270302",
        "RRULE:FREQ=DAILY;COUNT=2",
    )
    own.ask("PUT", "own/d.ics", text)
    assert acts.offered(practice.hall, "massage", "2027-03-03", staff="anna") == []
    assert free(practice, "2027-03-04")
    expanded = own.query("own/", "20270301T000000Z", "20270310T000000Z", expand=True)
    assert starts(expanded) == ["DTSTART;VALUE=DATE:20270302", "DTSTART;VALUE=DATE:20270303"]


def test_cancelled_occurrence_opens_its_time(practice: Practice, own: Phone) -> None:
    override = (
        "BEGIN:VEVENT\r\nUID:w\r\nDTSTAMP:20270101T000000Z\r\nRECURRENCE-ID:20270309T090000Z\r\n"
        "DTSTART:20270309T090000Z\r\nDTEND:20270309T100000Z\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )
    own.ask("PUT", "own/w.ics", WEEKLY.replace("END:VCALENDAR", override))
    assert not free(practice, "2027-03-02")
    assert free(practice, "2027-03-09")


def test_all_following_occurrences_move_with_an_override(own: Phone) -> None:
    override = (
        "BEGIN:VEVENT\r\nUID:w\r\nDTSTAMP:20270101T000000Z\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20270309T090000Z\r\n"
        "DTSTART:20270309T130000Z\r\nDTEND:20270309T140000Z\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )
    own.ask("PUT", "own/w.ics", WEEKLY.replace("END:VCALENDAR", override))
    assert starts(own.query("own/", "20270301T000000Z", "20270317T000000Z", expand=True)) == [
        "DTSTART:20270302T090000Z",
        "DTSTART:20270309T130000Z",
        "DTSTART:20270316T130000Z",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("DTSTART;TZID=W. Europe Standard Time:20270302T100000", "DTSTART:20270302T090000Z"),
        ("DTSTART;TZID=/mozilla.org/20050126_1/Europe/Berlin:20270302T100000", "DTSTART:20270302T090000Z"),
        ("DTSTART;TZID=Europe/Berlin :20270302T100000", "DTSTART:20270302T090000Z"),
        ("DTSTART;TZID=Nowhere:20270302T100000", "DTSTART:20270302T090000Z"),
        ("DTSTART:20270302T100000", "DTSTART:20270302T090000Z"),
        ("DTSTART;TZID=Asia/Tokyo:20270302T180000", "DTSTART:20270302T090000Z"),
    ],
)
def test_zones_are_known_by_all_their_names(own: Phone, line: str, expected: str) -> None:
    """Microsoft tools add blanks to TZID; floating times are those of the practice."""
    text = calendar("VEVENT", "UID:t", "DTSTAMP:20270101T000000Z", line, "RRULE:FREQ=DAILY;COUNT=1")
    assert own.ask("PUT", "own/t.ics", text).status_code == 201
    assert starts(own.query("own/", "20270301T000000Z", "20270304T000000Z", expand=True)) == [expected]


@pytest.mark.parametrize("rule", ["RRULE:FREQ=DAILY;COUNT=1", "X-NO-RULE:1"])
def test_folded_times_are_read_and_rewritten(own: Phone, rule: str) -> None:
    """Evolution names zones by paths so long that the line is folded."""
    name = "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin"
    lines = [f"{each};TZID={name}:202\r\n 70302T1{hour}0000" for each, hour in (("DTSTART", 0), ("DTEND", 1))]
    text = calendar("VEVENT", "UID:t", "DTSTAMP:20270101T000000Z", *lines, rule)
    assert own.ask("PUT", "own/t.ics", text).status_code == 201
    found = own.query("own/", "20270302T090000Z", "20270302T100000Z", expand=True)
    assert starts(found) == ["DTSTART:20270302T090000Z"]
    assert "\r\nDTEND:20270302T100000Z\r\n" in found[0]


def test_zone_that_only_the_object_knows_is_read_from_it(own: Phone) -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0300\r\n"
        "TZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT"
    )
    text = calendar("VEVENT", "UID:t", "DTSTAMP:20270101T000000Z", "DTSTART;TZID=Own:20270302T120000")
    own.ask("PUT", "own/t.ics", text.replace("BEGIN:VEVENT", zone))
    assert len(own.query("own/", "20270302T090000Z", "20270302T090001Z")) == 1
    assert own.query("own/", "20270302T110000Z", "20270302T120001Z") == []


def test_free_busy_says_when_and_nothing_else(practice: Practice, own: Phone) -> None:
    own.ask("PUT", "own/w.ics", WEEKLY)
    own.ask(
        "PUT", "own/t.ics", event("t", "STATUS:TENTATIVE", start="20270303T090000Z", end="20270303T100000Z")
    )
    own.ask(
        "PUT", "own/f.ics", event("f", "TRANSP:TRANSPARENT", start="20270304T090000Z", end="20270304T100000Z")
    )
    body = (
        '<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav">'
        '<C:time-range start="20270302T093000Z" end="20270310T000000Z" /></C:free-busy-query>'
    )
    text = own.ask("REPORT", "own/", body).text
    assert [line for line in text.split("\r\n") if line.startswith("FREEBUSY")] == [
        "FREEBUSY;FBTYPE=BUSY:20270302T093000Z/20270302T100000Z",
        "FREEBUSY;FBTYPE=BUSY:20270309T090000Z/20270309T100000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20270303T090000Z/20270303T100000Z",
    ]
    assert "Team" not in text


def roll(practice: Practice) -> None:
    """Let the worker do the job."""
    job = next(
        job
        for job in practice.hall.plugins.offered(hookspecs.jobs, hall=practice.hall)
        if job.name == "roll_horizon"
    )
    practice.hall.database.write(lambda session: job.run(session, database.now(session)))


def test_horizon_moves_on_and_closes_the_new_occurrences(practice: Practice, own: Phone) -> None:
    own.ask("PUT", "own/w.ics", WEEKLY)
    with practice.hall.database.reading() as session:
        before = session.query(Occurrence).count()
        until = session.query(CalendarObject).filter_by(uid="w").one().expanded_until
    practice.clock.move(days=60)
    roll(practice)
    with practice.hall.database.reading() as session:
        assert session.query(Occurrence).count() in (before + 8, before + 9)
        last = session.query(Allocation).order_by(Allocation.starts.desc()).first()
        assert until is not None
        assert last is not None
        assert last.starts > until
        assert session.query(Occurrence).count() == session.query(Allocation).count()


def test_occurrence_that_meets_a_booking_behind_the_horizon_is_laid_unguarded(
    practice: Practice, own: Phone
) -> None:
    """Architecture §3: stored unguarded and shown to staff."""
    own.ask("PUT", "own/w.ics", WEEKLY)
    with practice.hall.database.reading() as session:
        until = session.query(CalendarObject).filter_by(uid="w").one().expanded_until
    assert until is not None
    day = next(until + timedelta(days=n) for n in range(7) if (until + timedelta(days=n)).weekday() == 1)
    start = day.replace(hour=9, minute=0, second=0)
    entry = booking.Entry("massage", start, "Max", staff="anna")
    far = acts.act(practice.hall, booking.enter, acts.DESK, entry, booking.Override("warning", "far ahead"))
    practice.clock.move(days=60)
    roll(practice)
    assert ("clashed", "worker") in acts.entries(practice.hall, far.uid)
    with practice.hall.database.reading() as session:
        laid = session.query(Allocation).filter(Allocation.block == 1, Allocation.guarded.is_(False)).all()
        assert [allocation.resource_id for allocation in laid] == [practice.resource("anna").id]


def test_expansion_is_bounded(own: Phone) -> None:
    """A134: at most a thousand occurrences of one object behind the horizon."""
    own.ask("PUT", "own/d.ics", event("d", "RRULE:FREQ=DAILY"))
    text = own.query("own/", "20400101T000000Z", "20500101T000000Z", expand=True)[0]
    assert text.count("BEGIN:VEVENT") == 1_000


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("<C:prop-filter name='SUMMARY'><C:text-match>tEAM</C:text-match></C:prop-filter>", True),
        (
            "<C:prop-filter name='SUMMARY'><C:text-match collation='i;octet'>tEAM</C:text-match></C:prop-filter>",
            False,
        ),
        (
            "<C:prop-filter name='SUMMARY'><C:text-match negate-condition='yes'>x</C:text-match></C:prop-filter>",
            True,
        ),
        ("<C:prop-filter name='LOCATION'><C:is-not-defined /></C:prop-filter>", True),
        ("<C:prop-filter name='UID'><C:text-match>w</C:text-match></C:prop-filter>", True),
        ("<C:prop-filter name='UID'><C:text-match>other</C:text-match></C:prop-filter>", False),
        ("<C:comp-filter name='VALARM'><C:is-not-defined /></C:comp-filter>", True),
        ("<C:comp-filter name='VALARM' />", False),
    ],
)
def test_filters_on_lines(own: Phone, inside: str, found: bool) -> None:
    own.ask("PUT", "own/w.ics", WEEKLY)
    answer = own.report(
        "own/",
        "<C:calendar-query><prop><getetag /></prop><C:filter><C:comp-filter name='VCALENDAR'>"
        f"<C:comp-filter name='VEVENT'>{inside}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>",
    )
    assert (len(list(answer.iter("{DAV:}response"))) == 1) == found


def test_unknown_collation_is_refused(own: Phone) -> None:
    own.ask("PUT", "own/w.ics", WEEKLY)
    inside = "<C:prop-filter name='SUMMARY'><C:text-match collation='i;odd'>x</C:text-match></C:prop-filter>"
    refused = own.ask(
        "REPORT",
        "own/",
        f"<C:calendar-query {NAMESPACES}><C:filter><C:comp-filter name='VCALENDAR'><C:comp-filter name='VEVENT'>"
        f"{inside}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>",
    )
    assert conditions(refused) == {f"{C}supported-collation"}
