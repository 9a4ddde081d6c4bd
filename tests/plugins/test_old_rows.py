"""Rows that an earlier version of a plugin wrote mean after the update what they meant before (F50)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select, text

from tests.plugins.test_import_again import GERDA, mapped
from tests.plugins.test_import_people import names
from vorzimmer.database import upgrade
from vorzimmer.models import Location, Resource
from vorzimmer.practice import Hall
from vorzimmer.testing import Practice
from vorzimmer_import.models import IMPORTED, SKIPPED, Known

HOURS, KNOWN = "vorzimmer_weekly_hours_hours", "vorzimmer_import_known"
ELEVEN = "[[540, 660]]"


def as_it_began(hall: Hall, name: str, *rows: str) -> None:
    """The plugin's tables in their first version with these rows; then the update."""
    folder = dict(hall.plugins.migrations())[name]
    with hall.database.engine.begin() as connection:
        tables = [
            one for one in (HOURS, "vorzimmer_import_item", "vorzimmer_import_run", KNOWN) if name in one
        ]
        for table in [*tables, f"{name}_version"]:
            connection.execute(text(f"DROP TABLE {table}"))
        upgrade(connection, name, folder, "0001")
        for row in rows:
            connection.exec_driver_sql(row)
    assert hall.migrate() == []


def test_a_free_date_of_somebody_with_two_places_stays_free_at_both(practice: Practice) -> None:
    """It named one place and closed every one; hours on a date, and those of a place, are at their own place alone."""
    with practice.hall.database.reading() as session:
        who = dict(session.execute(select(Resource.slug, Resource.id)).all())
        where = dict(session.execute(select(Location.slug, Location.id)).all())
    anna, ben, markt, hafen = who["anna"], who["ben"], where["markt"], where["hafen"]
    rows = [
        (anna, markt, 1, None, ELEVEN),
        (anna, hafen, 3, None, ELEVEN),
        (anna, markt, None, "2027-03-04", "[]"),  # closed the harbour too, where she would have been
        (anna, markt, None, "2027-03-11", ELEVEN),
        (ben, markt, 1, None, ELEVEN),
        (ben, markt, None, "2027-03-04", "[]"),
        (None, markt, None, "2027-03-05", "[]"),
    ]
    values = [
        ", ".join("NULL" if one is None else f"'{one}'" if isinstance(one, str) else str(one) for one in row)
        for row in rows
    ]
    columns = "resource_id, location_id, weekday, day, periods, despite_closure"
    inserts = [f"INSERT INTO {HOURS} ({columns}) VALUES ({row}, false)" for row in values]
    as_it_began(practice.hall, "vorzimmer_weekly_hours", *inserts)
    with practice.hall.database.reading() as session:
        query = text(f"SELECT location_id FROM {HOURS} ORDER BY id")
        assert list(session.scalars(query)) == [markt, hafen, None, markt, markt, markt, markt]


def test_what_came_in_before_the_update_does_not_come_in_again(practice: Practice, tmp_path: Path) -> None:
    """Earlier versions kept no more than that it came; whom it brought in cannot be said of those."""
    hall, said = practice.hall, {"Wer": "name", "Wo": "email", "Nummer": "phone"}
    assert mapped(hall, tmp_path, GERDA, **said) == [IMPORTED]
    with hall.database.reading() as session:
        keys = list(session.scalars(select(Known.key)))
    as_it_began(hall, "vorzimmer_import", *(f"INSERT INTO {KNOWN} (key) VALUES ('{key}')" for key in keys))
    with hall.database.reading() as session:
        kept = [(one.key, one.customer, one.run_id) for one in session.scalars(select(Known))]
    assert sorted(kept) == [(key, "", 0) for key in sorted(keys)]
    before = names(hall)
    assert mapped(hall, tmp_path, GERDA, **said) == [SKIPPED]
    newer = GERDA + "Gustav Gugel;;\n"
    assert mapped(hall, tmp_path, newer, **said) == [SKIPPED, IMPORTED]
    assert names(hall) == sorted([*before, "Gustav Gugel"])
