"""What a practice asks its customers beyond name and address (C9 to C12, T47, T48)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from vorzimmer.models.columns import Model
from vorzimmer.models.service import Service


class Attribute(Model):
    """One entry of the registry. `scope`: `customer` (asked once) or `booking` (asked each time).

    `kind`: `text`, `choice`, `date`, `number`, `yes_no`, `consent` (a sentence to agree to). `labels` and each of
    `choices` hold a text by language; a choice is `{"value": slug, "labels": {…}}`. `purpose` says why it is asked,
    `retention_days` how long after the appointment it is kept (None: as long as the record). `health`: it tells of
    somebody's health, hence is never required and needs a consent (Art. 9 GDPR).
    """

    __tablename__ = "attribute"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    scope: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    labels: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    choices: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    purpose: Mapped[str] = mapped_column(Text, default="")
    retention_days: Mapped[int | None]
    health: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class FormField(Model):
    """An attribute on the booking form of one service, or of all (`service` None)."""

    __tablename__ = "form_field"
    __table_args__ = (UniqueConstraint("attribute_id", "service_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attribute_id: Mapped[int] = mapped_column(ForeignKey("attribute.id", ondelete="CASCADE"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id", ondelete="CASCADE"), index=True)
    required: Mapped[bool] = mapped_column(default=False)

    attribute: Mapped[Attribute] = relationship()
    service: Mapped[Service | None] = relationship()
