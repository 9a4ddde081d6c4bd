"""What services, people, places and categories were called in addresses before."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "old_address",
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("old", sa.String(120), nullable=False),
        sa.Column("now", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("kind", "old", name="pk_old_address"),
    )
    op.create_index("ix_old_address_now", "old_address", ["now"], unique=False)
