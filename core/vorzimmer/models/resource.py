"""Who and what can be booked, and where."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vorzimmer.models.columns import Model


class Location(Model):
    """A place of the practice; its IANA zone is the zone of all its local times."""

    __tablename__ = "location"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    zone: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(300), default="")
    active: Mapped[bool] = mapped_column(default=True)


class OldAddress(Model):
    """What a service, person, place or category was called in addresses before: it leads on for ever (O5).

    `kind` is the table's name, or "category"; `now` is what it is called today.
    """

    __tablename__ = "old_address"

    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    old: Mapped[str] = mapped_column(String(120), primary_key=True)
    now: Mapped[str] = mapped_column(String(120), index=True)


class Resource(Model):
    """A person, room or device that an appointment occupies. Kind: `staff`, `room`, `device` (RFC 5545 CUTYPE).

    `version` is the claim and nothing else: raising it is the lock of the resource (architecture §3).
    `location_id` is the fixed place of a room or device; people work where their hours say.
    `before` and `after` override the service's buffers, in minutes (rules 31, 32); None leaves them.
    """

    __tablename__ = "resource"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    before: Mapped[int | None]
    after: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=0)

    location: Mapped[Location | None] = relationship()
