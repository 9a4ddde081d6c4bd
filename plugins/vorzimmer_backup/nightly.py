"""Every night: make one, check it by restoring it, clear away what is old."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session

from vorzimmer import audit, database
from vorzimmer.access import SYSTEM
from vorzimmer.messages.worker import beside
from vorzimmer.practice import Hall
from vorzimmer_backup import erased, key, making, state
from vorzimmer_backup.damage import why
from vorzimmer_backup.restoring import verify
from vorzimmer_backup.settings import Config

log = structlog.get_logger(__name__)

AGAIN = timedelta(hours=1)
"""After one that failed."""
BEFORE_UPDATE = "-before-update"
OURS = re.compile(rf"\d{{4}}-\d\d-\d\d-\d{{6}}(?:{BEFORE_UPDATE})?{re.escape(making.SUFFIX)}")


def folder(hall: Hall, config: Config) -> Path:
    """Where they are kept, made where it is not there yet: relative to the data folder, or anywhere."""
    found = hall.config.data / config.folder
    if not found.exists():
        found.mkdir(parents=True, mode=0o700)
        key.as_owner_of(hall.config.data, found)
    return found


def look(session: Session, moment: datetime, *, hall: Hall, config: Config) -> None:
    """The job: begin one in a thread of its own where its time has come; nobody's transaction waits for it.

    The list of erasures is looked after, too, in case a process ended between a commit and its line.
    """
    if known_erased := erased.table(session):
        erased.keep(folder(hall, config), known_erased)
    known = state.read(session)
    if known is None:
        state.change(session, moment)
    elif config.nightly and is_due(known, moment, _last(hall, config, moment)):
        state.change(session, moment, tried=moment, error="")
        beside("backup", partial(make_one, hall, config))


def _last(hall: Hall, config: Config, moment: datetime) -> datetime:
    """The last time of day, in the practice's zone, at which one should have begun."""
    local = moment.astimezone(hall.config.zone)
    hour, minute = map(int, config.at.split(":"))
    wanted = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if wanted > local:
        wanted -= timedelta(days=1)
    return wanted.astimezone(UTC)


def is_due(known: state.State, moment: datetime, wanted: datetime) -> bool:
    """Whether none was tried since the wanted time, or the last one failed an hour ago."""
    tried = known.tried or known.since
    return tried < wanted or bool(known.error and tried + AGAIN <= moment)


def make_one(hall: Hall, config: Config) -> bool:
    """Make a backup in the folder of backups, restore it for a test, keep what the settings say; whether it is good."""
    with hall.database.reading() as session:
        moment = database.now(session)
    try:
        target = folder(hall, config) / making.name_of(moment)
        manifest = making.make(hall, target)
        secret = key.made(hall.config.data)
        verify(target, secret, hall.config.database_url, say=len, work=hall.config.data)
    except Exception as error:  # whatever it is, somebody has to read it
        log.exception("backup failed")
        said = why(error, folder(hall, config))[:500]
        hall.database.write(lambda session: state.change(session, moment, error=said))
        return False
    hall.database.write(partial(noted, target=target, moment=manifest.made_at))
    clear(target.parent, config, moment)
    return True


def list_erased(session: Session, hall: Hall, config: Config, uids: frozenset[str], moment: datetime) -> None:
    """Write who is erased into the list beside the backups, in the same act, as soon as it is committed."""

    def committed(_session: Session) -> None:
        try:
            erased.keep(folder(hall, config), dict.fromkeys(uids, moment))
        except (OSError, ValueError):  # it is done all the same; `look` tries again
            log.exception("the list of erasures was not written")

    event.listen(session, "after_commit", committed, once=True)


def noted(session: Session, *, target: Path, moment: datetime) -> None:
    """Write down that a backup is good."""
    state.change(session, moment, good=moment, tried=moment, file=str(target), error="")
    audit.write(session, moment, SYSTEM, "backup_made", "practice", after={"file": str(target)})


def before_update(hall: Hall, config: Config) -> None:
    """Make one of the tables as they are, before they change (F50). Nothing is noted: the database is busy."""
    moment = datetime.now(UTC)  # the name alone; the database's clock stands in it
    target = folder(hall, config) / making.name_of(moment, BEFORE_UPDATE)
    making.make(hall, target)
    log.info("backup made before the update", file=str(target))


def clear(where: Path, config: Config, moment: datetime) -> None:
    """Delete what is older than so many days, and of the nightly ones more than so many; never the newest."""
    found = sorted((path for path in where.iterdir() if OURS.fullmatch(path.name)), reverse=True)
    nightly = [path for path in found if BEFORE_UPDATE not in path.name]
    oldest = making.name_of(moment - timedelta(days=config.days))
    for path in found:
        if path != nightly[0] and (path.name < oldest or path in nightly[config.number :]):
            path.unlink(missing_ok=True)
