"""Lines outside every grammar between those of an event: it is never lost where its start can be read (B30)."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import foreign
from vorzimmer.icalendar.reader import decoded, read
from vorzimmer.icalendar.stream import pieces
from vorzimmer.icalendar.text import parse
from vorzimmer.icalendar.times import Series
from vorzimmer.testing import BERLIN, berlin

START, END = berlin("2027-01-18 11:00"), berlin("2027-01-18 12:00")
GARBAGE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=60),
    st.sampled_from(
        [
            "BEGIN:VALARM",
            "END:VALARM",
            "BEGIN:X",
            "END:X",
            "END:",
            "X_Y:1",
            ":",
            ";",
            '"',
            "RRULE",
            "RRULE:",
            "RRULE:FREQ=SECONDLY",
            "RRULE:FREQ=DAILY;INTERVAL=0",
            "EXRULE:FREQ=DAILY;COUNT=x",
            "RDATE:x,20270119T100000Z/P",
            "EXDATE;TZID=:never",
            "DURATION:P",
            "GEO:NaN;1",
            "UID:another",
            'X-A;B="c:d',
            "REPEAT:99999999999",
            "SUMMARY;LANGUAGE=de:a\\",
            "ATTACH:" + "x" * 20_000,
            "DESCRIPTION:" + "ü" * 10_000,
        ]
    ),
).filter(lambda line: not line[:1].isspace())
LINES = st.lists(st.tuples(st.integers(0, 4), GARBAGE), max_size=8)
BYTES = st.lists(
    st.binary(min_size=1, max_size=4).filter(lambda one: not set(one) & set(b"\r\n \t")), max_size=4
)


def broken(garbage: list[tuple[int, str]], noise: list[bytes]) -> bytes:
    """An event with lines between its own, and lines of bytes at its end."""
    own = ["DTSTAMP:20261101T080000Z", *foreign.ELEVEN, "SUMMARY:x"]
    for place, line in sorted(garbage, key=lambda one: -one[0]):
        own.insert(place, line)
    data = foreign.calendar(foreign.event("fuzz", *own))
    return data.replace(b"END:VEVENT", b"".join(b"X" + one + b"\r\n" for one in noise) + b"END:VEVENT")


def hold(garbage: list[tuple[int, str]], noise: list[bytes]) -> None:
    found = list(pieces(BytesIO(broken(garbage, noise))))
    assert found
    read_anew = [read(decoded(piece.data).encode()) for piece in found]
    for one in read_anew:
        parse(one.text)  # what is stored is well-formed
        assert read(one.text.encode()).text == one.text
    window = START - timedelta(days=1), END + timedelta(days=1)
    spans = [span for one in read_anew for span in Series(one, BERLIN).between(*window, 100)]
    assert any(span.starts <= START and span.ends >= END for span in spans)


@given(LINES, BYTES)
@settings(max_examples=80)
def test_an_event_whose_start_can_be_read_takes_its_time(
    garbage: list[tuple[int, str]], noise: list[bytes]
) -> None:
    hold(garbage, noise)


@pytest.mark.long
@given(LINES, BYTES)
@settings(max_examples=1_500)
def test_an_event_whose_start_can_be_read_takes_its_time_for_hours(
    garbage: list[tuple[int, str]], noise: list[bytes]
) -> None:
    hold(garbage, noise)
