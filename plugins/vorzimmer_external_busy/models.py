"""Where calendars elsewhere are, and when they say that somebody has no time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from vorzimmer.models import Resource
from vorzimmer.models.columns import NAMES, UtcInstant

SECRETS = {"address", "user", "password"}
"""What of a source is sealed."""


class Tables(DeclarativeBase):
    """The root of this plugin's tables."""

    metadata = MetaData(naming_convention=NAMES)


class Source(Tables):
    """A calendar elsewhere of one resource. `kind`: `ics` or `caldav`.

    `secret` has `address`, `user` and `password`, each sealed: whoever knows an address like Google's reads the
    calendar. `host` is what people are shown of it. `mine`: my e-mail address there, by which invitations that I
    declined are known. `version` rises with every change, so that whoever read by the old settings comes to nothing.
    `whole_at`: when it was last read as a whole, `success_at`: when it last answered as it should (rule 79).
    `error` and the `text` of `remarks` are msgids.
    """

    __tablename__ = "vorzimmer_external_busy_source"

    id: Mapped[int] = mapped_column(primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey(Resource.id, ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(6))
    title: Mapped[str] = mapped_column(String(80))
    host: Mapped[str] = mapped_column(String(255))
    secret: Mapped[dict[str, Any]] = mapped_column(JSON)
    mine: Mapped[str] = mapped_column(String(254), default="")
    tentative_busy: Mapped[bool] = mapped_column(default=True)
    all_day_busy: Mapped[bool] = mapped_column(default=True)
    offer_when_stale: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=0)
    etag: Mapped[str] = mapped_column(String(300), default="")
    modified: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    due_at: Mapped[datetime] = mapped_column(UtcInstant, index=True)
    whole_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    success_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(200), default="")
    remarks: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    resource: Mapped[Resource] = relationship(Resource)


class Taken(Tables):
    """Time that a source says is taken; nothing else of its events is kept."""

    __tablename__ = "vorzimmer_external_busy_taken"
    __table_args__ = (
        CheckConstraint("ends > starts", name="period"),
        Index(None, "source_id", "ends", "starts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey(Source.id, ondelete="CASCADE"))
    starts: Mapped[datetime] = mapped_column(UtcInstant)
    ends: Mapped[datetime] = mapped_column(UtcInstant)
