"""The first table. A change of the tables is a new file here; one that was published never changes."""

import sqlalchemy as sa
from alembic import op

from vorzimmer import UtcInstant

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "vorzimmer_example_meeting",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "location_id", sa.Integer, sa.ForeignKey("location.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("starts", UtcInstant, nullable=False),
    )
    op.create_index("ix_vorzimmer_example_meeting_starts", "vorzimmer_example_meeting", ["starts"])
