"""The table of hours."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLE = "vorzimmer_weekly_hours_hours"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("resource_id", sa.Integer, sa.ForeignKey("resource.id", ondelete="CASCADE")),
        sa.Column("location_id", sa.Integer, sa.ForeignKey("location.id", ondelete="CASCADE")),
        sa.Column("service_id", sa.Integer, sa.ForeignKey("service.id", ondelete="CASCADE")),
        sa.Column("weekday", sa.Integer),
        sa.Column("day", sa.Date),
        sa.Column("periods", sa.JSON, nullable=False),
        sa.Column("despite_closure", sa.Boolean, nullable=False),
        sa.CheckConstraint("(weekday IS NULL) <> (day IS NULL)", name="ck_vorzimmer_weekly_hours_hours_when"),
    )
    op.create_index(f"ix_{TABLE}_resource_id", TABLE, ["resource_id"])
