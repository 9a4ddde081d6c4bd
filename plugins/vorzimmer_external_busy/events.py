"""What the events of a calendar take of somebody's time (rules 74 to 78). Nothing of them is kept but that."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from vorzimmer.hookspecs import OwnCalendars
from vorzimmer.icalendar import reader
from vorzimmer.icalendar.recurrence import MOST_OCCURRENCES
from vorzimmer.icalendar.stream import pieces
from vorzimmer.icalendar.text import CalendarDataError, Component
from vorzimmer.periods import Period, merge
from vorzimmer.reasons import N_
from vorzimmer_external_busy.fetching import TOO_LARGE, UNUSABLE, FetchError

SECONDS = 20.0
"""Of work on one calendar; what takes longer is made to."""
MOST_PERIODS = 10_000
_SECOND = timedelta(seconds=1)
_FREE = ("FREE", "WORKINGELSEWHERE")
_UNSURE = ("TENTATIVE", "NEEDS-ACTION")
STRANGE = N_("The time zone “%(zone)s” is unknown: that of the practice was taken.")
UNREADABLE = N_("Events that could not be read: %(count)d.")
MANY = N_("The calendar has more than %(count)d busy times: later ones were left out.")


@dataclass(frozen=True)
class Reading:
    """How a calendar is read: `own` are the e-mail addresses of its owner, `zone` the owner's (rules 75, 77)."""

    window: Period
    zone: ZoneInfo
    own: frozenset[str] = frozenset()
    tentative_busy: bool = True
    all_day_busy: bool = True


@dataclass
class Read:
    """What was read: busy time by the UID that takes it, and what people should know of it."""

    by_uid: dict[str, list[Period]] = field(default_factory=dict)
    unreadable: int = 0
    strange: set[str] = field(default_factory=set)

    def busy(self, without: Collection[str]) -> tuple[list[Period], list[dict[str, Any]]]:
        """Busy time without that of some UIDs, in order, and remarks (records of `text` and `facts`)."""
        spans = [span for uid, found in self.by_uid.items() if uid not in without for span in found]
        merged = [Period(start, end) for start, end in merge((one.start, one.end) for one in spans)]
        remarks = [_remark(STRANGE, zone=name[:80]) for name in sorted(self.strange)[:5]]
        if self.unreadable:
            remarks.append(_remark(UNREADABLE, count=self.unreadable))
        if len(merged) > MOST_PERIODS:
            remarks.append(_remark(MANY, count=MOST_PERIODS))
        return merged[:MOST_PERIODS], remarks


def _remark(text: str, **facts: Any) -> dict[str, Any]:
    return {"text": text, "facts": facts}


def read(calendars: Iterable[bytes], how: Reading, store: OwnCalendars) -> Read:
    """Read whole calendars. Raises `FetchError` where one is none, or takes too long; an odd event is counted."""
    found, end = Read(), time.monotonic() + SECONDS
    for data in calendars:
        _check_whole(data)
        for uid, text in _events(data, how.window.start.year):
            if time.monotonic() > end:
                raise FetchError(TOO_LARGE)
            try:
                unfolded = store.unfold(reader.read(text), how.zone, how.window.end, MOST_OCCURRENCES)
            except CalendarDataError:
                found.unreadable += 1
                continue
            takes = {id(entry): _takes_time(entry, how) for _, entry in unfolded.times}
            spans = [span for span, entry in unfolded.times if takes[id(entry)] and _within(span, how.window)]
            if spans:
                found.by_uid.setdefault(uid, []).extend(spans)
                found.strange.update(unfolded.strange)
    return found


def _events(data: bytes, year: int) -> Iterator[tuple[str, bytes]]:
    """UID and text of each event with its exceptions, as a calendar of its own; those over before the year are not."""
    for piece in pieces(BytesIO(data)):
        if piece.kind == "VEVENT" and not _is_over(piece.data, year):
            yield piece.uid, piece.data


def _within(span: Period, window: Period) -> bool:
    return span.end > window.start and span.start < window.end and span.end - span.start > _SECOND


def _check_whole(data: bytes) -> None:
    """A calendar that begins and ends as one: of a part nobody knows what is missing."""
    if not re.match(rb"(?i)(\xef\xbb\xbf)?\s*BEGIN:VCALENDAR\s", data) or not re.search(
        rb"(?i)\nEND:VCALENDAR\s*\Z", data[-200:]
    ):
        raise FetchError(UNUSABLE)


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


def _is_over(text: bytes, year: int) -> bool:
    """Whether an event that happens once did so before the year: most of an old calendar need not be read."""
    own = text[text.find(b"BEGIN:VEVENT") :]
    if re.search(rb"(?im)^(RRULE|RDATE|DURATION|RECURRENCE-ID)", own):
        return False
    edges = re.findall(rb"(?im)^DT(?:START|END)[;:].*", own)
    years = [re.search(rb":(\d{4})\d{4}(T\d{6}Z?)?\s*$", edge) for edge in edges]
    return bool(years) and all(found and int(found[1]) < year for found in years)
