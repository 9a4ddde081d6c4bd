"""The first tables, and the belt against double booking."""

from alembic import op

from vorzimmer.models import Model

revision = "0001"
down_revision = None

TRIGGER = """
CREATE TRIGGER allocation_guard_{moment} BEFORE {event} ON allocation WHEN NEW.guarded
BEGIN
  SELECT RAISE(ABORT, 'allocations overlap') WHERE EXISTS (
    SELECT 1 FROM allocation AS other
    WHERE other.resource_id = NEW.resource_id AND other.ends > NEW.starts AND other.starts < NEW.ends
      AND other.guarded AND other.id IS NOT NEW.id
      AND (other.block <> NEW.block OR (NEW.block = 0 AND other.seat = NEW.seat)));
END
"""


def upgrade() -> None:
    connection = op.get_bind()
    Model.metadata.create_all(connection)
    if connection.dialect.name == "sqlite":
        op.execute(TRIGGER.format(moment="insert", event="INSERT"))
        op.execute(TRIGGER.format(moment="update", event="UPDATE"))
        return
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute(
        "ALTER TABLE allocation ADD CONSTRAINT allocation_one_each EXCLUDE USING gist "
        "(resource_id WITH =, seat WITH =, tstzrange(starts, ends) WITH &&) WHERE (guarded AND block = 0)"
    )
    op.execute("ALTER TABLE allocation ALTER COLUMN block TYPE smallint")
    op.execute(
        "ALTER TABLE allocation ADD CONSTRAINT allocation_no_block EXCLUDE USING gist "
        "(resource_id WITH =, tstzrange(starts, ends) WITH &&, block WITH <>) WHERE (guarded)"
    )
