"""The reports that are announced (caldav.md, defects 4 and 6): query, multiget, sync, free-busy."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from urllib.parse import unquote, urlparse
from zoneinfo import ZoneInfo

from sqlalchemy import select

from vorzimmer.icalendar.times import Span
from vorzimmer.models import CalendarObject
from vorzimmer_caldav.properties import properties
from vorzimmer_caldav.properties.properties import Place
from vorzimmer_caldav.reports import calendar_query, expand, free_busy_query
from vorzimmer_caldav.reports.time_range import Window, window
from vorzimmer_caldav.storage import changes
from vorzimmer_caldav.storage.collections import CalendarCollection
from vorzimmer_caldav.xml import multistatus
from vorzimmer_caldav.xml.multistatus import Answer, C, D, text
from vorzimmer_caldav.xml.refusal import RefusalError

_AT_ONCE = 500
_LONGEST_LIMIT = 9


class Report:
    """One REPORT on one calendar, in a session that reads."""

    def __init__(
        self, place: Place, collection: CalendarCollection, request: ET.Element, zone: ZoneInfo
    ) -> None:
        self._place = place
        self._collection = collection
        self._calendar = collection.calendar
        self._session = collection.visit.session
        self._request = request
        self._zone = zone
        asked = request.find(f"{D}prop")
        self._names = [prop.tag for prop in asked] if asked is not None else []
        data = request.find(f".//{C}calendar-data")
        self._expand = window(data.find(f"{C}expand")) if data is not None else None

    def answer(self) -> Answer:
        """The answer by the kind of report; refuses one that is not announced."""
        kinds = {
            f"{C}calendar-query": self._query,
            f"{C}calendar-multiget": self._multiget,
            f"{D}sync-collection": self._sync,
            f"{C}free-busy-query": self._free_busy,
        }
        kind = kinds.get(self._request.tag)
        if kind is None:
            raise RefusalError(403, f"{D}supported-report")
        return kind()

    def _query(self) -> Answer:
        search = calendar_query.plan(self._request.find(f"{C}filter"))
        rows = list(calendar_query.rows(self._session, self._calendar, search, self._zone))
        return multistatus.answer(self._responses(rows, search.within))

    def _multiget(self) -> Answer:
        wanted = [element.text or "" for element in self._request.findall(f"{D}href")]
        names = [self._name(href) for href in wanted]
        rows = list(self._objects(list(dict.fromkeys(name for name in names if name))))
        there = {row.href for row in rows}
        missing = [href for name, href in zip(names, wanted, strict=True) if name not in there]
        parts = [*self._responses(rows), *(self._gone(href) for href in missing)]
        return multistatus.answer(parts)

    def _gone(self, href: str) -> str:
        return multistatus.bare(_path(href), HTTPStatus.NOT_FOUND)

    def _name(self, href: str) -> str:
        """The name of an object of this calendar, empty for any other address (A126)."""
        path = _path(href)
        home = self._place.path(f"{self._collection.path}/")
        name = path.removeprefix(home)
        return name if path.startswith(home) and "/" not in name else ""

    def _sync(self) -> Answer:
        given = (self._request.findtext(f"{D}sync-token") or "").strip()
        page = changes.changes(self._session, self._calendar, given, self._limit())
        base = f"{self._collection.path}/"
        parts = [*self._responses(list(self._objects(page.changed)))]
        parts += [multistatus.bare(self._place.path(base + href), HTTPStatus.NOT_FOUND) for href in page.gone]
        if page.cut:  # RFC 6578 §3.6: the rest comes with the next token
            inner = multistatus.element(
                f"{D}error", multistatus.element(f"{D}number-of-matches-within-limits")
            )
            parts.append(multistatus.bare(self._place.path(base), HTTPStatus.INSUFFICIENT_STORAGE, inner))
        parts.append(multistatus.element(f"{D}sync-token", text(page.token)))
        return multistatus.answer(parts)

    def _limit(self) -> int | None:
        value = (self._request.findtext(f"{D}limit/{D}nresults") or "").strip()
        if not value:
            return None
        if not value.isascii() or not value.isdigit() or len(value) > _LONGEST_LIMIT or not int(value):
            raise RefusalError(400)
        return int(value)

    def _free_busy(self) -> Answer:
        asked = window(self._request.find(f"{C}time-range"))
        if asked is None:
            raise RefusalError(400)
        body = free_busy_query.answer(self._session, self._calendar, asked, self._zone)
        return 200, {"Content-Type": "text/calendar; charset=utf-8"}, body.encode(), None

    def _objects(self, hrefs: Sequence[str]) -> Iterator[CalendarObject]:
        for start in range(0, len(hrefs), _AT_ONCE):
            yield from self._session.scalars(
                select(CalendarObject).where(
                    CalendarObject.calendar_id == self._calendar.id,
                    CalendarObject.href.in_(hrefs[start : start + _AT_ONCE]),
                )
            )

    def _responses(self, rows: Sequence[CalendarObject], within: Window | None = None) -> Iterable[str]:
        """A response for each object; with expand only those that have an occurrence in the window."""
        spans: dict[int, list[Span]] = {}
        if self._expand:
            spans = expand.spans(self._session, self._calendar, rows, self._expand, self._zone)
        for row in rows:
            if self._expand and row.recurring:
                spans[row.id] = [span for span in spans.get(row.id, ()) if _meets(span, within)]
                if not spans[row.id]:
                    continue
            found: list[tuple[str, str]] = []
            missing: list[tuple[str, str]] = []
            for name in self._names:
                value = self._value(row, name, spans)
                (missing if value is None else found).append((name, value or ""))
            path = self._place.path(f"{self._collection.path}/{row.href}")
            yield multistatus.response(path, found, missing)

    def _value(self, row: CalendarObject, name: str, spans: dict[int, list[Span]]) -> str | None:
        if name != f"{C}calendar-data":
            return properties.value(self._place, row, name)
        if self._expand:
            return text(expand.expand(row, spans.get(row.id, ()), self._zone))
        return text(row.text)


def _path(href: str) -> str:
    """The path of an href, which may be a whole address."""
    try:
        return unquote(urlparse(href).path)
    except ValueError:
        return ""


def _meets(span: Span, within: Window | None) -> bool:
    return within is None or (span.starts < within.end and span.ends > within.start)
