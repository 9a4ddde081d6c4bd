"""The tables that the migrations make are those that the models say, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from tests import acts
from vorzimmer.database import Newer
from vorzimmer.doctor import examine
from vorzimmer.models import Model
from vorzimmer.practice import Hall
from vorzimmer.testing import Practice


@pytest.fixture
def ours() -> set[str]:
    return set(Model.metadata.tables)


def test_migrations_lead_to_the_models(hall: Hall, ours: set[str]) -> None:
    """F50: a column that no migration knows would be missing at the next practice."""

    def is_ours(_object: Any, name: str | None, kind: str, reflected: bool, _compared: Any) -> bool:
        return kind != "table" or not reflected or name in ours

    with hall.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        differences = compare_metadata(context, Model.metadata)
    guards = {"allocation_one_each", "allocation_no_block"}  # the belt stands in the migration only
    assert [
        found for found in differences if not guards & {str(getattr(part, "name", "")) for part in found}
    ] == []


def test_migrating_twice_changes_nothing(hall: Hall) -> None:
    before = inspect(hall.database.engine).get_table_names()
    hall.migrate()
    assert inspect(hall.database.engine).get_table_names() == before


@pytest.mark.parametrize("owner", ["vorzimmer", "vorzimmer_absences"])
def test_tables_of_a_newer_version_are_left_alone(hall: Hall, owner: str) -> None:
    """F50: a downgrade is refused with words that say what to do, before anything is backed up or changed."""
    with hall.database.engine.begin() as connection:
        connection.execute(text(f"UPDATE {owner}_version SET version_num = '9999'"))
    with pytest.raises(Newer, match=f"{owner} are in version 9999.* install the newer one again"):
        hall.database.migrate(hall.plugins.migrations(), before=pytest.fail)
    with hall.database.reading() as session:
        found = [str(finding) for finding in examine(hall) if "9999" in str(finding)]
        assert len(found) == 1
        assert session.scalar(text(f"SELECT version_num FROM {owner}_version")) == "9999"


def test_each_owner_has_its_own_version_table(hall: Hall) -> None:
    """A removed plugin never blocks an upgrade."""
    versions = {name for name in inspect(hall.database.engine).get_table_names() if name.endswith("_version")}
    plugins = ("absences", "email", "external_busy", "import", "notices", "web", "webhooks", "weekly_hours")
    owners = ("", *(f"_{name}" for name in plugins))
    assert versions == {f"vorzimmer{owner}_version" for owner in owners}


def test_the_belt_refuses_what_the_claim_let_through(practice: Practice) -> None:
    """Architecture §3: the same time, person and seat twice, written past every use case."""
    held = acts.hold(practice.hall, staff="anna")
    copy = text(
        "INSERT INTO allocation (resource_id, starts, ends, before, after, seat, block, guarded, booking_id) "
        "SELECT resource_id, starts, ends, before, after, seat, block, guarded, booking_id FROM allocation "
        "WHERE booking_id = :id"
    )
    with pytest.raises(IntegrityError), practice.hall.database.engine.begin() as connection:
        connection.execute(copy, {"id": held.id})
