"""An absence against a booking of the same moment: prevented by the claim, and shown without it (rule 19).

On PostgreSQL alone: SQLite has one writer, and the one after the other sees what was written.
"""

from __future__ import annotations

import sys
import threading
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from tests import acts
from tests.acts import DESK
from tests.races.test_one_winner import race
from vorzimmer import database
from vorzimmer.hookspecs import NewAbsence
from vorzimmer.models import Allocation
from vorzimmer.testing import Practice
from vorzimmer_absences import absences
from vorzimmer_absences.models import Absence

TUESDAY = date(2027, 3, 2)
HOLD = sys.modules["vorzimmer.booking.hold"]


@pytest.fixture
def database_url(postgresql_copy: str) -> str:
    """PostgreSQL."""
    return postgresql_copy


def ill(practice: Practice) -> Any:
    """Anna is away on Tuesday; nobody has decided about anything."""
    wanted = NewAbsence("anna", TUESDAY, TUESDAY, "sick")
    return practice.hall.database.write(lambda session: absences.enter(session, practice.hall, DESK, wanted))


def both_stand(practice: Practice) -> bool:
    """Whether Anna is away and has an appointment on Tuesday that nobody decided on."""
    anna = practice.resource("anna").id
    with practice.hall.database.reading() as session:
        away = session.scalars(select(Absence.id).where(Absence.resource_id == anna)).all()
        taken = session.scalars(select(Allocation.id).where(Allocation.resource_id == anna)).all()
    return bool(away and taken)


def test_an_absence_and_bookings_of_its_day_never_both_go_through(practice: Practice) -> None:
    """Rule 19: whoever comes second sees the first."""
    holds = [
        partial(acts.hold, practice.hall, f"2027-03-02 {when}", staff="anna")
        for when in ("09:00", "10:00", "11:00", "14:30", "15:30")
    ]
    for _again in range(3):
        race([*holds, lambda: ill(practice)])
        assert not both_stand(practice)


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
    monkeypatch.setattr(absences, "_settle", looking(absences._settle))
    race([lambda: acts.hold(practice.hall, "2027-03-02 10:00", staff="anna"), lambda: ill(practice)])
    assert both_stand(practice)
