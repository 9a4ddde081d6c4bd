"""A process that enters appointments at the desk, one after the other, until it is told to stop."""

from __future__ import annotations

from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from tests.acts import DESK
from vorzimmer import database
from vorzimmer.booking import Entry, enter
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config, Settings


def write(settings: Settings, data: Path, now: datetime, first: datetime, ask: Connection) -> None:
    """Enter one appointment for each message, and say so once it is committed; `first` is the first one's start."""
    database.now = lambda session: now
    hall = Hall.open(Config(settings, data))
    number = 0
    while ask.recv():
        start = first + timedelta(hours=number % 2, days=7 * (number // 2))
        entry = Entry("massage", start, staff="anna", name="Max Muster", email="max.muster@kunde.example")
        ask.send(hall.database.write(lambda session, entry=entry: enter(session, hall, DESK, entry)).uid)  # type: ignore[misc]  # bound at once
        number += 1
