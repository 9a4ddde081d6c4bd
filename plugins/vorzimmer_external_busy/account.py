"""What a CalDAV address stands for: one calendar, or an account with all of its user's (RFC 6764 §6).

Those calendars count as their owner has said: one that is set to free takes no time (RFC 6638 §9.1).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from vorzimmer.outgoing.addresses import Allowed
from vorzimmer.periods import Period
from vorzimmer.reasons import N_
from vorzimmer_external_busy import report
from vorzimmer_external_busy.fetching import (
    LARGEST,
    SECONDS,
    TOO_LARGE,
    Answer,
    DeclinedError,
    FetchError,
    Question,
    fetch,
)
from vorzimmer_external_busy.report import CALDAV, DAV

TOGETHER_SECONDS = 60.0
"""For everything that is asked at one reading."""
MOST = 20
"""Calendars of one account."""
NO_CALENDAR = N_("There is no calendar for this user name.")
TOO_MANY = N_("There are too many calendars: please enter the address of one.")


class Place(NamedTuple):
    """An address and its properties, by name."""

    url: str
    properties: dict[str, Element]

    def leads_to(self, name: str) -> str | None:
        """The address that a property holds."""
        href = self.properties[name].findtext(f"{DAV}href", "").strip() if name in self.properties else ""
        return urljoin(self.url, href) if href else None

    @property
    def is_calendar(self) -> bool:
        """Whether events are kept there, and not in something below it."""
        return self._holds(f"{DAV}resourcetype", f"{CALDAV}calendar")

    @property
    def is_for_events(self) -> bool:
        """Whether it is a calendar that is not for tasks alone."""
        kinds = self.properties.get(f"{CALDAV}supported-calendar-component-set", ())
        return self.is_calendar and (not len(kinds) or any(kind.get("name") == "VEVENT" for kind in kinds))

    @property
    def is_free(self) -> bool:
        """Whether its owner has set that it takes no time."""
        return self._holds(f"{CALDAV}schedule-calendar-transp", f"{CALDAV}transparent")

    def _holds(self, name: str, value: str) -> bool:
        return name in self.properties and self.properties[name].find(value) is not None


@dataclass(frozen=True)
class Account:
    """Who asks; until `end` of the monotonic clock.

    A password goes to wherever its own server says that the calendars are: that server has it anyway.
    """

    headers: dict[str, str]
    allowed: Allowed
    end: float

    def objects(self, url: str, window: Period) -> list[bytes]:
        """The calendar objects of the calendar, or of the account, at an address. Raises `FetchError`."""
        declined = None
        try:
            if found := self._read(url, window):
                return found
        except DeclinedError as error:
            declined = error
        try:
            calendars = self._calendars(url)
        except DeclinedError:
            if declined:
                raise
            return []  # a server that says of its empty calendar no more than that
        if declined and calendars == [url]:
            raise declined
        return self._all([calendar for calendar in calendars if calendar != url], window)

    def _all(self, calendars: list[str], window: Period) -> list[bytes]:
        found: list[bytes] = []
        for calendar in calendars:
            found += self._read(calendar, window)
            if sum(map(len, found)) > LARGEST:
                raise FetchError(TOO_LARGE)
        return found

    def _calendars(self, url: str) -> list[str]:
        """The address itself where it is a calendar, else those of its user that take time."""
        here = self._beginning(url)
        if here.is_calendar:
            return [url]
        home = here.leads_to(f"{CALDAV}calendar-home-set")
        if home is None and (principal := here.leads_to(f"{DAV}current-user-principal")):
            home = next(self._places(principal)).leads_to(f"{CALDAV}calendar-home-set")
        found = [place for place in self._places(home, depth=1) if place.is_for_events] if home else []
        if not found:
            raise FetchError(NO_CALENDAR)
        if len(found) > MOST:
            raise FetchError(TOO_MANY)
        return [place.url for place in found if not place.is_free]

    def _beginning(self, url: str) -> Place:
        """What the address is; where it is nothing of CalDAV, the place that its server names instead."""
        try:
            here = next(self._places(url))
        except DeclinedError:
            here = Place(url, {})
        if here.is_calendar or f"{DAV}current-user-principal" in here.properties:
            return here
        return next(self._places(urljoin(url, "/.well-known/caldav")))

    def _places(self, url: str, *, depth: int = 0) -> Iterator[Place]:
        answer = self._ask(url, report.properties(self.headers, depth=depth))
        found = [Place(urljoin(answer.url, href), named) for href, named in report.places(answer.body)]
        yield from found or [Place(answer.url, {})]

    def _read(self, url: str, window: Period) -> list[bytes]:
        return report.calendars(self._ask(url, report.question(window, self.headers)).body)

    def _ask(self, url: str, question: Question) -> Answer:
        left = self.end - time.monotonic()
        return fetch(url, question, self.allowed, seconds=min(SECONDS, left))
