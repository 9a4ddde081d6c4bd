"""The tables of runs, their lines, and who came in before."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models.columns import UtcInstant

revision = "0001"
down_revision = None

RUN, ITEM, KNOWN = "vorzimmer_import_run", "vorzimmer_import_item", "vorzimmer_import_known"


def upgrade() -> None:
    op.create_table(
        RUN,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(3), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", ondelete="CASCADE")),
        sa.Column("head", sa.JSON, nullable=False),
        sa.Column("heading", sa.Text, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("created_at", UtcInstant, nullable=False),
    )
    op.create_index(f"ix_{RUN}_digest", RUN, ["digest"])
    op.create_index(f"ix_{RUN}_state", RUN, ["state"])
    op.create_table(
        ITEM,
        sa.Column("run_id", sa.Integer, sa.ForeignKey(f"{RUN}.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("cells", sa.JSON, nullable=False),
        sa.Column("marks", sa.JSON, nullable=False),
        sa.Column("flawed", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("remarked", sa.Boolean, nullable=False),
    )
    op.create_index(f"ix_{ITEM}_run_id_outcome_number", ITEM, ["run_id", "outcome", "number"])
    op.create_table(KNOWN, sa.Column("key", sa.String(64), primary_key=True))
