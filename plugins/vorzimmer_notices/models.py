"""The plugin's two tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from vorzimmer.models import Account, Booking, UtcInstant
from vorzimmer.models.columns import NAMES


class Tables(DeclarativeBase):
    """The root of this plugin's tables."""

    metadata = MetaData(naming_convention=NAMES)


class Choice(Tables):
    """What a login chose for one kind of event; where there is no row, the default holds (see `kinds`)."""

    __tablename__ = "vorzimmer_notices_choice"

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    whose: Mapped[str] = mapped_column(String(4), primary_key=True)
    timing: Mapped[str] = mapped_column(String(8))


class News(Tables):
    """One line of the next daily list of a login."""

    __tablename__ = "vorzimmer_notices_news"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey(Booking.id, ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcInstant)
    line: Mapped[str] = mapped_column(Text)

    account: Mapped[Account] = relationship(Account)
