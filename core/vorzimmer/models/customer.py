"""The people who book."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from vorzimmer.models.columns import Model, UtcInstant


class Customer(Model):
    """One person. Several may share an e-mail address (D5); one without any is an ordinary case.

    `email` is as typed; `email_key` is its canonical form (NFKC, case folded), the form that is compared (A41).
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
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
