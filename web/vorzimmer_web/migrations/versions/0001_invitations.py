"""Named links to the booking, and what was booked by each."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models import UtcInstant

revision = "0001"
down_revision = None

LINK, USE = "vorzimmer_web_invitation", "vorzimmer_web_invitation_use"


def upgrade() -> None:
    op.create_table(
        LINK,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("secret", sa.String(20), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("target", sa.JSON, nullable=False),
        sa.Column("first", sa.Date),
        sa.Column("last", sa.Date),
        sa.Column("single", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.UniqueConstraint("secret", name=f"uq_{LINK}_secret"),
    )
    op.create_table(
        USE,
        sa.Column(
            "invitation_id", sa.Integer, sa.ForeignKey(f"{LINK}.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column(
            "booking_id", sa.Integer, sa.ForeignKey("booking.id", ondelete="CASCADE"), primary_key=True
        ),
    )
    op.create_index(f"ix_{USE}_booking_id", USE, ["booking_id"])
