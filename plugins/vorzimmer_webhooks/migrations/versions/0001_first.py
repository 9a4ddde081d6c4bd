"""The tables of webhooks and of what was sent to them."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models.columns import UtcInstant

revision = "0001"
down_revision = None

HOOK, DELIVERY = "vorzimmer_webhooks_hook", "vorzimmer_webhooks_delivery"


def upgrade() -> None:
    op.create_table(
        HOOK,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("rights", sa.JSON, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", sa.JSON, nullable=False),
        sa.Column("secret", sa.JSON, nullable=False),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.Column("failing_since", UtcInstant),
        sa.Column("off_at", UtcInstant),
        sa.Column("lease", sa.String(36), nullable=False),
        sa.Column("leased_until", UtcInstant),
    )
    op.create_index(f"ix_{HOOK}_account_id", HOOK, ["account_id"])
    op.create_table(
        DELIVERY,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uid", sa.String(40), nullable=False),
        sa.Column("hook_id", sa.Integer, sa.ForeignKey(f"{HOOK}.id", ondelete="CASCADE"), nullable=False),
        sa.Column("event", sa.String(30), nullable=False),
        sa.Column("booking_id", sa.Integer, sa.ForeignKey("booking.id", ondelete="CASCADE")),
        sa.Column("customer", sa.String(36), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", UtcInstant, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("run_after", UtcInstant, nullable=False),
        sa.Column("sent_at", UtcInstant),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.String(200), nullable=False),
        sa.UniqueConstraint("uid", name=f"uq_{DELIVERY}_uid"),
    )
    op.create_index(f"ix_{DELIVERY}_booking_id", DELIVERY, ["booking_id"])
    op.create_index(f"ix_{DELIVERY}_customer", DELIVERY, ["customer"])
    op.create_index(f"ix_{DELIVERY}_state_run_after", DELIVERY, ["state", "run_after"])
    op.create_index(f"ix_{DELIVERY}_hook_id_id", DELIVERY, ["hook_id", "id"])
