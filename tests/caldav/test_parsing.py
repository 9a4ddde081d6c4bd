"""Reads never parse with vobject: everything that is asked stands in columns or on checked lines."""

from __future__ import annotations

import pytest
import vobject

from tests import acts
from tests.caldav.desk import NAMESPACES, Phone, event
from vorzimmer.testing import Practice


@pytest.fixture
def database_url() -> str:
    return ""


def test_no_request_ever_calls_vobjects_parser(
    practice: Practice, anna: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T6, T7: what hangs for half a minute there is not asked at all, neither on reads nor on writes."""

    def parse(*_: object, **__: object) -> None:
        raise AssertionError("vobject was asked")

    monkeypatch.setattr(vobject, "readOne", parse)
    monkeypatch.setattr(vobject, "readComponents", parse)
    monkeypatch.setattr(vobject.base, "readComponents", parse)
    made = acts.book(practice.hall, staff="anna")
    path = f"bookings/{made.uid}.ics"
    assert anna.ask("PUT", path, anna.ask("GET", path).text).status_code == 204
    text = event("a", "RRULE:FREQ=WEEKLY;COUNT=2", start="20270303T090000Z", end="20270303T100000Z")
    assert anna.ask("PUT", "bookings/a.ics", text).status_code == 201
    assert anna.ask("GET", "bookings/").text.count("BEGIN:VEVENT") == 2
    for expand in (False, True):
        assert len(anna.query("bookings/", "20270301T000000Z", "20270310T000000Z", expand=expand)) == 2
    match = "<C:prop-filter name='SUMMARY'><C:text-match>massage</C:text-match></C:prop-filter>"
    answer = anna.report(
        "bookings/",
        "<C:calendar-query><C:filter><C:comp-filter name='VCALENDAR'><C:comp-filter name='VEVENT'>"
        f"{match}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>",
    )
    assert len(list(answer.iter("{DAV:}response"))) == 1
    times = "<C:time-range start='20270301T000000Z' end='20270310T000000Z' />"
    busy = anna.ask("REPORT", "bookings/", f"<C:free-busy-query {NAMESPACES}>{times}</C:free-busy-query>")
    assert busy.text.count("FREEBUSY;") == 2
    assert anna.ask("PROPFIND", "bookings/", Depth="1").status_code == 207
