"""Somebody is needed twice in one appointment: the same one comes back, and is free for others meanwhile (rule 53)."""

from __future__ import annotations

from typing import Any

import pytest

from tests import acts
from tests.acts import DESK
from vorzimmer import availability, booking, catalogue, database
from vorzimmer.access import ROLES, Actor
from vorzimmer.availability import Explanation
from vorzimmer.booking import Entry, Target
from vorzimmer.catalogue import Need
from vorzimmer.models import Booking
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import BERLIN, Practice, berlin

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
DAY, TEN = "2027-03-02", "2027-03-02 10:00"  # a Tuesday: Anna works from 9 to 12, Ben from 10 to 18


def service(practice: Practice, *needs: Need, **values: Any) -> str:
    """A service of an hour, every ten minutes; its slug."""
    given = {"name": "Farbe", "minutes": 60, "step": 10, **values}
    made = acts.act(practice.hall, catalogue.create_service, OWNER, given, needs)
    return str(made.slug)


def colour(practice: Practice, *people: str) -> str:
    """Somebody begins and ends it, and is away for half an hour between."""
    people = people or ("anna",)
    return service(practice, Need("staff", people, minutes=20), Need("staff", people, offset=50, minutes=10))


def enter(practice: Practice, slug: str, when: str = TEN, **more: Any) -> Booking:
    made = acts.act(practice.hall, booking.enter, DESK, Entry(slug, berlin(when), "Mia Berg", **more))
    return acts.again(practice.hall, made.uid)


def taken(made: Booking) -> list[tuple[str, ...]]:
    """Who is taken from when to when."""
    rows = sorted(made.allocations, key=lambda one: one.starts)
    return [
        (one.resource.slug, *(f"{at.astimezone(BERLIN):%H:%M}" for at in (one.starts, one.ends)))
        for one in rows
    ]


def clocks(practice: Practice, slug: str, staff: str | None = None) -> list[str]:
    return [f"{start.astimezone(BERLIN):%H:%M}" for start in acts.offered(practice.hall, slug, DAY, staff)]


def explained(practice: Practice, slug: str, when: str = TEN, **wish: Any) -> Explanation:
    with practice.hall.database.reading() as session:
        found = booking.parts.load.service(session, slug)
        moment = database.now(session)
        return availability.explain(session, practice.hall.plugins, found, berlin(when), moment, **wish)


def test_one_person_does_both_parts_and_is_free_between(practice: Practice) -> None:
    """Office 25, rule 30: saved, offered, held, confirmed; a short appointment fits into the rest."""
    slug = colour(practice)
    short = service(practice, Need("staff", ("anna",)), name="Kurz", minutes=30)
    made = acts.book(practice.hall, TEN, slug)
    stands = acts.again(practice.hall, made.uid)
    assert taken(stands) == [("anna", "10:00", "10:20"), ("anna", "10:50", "11:00")]
    assert stands.staff is not None
    assert stands.staff.slug == "anna"
    assert "10:20" in clocks(practice, short)
    assert not {"10:10", "10:30", "10:40"} & set(clocks(practice, short))
    enter(practice, short, "2027-03-02 10:20")
    assert "10:00" not in clocks(practice, slug)


def test_who_comes_in_between_leaves_the_first_free_for_others(practice: Practice) -> None:
    """Office 25: a doctor, then an assistant, then the doctor again."""
    parts = [("anna", 0, 20), ("ben", 20, 30), ("anna", 50, 10)]
    needs = [Need("staff", (who,), offset=offset, minutes=length) for who, offset, length in parts]
    made = enter(practice, service(practice, *needs))
    assert taken(made) == [
        ("anna", "10:00", "10:20"),
        ("ben", "10:20", "10:50"),
        ("anna", "10:50", "11:00"),
    ]


def test_parts_of_one_appointment_are_no_neighbours(practice: Practice) -> None:
    """Rule 34: buffers lie between appointments, not within one."""
    parts = [(0, 20), (25, 35)]
    needs = [Need("staff", ("anna",), offset=offset, minutes=length) for offset, length in parts]
    slug = service(practice, *needs, before=10, after=10)
    assert taken(enter(practice, slug)) == [("anna", "10:00", "10:20"), ("anna", "10:25", "11:00")]


def test_nobody_is_wanted_twice_at_one_time(practice: Practice) -> None:
    """Rule 52: two parts that meet take two people."""
    needs = [Need("staff", ("anna", "ben"), minutes=30), Need("staff", ("anna", "ben"), offset=20)]
    slug = service(practice, *needs)
    assert [who for who, *_ in taken(enter(practice, slug))] == ["anna", "ben"]


def test_the_same_one_comes_back_and_nobody_else(practice: Practice) -> None:
    """Rule 53: one who cannot be there for the second part does not begin, and that is why."""
    slug = colour(practice, "anna", "ben")
    practice.book("massage", "2027-03-02 10:45", "anna")
    assert [who for who, *_ in taken(enter(practice, slug))] == ["ben", "ben"]
    why = explained(practice, slug, staff="anna")
    assert not why.offered
    assert "Anna Berger has an appointment from 2027-03-02 10:45 to 11:15." in [
        str(reason.text) for reason in why.reasons
    ]
    assert "10:00" not in clocks(practice, slug, "anna")
    assert explained(practice, slug, "2027-03-02 09:00", staff="anna").offered


def test_who_is_there_already_is_preferred_for_another_list(practice: Practice) -> None:
    """Rule 53: two lists may mean two people; one does both where that is possible."""
    lists = [Need("staff", ("anna",), minutes=20), Need("staff", ("ben", "anna"), offset=50)]
    slug = service(practice, *lists)
    assert [who for who, *_ in taken(enter(practice, slug))] == ["anna", "anna"]
    practice.book("massage", "2027-03-03 10:45", "anna")
    assert [who for who, *_ in taken(enter(practice, slug, "2027-03-03 10:00"))] == ["anna", "ben"]


def test_a_room_comes_back_too(practice: Practice) -> None:
    """Rule 53: without a list any will do, and then the same."""
    needs = [Need("staff", ("anna",)), Need("room", minutes=20), Need("room", offset=40)]
    made = enter(practice, service(practice, *needs), location="markt")
    rooms = [who for who, *_ in taken(made) if who != "anna"]
    assert len(rooms) == 2
    assert len(set(rooms)) == 1


def test_a_move_takes_both_parts_along(practice: Practice) -> None:
    """Rule 71: the own old time is not in the way; the customer is told of one person."""
    slug = colour(practice)
    made = enter(practice, slug, email="mia@kunde.example")
    acts.act(practice.hall, booking.move, DESK, made.uid, Target(berlin("2027-03-02 10:10")))
    moved = acts.again(practice.hall, made.uid)
    assert taken(moved) == [("anna", "10:10", "10:30"), ("anna", "11:00", "11:10")]
    assert len(acts.calendar_texts(practice.hall, made.uid)) == 1


def test_another_takes_over_both_parts_or_none(practice: Practice) -> None:
    """Rule 19: who is not free for the second one is not proposed."""
    made = enter(practice, colour(practice, "anna", "ben"), staff="anna")

    def proposed() -> list[str]:
        anna = made.allocations[0].resource_id
        with practice.hall.database.reading() as session:
            found = booking.parts.load.booking(session, made.uid)
            given = session, practice.hall.plugins, [found], anna, database.now(session)
            return [one.slug for one in availability.stand_ins(*given)[made.uid]]

    assert proposed() == ["ben"]
    acts.act(practice.hall, booking.reassign, DESK, made.uid, made.allocations[0].resource_id, "ben")
    assert [who for who, *_ in taken(acts.again(practice.hall, made.uid))] == ["ben", "ben"]
    acts.act(
        practice.hall,
        booking.reassign,
        DESK,
        made.uid,
        acts.again(practice.hall, made.uid).allocations[0].resource_id,
        "anna",
    )
    practice.book("massage", "2027-03-02 10:45", "ben")
    assert proposed() == []


def test_a_place_in_a_group_is_taken_for_both_parts(practice: Practice) -> None:
    """Rules 62, 63: the second customer joins the same person at both times."""
    slug = service(
        practice,
        Need("staff", ("anna", "ben"), minutes=20),
        Need("staff", ("anna", "ben"), offset=50),
        capacity=3,
    )
    first, second = enter(practice, slug), enter(practice, slug)
    assert taken(first) == taken(second)
    assert {allocation.seat for allocation in second.allocations} == {1}
    with pytest.raises(Refused) as refused:
        enter(practice, slug, seats=2, staff="anna")
    assert refused.value.reason is Reason.SLOT_TAKEN


def test_a_double_booking_over_the_second_part_is_said_first(practice: Practice) -> None:
    """Rule 42."""
    slug = colour(practice)
    practice.book("massage", "2027-03-02 10:30", "anna")
    with pytest.raises(Refused) as refused:
        enter(practice, slug)
    assert refused.value.reason is Reason.SLOT_TAKEN
    assert [why.source for why in refused.value.facts["conflicts"]] == ["booking"]
    assert explained(practice, slug).would_be_free_if
