"""The plugin in a whole server: fixtures and contract are Vorzimmer's."""

from typing import ClassVar

from vorzimmer_example.models import Meeting

from vorzimmer import Period, availability, database
from vorzimmer.testing import AvailabilityContract, Browser, Practice, berlin, check_plugin

NAME = "vorzimmer_example"
DAY = Period(berlin("2027-03-02"), berlin("2027-03-03"))


def enter(practice: Practice, start: str) -> None:
    """A meeting at the market."""
    place = practice.location("markt").id
    practice.hall.database.write(
        lambda session: session.add(Meeting(location_id=place, starts=berlin(start)))
    )


def offered(practice: Practice, location: str) -> set[str]:
    """The starts of first appointments that customers are offered at a place on that day, in UTC."""
    with practice.hall.database.reading() as session:
        service, now = session.merge(practice.service("erstgespraech")), database.now(session)
        slots = availability.free_slots(session, practice.hall.plugins, service, DAY, now, location=location)
        return {f"{slot.start:%H:%M}" for slot in slots}


class TestAvailability(AvailabilityContract):
    name: ClassVar[str] = NAME


def test_it_is_a_good_plugin(practice: Practice) -> None:
    check_plugin(practice.hall, NAME)


def test_a_meeting_closes_its_place(practice: Practice) -> None:
    """An hour's appointment meets the half hour from 10:00 if it starts at 09:30 or 10:00 in Berlin."""
    before = offered(practice, "markt")
    enter(practice, "2027-03-02 10:00")
    assert before - offered(practice, "markt") == {"08:30", "09:00"}


def test_another_place_stays_open(practice: Practice) -> None:
    before = offered(practice, "hafen")
    enter(practice, "2027-03-02 10:00")
    assert offered(practice, "hafen") == before


def test_a_meeting_is_entered_on_the_page(practice: Practice, client: Browser) -> None:
    client.sign_in("anna@praxis.example")
    client.get("/x/example/")
    answer = client.send("/x/example/", location="markt", day="2027-03-02", time="10:00")
    assert answer.status_code == 200
    assert "2027-03-02T10:00" in answer.text


def test_the_page_is_for_staff(practice: Practice, client: Browser) -> None:
    assert client.get("/x/example/").status_code in (303, 401)
