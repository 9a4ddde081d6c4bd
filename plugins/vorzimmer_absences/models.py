"""The plugin's one table."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from vorzimmer.models import Resource, UtcInstant
from vorzimmer.models.columns import NAMES


class Tables(DeclarativeBase):
    """The root of this plugin's tables."""

    metadata = MetaData(naming_convention=NAMES)


LONGEST_NOTE = 100


class Kind(StrEnum):
    """Why somebody is away. Customers are never told which."""

    VACATION = "vacation"
    SICK = "sick"
    BREAK = "break"
    OTHER = "other"


class Absence(Tables):
    """One absence of one resource. `first` and `last` are local days, inclusive, where whole days were meant."""

    __tablename__ = "vorzimmer_absences_absence"
    __table_args__ = (
        CheckConstraint("ends > starts", name="period"),
        Index(None, "resource_id", "ends", "starts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey(Resource.id, ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    starts: Mapped[datetime] = mapped_column(UtcInstant)
    ends: Mapped[datetime] = mapped_column(UtcInstant)
    first: Mapped[date | None] = mapped_column(Date)
    last: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")

    resource: Mapped[Resource] = relationship(Resource)
