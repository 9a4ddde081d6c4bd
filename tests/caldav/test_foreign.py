"""Calendars as they are in the world, through every door: nothing that was not understood becomes free time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests import foreign
from tests.caldav.desk import Phone, hrefs
from tests.foreign import CASES, Case
from tests.plugins.test_import_calendars import of_file
from vorzimmer.icalendar.remarks import TOLD
from vorzimmer.models import Allocation, Block
from vorzimmer.periods import Period, merge
from vorzimmer.testing import BERLIN, Practice, berlin
from vorzimmer_external_busy import events
from vorzimmer_external_busy.events import Reading


@pytest.fixture
def database_url() -> str:
    """What a calendar means is no matter of SQL."""
    return ""


def told(spans: list[tuple[datetime, datetime]], days: tuple[str, str]) -> list[str]:
    """Busy time between two days, by the clocks of Berlin."""
    low, high = map(berlin, days)
    within = merge((start, end) for start, end in spans if end > low and start < high)
    return [f"{start.astimezone(BERLIN):%d %H:%M}-{end.astimezone(BERLIN):%d %H:%M}" for start, end in within]


class Closing:
    """What is closed by each act: the blocks that are new."""

    def __init__(self, practice: Practice) -> None:
        self._hall, self._last = practice.hall, 0
        practice.clock.now = berlin("2027-01-11 08:00")  # before all of it

    def newly(self, case: Case) -> list[str]:
        """By what came since the last time."""
        with self._hall.database.reading() as session:
            query = select(Allocation.starts, Allocation.ends).where(Allocation.block_id > self._last)
            found = [(start, end) for start, end in session.execute(query)]
            self._last = session.scalar(select(func.max(Block.id))) or 0
        return told(found, case.days)


@pytest.mark.parametrize("name", CASES)
def test_a_calendar_elsewhere_takes_the_time_that_it_says(name: str) -> None:
    case = CASES[name]
    window = Period(*map(berlin, case.days))
    periods, remarks = events.read([case.data], Reading(window, BERLIN)).busy(())
    assert told([(one.start, one.end) for one in periods], case.days) == case.busy
    assert len(remarks) == (case.told if case.busy else 0)


def test_a_calendar_app_may_send_it_or_is_told_why_not(practice: Practice, anna: Phone) -> None:
    closing = Closing(practice)
    found = {}
    for number, (name, case) in enumerate(CASES.items()):
        status = anna.ask("PUT", f"bookings/{number}.ics", case.data).status_code
        found[name] = status, closing.newly(case)
    assert found == {name: (case.put, case.busy if case.put == 201 else []) for name, case in CASES.items()}


def test_a_file_brings_it_in_whatever_is_remarked(practice: Practice, tmp_path: Path) -> None:
    closing = Closing(practice)
    found = {}
    for name, case in CASES.items():
        ((outcome, reasons),) = of_file(practice.hall, tmp_path, case.data)
        found[name] = outcome, len(reasons), closing.newly(case)
    assert found == {name: ("imported", case.told, case.busy) for name, case in CASES.items()}


def test_several_events_of_one_uid_are_each_one(practice: Practice, anna: Phone, tmp_path: Path) -> None:
    """But for a calendar app, which may send objects alone (RFC 4791 §4.1)."""
    case = Case(foreign.SEVERAL, [f"{day} 11:00-{day} 12:00" for day in (18, 19, 20)])
    window = Period(*map(berlin, case.days))
    periods, remarks = events.read([case.data], Reading(window, BERLIN)).busy(())
    assert told([(one.start, one.end) for one in periods], case.days) == case.busy
    assert [(remark["text"], remark["events"]) for remark in remarks] == [(TOLD["UID"], 2)]
    assert anna.ask("PUT", "bookings/r10.ics", case.data).status_code == 403
    closing = Closing(practice)
    for again in (["imported"] * 3, ["skipped"] * 3):
        assert [outcome for outcome, _ in of_file(practice.hall, tmp_path, case.data)] == again
        assert closing.newly(case) == (case.busy if again[0] == "imported" else [])


@pytest.mark.parametrize(("unsure", "days"), [(True, [19, 20, 22]), (False, [19, 20])])
def test_busy_times_without_events_are_busy(unsure: bool, days: list[int]) -> None:
    window = Period(berlin("2027-01-18"), berlin("2027-01-30"))
    reading = Reading(window, BERLIN, tentative_busy=unsure)
    periods, remarks = events.read([foreign.BUSY_TIMES], reading).busy(())
    spans = [(one.start, one.end) for one in periods]
    assert told(spans, ("2027-01-18", "2027-01-30")) == [f"{day} 11:00-{day} 12:00" for day in days]
    assert remarks == []


def test_what_is_served_again_is_well_formed(anna: Phone) -> None:
    """RFC 4791 §5.3.4: what was changed has no entity tag in the answer, so the app fetches it."""
    for number, name in enumerate(
        ("a name with an underscore", "with bare line feeds", "one broken character")
    ):
        answer = anna.ask("PUT", f"bookings/{number}.ics", CASES[name].data)
        assert (answer.status_code, answer.headers.get("ETag")) == (201, None)
        text = anna.ask("GET", f"bookings/{number}.ics").text
        assert "DTSTART;TZID=Europe/Berlin:20270118T110000\r\n" in text
        assert "X-ENTOURAGE" not in text
        assert anna.ask("PUT", f"bookings/{number}.ics", text).headers.get("ETag")
    assert anna.ask("GET", "bookings/").text.count("BEGIN:VEVENT") == 3


def test_whole_days_stand_in_the_answers_of_their_days_alone(anna: Phone) -> None:
    """Rule 3: a series of Sundays that began on a day of 25 hours ends on Sunday all the same."""
    assert (
        anna.ask("PUT", "bookings/a01.ics", CASES["since the change of the clocks"].data).status_code == 201
    )
    assert len(anna.query("bookings/", "20270124T220000Z", "20270124T230000Z")) == 1
    assert anna.query("bookings/", "20270124T230000Z", "20270125T000000Z") == []
    (expanded,) = anna.query("bookings/", "20270123T120000Z", "20270125T120000Z", expand=True)
    assert "DTSTART;VALUE=DATE:20270124\r\n" in expanded
    assert "DTEND;VALUE=DATE:20270125\r\n" in expanded


def test_an_alarm_of_an_old_series_is_found(anna: Phone) -> None:
    """Counted from where one asks, not from where the series began (RFC 4791 §9.9)."""
    alarm = foreign.component("VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", "TRIGGER:-PT15M").splitlines()
    daily = foreign.event("old", *foreign.at("Europe/Berlin", "20100104"), "RRULE:FREQ=DAILY", *alarm)
    assert anna.ask("PUT", "bookings/old.ics", foreign.calendar(daily)).status_code == 201
    for start, end, hits in (("0830", "0846", 1), ("0900", "0930", 0)):
        times = f"<C:time-range start='20270301T{start}00Z' end='20270301T{end}00Z' />"
        answer = anna.report(
            "bookings/",
            "<C:calendar-query><C:filter><C:comp-filter name='VCALENDAR'><C:comp-filter name='VEVENT'>"
            f"<C:comp-filter name='VALARM'>{times}</C:comp-filter></C:comp-filter></C:comp-filter></C:filter>"
            "</C:calendar-query>",
        )
        assert len(hrefs(answer)) == hits
