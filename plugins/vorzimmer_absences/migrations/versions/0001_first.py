"""The table of absences."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models import UtcInstant

revision = "0001"
down_revision = None

TABLE = "vorzimmer_absences_absence"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "resource_id", sa.Integer, sa.ForeignKey("resource.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("starts", UtcInstant, nullable=False),
        sa.Column("ends", UtcInstant, nullable=False),
        sa.Column("first", sa.Date),
        sa.Column("last", sa.Date),
        sa.CheckConstraint("ends > starts", name=f"ck_{TABLE}_period"),
    )
    op.create_index(f"ix_{TABLE}_resource_id_ends_starts", TABLE, ["resource_id", "ends", "starts"])
