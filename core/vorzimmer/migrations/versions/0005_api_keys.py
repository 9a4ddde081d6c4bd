"""What an API key may do, until when, and when it was used last."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models.columns import UtcInstant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("api_key") as table:
        table.add_column(sa.Column("scopes", sa.JSON(), nullable=True))
        table.add_column(sa.Column("expires_at", UtcInstant(), nullable=True))
        table.add_column(sa.Column("used_at", UtcInstant(), nullable=True))
