"""Radicale's storage over our own tables, in the core's own transactions (architecture §3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from radicale.item import Item
from radicale.storage import BaseCollection, BaseStorage
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.access import APPOINTMENTS
from vorzimmer.booking.parts.published import BOOKINGS
from vorzimmer.models import Allocation, Calendar, Resource
from vorzimmer.practice import Hall
from vorzimmer_caldav.storage import shown
from vorzimmer_caldav.storage.collections import (
    SHOWN,
    CalendarCollection,
    Home,
    Root,
    ShownCollection,
    StoredItem,
)
from vorzimmer_caldav.visit import Visit, current
from vorzimmer_caldav.xml.multistatus import D
from vorzimmer_caldav.xml.refusal import RefusalError


class Storage(BaseStorage):
    """Finds collections and objects for the visitor, and claims what a write concerns."""

    _is_collision_free = True
    _supports_unicode = True
    _supports_trailing_whitespace = True
    _supports_problematic_chars = True

    def __init__(self, configuration: Any, hall: Hall) -> None:
        super().__init__(configuration)
        self._hall = hall

    @contextmanager
    def acquire_lock(self, mode: str, user: str = "", *_: Any, **told: Any) -> Iterator[None]:
        """`r`: a session that reads. `w`: the claim of every resource that the write can concern.

        The write's transaction is opened and repeated around the whole request, see `application`.
        """
        visit = current()
        if mode == "w":
            paths = [told[key] for key in ("path", "to_path") if told.get(key)]
            self._refuse_shown(paths)
            database.claim(visit.session, self._concerned(visit.session, visit, paths))
            yield
            return
        try:
            with self._hall.database.reading() as session:
                visit.enter(session)
                try:
                    yield
                finally:
                    visit.leave()
        except database.NO_ANSWER as error:
            visit.failure = error
            raise

    def _refuse_shown(self, paths: list[str]) -> None:
        """Calendars of others are read, whatever the method (RFC 3744 §7.1.1)."""
        for path in paths:
            _, slug, *_ = [*path.strip("/").split("/"), ""]
            if slug.startswith(SHOWN) and self.calendar(slug):
                raise RefusalError(403, f"{D}need-privileges", why="This calendar is for reading only.")

    def _concerned(self, session: Session, visit: Visit, paths: list[str]) -> set[int]:
        """The visitor, and all that the bookings at these paths occupy or could occupy after a move."""
        if visit.actor.resource_id is None:
            return set()
        concerned = {visit.actor.resource_id}
        for path in paths:
            booking_id = self._booking_id(path)
            if booking_id is None:
                continue
            taken = session.execute(
                select(Resource.id, Resource.kind)
                .join(Allocation, Allocation.resource_id == Resource.id)
                .where(Allocation.booking_id == booking_id)
            ).all()
            concerned.update(id_ for id_, _ in taken)
            kinds = {kind for _, kind in taken} - {"staff"}
            if kinds:
                concerned.update(session.scalars(select(Resource.id).where(Resource.kind.in_(kinds))))
        return concerned

    def _booking_id(self, path: str) -> int | None:
        """The booking whose object stands at a path."""
        parts = path.strip("/").split("/")
        item = self.item(*parts[1:]) if len(parts) == 3 else None
        return item.row.booking_id if item else None

    def discover(
        self, path: str, depth: str = "0", _context: Any = None, _groups: Any = frozenset()
    ) -> Iterator[BaseCollection | Item]:
        """The thing at a path and, unless the depth is 0, what lies in it. Lazy: mostly the first is enough."""
        visit = current()
        parts = [part for part in path.split("/") if part]
        if not parts:
            yield Root()
            if depth != "0":
                yield Home(visit)
        elif parts == [visit.address]:
            yield Home(visit)
            if depth != "0":
                yield from self.calendars()
        elif parts[0] == visit.address and len(parts) == 2:
            found = self.calendar(parts[1])
            if found is not None:
                yield found
                if depth != "0":
                    yield from found.get_all()
        elif parts[0] == visit.address and len(parts) == 3:
            item = self.item(parts[1], parts[2])
            if item is not None:
                yield item

    def calendars(self) -> Iterator[CalendarCollection]:
        """The visitor's calendars: `bookings` first, then those made, oldest first, then those of others."""
        visit = current()
        found = visit.session.scalars(_own(visit).order_by(Calendar.kind != "bookings", Calendar.id))
        yield from (CalendarCollection(visit, calendar) for calendar in found)
        yield from self._shown()

    def _shown(self) -> Iterator[ShownCollection]:
        visit = current()
        found = shown.listed(visit.session, visit.actor)
        return (
            ShownCollection(visit, calendar, resource, choice)
            for resource, calendar, choice in found
            if calendar
        )

    def calendar(self, slug: str) -> CalendarCollection | None:
        """One calendar of the visitor, or one of another that the visitor has switched on."""
        if slug.startswith(SHOWN):
            return next((each for each in self._shown() if each.slug == slug), None)
        return self.own(slug)

    def own(self, slug: str) -> CalendarCollection | None:
        """One calendar of the visitor."""
        visit = current()
        found = visit.session.scalar(_own(visit).where(Calendar.slug == slug))
        return CalendarCollection(visit, found) if found else None

    def item(self, slug: str, href: str) -> StoredItem | None:
        """One object of a calendar of the visitor."""
        collection = self.calendar(slug)
        return collection.item(href) if collection else None


def _own(visit: Visit) -> Any:
    """Whoever has no right to appointments any more has no calendar, as on the pages (X3)."""
    opens = bool(visit.actor.rights & {*APPOINTMENTS})
    return select(Calendar).where(
        Calendar.resource_id == (visit.actor.resource_id if opens else None),
        Calendar.kind.in_((BOOKINGS, "private")),
        Calendar.deleted_at.is_(None),
    )
