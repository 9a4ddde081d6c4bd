"""Until when a customer may choose another time, and whom to call."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models.columns import UtcInstant

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for name in ("choose_until", "call_since"):
        op.add_column("booking", sa.Column(name, UtcInstant(), nullable=True))
        op.create_index(f"ix_booking_{name}", "booking", [name])
