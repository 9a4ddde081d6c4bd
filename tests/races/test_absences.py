"""An absence against a booking of the same moment: prevented by the claim, and shown without it (rule 19).

On PostgreSQL alone: SQLite has one writer, and the one after the other sees what was written.
"""

from __future__ import annotations

import sys
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import acts
from tests.acts import DESK
from tests.races.test_one_winner import race
from vorzimmer import database
from vorzimmer.hookspecs import NewAbsence
from vorzimmer.models import Allocation
from vorzimmer.periods import day_period
from vorzimmer.testing import BERLIN, Practice
from vorzimmer_absences import absences
from vorzimmer_absences.models import Absence

TUESDAY = date(2027, 3, 2)
HOLD, CLOSING = sys.modules["vorzimmer.booking.hold"], sys.modules["vorzimmer.booking.closing"]


@pytest.fixture
def database_url(postgresql_copy: str) -> str:
    """PostgreSQL."""
    return postgresql_copy


def ill(practice: Practice, day: date = TUESDAY) -> Any:
    """Anna is away on a day; nobody has decided about anything."""
    wanted = NewAbsence("anna", day, day, "sick")
    return practice.hall.database.write(lambda session: absences.enter(session, practice.hall, DESK, wanted))


def hold(practice: Practice, day: date, when: str) -> Any:
    return lambda: acts.hold(practice.hall, f"{day} {when}", staff="anna")


def stands(practice: Practice, day: date) -> tuple[bool, bool]:
    """Whether Anna is away on the day, and whether she has an appointment then that nobody decided on."""
    anna = practice.resource("anna").id
    start, end = day_period(day, BERLIN)
    with practice.hall.database.reading() as session:
        away = session.scalars(
            select(Absence.id).where(Absence.resource_id == anna, Absence.first == day)
        ).all()
        in_it = Allocation.resource_id == anna, Allocation.starts >= start, Allocation.starts < end
        taken = session.scalars(select(Allocation.id).where(*in_it)).all()
    return bool(away), bool(taken)


def test_an_absence_and_bookings_of_its_day_never_both_go_through(practice: Practice) -> None:
    """Rule 19: whoever comes second sees the first; each round is about another day."""
    for week in range(3):
        day = TUESDAY + timedelta(weeks=week)
        times = ("09:00", "10:00", "11:00", "14:30", "15:30")
        race([*(hold(practice, day, when) for when in times), lambda day=day: ill(practice, day)])  # type: ignore[misc]  # bound at once
        away, taken = stands(practice, day)
        assert away is not taken


def test_without_the_claim_both_go_through(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: each looks before the other writes."""
    gate = threading.Barrier(2, timeout=60)

    def looking(look: Any) -> Any:
        def wait(*given: Any, **named: Any) -> Any:
            found = look(*given, **named)
            gate.wait()
            return found

        return wait

    monkeypatch.setattr(database, "claim", lambda session, ids: None)
    monkeypatch.setattr(HOLD, "take", looking(HOLD.take))
    monkeypatch.setattr(CLOSING, "_claimed", looking(CLOSING._claimed))
    race([hold(practice, TUESDAY, "10:00"), lambda: ill(practice)])
    assert stands(practice, TUESDAY) == (True, True)
