"""What is known of the backups of this database: when one was good, what went wrong, whether the key was shown."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from vorzimmer.models import Setting

ROW = "backup"


class State(BaseModel):
    """One row of `setting`. `since`: from when on there should be backups; `good`: when the last good one was made."""

    model_config = ConfigDict(frozen=True)
    since: datetime
    good: datetime | None = None
    file: str = ""
    tried: datetime | None = None
    error: str = ""
    key_shown: bool = False


def read(session: Session) -> State | None:
    """What is known; None before the worker's first round."""
    row = session.get(Setting, ROW)
    return State.model_validate_json(row.value) if row else None


def change(session: Session, moment: datetime, **values: object) -> State:
    """Write some of it down."""
    row = session.get(Setting, ROW, with_for_update=session.get_bind().dialect.name != "sqlite")
    before = State.model_validate_json(row.value) if row else State(since=moment)
    after = before.model_copy(update=values)
    if row is None:
        session.add(Setting(name=ROW, value=after.model_dump_json()))
    else:
        row.value = after.model_dump_json()
    return after
