"""Calendars elsewhere: read by the worker, stored as a whole, given to search, marked when out of date."""

from typing import Any

import pytest

from tests import acts
from tests.plugins.elsewhere import Elsewhere, again, elsewhere, enter, trusting
from tests.servers import eventually
from vorzimmer import availability
from vorzimmer.testing import BERLIN, Practice, berlin
from vorzimmer.worker import Worker

__all__ = ["elsewhere"]
DAY = "2027-03-02"


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The operator named loopback."""
    return trusting(settings)


def hours(practice: Practice, day: str = DAY) -> list[str]:
    """When anna is offered."""
    starts = acts.offered(practice.hall, "massage", day, "anna")
    return [f"{start.astimezone(BERLIN):%H:%M}" for start in starts]


def rules(practice: Practice, start: str) -> list[tuple[str, str]]:
    """Rule and text of what stands against a start of anna's."""
    with practice.hall.database.reading() as session:
        told = availability.explain(
            session,
            practice.hall.plugins,
            practice.service("massage"),
            berlin(start),
            practice.clock.now,
            staff="anna",
        )
    return [(why.rule, str(why.text)) for why in told.reasons]


def test_an_address_makes_time_busy_through_the_worker(practice: Practice, elsewhere: Elsewhere) -> None:
    """Rule 74: what stands in a calendar elsewhere is not offered, as soon as the worker has read it."""
    made = enter(practice, elsewhere.url)
    assert "10:00" in hours(practice)
    Worker(practice.hall).run_due()
    eventually(lambda: again(practice, made).success_at, "the first reading")
    found = hours(practice)
    assert not {"10:00", "10:30"} & set(found)
    assert {"09:00", "11:00"} <= set(found)
