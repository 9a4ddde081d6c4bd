"""What the office needs: groups, attributes, payments, notes, links to set a password."""

import sqlalchemy as sa
from alembic import op

from vorzimmer.models.columns import UtcInstant
from vorzimmer.models.customer import search_key

revision = "0002"
down_revision = "0001"

ROLES = {
    "owner": [
        "accounts",
        "availability",
        "calendars",
        "customers",
        "exports",
        "notes",
        "own_calendar",
        "settings",
    ],
    "desk": ["availability", "calendars", "customers", "notes"],
    "staff": ["availability", "notes", "own_calendar"],
}


def upgrade() -> None:
    tables()
    columns()
    rights()
    searchable()


def columns() -> None:
    """New columns of tables that have rows."""
    text, flag = sa.text("''"), sa.text("true" if op.get_bind().dialect.name == "postgresql" else "1")
    op.add_column("booking", sa.Column("note", sa.Text(), nullable=False, server_default=text))
    op.add_column("booking", sa.Column("place", sa.String(300), nullable=False, server_default=text))
    op.add_column("booking", sa.Column("consents", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("booking", sa.Column("link", sa.String(500), nullable=False, server_default=text))
    op.add_column("booking", sa.Column("offered_at", UtcInstant(), nullable=True))
    op.add_column(
        "customer", sa.Column("attributes", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column("customer", sa.Column("search_key", sa.String(500), nullable=False, server_default=text))
    op.add_column("service", sa.Column("price_shown", sa.Boolean(), nullable=False, server_default=flag))
    op.add_column("service", sa.Column("color", sa.String(7), nullable=False, server_default=text))
    op.add_column("service", sa.Column("reminders", sa.JSON(), nullable=True))
    op.create_index("ix_booking_staff_id_customer_id", "booking", ["staff_id", "customer_id"], unique=False)
    op.execute(  # SQLite takes a reference only together with its column
        "ALTER TABLE service ADD COLUMN variant_of INTEGER CONSTRAINT fk_service_variant_of REFERENCES service (id)"
    )


def rights() -> None:
    """The roles in the box get the rights that are new, unless somebody has changed them."""
    before = {
        "owner": {"own_calendar", "calendars", "availability", "settings"},
        "desk": {"calendars", "availability"},
        "staff": {"own_calendar", "availability"},
    }
    role = sa.table("role", sa.column("name", sa.String), sa.column("permissions", sa.String))
    for name, permissions in op.get_bind().execute(sa.select(role.c.name, role.c.permissions)).all():
        if name in before and set((permissions or "").split(",")) == before[name]:
            op.execute(role.update().where(role.c.name == name).values(permissions=",".join(ROLES[name])))


def searchable() -> None:
    """Fill in what customers are found by."""
    customer = sa.table(
        "customer", *(sa.column(name) for name in ("id", "name", "email", "phone", "search_key"))
    )
    connection = op.get_bind()
    known = connection.execute(
        sa.select(customer.c.id, customer.c.name, customer.c.email, customer.c.phone)
    ).all()
    keys = [
        {"key": search_key(name, email or "", phone), "row": number} for number, name, email, phone in known
    ]
    if keys:
        connection.execute(
            customer.update()
            .where(customer.c.id == sa.bindparam("row"))
            .values(search_key=sa.bindparam("key")),
            keys,
        )


def tables() -> None:
    """Tables that are new."""
    op.create_table(
        "attribute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=True),
        sa.Column("health", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attribute"),
        sa.UniqueConstraint("slug", name="uq_attribute_slug"),
    )
    op.create_table(
        "customer_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer_group"),
        sa.UniqueConstraint("name", name="uq_customer_group_name"),
    )
    op.create_table(
        "customer_membership",
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_customer_membership_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["customer_group.id"], name="fk_customer_membership_group_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "group_id", name="pk_customer_membership"),
    )
    op.create_index("ix_customer_membership_group_id", "customer_membership", ["group_id"], unique=False)
    op.create_table(
        "form_field",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attribute_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attribute_id"], ["attribute.id"], name="fk_form_field_attribute_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name="fk_form_field_service_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_form_field"),
        sa.UniqueConstraint("attribute_id", "service_id", name="uq_form_field_attribute_id_service_id"),
    )
    op.create_index("ix_form_field_service_id", "form_field", ["service_id"], unique=False)
    op.create_table(
        "customer_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=True),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name="fk_customer_change_booking_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name="fk_customer_change_customer_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_customer_change"),
    )
    op.create_index("ix_customer_change_booking_id", "customer_change", ["booking_id"], unique=False)
    op.create_index("ix_customer_change_customer_id", "customer_change", ["customer_id"], unique=False)
    op.create_table(
        "login_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("expires_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_login_link_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_login_link"),
        sa.UniqueConstraint("account_id", "purpose", name="uq_login_link_account_id_purpose"),
        sa.UniqueConstraint("secret_hash", name="uq_login_link_secret_hash"),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("booking_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("paid_at", UtcInstant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name="fk_payment_booking_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_payment"),
    )
    op.create_index("ix_payment_booking_id", "payment", ["booking_id"], unique=False)
