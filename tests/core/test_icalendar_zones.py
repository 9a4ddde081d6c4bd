"""Zones of foreign calendars: each object's own (rule 77)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from tests import foreign
from vorzimmer.icalendar.reader import read
from vorzimmer.icalendar.stream import pieces
from vorzimmer.icalendar.text import parse
from vorzimmer.icalendar.times import Series
from vorzimmer.icalendar.writer import vtimezone
from vorzimmer.icalendar.zones import own_zone
from vorzimmer.testing import BERLIN


def starts(data: bytes) -> list[str]:
    """When the events of a calendar start, by the clocks of Berlin."""
    series = [Series(read(piece.data), BERLIN) for piece in pieces(BytesIO(data))]
    return [f"{span.starts.astimezone(BERLIN):%d %H:%M}" for one in series for span in one.all()]


@pytest.mark.parametrize("order", [*permutations((foreign.CUSTOM_FIRST, foreign.CUSTOM_SECOND))])
def test_a_zone_that_two_calendars_define_differently_is_each_ones_own(order: tuple[bytes, ...]) -> None:
    assert [starts(one) for one in order] == [["19 11:00"]] * 2


def test_calendars_one_after_the_other_in_a_file_keep_their_zones() -> None:
    assert starts(foreign.CUSTOM_FIRST + foreign.CUSTOM_SECOND) == ["19 11:00"] * 2


@pytest.mark.parametrize("name", foreign.ODD_ZONES)
def test_a_zone_is_found_however_its_name_is_written(name: str) -> None:
    assert starts(foreign.ODD_ZONES[name]) == ["19 11:00"]


@pytest.mark.parametrize(
    "name",
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"],
)
def test_a_zone_that_a_calendar_defines_is_that_of_iana(name: str) -> None:
    """F41: every hour of a year, there and back, also in the hours that are skipped or come twice."""
    root = parse(f"BEGIN:VCALENDAR\r\n{vtimezone(name, 2027)}END:VCALENDAR\r\n")
    own, iana = own_zone(root, name), ZoneInfo(name)
    assert own is not None
    for hour in range(365 * 48):
        instant = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * hour)
        local = instant.astimezone(own)
        assert (local.replace(tzinfo=None), local.fold) == (
            instant.astimezone(iana).replace(tzinfo=None),
            instant.astimezone(iana).fold,
        )
        wall = instant.replace(tzinfo=None)
        assert wall.replace(tzinfo=own).utcoffset() == wall.replace(tzinfo=iana).utcoffset()


@pytest.mark.parametrize(
    "line", ["RRULE:FREQ=DAILY", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "TZOFFSETTO:tomorrow"]
)
def test_a_definition_that_nobody_can_follow_is_none(line: str) -> None:
    part = ["DTSTART:16010101T030000", "TZOFFSETFROM:+0100", line, "TZOFFSETTO:+0200"]
    told = foreign.component("VTIMEZONE", "TZID:X", *foreign.component("STANDARD", *part).splitlines())
    assert own_zone(parse(foreign.calendar(told).decode()), "X") is None


def test_a_definition_since_the_year_one_holds() -> None:
    """.NET writes the least of its dates for "always"."""
    told = foreign.zone("X", *foreign.NEW_YORK).replace("16010101", "00010101")
    zone = own_zone(parse(foreign.calendar(told).decode()), "X")
    assert datetime(2027, 7, 1, tzinfo=zone).utcoffset() == timedelta(hours=-4)
    assert datetime(2027, 1, 1, tzinfo=zone).utcoffset() == timedelta(hours=-5)
