"""`vorzimmer api-key`: keys for programs that use the API."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy.orm import Session

from vorzimmer import accounts, database
from vorzimmer.access import Right
from vorzimmer.cli.office import CLI, account_of
from vorzimmer.cli.options import fail, opened, practice
from vorzimmer.models import ApiKey
from vorzimmer.practice import Hall
from vorzimmer.reasons import Refused
from vorzimmer.settings.config import Config


@click.command("api-key")
@click.argument("email", required=False)
@click.option("--label", help="What the key is for.  [default: command line]")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([right.value for right in Right]),
    help="A right of the login that the key has; as often as wanted. Without, all of them.",
)
@click.option("--days", type=int, help="After so many days the key is over; without, it has no end.")
@click.option(
    "--list", "listed", is_flag=True, help="List all keys: id, login, label, rights, end, last use."
)
@click.option("--revoke", type=int, metavar="ID", help="Revoke a key; the id is in the list.")
@practice
def api_key(
    config: Config,
    email: str | None,
    label: str | None,
    scopes: tuple[str, ...],
    days: int | None,
    listed: bool,
    revoke: int | None,
) -> None:
    """Make a key with which a program acts as the login EMAIL; it is shown this once."""
    if (email is not None) + listed + (revoke is not None) != 1:
        raise click.UsageError("Give an EMAIL, or --list, or --revoke ID.")
    if email is None and (label is not None or scopes or days is not None):
        raise click.UsageError("--label, --scope and --days are for a new key.")
    hall = opened(config)
    if listed:
        _list(hall)
    elif email is None:
        hall.database.write(lambda session: _revoke(session, revoke or 0))
        click.echo(f"key {revoke} opens nothing any more")
    else:
        wanted = accounts.NewKey(label or "command line", scopes or None, days)
        click.echo(_make(hall, email, wanted))


def _make(hall: Hall, email: str, wanted: accounts.NewKey) -> str:
    def make(session: Session) -> str:
        return accounts.make_key(session, CLI, account_of(session, email), wanted)

    try:
        return hall.database.write(make)
    except Refused as refusal:
        fail(" ".join(refusal.facts["errors"].values()))


def _revoke(session: Session, key_id: int) -> None:
    key = session.get(ApiKey, key_id, with_for_update=True)
    if key is None:
        fail(f"there is no key {key_id}")
    accounts.drop_key(session, CLI, key)


def _list(hall: Hall) -> None:
    with hall.database.reading() as session:
        moment = database.now(session)
        for key in accounts.staff_keys(session):
            rights = "all rights" if key.scopes is None else ",".join(key.scopes)
            end = "no end" if key.expires_at is None else _day(hall, key.expires_at)
            if accounts.is_over(key, moment):
                end = f"over since {end}"
            used = f"used {_day(hall, key.used_at)}" if key.used_at else "never used"
            click.echo("\t".join([str(key.id), key.account.email, key.label, rights, end, used]))


def _day(hall: Hall, moment: datetime) -> str:
    return f"{moment.astimezone(hall.config.zone):%Y-%m-%d}"
