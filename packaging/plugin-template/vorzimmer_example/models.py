"""The plugin's tables. Their names begin with the plugin's; foreign keys lead to the core, never back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from vorzimmer import Location, UtcInstant


class Tables(DeclarativeBase):
    """The root of this plugin's tables."""

    metadata = MetaData()


class Meeting(Tables):
    """A meeting of the team at one place."""

    __tablename__ = "vorzimmer_example_meeting"

    id: Mapped[int] = mapped_column(primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey(Location.id, ondelete="CASCADE"))
    starts: Mapped[datetime] = mapped_column(UtcInstant, index=True)

    location: Mapped[Location] = relationship(Location)
