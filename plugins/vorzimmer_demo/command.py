"""`vorzimmer demo`: fill a database of its own, then serve it."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Any

import click
from sqlalchemy import MetaData, func, inspect, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from vorzimmer.cli.options import config_option, fail, write_logs
from vorzimmer.cli.serving import run
from vorzimmer.database import Database
from vorzimmer.models import Setting
from vorzimmer.practice import Hall
from vorzimmer.server import guard, serve
from vorzimmer.settings.config import Config
from vorzimmer_demo.bookings import fill_bookings
from vorzimmer_demo.bulk import fill_bulk
from vorzimmer_demo.file import forget, remember
from vorzimmer_demo.practice import API_KEY, LOGINS, MARK, PASSWORD, ZONE, fill_practice


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The port.")
@click.option(
    "--data",
    default="demo-data",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the database, the mail and the files.",
)
@config_option
@click.option(
    "--database-url", help="Another database than SQLite in the folder; it must hold a demo or nothing."
)
@click.option(
    "--bookings", default=0, type=click.IntRange(0), help="17 more people and so many more bookings."
)
@click.option("--no-limits", is_flag=True, help="Switch off every limit by address, session, contact or day.")
@click.option("--fresh", is_flag=True, help="Throw the demo away and make it anew.")
@click.option("--no-worker", is_flag=True, help="Deliver no messages here.")
@click.option(
    "--i-know", is_flag=True, help="Serve beyond this machine, with passwords that everybody knows."
)
def demo(
    host: str,
    port: int,
    data: Path,
    file: Path | None,
    database_url: str | None,
    bookings: int,
    no_limits: bool,
    fresh: bool,
    no_worker: bool,
    i_know: bool,
) -> None:
    """Fill a demo practice, serve it, print addresses and logins."""
    if not guard.is_loopback(host) and not i_know:
        fail(f"the demo's passwords are known to everybody: --i-know is needed to listen on {host}")
    if not guard.is_loopback(host) and no_limits:
        fail("--no-limits is for loopback addresses only")
    bound = serve.listen(host, port)
    port = bound.getsockname()[1]
    names = [] if guard.is_loopback(host) else [host, *socket.gethostbyname_ex(socket.gethostname())[2]]
    server: dict[str, Any] = {
        "host": host,
        "port": port,
        "hosts": names,
        "limits": not no_limits,
        "worker": not no_worker,
    }
    over: dict[str, Any] = {"server": server} | ({"database": {"url": database_url}} if database_url else {})
    forget(data)
    config = Config.load(data=data, file=file, under=_defaults(port), over=over)
    _keep_key(config)
    hall = Hall.open(config)
    if file is None:
        remember(config)
    write_logs()
    prepare(hall, fresh=fresh, bookings=bookings)
    run(hall, bound, ready=lambda: click.echo(_welcome(hall)))


def _keep_key(config: Config) -> None:
    """A demo's database may be served from another folder: nothing of value was signed with the lost key."""
    database = Database(config.database_url)
    with contextlib.suppress(SQLAlchemyError):
        if not config.has_secret_key and database.has_tables() and _is_demo(database):
            _ = config.secret_key
    database.dispose()


def _defaults(port: int) -> dict[str, Any]:
    return {
        "practice": {
            "name": "Praxis am Markt",
            "zone": ZONE,
            "base_url": f"http://localhost:{port}",
            "phone": "030 23125 100",  # of the numbers that nobody has
        },
        "booking": {"undo_seconds": 0},
        "mail": {"from": "praxis@praxis.example", "directory": "mail"},
        "plugins": {"vorzimmer_holidays": {"country": "DE", "subdivision": "BE"}},
    }


def prepare(hall: Hall, *, fresh: bool = False, bookings: int = 0) -> None:
    """Fill the hall's database unless it holds the demo already; anything else in it is refused."""
    database = hall.database
    if _holds_something(database) and not _is_demo(database):
        fail("this database holds something else than a demo; give another with --data or --database-url")
    if fresh:
        _empty(database)
        for mail in (hall.config.data / "mail").glob("*.eml"):
            mail.unlink()
    hall.migrate()
    if not _is_demo(database):
        database.write(lambda session: fill(session, hall, bookings))


def fill(session: Session, hall: Hall, bookings: int = 0) -> None:
    """Write all of the demo in one transaction."""
    day = fill_practice(session, hall)
    fill_bookings(session, hall, day)
    if bookings:
        fill_bulk(session, hall, day, bookings)


def _is_demo(database: Database) -> bool:
    if not inspect(database.engine).has_table(Setting.__tablename__):
        return False
    with database.reading() as session:
        return session.get(Setting, MARK) is not None


def _holds_something(database: Database) -> bool:
    """Whether any table has a row, but for the versions of our own schemas and what a worker notes."""
    try:
        tables = _tables(database).sorted_tables
    except OperationalError as error:
        fail(f"the database does not answer: {str(error.orig).splitlines()[0]}")
    quiet = {Setting.__tablename__}
    with database.reading() as session:
        return any(
            session.scalar(select(func.count()).select_from(table))
            for table in tables
            if table.name not in quiet and not table.name.endswith("_version")
        )


def _empty(database: Database) -> None:
    tables = _tables(database)
    with database.turn(), database.engine.execution_options(writes=True).begin() as connection:
        tables.drop_all(connection)


def _tables(database: Database) -> MetaData:
    found = MetaData()
    found.reflect(database.engine)
    return found


def _welcome(hall: Hall) -> str:
    base = hall.config.base_url
    lines = [
        f"{hall.config.settings.practice.name}: a demo practice, made for trying out",
        "",
        f"  Booking page   {base}/",
        f"  Back office    {base}/office/",
        f"  Calendars      {base}/dav/",
        f"  API            {base}/api/v1/openapi.json",
        f"  Mail           {hall.config.data / 'mail'}",
        "",
        f"Logins, password {PASSWORD} for all:",
        *(f"  {email:<26} {role}" for email, _name, role in LOGINS if role != "customer"),
        "",
        "Calendar apps, with these app passwords:",
        *(
            f"  {slug}@praxis.example".ljust(29) + f"{slug}-caldav-demo-0001"
            for slug in ("anna", "ben", "clara")
        ),
        "",
        f"API key (owner): {API_KEY}",
        "",
        f"Serving on {base} – Ctrl+C ends it.",
    ]
    return "\n".join(lines)
