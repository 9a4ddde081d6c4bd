"""What is wrong with this installation, in words: told by `vorzimmer doctor` and by the office."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.database import CORE_MIGRATIONS
from vorzimmer.doctor import plugins
from vorzimmer.hookspecs import Finding, Level
from vorzimmer.messages import outbox
from vorzimmer.models import Message
from vorzimmer.plugins import told
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer.server.guard import is_loopback
from vorzimmer.settings.config import Config, ConfigError

DRIFT = timedelta(seconds=5)
LATE = timedelta(minutes=5)


def examine(hall: Hall) -> Iterator[Finding]:
    """Everything, in the order in which one would put it right."""
    yield from _settings(hall.config)
    yield from _secrets(hall.config)
    yield from _plugins(hall)
    yield from _mail(hall)
    try:
        with hall.database.reading() as session:
            session.execute(text("SELECT 1"))
            yield _good(N_("database: answers"))
            yield from _clock(session)
            yield from _schema(hall, session)
    except SQLAlchemyError as error:
        yield _wrong(N_("database: %(error)s"), error=str(error).splitlines()[0])


def worst_first(hall: Hall) -> list[Finding]:
    """Everything, what is most wrong first."""
    order = [Level.WRONG, Level.WARNING, Level.GOOD]
    return sorted(examine(hall), key=lambda one: order.index(one.level))


def warnings(hall: Hall, session: Session) -> list[Finding]:
    """What is not in order with plugins, and what they find not in order; it is found out quickly."""
    found = [*plugins.broken(hall), *plugins.at_work(hall, session)]
    return [one for one in found if one.level is not Level.GOOD]


def _good(said: str, **facts: Any) -> Finding:
    return Finding(Level.GOOD, said, facts)


def _warning(said: str, **facts: Any) -> Finding:
    return Finding(Level.WARNING, said, facts)


def _wrong(said: str, **facts: Any) -> Finding:
    return Finding(Level.WRONG, said, facts)


def _settings(config: Config) -> Iterator[Finding]:
    if config.file and config.file.exists():
        yield _good(N_("settings: %(file)s"), file=config.file)
    else:
        yield _good(N_("settings: defaults"))
    address = urlsplit(config.base_url)
    if address.scheme != "https":
        say = _warning if is_loopback(address.hostname or "") else _wrong
        yield say(
            N_("address: %(url)s is not https; logins and links can be read on the way"), url=config.base_url
        )
    if not is_loopback(config.settings.server.host):
        yield _warning(N_("server: listens beyond this machine; a proxy should be in front"))
    if not config.settings.server.limits:
        yield _wrong(N_("server: limits are off"))
    practice = config.settings.practice
    if not (practice.imprint or practice.imprint_url):
        yield _warning(N_("practice: has no imprint yet; public pages need one"))
    if not (practice.privacy or practice.privacy_url):
        yield _warning(N_("practice: has no privacy notice yet; public pages need one"))
    yield _warning(N_("logins: staff sign in with a password alone, second factors are not built yet"))


def _secrets(config: Config) -> Iterator[Finding]:
    if os.environ.get("VORZIMMER_SECRET_KEY"):
        yield _good(N_("secret key: from the environment"))
    else:
        try:
            _ = config.has_secret_key and config.secret_key
        except ConfigError as error:
            yield _wrong(N_("secret key: %(error)s"), error=error)
    for path in [config.data / "secret.key", *config.data.glob("*.sqlite3")]:
        if path.exists() and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            yield _warning(N_("%(file)s: others on this machine can read it (chmod 600)"), file=path)
    if os.geteuid() == 0:
        yield _warning(N_("user: runs as root; give the server a user of its own"))


def _plugins(hall: Hall) -> Iterator[Finding]:
    yield from plugins.broken(hall)
    names = {"enabled", "also", "off", *(plugin.name for plugin in hall.plugins.loaded)}
    for name in sorted(hall.config.settings.plugins.keys() - names):
        yield _warning(N_("settings: [plugins.%(name)s] is of a plugin that is not enabled"), name=name)
    whole = sum(not one.wrong for one in hall.plugins.loaded)
    yield _good(N_("plugins: %(number)d work"), number=whole)


def _mail(hall: Hall) -> Iterator[Finding]:
    channels = outbox.channels(hall)
    if not channels:
        yield _wrong(N_("mail: no plugin carries messages; nobody gets a code"))
        return
    relay = os.environ.get("VORZIMMER_MAIL_SMTP") or hall.config.settings.mail.get("smtp", "")
    if not any(channel.is_set_up for channel in channels):
        yield _warning(N_("mail: [mail] smtp is not set; nobody can book online"))
        return
    if not relay:
        yield _warning(N_("mail: [mail] smtp is not set; mails are written to files"))
        return
    address = urlsplit(relay)
    try:
        with socket.create_connection((address.hostname or "", address.port or 587), timeout=5):
            yield _good(N_("mail: %(host)s answers"), host=address.hostname)
    except OSError as error:
        yield _wrong(N_("mail: %(host)s does not answer: %(error)s"), host=address.hostname, error=error)


def _clock(session: Session) -> Iterator[Finding]:
    drift = abs(datetime.now(UTC) - database.now(session))
    if drift > DRIFT:
        seconds = int(drift.total_seconds())
        yield _warning(N_("clock: the database’s differs by %(seconds)d seconds"), seconds=seconds)
    else:
        yield _good(N_("clock: this machine’s and the database’s agree"))


def _schema(hall: Hall, session: Session) -> Iterator[Finding]:
    behind = []
    for owner in [("vorzimmer", CORE_MIGRATIONS), *hall.plugins.migrations()]:
        try:
            behind += database.behind(session.connection(), [owner])
        except Exception as error:  # noqa: BLE001  the boundary: a plugin's migrations are its own code
            said = str(error) if isinstance(error, database.Newer) else f"{owner[0]}: {told(error)}"
            yield _wrong(N_("schema: %(error)s"), error=said)
            return
    if behind:
        yield _wrong(N_("schema: not up to date for %(names)s: vorzimmer migrate"), names=", ".join(behind))
        return
    yield _good(N_("schema: up to date"))
    yield from plugins.keeping(hall, session)
    yield from _messages(session)
    yield from plugins.at_work(hall, session)


def _messages(session: Session) -> Iterator[Finding]:
    now = database.now(session)
    due = (Message.state.in_(("due", "leased")), Message.run_after <= now)
    oldest = session.scalar(select(func.min(Message.run_after)).where(*due))
    parked = session.scalar(select(func.count()).where(Message.state == "parked")) or 0
    if parked:
        yield _warning(N_("messages: %(number)d were given up"), number=parked)
    if oldest and now - oldest > LATE:
        waits = int((now - oldest).total_seconds() // 60)
        yield _wrong(N_("worker: a message is due for %(minutes)d minutes; is one running?"), minutes=waits)
    else:
        yield _good(N_("worker: no message is late"))
