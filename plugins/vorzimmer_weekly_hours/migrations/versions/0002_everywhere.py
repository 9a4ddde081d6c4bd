"""Dates on which somebody is free closed every place, whichever one they named: those that stand go on doing so."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    table = "vorzimmer_weekly_hours_hours"
    op.execute(
        f"UPDATE {table} SET location_id = NULL "  # noqa: S608  # the table's own name
        "WHERE resource_id IS NOT NULL AND day IS NOT NULL AND CAST(periods AS TEXT) = '[]' "
        f"AND EXISTS (SELECT 1 FROM {table} AS other WHERE other.resource_id = {table}.resource_id "
        f"AND other.location_id <> {table}.location_id)"
    )
