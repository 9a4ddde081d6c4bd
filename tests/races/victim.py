"""A process that books, says aloud what was acknowledged, delivers mail, and is killed at a named step."""

from __future__ import annotations

import os
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from tests import acts
from tests.plugins.hooked import join
from vorzimmer import database
from vorzimmer.messages.worker import Worker
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config, Settings
from vorzimmer_backup.making import make


def live(settings: Settings, data: Path, now: datetime, when: str, step: str, say: Connection) -> None:
    """Hold, details, code, with the mails in between; each acknowledgement is sent. See `vorzimmer.failpoint`."""
    os.environ["VORZIMMER_FAIL_AT"] = step
    database.now = lambda session: now
    hall = Hall.open(Config(settings, data))
    worker = Worker(hall)
    held = acts.hold(hall, when, staff="anna")
    say.send(("held", held.uid))
    acts.type_details(hall, held.uid)
    say.send(("details", held.uid))
    worker.run_due()
    acts.confirm(hall, held)
    say.send(("confirmed", held.uid))
    worker.run_due()
    say.send(("told", held.uid))


def back_up(settings: Settings, data: Path, target: Path, step: str) -> None:
    """Make a backup, and be killed at the step."""
    os.environ["VORZIMMER_FAIL_AT"] = step
    make(Hall.open(Config(settings, data)), target)


def deliver(settings: Settings, data: Path, now: datetime, step: str) -> None:
    """Deliver what is due, and be killed at the step."""
    os.environ["VORZIMMER_FAIL_AT"] = step
    database.now = lambda session: now
    Worker(Hall.open(Config(settings, data))).run_due()


def send_webhooks(settings: Settings, data: Path, now: datetime, step: str) -> None:
    """Send what is due, and be killed at the step."""
    os.environ["VORZIMMER_FAIL_AT"] = step
    database.now = lambda session: now
    Worker(Hall.open(Config(settings, data))).run_due()
    join()
