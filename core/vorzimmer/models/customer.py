"""The people who book, and what is known about them."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table, Text, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vorzimmer.models.columns import Model, UtcInstant

if TYPE_CHECKING:
    from vorzimmer.models.booking import Booking

_membership = Table(
    "customer_membership",
    Model.metadata,
    Column("customer_id", ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("customer_group.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class CustomerGroup(Model):
    """A group that the practice sorts its customers into: insurance, catchment area (O42, O43)."""

    __tablename__ = "customer_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)


class Customer(Model):
    """One person. Several may share an e-mail address (D5); one without any is an ordinary case.

    `email` is as typed; `email_key` is its canonical form (NFKC, case folded), the form that is compared (A41).
    `search_key` is what is searched in, kept up to date with every write: see `search_key`.
    `attributes` are values of the registry's customer attributes, by slug (C11).
    """

    __tablename__ = "customer"
    __table_args__ = (Index(None, "email_key", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(40), default="")
    language: Mapped[str] = mapped_column(String(5), default="de")
    note: Mapped[str] = mapped_column(Text, default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    search_key: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UtcInstant)

    groups: Mapped[list[CustomerGroup]] = relationship(secondary=_membership, order_by=CustomerGroup.name)


class CustomerChange(Model):
    """What a customer typed that differs from the record; staff accept or ignore it (O39, O40).

    `values` holds the new ones by name: `phone`, `language`, `fields.<slug>` for an answer. It is deleted once decided;
    the log has both.
    """

    __tablename__ = "customer_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id", ondelete="CASCADE"), index=True)
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)

    customer: Mapped[Customer] = relationship()
    booking: Mapped[Booking | None] = relationship()


def folded(text: str) -> str:
    """Letters as people search for them: without case and accents, in any script ("Öz İnce" is "oz ince").

    SQLite's own LIKE folds ASCII only.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).replace("ı", "i")


def search_key(name: str, email: str, phone: str) -> str:
    """Each word of the name, the address and the phone number, each after a blank, so that ` mü` finds beginnings."""
    digits = re.sub(r"\D", "", phone)
    return f" {' '.join(folded(f'{name} {email}').split())} {digits} "


@event.listens_for(Customer, "before_insert")
@event.listens_for(Customer, "before_update")
def _indexed(_mapper: object, _connection: object, customer: Customer) -> None:
    customer.search_key = search_key(customer.name, customer.email or "", customer.phone or "")
