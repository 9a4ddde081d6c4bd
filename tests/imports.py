"""Files that come in without the office or a command."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from vorzimmer.practice import Hall
from vorzimmer_import import choosing, running, staging
from vorzimmer_import.everybody import Everybody
from vorzimmer_import.models import RUNNING, Run
from vorzimmer_import.running import COMMAND, Progress


def begun(hall: Hall, path: Path, to: str = RUNNING, whose: str = "anna", **said: str) -> int:
    """A run of the file, told what the headings tell and what is said."""
    number = staging.stage(hall.database, COMMAND, path, path.name)

    def work(session: Session) -> None:
        run = session.get_one(Run, number)
        running.begin(session, COMMAND, run, to, choosing.by_words(session, hall, run, said, whose))

    hall.database.write(work)
    return number


def finish(hall: Hall, number: int) -> Progress:
    """Let all of it in."""
    everybody = Everybody()
    while hall.database.write(lambda session: running.batch(session, hall, number, everybody)):
        pass
    with hall.database.reading() as session:
        return running.progress(session, session.get_one(Run, number))
