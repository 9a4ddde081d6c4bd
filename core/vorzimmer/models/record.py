"""Who changed what, whose records were erased, and answers that are kept to be given again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from vorzimmer.models.columns import Model, UtcInstant


class AuditEntry(Model):
    """One change or refused write: who, by which door, what, before and after."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcInstant, index=True)
    actor: Mapped[str] = mapped_column(String(254))
    door: Mapped[str] = mapped_column(String(12))
    act: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(100), index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class KeptAnswer(Model):
    """The first answer to an `Idempotency-Key`, for 24 hours. `scope` is who asked: key, login, hold or browser."""

    __tablename__ = "kept_answer"

    scope: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[str] = mapped_column(Text)
    kept_at: Mapped[datetime] = mapped_column(UtcInstant, index=True)


class Erasure(Model):
    """A record that was erased (Art. 17 GDPR): its opaque id and when, so that a restored backup forgets it, too."""

    __tablename__ = "erasure"

    uid: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcInstant)


class Setting(Model):
    """A fact about this database itself (the demo's mark, the day it was filled)."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
