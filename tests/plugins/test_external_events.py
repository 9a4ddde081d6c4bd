"""What events of a calendar elsewhere take (rules 74 to 77); no database."""

from datetime import UTC, datetime, timedelta

import pytest
import recurring_ical_events
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from tests.plugins.elsewhere import event, ics
from vorzimmer.periods import Period, merge
from vorzimmer.testing import BERLIN, berlin
from vorzimmer_external_busy import events, report
from vorzimmer_external_busy.events import Reading
from vorzimmer_external_busy.fetching import FetchError

WINDOW = Period(berlin("2027-03-01"), berlin("2027-04-01"))
TEN, ELEVEN = ";TZID=Europe/Berlin:20270302T100000", ";TZID=Europe/Berlin:20270302T110000"
ME = "ATTENDEE;CN=Anna;PARTSTAT={}:mailto:Anna@Home.example"


def busy(*found: str, **how: bool) -> list[str]:
    """Busy time of a calendar by the clocks of Berlin."""
    reading = Reading(WINDOW, BERLIN, frozenset({"anna@home.example"}), **how)
    periods, _ = events.read([ics(*found)], reading).busy(())
    return [
        f"{one.start.astimezone(BERLIN):%d %H:%M}-{one.end.astimezone(BERLIN):%d %H:%M}" for one in periods
    ]


@pytest.mark.parametrize(
    "line",
    [
        "STATUS:CANCELLED",
        "TRANSP:TRANSPARENT",
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",
        ME.format("DECLINED"),
    ],
)
def test_an_event_that_takes_no_time_is_free(line: str) -> None:
    """Rule 74."""
    assert busy(event("a", TEN, ELEVEN, line)) == []


@pytest.mark.parametrize(
    "line",
    ["SUMMARY:x", "X-MICROSOFT-CDO-BUSYSTATUS:OOF", "ATTENDEE;PARTSTAT=DECLINED:mailto:ben@home.example"],
)
def test_any_other_event_is_busy(line: str) -> None:
    """Rule 74: what others declined is nothing to me."""
    assert busy(event("a", TEN, ELEVEN, line)) == ["02 10:00-02 11:00"]


@pytest.mark.parametrize("line", ["STATUS:TENTATIVE", ME.format("NEEDS-ACTION"), ME.format("TENTATIVE")])
def test_what_is_unsure_does_as_it_is_set(line: str) -> None:
    """Rule 74: busy by default."""
    assert busy(event("a", TEN, ELEVEN, line)) == ["02 10:00-02 11:00"]
    assert busy(event("a", TEN, ELEVEN, line), tentative_busy=False) == []


def test_a_whole_day_is_one_of_the_owners_zone_and_does_as_it_is_set() -> None:
    """Rule 75."""
    day = event("a", ";VALUE=DATE:20270302", ";VALUE=DATE:20270303")
    assert busy(day) == ["02 00:00-03 00:00"]
    assert busy(day, all_day_busy=False) == []


def test_a_series_leaves_out_what_is_moved_or_cancelled() -> None:
    """Rule 76: the old time is free, the new one busy."""
    series = event("a", TEN, ELEVEN, "RRULE:FREQ=DAILY;COUNT=4", "EXDATE;TZID=Europe/Berlin:20270303T100000")
    moved = event("a", TEN.replace("T10", "T14"), ELEVEN.replace("T11", "T15"), f"RECURRENCE-ID{TEN}")
    gone = event(
        "a",
        TEN.replace("0302", "0304"),
        ELEVEN.replace("0302", "0304"),
        f"RECURRENCE-ID{TEN.replace('0302', '0304')}",
        "STATUS:CANCELLED",
    )
    assert busy(series, moved, gone) == ["02 14:00-02 15:00", "05 10:00-05 11:00"]


DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@st.composite
def series(draw: st.DrawFn) -> list[str]:
    """A series of Berlin's clocks with times left out, and perhaps its first moved by an hour.

    None lies across the change of the clocks: there the library keeps the clock, and we the duration (RFC 5545
    §3.8.5.3).
    """
    first = datetime(2027, 1, 1, draw(st.integers(4, 21))) + timedelta(days=draw(st.integers(0, 70)))  # noqa: DTZ001  (by the clock)
    minutes = draw(st.sampled_from((30, 90)))
    rule = draw(
        st.sampled_from(
            (
                "FREQ=DAILY",
                "FREQ=WEEKLY",
                f"FREQ=WEEKLY;BYDAY={DAYS[first.weekday()]},{DAYS[first.weekday() - 3]}",
                "FREQ=MONTHLY",
                f"FREQ=MONTHLY;BYDAY={(first.day - 1) // 7 + 1}{DAYS[first.weekday()]}",
                f"FREQ=MONTHLY;BYMONTHDAY={first.day},-1",
                "FREQ=YEARLY",
            )
        )
    )
    rule += f";INTERVAL={draw(st.integers(1, 3))}"
    rule += draw(st.sampled_from(("", ";COUNT=5", ";UNTIL=20270320T120000Z")))
    out = draw(st.lists(st.integers(1, 40), max_size=3, unique=True))
    exceptions = [f"EXDATE;TZID=Europe/Berlin:{first + timedelta(days=days):%Y%m%dT%H%M%S}" for days in out]

    def written(start: datetime, *more: str) -> str:
        ends = start + timedelta(minutes=minutes)
        at = [f";TZID=Europe/Berlin:{one:%Y%m%dT%H%M%S}" for one in (start, ends)]
        return event("a", *at, *more)

    found = [written(first, f"RRULE:{rule}", *exceptions)]
    if draw(st.booleans()):
        named = f"RECURRENCE-ID;TZID=Europe/Berlin:{first:%Y%m%dT%H%M%S}"
        found.append(written(first + timedelta(hours=1), named))
    return found


@given(series())
def test_a_series_takes_the_time_that_another_library_finds(found: list[str]) -> None:
    """Rule 76, also where the clocks change."""
    low, high = (edge.astimezone(UTC) for edge in WINDOW)
    others = recurring_ical_events.of(Calendar.from_ical(ics(*found))).between(low, high)
    spans = [(one.start.astimezone(UTC), one.end.astimezone(UTC)) for one in others]
    periods, _ = events.read([ics(*found)], Reading(WINDOW, BERLIN)).busy(())
    assert [(one.start, one.end) for one in periods] == merge(spans)


def test_an_odd_zone_is_the_owners_and_is_told() -> None:
    """Rule 77: a Windows name is known, floating is the owner's, an unknown one is told."""
    windows = event("a", TEN.replace("Europe/Berlin", "W. Europe Standard Time"), ":20270302T100000Z")
    floating = event("b", ":20270303T100000", ":20270303T110000")
    assert busy(windows, floating) == ["02 10:00-02 11:00", "03 10:00-03 11:00"]
    odd = ics(event("c", ";TZID=Mars/Base:20270302T100000", ";TZID=Mars/Base:20270302T110000"))
    _, remarks = events.read([odd], Reading(WINDOW, BERLIN)).busy(())
    assert [remark["facts"] for remark in remarks] == [{"zone": "Mars/Base"}]


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=DAILY;COUNT=1000000000", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"]
)
def test_a_rule_that_would_not_end_leaves_its_first_date_and_is_told(rule: str) -> None:
    """A124, A134."""
    bomb = ics(event("a", TEN, ELEVEN, f"RRULE:{rule}"), event("b", TEN, ELEVEN))
    periods, remarks = events.read([bomb], Reading(WINDOW, BERLIN)).busy(())
    assert periods[0].start == berlin("2027-03-02 10:00")
    assert [remark["facts"] for remark in remarks] == [{"line": f"RRULE:{rule}"}]


def test_a_remark_names_how_many_events_it_is_of_and_the_first_and_no_text_of_them() -> None:
    odd = [
        event(f"{day}", f";TZID=Mars/Base:202703{day}T100000", f";TZID=Mars/Base:202703{day}T110000")
        for day in (17, 16)
    ]
    secret = event("s", TEN, ELEVEN, "DESCRIPTION:a", "my secret")
    _, remarks = events.read(
        [ics(*odd, secret, event("n", ":never", ":ever"))], Reading(WINDOW, BERLIN)
    ).busy(())
    assert [(remark["events"], remark["when"]) for remark in remarks] == [
        (2, "2027-03-16T09:00:00+00:00"),
        (1, "2027-03-02T09:00:00+00:00"),
        (1, None),
    ]
    assert "secret" not in str(remarks)


def test_more_busy_times_than_are_kept_leave_none_of_them_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_PERIODS", 5)
    many = [event(f"{day}", f":202703{day:02}T100000Z", f":202703{day:02}T110000Z") for day in range(1, 20)]
    periods, remarks = events.read([ics(*many)], Reading(WINDOW, BERLIN)).busy(())
    assert len(periods) <= 5
    assert (periods[0].start, periods[-1].end) == (berlin("2027-03-01 11:00"), berlin("2027-03-19 12:00"))
    assert remarks[0]["facts"] == {"count": 5}


@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<a>" * 100, b"<html/>", b"{}"]
)
def test_an_answer_that_is_no_harmless_multistatus_is_none(body: bytes) -> None:
    """A132."""
    with pytest.raises(FetchError):
        report.calendars(body)
