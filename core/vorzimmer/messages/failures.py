"""Jobs that failed at their last turn, kept in the database: the worker may be another process than who asks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.models import Setting

PREFIX = "failed "
LONGEST = 500


@dataclass(frozen=True)
class Failure:
    """Which job of which plugin (the core's: none) failed, when last (ISO, UTC), and why."""

    plugin: str
    job: str
    at: str
    error: str


def keep(session: Session, plugin: str, job: str, error: str) -> None:
    """Write down that a job failed."""
    failure = Failure(plugin, job, database.now(session).isoformat(), error[:LONGEST])
    session.merge(Setting(name=_name(plugin, job), value=json.dumps(asdict(failure))))


def clear(session: Session, plugin: str, job: str) -> None:
    """It went well."""
    session.execute(delete(Setting).where(Setting.name == _name(plugin, job)))


def kept(session: Session) -> list[Failure]:
    """All that failed at their last turn."""
    rows = session.scalars(
        select(Setting.value).where(Setting.name.startswith(PREFIX)).order_by(Setting.name)
    )
    return [Failure(**json.loads(row)) for row in rows]


def _name(plugin: str, job: str) -> str:
    return f"{PREFIX}{plugin} {job}"[:60]
