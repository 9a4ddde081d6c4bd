"""Appointments, what they occupy, and busy time without a customer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vorzimmer.models.columns import Model, UtcInstant
from vorzimmer.models.customer import Customer
from vorzimmer.models.resource import Location, Resource
from vorzimmer.models.service import Service


class Status(StrEnum):
    """The life of a booking (FHIR Appointment.status, RFC 5545 STATUS in `ical`)."""

    HELD = "held"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    MISSED = "missed"
    EXPIRED = "expired"


class Booking(Model):
    """An appointment: one VEVENT with a stable `uid` and a rising `sequence` (RFC 5546).

    `starts`, `ends` are what the customer was promised, without buffers; `wall` is the local start
    ("2027-03-01T09:00:00") and `zone` the IANA zone of the location, kept beside the instant (rules 1, 9).
    `staff` is the leading person, kept when the allocations are gone. `name` … `message` are what was typed
    during the hold; `customer` is linked when the code proves it. `code_issue` and `code_tries` count codes sent
    and guesses made. `expires_at` ends a hold or a request. `note` is the practice's own (O17). `place` says where
    to go or whom to call where that is not the location; `link` joins by video (K86, K88). `fields` holds answers by
    the attribute's slug, `consents` the words that were agreed to (T57). `offered_at`: when the customer was asked to
    choose another time, and has not yet (rule 19); `choose_until`: until when, None once that is over. `call_since`:
    since when the customer should be called, whom no mail has reached or who did not answer; `call_until`: until when,
    the earliest start that they may still believe in.
    """

    __tablename__ = "booking"
    __table_args__ = (
        Index(None, "starts", "status"),
        Index(None, "customer_id", "starts"),
        Index(None, "staff_id", "customer_id"),  # whom a person treats
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(60), unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(10))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("resource.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    starts: Mapped[datetime] = mapped_column(UtcInstant)
    ends: Mapped[datetime] = mapped_column(UtcInstant)
    wall: Mapped[str] = mapped_column(String(19))
    zone: Mapped[str] = mapped_column(String(60))
    seats: Mapped[int] = mapped_column(default=1)
    price: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    policy: Mapped[str] = mapped_column(String(10), default="direct")
    payment: Mapped[str] = mapped_column(String(40), default="")
    source: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    changed_at: Mapped[datetime] = mapped_column(UtcInstant)
    expires_at: Mapped[datetime | None] = mapped_column(UtcInstant, index=True)
    offered_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    choose_until: Mapped[datetime | None] = mapped_column(UtcInstant, index=True)
    call_since: Mapped[datetime | None] = mapped_column(UtcInstant, index=True)
    call_until: Mapped[datetime | None] = mapped_column(UtcInstant)
    code_issue: Mapped[int] = mapped_column(default=0)
    code_tries: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(80), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    language: Mapped[str] = mapped_column(String(5), default="de")
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    consents: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    message: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(300), default="")
    link: Mapped[str] = mapped_column(String(500), default="")

    service: Mapped[Service] = relationship()
    location: Mapped[Location] = relationship()
    staff: Mapped[Resource | None] = relationship()
    customer: Mapped[Customer | None] = relationship()
    allocations: Mapped[list[Allocation]] = relationship(
        back_populates="booking", order_by="Allocation.id", cascade="all, delete-orphan"
    )
    payments: Mapped[list[Payment]] = relationship(order_by="Payment.id")

    @property
    def whom(self) -> str:
        """The name in the practice's records, else the one typed: a pseudonym stays in what customers read (O40)."""
        return self.customer.name if self.customer else self.name

    @property
    def telephone(self) -> str:
        """The number typed for this appointment, else the one in the practice's records."""
        return self.phone or (self.customer.phone if self.customer else "")


class Payment(Model):
    """Money received for an appointment, in minor units; several until the sum is covered (K74, K76).

    A correction is a second row with a negative amount: what was written is never changed.
    """

    __tablename__ = "payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id", ondelete="CASCADE"), index=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    method: Mapped[str] = mapped_column(String(40), default="")
    actor: Mapped[str] = mapped_column(String(254))
    paid_at: Mapped[datetime] = mapped_column(UtcInstant)


class Block(Model):
    """Busy time without a customer: a private event from a phone. One object of a calendar, one resource."""

    __tablename__ = "block"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(255))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    title: Mapped[str] = mapped_column(String(300), default="")

    resource: Mapped[Resource] = relationship()
    allocations: Mapped[list[Allocation]] = relationship(
        back_populates="block_row", cascade="all, delete-orphan"
    )


class Allocation(Model):
    """One resource taken for one bare period on one seat: the only table that the guard looks at (architecture §3).

    `before` and `after` are the buffers in minutes, beside the bare period (rules 31 to 34).
    `block` is 1 for busy time without a customer: blocks may overlap blocks, nothing else may.
    `guarded` is false for a deliberate, logged double booking, and for a private event over an appointment.
    `expires_at` makes it a hold (rule 44).
    """

    __tablename__ = "allocation"
    __table_args__ = (
        CheckConstraint("ends > starts", name="period"),
        Index(None, "resource_id", "ends", "starts"),  # ends first: what is over is never scanned
        Index(  # with these apart, a search need not scan what comes after its window either
            "ix_allocation_long",
            "resource_id",
            "ends",
            sqlite_where=text("ends - starts > 86400"),
            postgresql_where=text("ends - starts > interval '1 day'"),
        ),
        Index(  # few, and asked for by every page that shows clashes
            "ix_allocation_unguarded",
            "resource_id",
            "ends",
            sqlite_where=text("guarded = 0"),
            postgresql_where=text("NOT guarded"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    requirement_id: Mapped[int | None] = mapped_column(ForeignKey("requirement.id"))
    starts: Mapped[datetime] = mapped_column(UtcInstant)
    ends: Mapped[datetime] = mapped_column(UtcInstant)
    before: Mapped[int] = mapped_column(default=0)
    after: Mapped[int] = mapped_column(default=0)
    seat: Mapped[int] = mapped_column(default=0)
    block: Mapped[int] = mapped_column(SmallInteger, default=0)
    guarded: Mapped[bool] = mapped_column(default=True)
    expires_at: Mapped[datetime | None] = mapped_column(UtcInstant, index=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id", ondelete="CASCADE"), index=True)
    block_id: Mapped[int | None] = mapped_column(ForeignKey("block.id", ondelete="CASCADE"), index=True)

    resource: Mapped[Resource] = relationship()
    booking: Mapped[Booking | None] = relationship(back_populates="allocations")
    block_row: Mapped[Block | None] = relationship(back_populates="allocations")
