"""What was remarked on a calendar object when it was read."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("calendar_object", sa.Column("remarks", sa.JSON(), server_default="[]", nullable=False))
