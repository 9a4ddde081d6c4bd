"""An index of the few allocations that the belt does not guard."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index(
        "ix_allocation_unguarded",
        "allocation",
        ["resource_id", "ends"],
        unique=False,
        sqlite_where=sa.text("guarded = 0"),
        postgresql_where=sa.text("NOT guarded"),
    )
