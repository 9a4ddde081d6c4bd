"""The table of own texts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLE = "vorzimmer_email_text"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("service_id", sa.Integer, sa.ForeignKey("service.id", ondelete="CASCADE"), index=True),
        sa.Column("topic", sa.String(12), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.UniqueConstraint("service_id", "topic", "language", name=f"uq_{TABLE}_service_id_topic_language"),
    )
