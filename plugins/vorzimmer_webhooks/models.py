"""Who is told what, and what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from vorzimmer.models import Account, Booking
from vorzimmer.models.columns import NAMES, UtcInstant

DUE, SENT, FAILED = "due", "sent", "failed"


class Tables(DeclarativeBase):
    """The root of this plugin's tables."""

    metadata = MetaData(naming_convention=NAMES)


class Hook(Tables):
    """Somewhere that is told of events. It sees what its account may see, within the `rights` of whoever made it.

    `secret` is sealed. `failing_since`: since when nothing has arrived. `off_at`: when it was switched off for that.
    `lease` and `leased_until`: the one thread that sends to it.
    """

    __tablename__ = "vorzimmer_webhooks_hook"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    rights: Mapped[list[str]] = mapped_column(JSON)
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    failing_since: Mapped[datetime | None] = mapped_column(UtcInstant)
    off_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    lease: Mapped[str] = mapped_column(String(36), default="")
    leased_until: Mapped[datetime | None] = mapped_column(UtcInstant)

    account: Mapped[Account] = relationship(Account)


class Delivery(Tables):
    """One event for one hook. `uid` is the `webhook-id`, the same on each try.

    It is about a booking, a customer's record (`customer`, its uid), or nothing (a test). `facts` are what the booking
    is not any more. `body` is what was sent, put together at the first try. `status` is the last answer's, `error` a
    msgid. `run_after` is when it is tried next.
    """

    __tablename__ = "vorzimmer_webhooks_delivery"
    __table_args__ = (Index(None, "state", "run_after"), Index(None, "hook_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(40), unique=True)
    hook_id: Mapped[int] = mapped_column(ForeignKey(Hook.id, ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(30))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey(Booking.id, ondelete="CASCADE"), index=True)
    customer: Mapped[str] = mapped_column(String(36), default="", index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    body: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    state: Mapped[str] = mapped_column(String(10), default=DUE)
    attempts: Mapped[int] = mapped_column(default=0)
    run_after: Mapped[datetime] = mapped_column(UtcInstant)
    sent_at: Mapped[datetime | None] = mapped_column(UtcInstant)
    status: Mapped[int | None]
    error: Mapped[str] = mapped_column(String(200), default="")

    hook: Mapped[Hook] = relationship()
