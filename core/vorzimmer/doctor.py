"""What is wrong with this installation, in words: run by `vorzimmer doctor`."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from vorzimmer import database, hookspecs
from vorzimmer.config import Config, ConfigError
from vorzimmer.database import CORE_MIGRATIONS
from vorzimmer.guard import is_loopback
from vorzimmer.hall import Hall
from vorzimmer.models import Message

DRIFT = timedelta(seconds=5)
LATE = timedelta(minutes=5)


class Level(StrEnum):
    """How bad it is."""

    GOOD = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class Finding(NamedTuple):
    """One thing that was looked at."""

    level: Level
    text: str


def examine(hall: Hall) -> Iterator[Finding]:
    """Everything, in the order in which one would put it right."""
    yield from _settings(hall.config)
    yield from _secrets(hall.config)
    yield from _plugins(hall)
    yield from _mail(hall)
    try:
        with hall.database.reading() as session:
            session.execute(text("SELECT 1"))
            yield Finding(Level.GOOD, "database: answers")
            yield from _clock(session)
            yield from _schema(hall, session)
    except SQLAlchemyError as error:
        yield Finding(Level.WRONG, f"database: {str(error).splitlines()[0]}")


def _settings(config: Config) -> Iterator[Finding]:
    yield Finding(
        Level.GOOD, f"settings: {config.file if config.file and config.file.exists() else 'defaults'}"
    )
    address = urlsplit(config.base_url)
    if address.scheme != "https":
        home = is_loopback(address.hostname or "")
        level = Level.WARNING if home else Level.WRONG
        yield Finding(
            level, f"base_url: {config.base_url} is not https; logins and links can be read on the way"
        )
    if not is_loopback(config.settings.server.host):
        yield Finding(Level.WARNING, "server: listens beyond this machine; a proxy should be in front")
    if not config.settings.server.limits:
        yield Finding(Level.WRONG, "server: limits are off")
    practice = config.settings.practice
    for name, value in (("imprint_url", practice.imprint_url), ("privacy_url", practice.privacy_url)):
        if not value:
            yield Finding(Level.WARNING, f"practice: {name} is empty; public pages need it")
    yield Finding(
        Level.WARNING, "logins: staff sign in with a password alone, second factors are not built yet"
    )


def _secrets(config: Config) -> Iterator[Finding]:
    if os.environ.get("VORZIMMER_SECRET_KEY"):
        yield Finding(Level.GOOD, "secret key: from the environment")
    else:
        try:
            _ = config.secret_key
        except ConfigError as error:
            yield Finding(Level.WRONG, f"secret key: {error}")
    for path in [config.data / "secret.key", *config.data.glob("*.sqlite3")]:
        if path.exists() and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            yield Finding(Level.WARNING, f"{path}: others on this machine can read it (chmod 600)")
    if os.geteuid() == 0:
        yield Finding(Level.WARNING, "user: runs as root; give the server a user of its own")


def _plugins(hall: Hall) -> Iterator[Finding]:
    broken = [plugin for plugin in hall.plugins.loaded if plugin.error]
    for plugin in broken:
        yield Finding(Level.WRONG, f"plugin {plugin.name}: {plugin.error}")
    names = {"enabled", "also", "off", *(plugin.name for plugin in hall.plugins.loaded)}
    for name in sorted(hall.config.settings.plugins.keys() - names):
        yield Finding(Level.WARNING, f"settings: [plugins.{name}] is of a plugin that is not enabled")
    yield Finding(Level.GOOD, f"plugins: {len(hall.plugins.loaded) - len(broken)} work")


def _mail(hall: Hall) -> Iterator[Finding]:
    channels = hall.plugins.ask(hookspecs.message_channels, config=hall.config, texts=hall.texts)
    if not channels:
        yield Finding(Level.WRONG, "mail: no plugin carries messages; nobody gets a code")
        return
    relay = os.environ.get("VORZIMMER_MAIL_SMTP") or hall.config.settings.mail.get("smtp", "")
    if not relay:
        yield Finding(Level.WARNING, "mail: [mail] smtp is not set; mails are written to files")
        return
    address = urlsplit(relay)
    try:
        with socket.create_connection((address.hostname or "", address.port or 587), timeout=5):
            yield Finding(Level.GOOD, f"mail: {address.hostname} answers")
    except OSError as error:
        yield Finding(Level.WRONG, f"mail: {address.hostname} does not answer: {error}")


def _clock(session: Session) -> Iterator[Finding]:
    drift = abs(datetime.now(UTC) - database.now(session))
    if drift > DRIFT:
        yield Finding(Level.WARNING, f"clock: the database's differs by {int(drift.total_seconds())} seconds")
    else:
        yield Finding(Level.GOOD, "clock: this machine's and the database's agree")


def _schema(hall: Hall, session: Session) -> Iterator[Finding]:
    owners = [("vorzimmer", CORE_MIGRATIONS), *hall.plugins.migrations()]
    behind = database.behind(session.connection(), owners)
    if behind:
        yield Finding(Level.WRONG, f"schema: not up to date for {', '.join(behind)}: vorzimmer migrate")
        return
    yield Finding(Level.GOOD, "schema: up to date")
    now = database.now(session)
    due = (Message.state.in_(("due", "leased")), Message.run_after <= now)
    oldest = session.scalar(select(func.min(Message.run_after)).where(*due))
    parked = session.scalar(select(func.count()).where(Message.state == "parked")) or 0
    if parked:
        yield Finding(Level.WARNING, f"messages: {parked} were given up")
    if oldest and now - oldest > LATE:
        waits = int((now - oldest).total_seconds() // 60)
        yield Finding(Level.WRONG, f"worker: a message is due for {waits} minutes; is one running?")
    else:
        yield Finding(Level.GOOD, "worker: no message is late")
