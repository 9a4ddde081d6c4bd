"""Times and dates as the API speaks them (RFC 3339, seconds, numeric offset)."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from vorzimmer.periods import day_of, instant_of

INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"
DAY = r"^\d{4}-\d\d-\d\d$"
MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


def parse_instant(value: object) -> datetime:
    """Aware UTC from RFC 3339 text with any offset; raises `ValueError`."""
    if not isinstance(value, str) or not re.fullmatch(INSTANT, value, re.ASCII):
        raise ValueError("a time looks like 2027-03-01T09:00:00+01:00")
    return instant_of(value)


def parse_day(value: object) -> date:
    """A date from ISO 8601 text; raises `ValueError`."""
    if not isinstance(value, str) or not re.fullmatch(DAY, value, re.ASCII):
        raise ValueError("a date looks like 2027-03-01")
    return day_of(value)


def _known_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("not an IANA time zone")
    return value


Instant = Annotated[
    datetime, BeforeValidator(parse_instant), WithJsonSchema({"type": "string", "pattern": INSTANT})
]
Day = Annotated[
    date, BeforeValidator(parse_day), WithJsonSchema({"type": "string", "format": "date", "pattern": DAY})
]
Zone = Annotated[str, AfterValidator(_known_zone)]


def show(moment: datetime, zone: ZoneInfo) -> str:
    """The instant in a zone, never with a `Z`."""
    return moment.astimezone(zone).isoformat(timespec="seconds")
