"""Which records were erased: opaque ids and when."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models.columns import UtcInstant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("uid", name="pk_erasure"),
    )
