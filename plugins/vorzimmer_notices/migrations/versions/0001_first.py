"""What each login chose, and what waits for its daily list; the word of requests was the mail plugin's before."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models.columns import UtcInstant

revision = "0001"
down_revision = None

CHOICE, NEWS = "vorzimmer_notices_choice", "vorzimmer_notices_news"


def upgrade() -> None:
    op.create_table(
        CHOICE,
        sa.Column(
            "account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("whose", sa.String(4), primary_key=True),
        sa.Column("timing", sa.String(8), nullable=False),
    )
    op.create_table(
        NEWS,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("booking_id", sa.Integer, sa.ForeignKey("booking.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", UtcInstant, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.UniqueConstraint("key", name=f"uq_{NEWS}_key"),
    )
    op.create_index(f"ix_{NEWS}_account_id", NEWS, ["account_id"])
    op.create_index(f"ix_{NEWS}_booking_id", NEWS, ["booking_id"])
    message = sa.table("message", *map(sa.column, ("topic", "channel", "state")))
    waiting = message.c.state.in_(["due", "leased"])
    facts = message.c.topic == "booking_changed", message.c.channel == "vorzimmer_email", waiting
    op.execute(message.update().where(*facts).values(channel="vorzimmer_notices"))
    op.execute(message.update().where(message.c.topic == "asked", waiting).values(state="withdrawn"))
