"""What is refused of a calendar app, for it would keep a parser or an expander busy, or says nothing (T6, T7, A134)."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from vorzimmer.icalendar import remarks
from vorzimmer.icalendar.reader import read
from vorzimmer.icalendar.text import LARGEST_TEXT, CalendarDataError, SafeCalendar, moment
from vorzimmer.icalendar.times import Series

START = "DTSTART:20270301T090000Z"


def event(*lines: str, around: str = "") -> bytes:
    """A calendar with one event of these lines."""
    inside = "\r\n".join(["BEGIN:VEVENT", "UID:one", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"])
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x\r\n{around}{inside}\r\nEND:VCALENDAR\r\n".encode()


def occurrences(calendar: SafeCalendar, most: int = 5) -> list[datetime]:
    """When the first of a series begin."""
    return [span.starts for span in islice(Series(calendar, ZoneInfo("UTC")).all(), most)]


def refusal(data: bytes) -> str:
    """The precondition with which a PUT of it is refused."""
    with pytest.raises(CalendarDataError) as refused:
        read(data, strict=True)
    return refused.value.precondition


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=10",
        "FREQ=DAILY;COUNT=1000000000",
        "FREQ=DAILY;INTERVAL=2147483648",
        "FREQ=YEARLY;BYHOUR=0,1,2,3,4,5,6,7,8;BYMINUTE=0,15,30,45",
        "FREQ=YEARLY;BYSECOND=0,1",
    ],
)
def test_rule_with_too_many_instances_is_refused(rule: str) -> None:
    assert refusal(event(START, f"RRULE:{rule}")) == "max-instances"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "EXRULE",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;NONSENSE=1",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=MONTHLY;BYDAY=60MO",
        "FREQ=MONTHLY;BYSETPOS=1",
    ],
)
def test_malformed_rule_is_refused(rule: str) -> None:
    assert refusal(event(START, f"RRULE:{rule}")) == "valid-calendar-data"


@pytest.mark.parametrize(
    ("start", "rule"),
    [
        ("20270301T090000Z", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
        ("20270301T090000Z", "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29"),
        ("20270131T090000Z", "FREQ=MONTHLY;BYMONTH=2"),
        ("20270131T090000Z", "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3;BYMONTHDAY=5"),
        ("20270301T090000Z", "FREQ=DAILY;INTERVAL=7;BYDAY=SU"),
        ("20270301T090000Z", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=30"),
        ("20270301T090000Z", "FREQ=HOURLY;INTERVAL=24;BYHOUR=5"),
    ],
)
def test_rule_that_never_happens_is_refused(start: str, rule: str) -> None:
    assert refusal(event(f"DTSTART:{start}", f"RRULE:{rule}")) == "valid-calendar-data"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;BYDAY=MO,WE;WKST=SU",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "FREQ=YEARLY;BYDAY=53MO",
        "FREQ=YEARLY;BYYEARDAY=-1",
        "FREQ=DAILY;COUNT=10000",
        "FREQ=HOURLY;COUNT=5",
    ],
)
def test_rules_of_real_calendars_pass(rule: str) -> None:
    assert read(event(START, f"RRULE:{rule}")).entries[0].value("RRULE") == rule


def test_a_hundred_rules_are_refused_and_a_few_are_not() -> None:
    daily = "RRULE:FREQ=DAILY"
    assert read(event(START, daily, "RRULE:FREQ=YEARLY", "EXRULE:FREQ=WEEKLY"), strict=True).remarks == ()
    assert refusal(event(START, *[daily] * 100)) == "valid-calendar-data"
    assert refusal(event(START, daily, "EXRULE:FREQ=SECONDLY")) == "max-instances"


def test_an_exrule_that_is_the_rule_itself_is_refused_and_takes_nothing_out_elsewhere() -> None:
    """A134."""
    both = event(START, "RRULE:FREQ=DAILY", "EXRULE:freq=daily")
    assert refusal(both) == "max-instances"
    found = read(both)
    assert [remark.text for remark in found.remarks] == [remarks.EXRULE]
    assert len(occurrences(found)) == 5
    assert len(occurrences(read(event(START, "RRULE:FREQ=DAILY", "EXRULE:FREQ=WEEKLY"), strict=True))) == 5


def test_a_series_of_which_nothing_is_left_is_not_looked_through_to_the_end_of_time() -> None:
    """The same in other words: where ten thousand days in a row have none, the next one stands."""
    never = read(event(START, "RRULE:FREQ=DAILY", "EXRULE:FREQ=DAILY;INTERVAL=1"), strict=True)
    assert occurrences(never, 1) == [datetime(2027, 3, 1, 9, tzinfo=UTC) + timedelta(days=9_999)]
    first_of_two = read(event(START, "RRULE:FREQ=DAILY", "EXRULE:FREQ=DAILY;INTERVAL=2"), strict=True)
    assert occurrences(first_of_two, 1) == [datetime(2027, 3, 2, 9, tzinfo=UTC)]


@pytest.mark.parametrize(("value", "precondition"), [("0001", "min-date-time"), ("9999", "max-date-time")])
def test_years_out_of_bounds_are_refused(value: str, precondition: str) -> None:
    assert refusal(event(f"DTSTART:{value}0101T000000Z", "RRULE:FREQ=DAILY")) == precondition


def test_birthday_without_a_year_as_apple_writes_it_passes() -> None:
    assert read(event("DTSTART;VALUE=DATE:16040229", "RRULE:FREQ=YEARLY")).entries


def test_time_zone_that_changes_by_the_day_is_refused() -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Bomb\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0100\r\n"
        "TZOFFSETTO:+0100\r\nRRULE:FREQ=DAILY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    assert refusal(event(START, around=zone)) == "max-instances"
    assert read(event(START, around=zone.replace("DAILY", "YEARLY"))).entries


def test_one_byte_too_many_is_refused() -> None:
    """T7, A133: the limit is that of CALDAV:max-resource-size."""
    filled = event(START, "DESCRIPTION:" + "x" * (LARGEST_TEXT - len(event(START, "DESCRIPTION:"))))
    assert read(filled)
    assert refusal(filled + b" ") == "max-resource-size"


def test_thousands_of_overrides_attendees_or_dates_are_refused() -> None:
    override = "BEGIN:VEVENT\r\nUID:one\r\nRECURRENCE-ID:20270301T090000Z\r\nEND:VEVENT\r\n"
    assert refusal(event(START, around=override * 2_000)) == "max-instances"
    assert refusal(b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 15_000) == "max-instances"
    guests = [f"ATTENDEE:mailto:{number}@kunde.example" for number in range(5_000)]
    assert refusal(event(START, *guests)) == "max-attendees-per-instance"
    assert refusal(event(START, "RDATE:" + ",".join(["20270301T090000Z"] * 5_000))) == "max-instances"


def test_controls_are_stripped_and_tabs_kept() -> None:
    """T8: NUL, backspace and C1 controls never reach a table or another parser."""
    calendar = read(event(START, "SUMMARY:a\x00b\x08c\x85d\te"))
    assert calendar.entries[0].value("SUMMARY") == "abcd\te"
    assert "\x00" not in calendar.text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"\xff\xfe" + "BEGIN:VCALENDAR".encode("utf-16-le"),
        event("DTSTART:20270230T090000Z"),
        event("DTSTART:tomorrow"),
        event(START, "DURATION:PT"),
    ],
)
def test_what_is_no_calendar_is_refused(data: bytes) -> None:
    assert refusal(data) == "valid-calendar-data"


def test_folded_lines_and_quoted_parameters_are_understood() -> None:
    calendar = read(event('DTSTART;TZID="Europe/Berlin":2027\r\n 0301T090000', 'X-A;B="c;d:e":f'))
    line = calendar.entries[0].first("DTSTART")
    assert line is not None
    assert (line.param("TZID"), line.value) == ("Europe/Berlin", "20270301T090000")


def test_dates_and_leap_seconds_are_read() -> None:
    assert moment("20270301") == date(2027, 3, 1)
    assert moment("20161231T235960Z") == datetime(2016, 12, 31, 23, 59, 59)  # noqa: DTZ001
