"""Calendars as CalDAV shows them: objects, their occurrences, and the change log that is the sync token."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from vorzimmer.models.columns import Model, UtcInstant


class Calendar(Model):
    """A calendar of a resource (`kind` `bookings`) or one that a person made (`kind` `private`).

    `sequence` is the number of the last row in the change log: CTag and RFC 6578 sync token in one.
    `free` makes its events no busy time. `deleted_at` is a soft delete; its address is free again.
    """

    __tablename__ = "calendar"
    __table_args__ = (Index(None, "resource_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    slug: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10), default="private")
    properties: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    free: Mapped[bool] = mapped_column(default=False)
    sequence: Mapped[int] = mapped_column(default=0)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class CalendarObject(Model):
    """One calendar object resource (RFC 4791 §4.1): its text as served, and what filters ask, in columns.

    A booking's object stands in the calendar of each staff member it occupies. `extras` keeps what is the
    client's own (alarms, colour, X- properties) as iCalendar lines, `remarks` what was remarked on it when it was read
    (records of `text`, a msgid, and `facts`). `ends` is the last end of a series, None if
    it has none.
    `long`: lasts more than a day; nearly nothing does, so a search for a week looks at starts of eight days only.
    `expanded_until`: a series goes on behind this horizon, and its occurrences up to it are in their table.
    """

    __tablename__ = "calendar_object"
    __table_args__ = (
        UniqueConstraint("calendar_id", "href"),
        UniqueConstraint("calendar_id", "uid"),
        Index(None, "calendar_id", "long", "starts"),
        Index(None, "calendar_id", "expanded_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    href: Mapped[str] = mapped_column(String(255))
    uid: Mapped[str] = mapped_column(String(255))
    component: Mapped[str] = mapped_column(String(10), default="VEVENT")
    text: Mapped[str] = mapped_column(Text)
    etag: Mapped[str] = mapped_column(String(64))
    starts: Mapped[datetime | None] = mapped_column(UtcInstant)
    ends: Mapped[datetime | None] = mapped_column(UtcInstant)
    long: Mapped[bool] = mapped_column(default=False)
    recurring: Mapped[bool] = mapped_column(default=False)
    expanded_until: Mapped[datetime | None] = mapped_column(UtcInstant)
    extras: Mapped[str] = mapped_column(Text, default="")
    remarks: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, deferred=True)
    modified_at: Mapped[datetime] = mapped_column(UtcInstant)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    block_id: Mapped[int | None] = mapped_column(ForeignKey("block.id"), index=True)


class Occurrence(Model):
    """One expanded instance of a recurring object, up to a rolling horizon.

    `part` is the place of the component it comes from among those of the object: the series, or an override.
    """

    __tablename__ = "occurrence"
    __table_args__ = (Index(None, "calendar_id", "long", "starts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    object_id: Mapped[int] = mapped_column(ForeignKey("calendar_object.id", ondelete="CASCADE"), index=True)
    starts: Mapped[datetime] = mapped_column(UtcInstant)
    ends: Mapped[datetime] = mapped_column(UtcInstant)
    long: Mapped[bool] = mapped_column(default=False)
    part: Mapped[int] = mapped_column(default=0)


class CalendarChange(Model):
    """One row of a calendar's change log; it never expires (RFC 6578). `gone` marks a deletion."""

    __tablename__ = "calendar_change"

    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    href: Mapped[str] = mapped_column(String(255))
    gone: Mapped[bool] = mapped_column(default=False)


class ShownCalendar(Model):
    """An account has switched on that the appointments of a resource appear on its devices.

    `properties` is how its apps draw them: colour, place in the list, alarms.
    """

    __tablename__ = "shown_calendar"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(
        ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    properties: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
