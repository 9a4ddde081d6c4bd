"""How an account's apps draw the calendars of others."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("shown_calendar", sa.Column("properties", sa.JSON(), server_default="{}", nullable=False))
