"""A service that nobody will ever be able to book: the reason is known as soon as it is saved (office 25)."""

from __future__ import annotations

from typing import Any

import pytest

from tests import acts
from vorzimmer import availability, booking, catalogue, database
from vorzimmer.access import ROLES, Actor
from vorzimmer.catalogue import Need
from vorzimmer.models import Resource
from vorzimmer.testing import Practice

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
ANNA, BOTH = ("anna",), ("anna", "ben")


@pytest.fixture
def database_url() -> str:
    """SQLite is enough: nothing is asked of the database that a search does not ask."""
    return ""


def never(practice: Practice, *needs: Need, **values: Any) -> str | None:
    """What is said of a service of an hour that is made like this."""
    given = {"name": "Neu", "minutes": 60, **values}
    made = acts.act(practice.hall, catalogue.create_service, OWNER, given, needs)
    return reason(practice, made.slug)


def reason(practice: Practice, slug: str) -> str | None:
    with practice.hall.database.reading() as session:
        service, moment = booking.parts.load.service(session, slug), database.now(session)
        why = availability.never_bookable(session, practice.hall.plugins, service, moment)
        return None if why is None else str(why)


def test_nothing_is_said_of_what_can_be_booked(practice: Practice) -> None:
    """Its people may be away or booked, and come back in one appointment."""
    assert never(practice, Need("staff", ANNA)) is None
    parts = Need("staff", ANNA, minutes=20), Need("staff", ANNA, offset=50)
    assert never(practice, *parts) is None
    assert reason(practice, "rueckenschule") is None


@pytest.mark.parametrize(
    ("needs", "values", "said"),
    [
        (
            [Need("staff", ANNA), Need("staff", ANNA, offset=50)],
            {},
            "It needs the same ones twice at one time: Anna Berger.",
        ),
        (
            [Need("staff", BOTH, quantity=2), Need("staff", ("ben",), offset=30)],
            {},
            "It needs the same ones twice at one time: Ben Cordes.",
        ),
        (
            [Need("staff", ANNA)],
            {"minutes": 300},
            "It takes 300 minutes at a stretch, and none of these is there for so long: Anna Berger.",
        ),
        (
            [Need("staff", ANNA), Need("staff", ("clara",))],
            {},
            "The hours of place, service and all that it needs never meet for long enough.",
        ),
        (
            [Need("staff", ANNA)],
            {"notice": 60 * 24 * 40, "horizon": 30},
            "Its notice is longer than it can be booked ahead.",
        ),
    ],
)
def test_what_can_never_be_booked_says_why(
    practice: Practice, needs: list[Need], values: dict[str, Any], said: str
) -> None:
    """The one cause that whoever sets it up has to mend."""
    assert never(practice, *needs, **values) == said
    for day in range(2, 6):
        assert acts.offered(practice.hall, "neu", f"2027-03-0{day}") == []


def test_rooms_at_two_places_are_named(practice: Practice) -> None:
    """Rule 61."""
    place = practice.location("hafen").id
    room = Resource(slug="kursraum", name="Kursraum", kind="room", location_id=place)
    practice.hall.database.write(lambda session: session.add(room))
    rooms = [Need("room", ("raum-1",)), Need("room", ("kursraum",))]
    said = never(practice, Need("staff", ANNA), *rooms)
    assert said == "Not everything that it needs is at one place: Anna Berger, Raum 1, Kursraum."


def test_one_too_few_after_somebody_left(practice: Practice) -> None:
    """Rule 53: two were wanted, and one is in the archive."""
    assert never(practice, Need("staff", ("anna", "ben"), quantity=2)) is None
    acts.act(practice.hall, catalogue.archive_resource, OWNER, "ben")
    assert reason(practice, "neu") == "It needs 2 of these, and there are not so many: Anna Berger."
