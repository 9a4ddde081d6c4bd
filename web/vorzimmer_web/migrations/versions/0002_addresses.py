"""Named links that are deleted lead on; when somebody came by which address."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models import UtcInstant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("vorzimmer_web_invitation", sa.Column("deleted_at", UtcInstant))
    op.create_table(
        "vorzimmer_web_address",
        sa.Column("path", sa.String(300), primary_key=True),
        sa.Column("used_on", sa.Date, nullable=False),
    )
