"""Which calendars of others an account sees on its devices."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "shown_calendar",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_shown_calendar_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resource.id"], name="fk_shown_calendar_resource_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "resource_id", name="pk_shown_calendar"),
    )
    op.create_index("ix_shown_calendar_resource_id", "shown_calendar", ["resource_id"], unique=False)
