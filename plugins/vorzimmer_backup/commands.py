"""`backup`, `backup-key` and `restore`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
from sqlalchemy import inspect

from vorzimmer import database
from vorzimmer.cli.options import fail, practice
from vorzimmer.models import Setting
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config
from vorzimmer_backup import erased, key, making, nightly, sealing, state
from vorzimmer_backup.damage import Damaged, why
from vorzimmer_backup.restoring import restore as put_back
from vorzimmer_backup.restoring import verify as check

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("target", metavar="FILE", type=FILE)
@practice
def backup(config: Config, target: Path) -> None:
    """Write database, configuration, keys and files into one sealed FILE, while the server goes on."""
    if target.exists():
        fail(f"{target} is there already")
    if not target.parent.is_dir():
        fail(f"there is no folder {target.parent}")
    with _hall(config) as hall:
        if not inspect(hall.database.engine).has_table(Setting.__tablename__):
            fail("this database is empty")
        told = key.known(config.data)
        try:
            manifest = making.make(hall, target.absolute())
        except (Damaged, OSError) as error:
            fail(f"no backup was made: {why(error, target.absolute())}")
        key.remember(key.made(config.data))
        hall.database.write(partial(nightly.noted, target=target.absolute(), moment=manifest.made_at))
        rows = sum(table.rows for table in manifest.contents.tables.values())
        click.echo(
            f"{target}: {len(manifest.contents.tables)} tables, {rows} rows, {len(manifest.files)} files"
        )
        if told is None:
            _show(hall, key.made(config.data))


@click.command("backup-key")
@practice
def backup_key(config: Config) -> None:
    """Show the key that opens the backups, to be kept away from this machine."""
    with _hall(config) as hall:
        _show(hall, key.made(config.data))


@contextmanager
def _hall(config: Config) -> Iterator[Hall]:
    hall = Hall.open(config)
    try:
        yield hall
    finally:
        hall.database.dispose()


def _show(hall: Hall, secret: str) -> None:
    with hall.database.reading() as session:
        moment = database.now(session)
    hall.database.write(lambda session: state.change(session, moment, key_shown=True))
    click.echo(f"\n  {secret}\n")
    click.echo("This key opens the backups, and nothing else does. Keep a copy away from this machine.")


@click.command()
@click.argument("source", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), help="A new, empty data folder.")
@click.option(
    "--verify", is_flag=True, help="Restore nothing: check everything, and start the copy read-only."
)
@click.option(
    "--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file with the key."
)
@click.option("--database-url", default="", help="An empty PostgreSQL database, where the backup is of one.")
@click.option(
    "--erasures",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"Another list of who was erased than {erased.NAME} beside FILE.",
)
@practice
def restore(
    config: Config,
    source: Path,
    into: Path | None,
    verify: bool,
    key_file: Path | None,
    database_url: str,
    erasures: Path | None,
) -> None:
    """Put a backup back into an empty folder, or check it; the key is asked for, or read from stdin."""
    if verify == bool(into):
        fail("either --into DIR or --verify")
    secret = _key(config, source, key_file)
    try:
        if into is None:
            check(source, secret, database_url or config.database_url, click.echo)
            click.echo(f"{source} is whole")
        else:
            put_back(source, secret, into.resolve(), database_url, click.echo, _erased(source, erasures))
            click.echo(f"{into} is ready: vorzimmer serve --data {into}")
    except Damaged as error:
        fail(str(error))
    except OSError as error:
        fail(f"nothing was restored: {why(error, into or Path(tempfile.gettempdir()))}")


def _erased(source: Path, named: Path | None) -> erased.Erased:
    """Who was erased since, by the list that was named or the one beside the backup."""
    file = named or source.parent / erased.NAME
    try:
        found = erased.read(file)
    except ValueError as error:
        raise Damaged(str(error)) from None
    if not found:
        click.echo(f"erasures: there is no list {file}; whoever was erased since is in this backup as before")
    return found


def _key(config: Config, source: Path, key_file: Path | None) -> str:
    """The key that was named, that of the data folder, one of this home's that fits, or what is typed."""
    found = key.read(key_file) if key_file else key.known(config.data)
    if found is None:
        found = next((known for known in key.remembered() if _fits(source, known)), None)
    if found is not None:
        return found
    if sys.stdin.isatty():
        return key.checked(click.prompt("Key of the backup", hide_input=True), "the key")
    return key.checked(sys.stdin.readline(), "the key")


def _fits(source: Path, known: str) -> bool:
    with source.open("rb") as stream:
        return sealing.fits(stream, known)
