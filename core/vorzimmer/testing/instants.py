"""The one clock, and times as people in Berlin say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vorzimmer import database

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2027, 3, 1, 8, tzinfo=BERLIN)
"""Where `clock` stands at first: a Monday in March, before the practice opens."""


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime

    def move(self, **by: float) -> None:
        """Move on by `timedelta(**by)`."""
        self.now += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The database's clock, which is the only one there is; it stands at `START`. Set `clock.now` to any aware time."""
    clock = Clock(START)
    monkeypatch.setattr(database, "now", lambda session: clock.now.astimezone(UTC).replace(microsecond=0))
    return clock


def berlin(moment: str) -> datetime:
    """An instant by the clocks of Berlin: `berlin("2027-03-01 09:00")`; of an hour that comes twice the first."""
    return datetime.fromisoformat(moment).replace(tzinfo=BERLIN).astimezone(UTC)
