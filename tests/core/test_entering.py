"""Staff enter bookings: for a known record, with a note, for somebody who stands at the desk (K77, D5, D9)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests import acts
from tests.acts import DESK
from vorzimmer import booking
from vorzimmer.access import Actor, Right
from vorzimmer.booking import Details, Entry
from vorzimmer.models import Booking, CustomerChange, Status
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import Practice, berlin

MIA = Details("Mia Berg", "berg@kunde.example", "030 1", language="fr")
TOM = Details("Tom Berg", "berg@kunde.example")


def enter(practice: Practice, when: str, actor: Actor = DESK, **typed: Any) -> Booking:
    """A massage at a time."""
    made: Booking = acts.act(
        practice.hall, booking.enter, actor, Entry("massage", berlin(when), **{"staff": "anna", **typed})
    )
    return acts.again(practice.hall, made.uid)


def walk_in(practice: Practice, actor: Actor = DESK, **typed: Any) -> Booking:
    """Somebody comes in for a massage, now."""
    entry = Entry("massage", practice.clock.now, **typed, walk_in=True)
    made: Booking = acts.act(practice.hall, booking.walk_in, actor, entry)
    return acts.again(practice.hall, made.uid)


def record_of(practice: Practice, who: Details, when: str = "2027-03-09 10:00", staff: str = "anna") -> str:
    """The uid of a record that has an appointment."""
    made = acts.book(practice.hall, when, staff=staff, who=who)
    customer = acts.again(practice.hall, made.uid).customer
    assert customer is not None
    return customer.uid


def test_a_known_record_gives_name_and_addresses(practice: Practice) -> None:
    """K77, D5: one of a family that shares an address."""
    record_of(practice, TOM, "2027-03-09 11:00")
    mia = record_of(practice, MIA)
    made = enter(practice, "2027-03-02 10:00", customer=mia, name="ignored")
    assert made.customer is not None
    assert (made.customer.uid, made.name, made.email, made.phone, made.language) == (
        mia,
        "Mia Berg",
        "berg@kunde.example",
        "030 1",
        "fr",
    )


def test_who_has_a_record_is_written_to_in_its_language(practice: Practice) -> None:
    """K9: nobody who enters an appointment by name and address has said another one; nothing waits as a change."""
    record_of(practice, MIA)
    made = enter(practice, "2027-03-02 10:00", name=MIA.name, email=MIA.email)
    assert made.language == "fr"
    with practice.hall.database.reading() as session:
        assert session.scalars(select(CustomerChange)).all() == []


def test_a_record_beyond_reach_is_refused_like_a_missing_one(practice: Practice) -> None:
    """A1."""
    bens = record_of(practice, MIA, staff="ben")
    anna = acts.staff(practice.resource("anna").id)
    for actor, uid in [(anna, bens), (DESK, "nobody")]:
        with pytest.raises(Refused) as refusal:
            enter(practice, "2027-03-02 10:00", actor, customer=uid)
        assert refusal.value.reason is Reason.NOT_FOUND


def test_a_note_is_kept(practice: Practice) -> None:
    assert enter(practice, "2027-03-02 10:00", name="Eva", note="Knie links\x07").note == "Knie links"


def test_a_note_takes_the_right_to_notes(practice: Practice) -> None:
    """A1."""
    actor = Actor("x", "office", rights=frozenset({Right.CALENDARS}))
    with pytest.raises(Refused) as refusal:
        enter(practice, "2027-03-02 10:00", actor, name="Eva", note="Knie")
    assert refusal.value.reason is Reason.FORBIDDEN


def test_a_walk_in_gets_the_first_who_is_free_off_the_grid(practice: Practice) -> None:
    """D9: 11:02 is neither on the grid nor two hours ahead; Anna has somebody, Ben starts at 11:05."""
    practice.book("massage", "2027-03-02 11:00", "anna")
    practice.clock.now = berlin("2027-03-02 11:02")
    made = walk_in(practice)
    assert (made.staff.slug, made.starts, made.status) == (
        "ben",
        berlin("2027-03-02 11:05"),
        Status.CONFIRMED,
    )


def test_a_walk_in_waits_for_the_next_end_where_nobody_is_free(practice: Practice) -> None:
    """D9."""
    for staff in ("anna", "ben"):
        practice.book("massage", "2027-03-02 11:00", staff)
    practice.clock.now = berlin("2027-03-02 11:02")
    made = walk_in(practice)
    ends = acts.again(practice.hall, made.uid).starts
    assert berlin("2027-03-02 11:30") <= ends < berlin("2027-03-02 12:00")


def test_a_walk_in_without_a_name_makes_no_record(practice: Practice) -> None:
    practice.clock.now = berlin("2027-03-02 11:02")
    made = walk_in(practice)
    assert (made.name, made.customer) == ("Ohne Termin", None)


def test_a_walk_in_with_a_name_is_a_customer(practice: Practice) -> None:
    practice.clock.now = berlin("2027-03-02 11:02")
    assert walk_in(practice, name="Eva Klein").customer is not None


def test_a_walk_in_never_lies_over_another_appointment(practice: Practice) -> None:
    """D9: true conflicts are refused."""
    practice.book("massage", "2027-03-02 11:00", "anna")
    practice.clock.now = berlin("2027-03-02 11:02")
    with pytest.raises(Refused) as refusal:
        enter(practice, "2027-03-02 11:05", walk_in=True)
    assert refusal.value.reason is Reason.SLOT_TAKEN


def test_a_walk_in_is_refused_when_nobody_works_any_more(practice: Practice) -> None:
    practice.clock.now = berlin("2027-03-02 21:00")
    with pytest.raises(Refused) as refusal:
        walk_in(practice)
    assert refusal.value.reason is Reason.NOT_OFFERED


def test_a_therapist_takes_walk_ins_in_the_own_calendar_only(practice: Practice) -> None:
    """A4."""
    practice.clock.now = berlin("2027-03-02 11:02")
    made = walk_in(practice, acts.staff(practice.resource("anna").id))
    assert made.staff_id == practice.resource("anna").id
