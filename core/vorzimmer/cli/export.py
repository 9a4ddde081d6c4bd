"""`vorzimmer export`: everything in open formats, as it stood at one instant; secrets are left out (D10)."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import click
from sqlalchemy import Connection, MetaData, Table, select
from sqlalchemy.orm import DeclarativeBase

from vorzimmer.cli.options import fail, opened, practice
from vorzimmer.database import Database
from vorzimmer.models import Booking, Calendar, CalendarObject, Customer, Location, Payment, Resource, Service
from vorzimmer.models.record import AuditEntry
from vorzimmer.settings.config import Config
from vorzimmer.settings.stored import PREFIX, SEALED

LEFT_OUT = frozenset({"web_session", "kept_answer", "login_link", "passkey", "setting"})
"""Tables of secrets alone; what the office has set has a file of its own."""
SECRET = re.compile(r"password|secret|hash|token|totp|recovery|uniquifier|credential|lease|verify")
"""Columns that prove who somebody is, or open a door."""
FORMULA = re.compile(r"[ \xa0]*[=+\-@\t\r\n＝＋－＠]")
PLAIN = re.compile(r"[+-]?[\d ()/.-]+")
"""Numbers and telephone numbers: no spreadsheet takes them for more than that."""
README = """# Everything that the practice {name} has stored

Written by `vorzimmer export` on {day}; all of it is as it stood at one instant.

- `customers.csv`, `appointments.csv`, `payments.csv`, `notes.csv`, `log.csv`, `messages.csv`: tables for people and
  spreadsheets, UTF-8, with commas, the names of the columns in the first line. Times are ISO 8601 in UTC, money is in
  minor units (cents). A cell that a spreadsheet would take for a formula begins with an apostrophe. `customers.csv`
  can be imported again by `vorzimmer import`.
- `calendars/`: one iCalendar file (RFC 5545) for each calendar.
- `settings.json`: what the office has set. What `config.toml` says is not in it; pictures are files of the data folder.
- `tables/`: every table, also those of plugins, as JSON lines: one object a row, named as in the database.

Left out: passwords, keys, sessions, links that work once, and whatever else proves who somebody is or opens a door.
There are personal data in nearly every file: keep the folder as you keep the practice's records.
"""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@practice
def export(config: Config, folder: Path) -> None:
    """Write everything to FOLDER in open formats: CSV, iCalendar, JSON. The folder must be empty or new."""
    if folder.exists() and any(folder.iterdir()):
        fail(f"{folder} is not empty")
    hall = opened(config)
    for made in (folder, folder / "tables", folder / "calendars"):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    with snapshot(hall.database) as connection:
        number = sum(_table(connection, table, folder / "tables") for table in tables(connection))
        _lists(connection, folder)
        _calendars(connection, folder / "calendars")
        _settings(connection, folder / "settings.json")
    hall.database.dispose()
    with _new(folder / "README.md") as file:
        name, day = config.settings.practice.name, f"{datetime.now(config.zone):%Y-%m-%d}"
        file.write(README.format(name=name, day=day))
    click.echo(f"{number} rows are in {folder}; README.md says what is what")


def snapshot(database: Database) -> Connection:
    """A connection whose transaction sees one instant, whatever is written meanwhile."""
    connection = database.engine.connect()
    return connection if database.sqlite else connection.execution_options(isolation_level="REPEATABLE READ")


def tables(connection: Connection) -> Iterator[Table]:
    """Every table that is there, with the types that its owner gave it where that is loaded."""
    typed = {
        name: table
        for root in DeclarativeBase.__subclasses__()
        for name, table in root.metadata.tables.items()
    }
    there = MetaData()
    there.reflect(connection)
    for name in sorted(there.tables):
        if name not in LEFT_OUT and not name.endswith("_version"):
            yield typed.get(name, there.tables[name])


def _table(connection: Connection, table: Table, folder: Path) -> int:
    """Its rows as JSON lines; how many."""
    columns = [column for column in table.columns if not SECRET.search(column.name)]
    wanted, number = select(*columns).order_by(*table.primary_key.columns), 0
    with _new(folder / f"{table.name}.jsonl") as file:
        once = {
            "yield_per": 1000,
            "compiled_cache": None,
        }  # a type of Flask-Security cannot be a key of the cache
        for row in connection.execution_options(**once).execute(wanted):
            file.write(json.dumps(_plain(dict(row._mapping)), ensure_ascii=False) + "\n")
            number += 1
    return number


def _lists(connection: Connection, folder: Path) -> None:
    """The tables that people ask for first."""
    customer, booking, log = Customer.__table__, Booking.__table__, AuditEntry.__table__
    payment, message = Payment.__table__, Booking.metadata.tables["message"]
    service, place, person = Service.__table__, Location.__table__, Resource.__table__
    joined = (
        booking.join(service, booking.c.service_id == service.c.id)
        .join(place, booking.c.location_id == place.c.id)
        .outerjoin(person, booking.c.staff_id == person.c.id)
        .outerjoin(customer, booking.c.customer_id == customer.c.id)
    )
    own = [column for column in booking.c if not column.name.endswith("_id") and column.name != "id"]
    names = service.c.slug.label("service"), place.c.slug.label("location"), person.c.slug.label("staff")
    whose = customer.c.uid.label("customer")
    given = [
        *(customer.c.uid.label("id"), customer.c.name, customer.c.email, customer.c.phone),
        *(customer.c.language, customer.c.note, customer.c.attributes, customer.c.created_at),
    ]
    lists: dict[str, Any] = {
        "customers": select(*given).order_by(customer.c.id),
        "appointments": select(*own, *names, whose)
        .select_from(joined)
        .where(booking.c.status != "held")
        .order_by(booking.c.starts, booking.c.id),
        "payments": select(booking.c.uid.label("booking"), *_but(payment, "id", "booking_id"))
        .join(booking, payment.c.booking_id == booking.c.id)
        .order_by(payment.c.id),
        "log": select(log).order_by(log.c.id),
        "messages": select(*_but(message, "lease", "lease_until")).order_by(message.c.id),
    }
    for name, wanted in lists.items():
        rows = connection.execution_options(yield_per=1000).execute(wanted)
        _csv(folder / f"{name}.csv", list(rows.keys()), rows)
    about = [("customer", customer), ("booking", booking)]
    notes = (
        (kind, *row)
        for kind, table in about
        for row in connection.execute(select(table.c.uid, table.c.note).where(table.c.note != ""))
    )
    _csv(folder / "notes.csv", ["about", "id", "note"], notes)


def _but(table: Any, *names: str) -> list[Any]:
    return [column for column in table.c if column.name not in names]


def _csv(path: Path, heads: list[str], rows: Iterable[Any]) -> None:
    with _new(path) as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> str:
    """A value as text; what would be a formula has an apostrophe before it (A84)."""
    plain = _plain(value)
    text = json.dumps(plain, ensure_ascii=False) if isinstance(plain, (dict, list)) else str(plain)
    text = "" if plain is None else text
    return f"'{text}" if FORMULA.match(text) and not PLAIN.fullmatch(text) else text


def _plain(value: Any) -> Any:
    """A value as JSON has it, without what is sealed."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if not (isinstance(v, dict) and v.keys() == {SEALED})}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _calendars(connection: Connection, folder: Path) -> None:
    wanted = select(Calendar.id, Resource.slug, Calendar.slug.label("calendar"), Calendar.properties)
    wanted = wanted.join(Resource, Calendar.resource_id == Resource.id).where(Calendar.deleted_at.is_(None))
    for number, owner, slug, properties in connection.execute(wanted.order_by(Calendar.id)).all():
        objects = select(CalendarObject.text).where(CalendarObject.calendar_id == number)
        safe = re.sub(r"[^\w.-]", "_", f"{owner}-{slug}")[:80]
        name = str((properties or {}).get("D:displayname", "") or f"{owner} {slug}")
        with _new(folder / f"{safe}-{number}.ics") as file:
            _merged(file, name, connection.execution_options(yield_per=500).scalars(objects))


def _merged(file: IO[str], name: str, texts: Iterable[str]) -> None:
    """One calendar of many objects; each zone stands once."""
    name = re.sub(r"[\r\n]", " ", name).replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    file.write(
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Vorzimmer//export//EN\r\nX-WR-CALNAME:{name}\r\n"
    )
    zones: set[str] = set()
    for text in texts:
        for component in _components(text):
            if component.startswith("BEGIN:VTIMEZONE"):
                if component in zones:
                    continue
                zones.add(component)
            file.write(component)
    file.write("END:VCALENDAR\r\n")


def _components(text: str) -> Iterator[str]:
    """What stands directly in the calendar object, each with its lines."""
    depth, lines = 0, list[str]()
    for line in text.replace("\r\n", "\n").split("\n"):
        opens, closes = line.upper().startswith("BEGIN:"), line.upper().startswith("END:")
        depth += opens
        if depth > 1:
            lines.append(f"{line}\r\n")
        depth -= closes
        if closes and depth == 1:
            yield "".join(lines)
            lines = []


def _settings(connection: Connection, path: Path) -> None:
    setting = Booking.metadata.tables["setting"]
    rows = connection.execute(select(setting).where(setting.c.name.startswith(PREFIX)))
    found = {row.name.removeprefix(PREFIX): _plain(json.loads(row.value)) for row in rows}
    with _new(path) as file:
        json.dump(found, file, ensure_ascii=False, indent=2)


def _new(path: Path) -> IO[str]:
    """A file for its owner's eyes alone."""
    return os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline=""
    )
