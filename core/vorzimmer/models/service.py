"""What can be booked."""

from __future__ import annotations

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vorzimmer.models.columns import Model
from vorzimmer.models.resource import Resource


class Service(Model):
    """A bookable service. Times in minutes, notice in minutes, horizon in local days, price in minor units.

    `buffer_rule` says how neighbouring buffers combine: `max` or `sum` (rule 33).
    `notice_working_days` and `notice_cut_off` (minutes after midnight of the day before) are further forms of
    notice, the strictest counts (rule 36). `buffers_inside`: buffers too must fit inside the hours (rule 25).
    `capacity` counts persons (rule 62). `policy` is `direct` or `request` (O58).
    `price_shown`: customers see the price. `color` is "#rrggbb" in the office's calendar, empty for the default (O9).
    `reminders`: hours before the start, None for the practice's own (D8). `variant_of`: the catalogue's service of
    which this is one person's own version (K28, K29, O57).
    An unlisted service is bookable by its slug only. `cancel_until`, `move_until`: minutes before the start.
    """

    __tablename__ = "service"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(String(120), default="")
    minutes: Mapped[int]
    step: Mapped[int]
    before: Mapped[int] = mapped_column(default=0)
    after: Mapped[int] = mapped_column(default=0)
    buffer_rule: Mapped[str] = mapped_column(String(3), default="max")
    buffers_inside: Mapped[bool] = mapped_column(default=False)
    notice: Mapped[int] = mapped_column(default=120)
    notice_working_days: Mapped[int] = mapped_column(default=0)
    notice_cut_off: Mapped[int | None]
    horizon: Mapped[int] = mapped_column(default=90)
    capacity: Mapped[int] = mapped_column(default=1)
    policy: Mapped[str] = mapped_column(String(10), default="direct")
    price: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    listed: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    cancel_until: Mapped[int] = mapped_column(default=1440)
    move_until: Mapped[int] = mapped_column(default=1440)
    price_shown: Mapped[bool] = mapped_column(default=True)
    color: Mapped[str] = mapped_column(String(7), default="")
    reminders: Mapped[list[int] | None] = mapped_column(JSON)
    variant_of: Mapped[int | None] = mapped_column(ForeignKey("service.id"))

    requirements: Mapped[list[Requirement]] = relationship(
        back_populates="service", order_by="Requirement.position", cascade="all, delete-orphan"
    )


class Requirement(Model):
    """A role that an appointment needs filled: `quantity` resources of `kind` (rules 52, 53).

    The first requirement leads: its resources' hours anchor the grid. `offset` and `minutes` narrow it to
    a part of the appointment ("the device for minutes 0 to 20"); `minutes` None means to the end.
    """

    __tablename__ = "requirement"
    __table_args__ = (UniqueConstraint("service_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(20))
    quantity: Mapped[int] = mapped_column(default=1)
    offset: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int | None]

    service: Mapped[Service] = relationship(back_populates="requirements")
    offers: Mapped[list[Offer]] = relationship(order_by="Offer.resource_id", cascade="all, delete-orphan")


class Offer(Model):
    """A resource that may fill a requirement of a service."""

    __tablename__ = "offer"

    requirement_id: Mapped[int] = mapped_column(ForeignKey("requirement.id"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, index=True)

    resource: Mapped[Resource] = relationship()
