"""Until when a customer should be called: of those who wait already, before the appointment begins."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models.columns import UtcInstant

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("booking", sa.Column("call_until", UtcInstant(), nullable=True))
    op.execute("UPDATE booking SET call_until = starts WHERE call_since IS NOT NULL")
