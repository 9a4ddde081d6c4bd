"""Commands about one practice: `init`, `migrate`, `user`, `app-password`, `explain`."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from vorzimmer import accounts, audit, availability, booking, database, urls
from vorzimmer.access import ROLES, Actor
from vorzimmer.cli.options import authors_practice, fail, opened, practice
from vorzimmer.models import Account, Resource, WebSession
from vorzimmer.practice import Hall
from vorzimmer.reasons import Refused
from vorzimmer.settings import change as settings
from vorzimmer.settings import setup
from vorzimmer.settings.config import Config

CLI = Actor("command line", "cli")
ADMIN = Actor(CLI.name, CLI.door, rights=ROLES["owner"])


@click.command()
@click.option(
    "--data", required=True, type=click.Path(file_okay=False, path_type=Path), help="The data folder."
)
@click.option("--name", prompt="Name of the practice", help="As pages and mails call it.")
@click.option("--base-url", prompt="Address (https://…)", help="Where customers reach this server.")
@click.option(
    "--owner",
    default="",
    prompt="E-mail address of the owner (empty: by a link in the browser)",
    prompt_required=False,
    help="Gets the first login; without, `serve` prints a link to make it.",
)
def init(data: Path, name: str, base_url: str, owner: str) -> None:
    """Make a data folder: configuration, database, the owner's login (password asked for, or from stdin)."""
    file = data / "config.toml"
    if file.exists():
        fail(f"{file} is there already")
    Config.load(
        data=data, over={"practice": {"name": name, "base_url": base_url}}
    )  # refuses before it writes
    data.mkdir(parents=True, exist_ok=True)
    file.write_text(f"[practice]\nbase_url = {json.dumps(base_url)}\n", encoding="utf-8")
    hall = opened(Config.load(data=data))
    # What the file says, the office cannot change; a practice may well be renamed there.
    hall.database.write(lambda session: settings.save(session, hall, ADMIN, "practice", {"name": name}))
    hall.refresh(at_once=True)
    if owner:
        hashed = accounts.PASSWORDS.hash(accounts.normal(_password(owner, name)))
        first = setup.Owner(
            owner.partition("@")[0], owner, hashed, hall.config.settings.practice.languages[0]
        )
        try:
            hall.database.write(lambda session: setup.add_owner(session, database.now(session), first, CLI))
        except Refused as refusal:
            fail("; ".join(refusal.facts["errors"].values()))
    click.echo(f"{data} is ready: vorzimmer serve --data {data}")


@click.command()
@practice
def migrate(config: Config) -> None:
    """Bring the tables of the core and of every plugin to their newest version."""
    hall = Hall.open(config)
    failed = hall.migrate()
    if failed:
        fail("\n".join(f"plugin {name}: {hall.plugins.find(name).error}" for name in failed))
    click.echo("the database is up to date")


@click.group()
def user() -> None:
    """Logins of the practice. Passwords are asked for, or read from stdin; never an argument."""


@user.command("add")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(sorted(set(ROLES) - {"customer"})))
@click.option("--name", default="", help="As colleagues read it.")
@click.option("--staff", help="Slug of the staff member that this login is.")
@practice
def add(config: Config, email: str, role: str, name: str, staff: str | None) -> None:
    """Add a login."""
    hall = opened(config)
    secret = _password(email, name, config.settings.practice.name)
    hall.database.write(lambda session: _add(session, email, name, role, staff, secret))
    click.echo(f"{email} may sign in as {role}")


@user.command("password")
@click.argument("email")
@practice
def password(config: Config, email: str) -> None:
    """Give a login another password; all its sessions end."""
    hall = opened(config)
    secret = _password(email, config.settings.practice.name)

    def change(session: Session) -> None:
        account = account_of(session, email)
        account.password = accounts.PASSWORDS.hash(accounts.normal(secret))
        account.fs_uniquifier = uuid.uuid4().hex
        account.failed_logins, account.locked_until = 0, None
        session.execute(delete(WebSession).where(WebSession.account_id == account.id))
        audit.write(session, database.now(session), CLI, "password", f"account {account.email}")

    hall.database.write(change)
    click.echo(f"{email} has another password, and no session")


@user.command("list")
@practice
def list_(config: Config) -> None:
    """List all logins: address, role, staff member, whether active."""
    with opened(config).database.reading() as session:
        for account in session.scalars(select(Account).order_by(Account.email)):
            roles = ",".join(role.name for role in account.roles)
            staff = account.resource.slug if account.resource else "-"
            click.echo("\t".join([account.email, roles, staff, "active" if account.active else "disabled"]))


@click.command("app-password")
@click.argument("email")
@click.option("--label", default="command line", help="For which device it is.")
@practice
def app_password(config: Config, email: str, label: str) -> None:
    """Make an app password for a calendar app; it is shown this once."""

    def make(session: Session) -> str:
        account, moment = account_of(session, email), database.now(session)
        audit.write(session, moment, CLI, "app password", f"account {account.email}", after={"label": label})
        return accounts.add_app_password(session, moment, account, label)

    click.echo(opened(config).database.write(make))


@click.command()
@click.argument("service")
@click.argument("start", type=datetime.fromisoformat)
@click.option("--staff", help="Slug of the staff member asked for.")
@authors_practice
def explain(config: Config, service: str, start: datetime, staff: str | None) -> None:
    """Say why SERVICE is or is not offered at START (2027-03-01T09:00, or with an offset)."""
    hall = opened(config)
    start = start if start.tzinfo else start.replace(tzinfo=config.zone)
    with hall.database.reading() as session:
        wanted = booking.parts.load.service(session, service)
        moment = database.now(session)
        found = availability.explain(session, hall.plugins, wanted, start, moment, staff=staff)
    reader = hall.texts.reader(config.settings.practice.languages[0])
    click.echo("offered" if found.offered else "not offered")
    for why in found.reasons:
        click.echo(f"  {why.rule}\t{why.text.told(reader)}\t({why.source})")
    for change in found.would_be_free_if:
        click.echo(f"  free if {change.told(reader)}")
    for number in dict.fromkeys(why.rule for why in found.reasons if why.rule.isdigit()):
        click.echo(f"  rule {number}: {urls.rule(config, number)}")


def _password(*known: str) -> str:
    given: str
    if sys.stdin.isatty():
        given = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        given = sys.stdin.readline().rstrip("\n")
    weak = accounts.why_weak(given, known)
    if weak:
        fail(weak)
    return given


def _add(session: Session, email: str, name: str, role: str, staff: str | None, secret: str) -> None:
    if session.scalar(select(Account.id).where(func.lower(Account.email) == email.lower())):
        fail(f"{email} has a login already")
    resource = session.scalar(select(Resource).where(Resource.slug == staff)) if staff else None
    if staff and resource is None:
        fail(f"there is no {staff}")
    moment = database.now(session)
    hashed = accounts.PASSWORDS.hash(accounts.normal(secret))
    accounts.add_account(
        session, moment, email=email, name=name, role=role, password_hash=hashed, resource=resource
    )
    audit.write(session, moment, CLI, "account", f"account {email}", after={"role": role, "staff": staff})


def account_of(session: Session, email: str) -> Account:
    """The login with an address; ends the command where there is none."""
    found = session.scalar(select(Account).where(func.lower(Account.email) == email.lower()))
    if found is None:
        fail(f"nobody signs in as {email}")
    return found
