"""The tables of calendars elsewhere and of the time that they take."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models.columns import UtcInstant

revision = "0001"
down_revision = None

SOURCE, TAKEN = "vorzimmer_external_busy_source", "vorzimmer_external_busy_taken"


def upgrade() -> None:
    op.create_table(
        SOURCE,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "resource_id", sa.Integer, sa.ForeignKey("resource.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("kind", sa.String(6), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("secret", sa.JSON, nullable=False),
        sa.Column("mine", sa.String(254), nullable=False),
        sa.Column("tentative_busy", sa.Boolean, nullable=False),
        sa.Column("all_day_busy", sa.Boolean, nullable=False),
        sa.Column("offer_when_stale", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("etag", sa.String(300), nullable=False),
        sa.Column("modified", sa.String(100), nullable=False),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.Column("due_at", UtcInstant, nullable=False),
        sa.Column("whole_at", UtcInstant),
        sa.Column("success_at", UtcInstant),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("error", sa.String(200), nullable=False),
        sa.Column("remarks", sa.JSON, nullable=False),
    )
    op.create_index(f"ix_{SOURCE}_resource_id", SOURCE, ["resource_id"])
    op.create_index(f"ix_{SOURCE}_due_at", SOURCE, ["due_at"])
    op.create_table(
        TAKEN,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source_id", sa.Integer, sa.ForeignKey(f"{SOURCE}.id", ondelete="CASCADE"), nullable=False),
        sa.Column("starts", UtcInstant, nullable=False),
        sa.Column("ends", UtcInstant, nullable=False),
        sa.CheckConstraint("ends > starts", name=f"ck_{TAKEN}_period"),
    )
    op.create_index(f"ix_{TAKEN}_source_id_ends_starts", TAKEN, ["source_id", "ends", "starts"])
