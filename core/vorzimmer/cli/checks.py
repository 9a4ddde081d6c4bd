"""`doctor`, and `selftest race`."""

from __future__ import annotations

import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from vorzimmer import availability, booking, database
from vorzimmer.access import CUSTOMER
from vorzimmer.availability import Slot
from vorzimmer.booking import HoldRequest
from vorzimmer.cli.options import authors_practice, fail
from vorzimmer.doctor import checkup, examine
from vorzimmer.hookspecs import Level
from vorzimmer.periods import Period
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer.settings.config import Config

SERVICE = "massage"
PERSON = "anna"


@click.command()
@authors_practice
def doctor(config: Config) -> None:
    """Look at settings, secrets, plugins, mail, database, schema, clock and worker; exit 1 if anything is wrong."""
    hall = Hall.open(config)
    checkup.begin(hall)
    findings = list(examine(hall))
    for finding in findings:
        click.echo(f"{finding.level:<8} {finding}")
    if any(finding.level is Level.WRONG for finding in findings):
        raise SystemExit(1)


@click.group()
def selftest() -> None:
    """Try out what is promised, on data of its own."""


@selftest.command()
@click.option("--database-url", default="", help="An empty database to try it on, instead of SQLite.")
@click.option("--rivals", default=50, show_default=True, type=click.IntRange(2, 500))
def race(database_url: str, rivals: int) -> None:
    """Let 50 want the same time at once: exactly one gets it."""
    over = {"database": {"url": database_url}, "mail": {"directory": "mail"}}
    with tempfile.TemporaryDirectory() as folder:
        hall = Hall.open(Config.load(data=Path(folder), over=over))
        if inspect(hall.database.engine).get_table_names():
            fail("this database is not empty")
        hall.migrate()
        won = _race(hall, rivals)
        hall.database.dispose()
    click.echo(f"{rivals} wanted the same time at once: {won} got it, {rivals - won} were refused")
    if won != 1:
        raise SystemExit(1)


def _race(hall: Hall, rivals: int) -> int:
    hall.database.write(lambda session: hall.plugins.instance("vorzimmer_demo").fill_practice(session, hall))
    with hall.database.reading() as session:
        slot = _any_slot(session, hall)
    start = threading.Barrier(rivals)
    request = HoldRequest(SERVICE, slot.start, PERSON)

    def want(_number: int) -> bool:
        start.wait()
        try:
            hall.database.write(lambda session: booking.hold(session, hall, CUSTOMER, request))
        except Refused as refusal:
            if refusal.reason is not Reason.SLOT_TAKEN:
                raise
            return False
        return True

    with ThreadPoolExecutor(rivals) as pool:
        return sum(pool.map(want, range(rivals)))


def _any_slot(session: Session, hall: Hall) -> Slot:
    now = database.now(session)
    service = booking.parts.load.service(session, SERVICE)
    window = Period(now + timedelta(days=1), now + timedelta(days=15))
    return availability.free_slots(session, hall.plugins, service, window, now, staff=PERSON)[0]
