"""The outbox: what is told after the commit, to people and to plugins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from vorzimmer.models.columns import Model, UtcInstant


class Message(Model):
    """One delivery: a message to a person over a channel, or a fact to a plugin.

    `key` is unique and stays the same over all attempts, so that a receiver never acts twice.
    `topic`: `code`, `confirmed`, `requested`, `accepted`, `declined`, `moved`, `changed`, `offered`, `cancelled`,
    `reminder`, `completed`, `expired` to a customer, `notice` to staff; `booking_changed` to a plugin. `channel`: the
    channel's name, or the plugin's for a fact.
    `details` is the snapshot that the text needs (old time, personal message); secrets are never in it.
    `state`: `due`, `leased`, `sent`, `withdrawn`, `parked` (given up after its last attempt).
    `run_after` is the planned time, then the time of the next attempt.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(None, "state", "run_after"),
        Index(  # how many codes went out lately is asked before each
            "ix_message_code",
            "planned_at",
            sqlite_where=text("topic = 'code'"),
            postgresql_where=text("topic = 'code'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    topic: Mapped[str] = mapped_column(String(30))
    channel: Mapped[str] = mapped_column(String(60))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id", ondelete="CASCADE"), index=True)
    recipient: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[str] = mapped_column(String(5), default="de")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="due")
    planned_at: Mapped[datetime] = mapped_column(UtcInstant)
    run_after: Mapped[datetime] = mapped_column(UtcInstant)
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str] = mapped_column(String(36), default="")
    lease_until: Mapped[datetime | None] = mapped_column(UtcInstant)
    sent_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    subject: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str] = mapped_column(Text, default="")
