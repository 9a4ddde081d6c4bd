"""The codes of the last hour are found quickly."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    codes = sa.text("topic = 'code'")
    op.create_index("ix_message_code", "message", ["planned_at"], sqlite_where=codes, postgresql_where=codes)
