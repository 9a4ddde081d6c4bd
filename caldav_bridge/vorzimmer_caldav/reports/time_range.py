"""Time ranges of reports (RFC 4791 §9.9)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import UTC, datetime

from vorzimmer_caldav.xml.multistatus import C
from vorzimmer_caldav.xml.refusal import RefusalError

FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """Half-open; open sides are `FIRST` and `LAST`."""

    start: datetime
    end: datetime


def window(element: ET.Element | None) -> Window | None:
    """The window of a time-range, expand or the like; refuses what is not in UTC (RFC 4791 §9.9)."""
    if element is None:
        return None
    start, end = (_instant(element.get(name)) for name in ("start", "end"))
    if start is None and end is None:
        raise RefusalError(403, f"{C}valid-filter")
    if start and end and start >= end:
        raise RefusalError(403, f"{C}valid-filter")
    return Window(start or FIRST, end or LAST)


def _instant(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise RefusalError(403, f"{C}valid-filter") from None
