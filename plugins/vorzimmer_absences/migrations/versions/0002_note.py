"""What an absence is for, in the practice's own words (C6)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "vorzimmer_absences_absence",
        sa.Column("note", sa.String(100), nullable=False, server_default=sa.text("''")),
    )
