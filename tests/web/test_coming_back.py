"""Who or what is taken for two parts of an appointment, or for three of a party, is named once (office 25)."""

from __future__ import annotations

import pytest

from vorzimmer import catalogue
from vorzimmer.access import ROLES, Actor
from vorzimmer.catalogue import Need
from vorzimmer.testing import Browser, Practice

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])


@pytest.fixture
def database_url() -> str:
    """SQLite is enough for what a page shows."""
    return ""


def test_a_room_and_a_person_are_named_once(practice: Practice, client: Browser) -> None:
    needs = [
        Need("staff", ("anna",), minutes=20),
        Need("room", ("raum-1",), minutes=20),
        Need("staff", ("anna",), offset=50),
        Need("room", ("raum-1",), offset=50),
    ]
    values = {"name": "Farbe", "minutes": 60, "capacity": 3}
    practice.hall.database.write(
        lambda session: catalogue.create_service(session, practice.hall, OWNER, values, needs)
    )
    made = practice.book("farbe", "2027-03-03 10:00")
    assert len(made.allocations) == 4
    client.sign_in("owner@praxis.example")
    page = client.get(f"/office/booking/{made.uid}").text
    facts = page.partition("<dl")[2].partition("</dl>")[0]
    assert (facts.count("Raum 1"), facts.count("Anna Berger")) == (1, 1)
    service = client.get("/office/settings/services/farbe").text
    assert service.count("/book/farbe?staff=anna</code>") == 1
