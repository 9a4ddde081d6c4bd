"""`python -m tests.bench`: both tables of the goals. It needs an otherwise idle machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tests.bench import calendars, office, searching
from tests.bench.measuring import table
from vorzimmer.testing.servers import on_postgresql, postgresql


@click.command()
@click.option("--bookings", default=100_000, show_default=True, help="So many; rows of growth take a tenth.")
@click.option(
    "--events", default=[1_000, 10_000], show_default=True, multiple=True, help="Sizes of the calendar."
)
@click.option(
    "--on-postgresql", is_flag=True, help="Search and book on PostgreSQL too, on a server of its own."
)
@click.option("--only", type=click.Choice(["searching", "office", "calendars"]), help="One of the tables.")
def main(bookings: int, events: tuple[int, ...], on_postgresql: bool, only: str | None) -> None:
    """Measure, and print value, ratio, goal and verdict of each row."""
    click.echo(f"load of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}")
    with tempfile.TemporaryDirectory() as folder, table() as rows:
        data = Path(folder)
        if only in (None, "searching"):
            rows.title(f"Searching and booking, 20 staff, {bookings} bookings, SQLite")
            searching.run(rows, data / "sqlite", lambda _name: "", bookings)
        if only in (None, "searching") and on_postgresql:
            rows.title(f"Searching and booking, 20 staff, {bookings} bookings, PostgreSQL")
            with _databases() as url_of:
                searching.run(rows, data / "postgresql", url_of, bookings)
        if only in (None, "office"):
            rows.title(f"The office, 20 staff, {bookings} bookings, SQLite")
            office.run(rows, data, bookings)
        if only in (None, "calendars"):
            calendars.run(rows, data, list(events))


@contextmanager
def _databases() -> Iterator[Callable[[str], str]]:
    """Makes databases by name, on a server that keeps what it commits."""
    with postgresql("-c fsync=on") as url:

        def url_of(name: str) -> str:
            on_postgresql(url, f"CREATE DATABASE {name}")
            return f"{url}/{name}"

        yield url_of


if __name__ == "__main__":
    main()
