"""What the events of a calendar take of somebody's time (rules 74 to 78). Nothing of them is kept but that."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from vorzimmer.icalendar import reader, remarks, stream
from vorzimmer.icalendar.stream import Piece
from vorzimmer.icalendar.text import LARGEST_TEXT, CalendarDataError, Component, Remark, SafeCalendar
from vorzimmer.icalendar.times import SECOND, Series, Span, freebusy
from vorzimmer.periods import Period, merge
from vorzimmer.reasons import N_
from vorzimmer_external_busy.fetching import TOO_LARGE, UNUSABLE, FetchError

SECONDS = 20.0
"""Of work on one calendar; what takes longer is made to."""
MOST_PERIODS, MOST_TIMES, MOST_REMARKS = 10_000, 100_000, 20
_GAP = timedelta(minutes=15)
_FREE = ("FREE", "WORKINGELSEWHERE")
_UNSURE = ("TENTATIVE", "NEEDS-ACTION")
LINES = N_("Lines that are not iCalendar were left out: %(count)d.")
MANY = N_("The calendar has more than %(count)d busy times; short gaps between them count as busy.")
MORE = N_("More remarks of other kinds: %(count)d.")


@dataclass(frozen=True)
class Reading:
    """How a calendar is read: `own` are the e-mail addresses of its owner, `zone` the owner's (rules 75, 77)."""

    window: Period
    zone: ZoneInfo
    own: frozenset[str] = frozenset()
    tentative_busy: bool = True
    all_day_busy: bool = True


@dataclass
class Found:
    """A remark as it is stored: of how many events it was made, and when the first of them is, where that is known."""

    remark: Remark
    first: datetime | None
    events: int = 0

    def record(self) -> dict[str, Any]:
        """For the database."""
        return {**self.remark.record(), "when": self.first and self.first.isoformat(), "events": self.events}


@dataclass
class Read:
    """What was read: busy time by the UID that takes it, and what people should know of it."""

    by_uid: dict[str, list[Period]] = field(default_factory=dict)
    found: dict[str, Found] = field(default_factory=dict)

    def busy(self, without: Collection[str]) -> tuple[list[Period], list[dict[str, Any]]]:
        """Busy time without that of some UIDs, in order, and remarks (records of `text`, `facts`, `when`, `events`)."""
        spans = [span for uid, found in self.by_uid.items() if uid not in without for span in found]
        taken = merge((one.start, one.end) for one in spans)
        told = [each.record() for each in [*self.found.values()][:MOST_REMARKS]]
        if len(self.found) > MOST_REMARKS:
            told.append(Found(Remark(MORE, {"count": len(self.found) - MOST_REMARKS}), None).record())
        if len(taken) > MOST_PERIODS:
            told.append(Found(Remark(MANY, {"count": MOST_PERIODS}), None).record())
        return [Period(start, end) for start, end in _few(taken)], told

    def note(self, remark: Remark, when: datetime | None) -> None:
        """What is to be known of one more event; of its texts nothing is kept."""
        if remark.text == remarks.LINES:
            remark = Remark(LINES, {"count": remark.facts["count"]})
        known = self.found.setdefault(f"{remark.text} {remark.facts}", Found(remark, when))
        known.events += 1
        known.first = min(filter(None, (known.first, when)), default=None)


def _few(taken: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """No more periods than can be kept: of too many the gaps are closed, the shortest first."""
    gap = _GAP
    while len(taken) > MOST_PERIODS:
        taken = [(start, end - gap) for start, end in merge((start, end + gap) for start, end in taken)]
        gap *= 2
    return taken


def read(calendars: Iterable[bytes], how: Reading) -> Read:
    """Read whole calendars. Raises `FetchError` where one is none, or takes too long; an odd event is remarked on."""
    found, end = Read(), time.monotonic() + SECONDS
    for data in calendars:
        _check_whole(data)
        for piece in stream.pieces(BytesIO(data)):
            if time.monotonic() > end:
                raise FetchError(TOO_LARGE)
            if piece.kind in ("VEVENT", "VFREEBUSY") and not _is_over(piece.data, how.window.start.year):
                _take(piece, how, found)
    return found


def _take(piece: Piece, how: Reading, found: Read) -> None:
    """Read one event with its exceptions, or one list of busy times."""
    try:
        if not piece.data:
            raise CalendarDataError("max-instances", remarks.TOO_LARGE, count=LARGEST_TEXT)
        sent = reader.read(piece.data)
        spans = list(_busy_times(sent, how) if piece.kind == "VFREEBUSY" else _times(sent, how))
    except CalendarDataError as error:
        found.note(error.remark, None)
        return
    if spans:
        found.by_uid.setdefault(piece.uid, []).extend(Period(span.starts, span.ends) for span in spans)
        for remark in sent.remarks:
            found.note(remark, min(span.starts for span in spans))


def _times(sent: SafeCalendar, how: Reading) -> list[Span]:
    takes = [_takes_time(entry, how) for entry in sent.entries]
    spans = Series(sent, how.zone).between(how.window.start, how.window.end, MOST_TIMES)
    return [span for span in spans if takes[span.part] and span.ends - span.starts > SECOND]


def _busy_times(sent: SafeCalendar, how: Reading) -> Iterator[Span]:
    """What a VFREEBUSY says (RFC 5545 §3.2.9: a type that nobody knows is busy)."""
    for span, kind in freebusy(sent, how.zone):
        within = span.ends > how.window.start and span.starts < how.window.end
        if within and (how.tentative_busy or kind != "BUSY-TENTATIVE"):
            yield span


def _check_whole(data: bytes) -> None:
    """A calendar that begins and ends as one: of a part nobody knows what is missing."""
    if not re.match(rb"(?i)(\xef\xbb\xbf)?\s*BEGIN:VCALENDAR\s", data) or not re.search(
        rb"(?i)\nEND:VCALENDAR\s*\Z", data[-200:]
    ):
        raise FetchError(UNUSABLE)


def _is_over(text: bytes, year: int) -> bool:
    """Whether an event that happens once did so before the year: most of an old calendar need not be read."""
    own = text[text.find(b"BEGIN:VEVENT") :]
    if re.search(rb"(?im)^(RRULE|RDATE|DURATION|RECURRENCE-ID)", own):
        return False
    edges = re.findall(rb"(?im)^DT(?:START|END)[;:].*", own)
    years = [re.search(rb":(\d{4})\d{4}(T\d{6}Z?)?\s*$", edge) for edge in edges]
    return bool(years) and all(found and int(found[1]) < year for found in years)


# ---- which time an event takes ---------------------------------------------------------------------------------------


def _takes_time(event: Component, how: Reading) -> bool:
    """Rule 74: not cancelled, not transparent, not declined; rule 75 for whole days; the rest as it is set."""
    said = event.value("X-MICROSOFT-CDO-BUSYSTATUS").upper()
    mine = {_answer_of(line.params) for line in event.every("ATTENDEE") if _mailbox(line.value) in how.own}
    if event.value("STATUS").upper() == "CANCELLED" or event.value("TRANSP").upper() == "TRANSPARENT":
        return False
    if said in _FREE or "DECLINED" in mine:
        return False
    unsure = mine & set(_UNSURE) or "TENTATIVE" in (said, event.value("STATUS").upper())
    if unsure and not how.tentative_busy:
        return False
    started = event.first("DTSTART")
    return how.all_day_busy or started is None or "T" in started.value


def _mailbox(value: str) -> str:
    return value.strip().lower().removeprefix("mailto:")


def _answer_of(params: str) -> str:
    found = re.search(r"(?i);PARTSTAT=\"?([A-Z-]+)", params)
    return found[1].upper() if found else "NEEDS-ACTION"
