"""`vorzimmer import FILE`: customers from a table, or a calendar into somebody's, tried out first where wanted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.cli.options import fail, opened, practice
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config
from vorzimmer_import import choosing, headings, running, staging, wording
from vorzimmer_import.everybody import Everybody
from vorzimmer_import.letters import ENCODINGS, UnsureError
from vorzimmer_import.models import CHECKING, CSV, OUTCOMES, RUNNING, Run
from vorzimmer_import.running import COMMAND, Progress
from vorzimmer_import.tables import Told

_EVERY = 1000


@click.command("import")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would become of each line.")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="What a column holds, by its heading or number; without FIELD it is left out. "
    "For a calendar WORDS=SERVICE: what a title calls a service.",
)
@click.option(
    "--calendar",
    default="",
    metavar="RESOURCE",
    help="Slug of the person, room or device whose calendar it is.",
)
@click.option("--encoding", type=click.Choice([*ENCODINGS]), help="How the letters of a table were written.")
@click.option("--heading", type=click.IntRange(1), help="The line of a table that has the headings, from 1.")
@click.option(
    "--refused", type=click.Path(path_type=Path), help="Write the lines that did not fit to this file."
)
@practice
def import_(
    config: Config,
    path: Path,
    dry_run: bool,
    mapped: tuple[str, ...],
    calendar: str,
    encoding: str | None,
    heading: int | None,
    refused: Path | None,
) -> None:
    """Bring in customers (FILE.csv) or a calendar (FILE.ics). Interrupted, the same command goes on."""
    hall = opened(config)
    said = dict(_pair(each) for each in mapped)
    how = Told(encoding or "", heading or 0)
    try:
        run_id = _begun(hall, path, how, said, calendar, dry_run=dry_run)
    except UnsureError as error:
        fail(f"{error} {', '.join(f'--encoding {name}: {word}' for name, word in error.readings.items())}")
    except ValueError as error:
        fail(str(error))
    counted = _work(hall, run_id)
    with hall.database.reading() as session:
        run = session.get_one(Run, run_id)
        _report(session, run)
        if refused is not None:
            refused.write_text("".join(wording.refused_file(session, run)), encoding="utf-8")
    staging.delete(hall.database, COMMAND, run_id)
    click.echo(f"imported {counted.imported}, skipped {counted.skipped}, failed {counted.failed}")


def _pair(text: str) -> tuple[str, str]:
    name, equals, field = text.rpartition("=")
    if not equals:
        fail(f"--map {text}: COLUMN=FIELD is needed")
    return name, field


def _begun(
    hall: Hall, file: Path, how: Told, said: Mapping[str, str], calendar: str, *, dry_run: bool
) -> int:
    """The run of this file: the one that was interrupted, or a new one that has begun."""
    number = staging.stage(hall.database, COMMAND, file, file.name, how)
    try:
        with hall.database.reading() as session:
            run = session.get_one(Run, number)
            options = choosing.by_words(session, hall, run, said, calendar)
            if not dry_run and (other := _interrupted(session, run, options)):
                staging.delete(hall.database, COMMAND, number)
                click.echo("going on where it was interrupted", err=True)
                return other
            if run.kind == CSV:
                _say_columns(session, run, options["columns"])
    except ValueError:
        staging.delete(hall.database, COMMAND, number)
        raise
    to = CHECKING if dry_run else RUNNING
    hall.database.write(lambda s: running.begin(s, COMMAND, s.get_one(Run, number), to, options))
    return number


def _interrupted(session: Session, run: Run, options: Mapping[str, Any]) -> int | None:
    """The run of the same file that was told the same, and is not at its end."""
    same = select(Run).where(Run.digest == run.digest, Run.account_id.is_(None), Run.state == RUNNING)
    return next((other.id for other in session.scalars(same) if other.options == options), None)


def _say_columns(session: Session, run: Run, columns: Mapping[str, str]) -> None:
    """Which column goes where, before anything happens."""
    names = headings.choices(choosing.attributes(session), "en")
    for place, name in enumerate(run.head):
        field = columns.get(str(place))
        click.echo(f"column {place + 1} {name!r}: {names[field] if field else 'not taken'}", err=True)


def _work(hall: Hall, run_id: int) -> Progress:
    """Do it, saying how far it is."""
    said, everybody = 0, Everybody()
    with hall.database.reading() as session:
        running.look_up(session, run_id, everybody)
    while hall.database.write(partial(running.batch, hall=hall, run_id=run_id, everybody=everybody)):
        with hall.database.reading() as session:
            counted = running.progress(session, session.get_one(Run, run_id))
        if counted.done >= said + _EVERY:
            said = counted.done
            click.echo(f"{said} of {counted.total}", err=True)
    with hall.database.reading() as session:
        return running.progress(session, session.get_one(Run, run_id))


def _report(session: Session, run: Run) -> None:
    """A line for each line of which there is something to say."""
    names = headings.choices(choosing.attributes(session), "en")
    for item in running.told(session, run, *OUTCOMES):
        if item.reasons:
            click.echo(f"line {item.number}: {item.outcome}. {wording.told(item, _say, names)}")


def _say(text: str, **facts: object) -> str:
    return text % facts if facts else text
