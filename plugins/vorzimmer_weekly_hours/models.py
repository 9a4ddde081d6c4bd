"""The plugin's one table."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from vorzimmer.models import Location, Resource, Service
from vorzimmer.models.columns import NAMES


class Tables(DeclarativeBase):
    """The root of this plugin's tables."""

    metadata = MetaData(naming_convention=NAMES)


class Hours(Tables):
    """The hours of one subject on one weekday (0 = Monday), or on one date, which replaces the weekday (rule 14).

    Subject: a resource at a location, a location, or a service (at one location or at all). `periods` are
    `[start, end]` in minutes after local midnight; an end past 1440 reaches into the next day (rule 10), no
    periods mean closed. `despite_closure`: these hours hold on holidays too (rule 15).
    """

    __tablename__ = "vorzimmer_weekly_hours_hours"
    __table_args__ = (CheckConstraint("(weekday IS NULL) <> (day IS NULL)", name="when"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    resource_id: Mapped[int | None] = mapped_column(ForeignKey(Resource.id, ondelete="CASCADE"), index=True)
    location_id: Mapped[int | None] = mapped_column(ForeignKey(Location.id, ondelete="CASCADE"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey(Service.id, ondelete="CASCADE"))
    weekday: Mapped[int | None]
    day: Mapped[date | None] = mapped_column(Date)
    periods: Mapped[list[list[int]]] = mapped_column(JSON, default=list)
    despite_closure: Mapped[bool] = mapped_column(default=False)

    resource: Mapped[Resource | None] = relationship(Resource)
    location: Mapped[Location | None] = relationship(Location)
    service: Mapped[Service | None] = relationship(Service)
