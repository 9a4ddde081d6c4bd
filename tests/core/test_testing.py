"""The fixtures that all other tests stand on."""

from vorzimmer import database
from vorzimmer.models import Service
from vorzimmer.practice import Hall
from vorzimmer.testing import START, Clock, Practice, berlin


def test_a_hall_has_tables_and_plugins(hall: Hall) -> None:
    with hall.database.reading() as session:
        assert session.query(Service).all() == []
    assert "vorzimmer_weekly_hours" in {plugin.name for plugin in hall.plugins.loaded}


def test_the_clock_stands_still_until_it_is_moved(hall: Hall, clock: Clock) -> None:
    with hall.database.reading() as session:
        assert database.now(session) == START
        clock.move(minutes=10)
        assert database.now(session) == berlin("2027-03-01 08:10")


def test_the_practice_is_the_cast_of_the_demo(practice: Practice) -> None:
    assert practice.resource("anna").name == "Anna Berger"
    assert practice.service("massage").price == 4500
    assert practice.location("markt").zone == "Europe/Berlin"
