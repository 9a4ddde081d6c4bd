"""Which record came in by what: a later table completes it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KNOWN = "vorzimmer_import_known"


def upgrade() -> None:
    op.add_column(KNOWN, sa.Column("customer", sa.String(36), nullable=False, server_default=""))
    op.add_column(KNOWN, sa.Column("run_id", sa.Integer, nullable=False, server_default="0"))
    op.create_index(f"ix_{KNOWN}_customer", KNOWN, ["customer"])
