"""Times and dates as the API speaks them (RFC 3339, seconds, numeric offset)."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from vorzimmer.periods import day_of, instant_of

# Exact, so that whatever keeps to the document is taken: the years of `periods.YEARS`, no 30th of February.
_YEAR = "(19|2[0-9])[0-9][0-9]"
_LEAP = "((19|2[0-9])(0[48]|[2468][048]|[13579][26])|2[048]00)"
_DATE = (
    f"({_YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)"
)
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
INSTANT = f"^{_DATE}T{_CLOCK}:[0-5][0-9](Z|[+-]{_CLOCK})$"
DAY = f"^{_DATE}$"
MONTH = f"^{_YEAR}-(0[1-9]|1[0-2])$"


def parse_instant(value: object) -> datetime:
    """Aware UTC from RFC 3339 text with any offset; raises `ValueError`."""
    if not isinstance(value, str) or not re.fullmatch(INSTANT, value):
        raise ValueError("a time looks like 2027-03-01T09:00:00+01:00")
    return instant_of(value)


def parse_day(value: object) -> date:
    """A date from ISO 8601 text; raises `ValueError`."""
    if not isinstance(value, str) or not re.fullmatch(DAY, value):
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
Zone = Annotated[
    str,
    AfterValidator(_known_zone),
    WithJsonSchema({"type": "string", "enum": sorted(available_timezones())}),
]
