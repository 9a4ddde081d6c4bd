"""Root, home and calendars as Radicale sees them, and objects that need no parsing to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from radicale.item import Item
from radicale.storage import BaseCollection
from sqlalchemy import select

from vorzimmer.icalendar.text import Line, escaped
from vorzimmer.icalendar.together import together
from vorzimmer.models import Calendar, CalendarObject, Resource, ShownCalendar
from vorzimmer_caldav.visit import Visit
from vorzimmer_caldav.xml.multistatus import D
from vorzimmer_caldav.xml.refusal import RefusalError

SUPPORTED = "C:supported-calendar-component-set"
SHOWN = "shown-"
"""How the names of calendars of others begin in one's home; calendars of one's own are called otherwise."""

_COLORS = ("#2a6fbb", "#b3541e", "#2f7d4f", "#8a4fa3", "#a8324a", "#5b6b7a", "#8a7300", "#00808a")
_MOST_PROPERTIES = 50
_LONGEST_PROPERTY = 16_384


class StoredItem(Item):
    """An object with everything told, so that vobject never parses on a read."""

    def __init__(self, collection: CalendarCollection, row: CalendarObject) -> None:
        super().__init__(
            collection=collection,
            href=row.href,
            etag=f'"{row.etag}"',
            text=row.text,
            uid=row.uid,
            name="VCALENDAR",
            component_name=row.component,
            time_range=(0, 0),  # nobody filters by it: reports ask the tables
            last_modified=http_date(row.modified_at),
        )
        self.row = row
        self.path = f"{collection.path}/{row.href}"


class Root(BaseCollection):
    """The context root."""

    path = ""

    def get_meta(self, key: str | None = None) -> Any:
        """Nothing is kept of it."""
        return {} if key is None else None


class Home(BaseCollection):
    """The visitor's principal, which is the calendar home too."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit

    @property
    def path(self) -> str:
        """The account's address."""
        return self.visit.address

    def get_meta(self, key: str | None = None) -> Any:
        """The name of the person."""
        meta = {"D:displayname": self.visit.name or self.visit.address}
        return meta if key is None else meta.get(key)


class CalendarCollection(BaseCollection):
    """A calendar of the visitor."""

    def __init__(self, visit: Visit, calendar: Calendar) -> None:
        self.visit = visit
        self.calendar = calendar

    @property
    def slug(self) -> str:
        """Its name in the home."""
        return self.calendar.slug

    @property
    def path(self) -> str:
        """Home and slug."""
        return f"{self.visit.address}/{self.slug}"

    @property
    def etag(self) -> str:
        """The number of the last change."""
        return f'"{self.calendar.id}-{self.calendar.sequence}"'

    @property
    def last_modified(self) -> str:
        """The last change of any object."""
        newest = self.visit.session.scalar(
            select(CalendarObject.modified_at)
            .where(CalendarObject.calendar_id == self.calendar.id)
            .order_by(CalendarObject.modified_at.desc())
            .limit(1)
        )
        return http_date(newest) if newest else "Thu, 01 Jan 1970 00:00:00 GMT"

    def get_meta(self, key: str | None = None) -> Any:
        """Its properties under the short names of Radicale."""
        meta = {"tag": "VCALENDAR", **self.calendar.properties}
        return meta if key is None else meta.get(key)

    def set_meta(self, props: Mapping[str, str]) -> None:
        """Replace its properties; what makes it a calendar is none of them (RFC 4918 §15.9)."""
        kept = {name: value for name, value in props.items() if name != "tag"}
        if len(kept) > _MOST_PROPERTIES or any(len(value) > _LONGEST_PROPERTY for value in kept.values()):
            raise RefusalError(507, f"{D}quota-not-exceeded")
        self.calendar.properties = kept

    def item(self, href: str) -> StoredItem | None:
        """One object."""
        row = self.visit.session.scalar(
            select(CalendarObject).where(
                CalendarObject.calendar_id == self.calendar.id, CalendarObject.href == href
            )
        )
        return StoredItem(self, row) if row else None

    def get_all(self) -> Iterator[StoredItem]:
        """Every object, oldest first."""
        rows = self.visit.session.scalars(
            select(CalendarObject)
            .where(CalendarObject.calendar_id == self.calendar.id)
            .order_by(CalendarObject.id)
            .execution_options(yield_per=500)
        )
        return (StoredItem(self, row) for row in rows)

    def serialize(self, *_given: Any, **_named: Any) -> str:
        """The whole calendar in one text; Radicale's own takes ends of lines and names of zones as it finds them."""
        names = {"D:displayname": "X-WR-CALNAME", "C:calendar-description": "X-WR-CALDESC"}
        head = [Line(name, "", escaped(text)) for key, name in names.items() if (text := self.get_meta(key))]
        return together((item.row.text for item in self.get_all()), head)


class ShownCollection(CalendarCollection):
    """What the visitor has switched on to see of a colleague, a room or a device; for reading only.

    How it is drawn is the visitor's own, nobody else sees that.
    """

    def __init__(self, visit: Visit, calendar: Calendar, resource: Resource, choice: ShownCalendar) -> None:
        super().__init__(visit, calendar)
        self.resource = resource
        self.choice = choice

    @property
    def slug(self) -> str:
        """The same, whether all of it or only the busy times are shown."""
        return f"{SHOWN}{self.resource.slug}"

    def get_meta(self, key: str | None = None) -> Any:
        """The name of the resource, and one of a few colours, always the same one, until the visitor has another."""
        color = _COLORS[self.resource.id % len(_COLORS)]
        meta = {"ICAL:calendar-color": color, **self.choice.properties}
        meta |= {"tag": "VCALENDAR", "D:displayname": self.resource.name}
        return meta if key is None else meta.get(key)

    def draw(self, props: Mapping[str, str | None]) -> None:
        """Keep how the visitor's apps draw it; None is as before. What may be kept is the caller's to say."""
        kept = {**self.choice.properties, **props}
        if any(len(value or "") > _LONGEST_PROPERTY for value in props.values()):
            raise RefusalError(507, f"{D}quota-not-exceeded")
        self.choice.properties = {name: value for name, value in kept.items() if value is not None}


def http_date(moment: datetime) -> str:
    """A moment as HTTP headers say it."""
    return format_datetime(moment, usegmt=True)
