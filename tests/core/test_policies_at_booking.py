"""Policies are asked again with the customer whom the code proves (rules 40, 41)."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from tests import acts
from tests.acts import DESK, OLGA
from tests.races.test_one_winner import outcome, race
from vorzimmer import booking
from vorzimmer.access import CUSTOMER
from vorzimmer.models import Booking, Customer, Status
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import Practice, berlin

ULI = replace(OLGA, name="Uli Übel", email="uli@kunde.example")


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Nobody may have more than two coming appointments."""
    settings["plugins"]["vorzimmer_direct_booking"] = {"open_bookings_per_customer": 2}
    return settings


def refused(practice: Practice, when: str, who: booking.Details = OLGA, **wish: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        acts.book(practice.hall, when, who=who, **wish)
    return refusal.value


def test_the_limit_of_open_bookings_is_kept_online(practice: Practice) -> None:
    """Rule 40: another spelling of the address is the same one; another customer is not."""
    acts.book(practice.hall, "2027-03-02 10:00")
    acts.book(practice.hall, "2027-03-03 10:00")
    refusal = refused(practice, "2027-03-04 10:00", replace(OLGA, email="Olga@Kunde.example", name="Olga"))
    assert refusal.reason is Reason.NOT_OFFERED
    assert [(why.rule, "as many appointments" in str(why.text)) for why in refusal.facts["reasons"]] == [
        ("40", True)
    ]
    assert acts.book(practice.hall, "2027-03-04 14:00", who=ULI).status == Status.CONFIRMED


def test_a_refused_hold_stands_for_another_address(practice: Practice) -> None:
    """Nothing is lost: not the time, not the code, not a try."""
    hall = practice.hall
    acts.book(hall, "2027-03-02 10:00")
    acts.book(hall, "2027-03-03 10:00")
    held = acts.hold(hall, "2027-03-04 10:00")
    acts.type_details(hall, held.uid)
    with pytest.raises(Refused):
        acts.confirm(hall, held)
    after = acts.again(hall, held.uid)
    assert (after.status, after.code_tries, after.customer, len(after.allocations)) == (
        Status.HELD,
        0,
        None,
        1,
    )
    acts.type_details(hall, held.uid, ULI)
    assert acts.confirm(hall, held).status == Status.CONFIRMED


def test_who_proved_the_address_before_is_told_before_the_code(practice: Practice) -> None:
    """And somebody who has not learns nothing of whose address it is."""
    hall = practice.hall
    acts.book(hall, "2027-03-02 10:00")
    acts.book(hall, "2027-03-03 10:00")
    held = acts.hold(hall, "2027-03-04 10:00")
    assert acts.type_details(hall, held.uid).code_issue == 1
    with pytest.raises(Refused) as refusal:
        acts.type_details(hall, held.uid, replace(OLGA, proved=[OLGA.email]))
    assert [why.rule for why in refusal.value.facts["reasons"]] == ["40"]
    assert acts.again(hall, held.uid).code_issue == 1


def test_parallel_codes_of_one_address_keep_the_limit(practice: Practice) -> None:
    """Each looks at what the other has booked, also where nobody knew the address before."""
    hall = practice.hall
    held = [acts.hold(hall, f"2027-03-0{day} 10:00") for day in (2, 3, 4, 5)]
    for each in held[:3]:
        acts.type_details(hall, each.uid)
    acts.type_details(hall, held[3].uid, ULI)
    results = race([lambda each=each: acts.confirm(hall, each) for each in held])  # type: ignore[misc]  # bound at once
    assert outcome(results) == {"won": 3, Reason.NOT_OFFERED.value: 1}
    with hall.database.reading() as session:
        known = session.execute(
            select(Customer.name, func.count()).join(Booking).group_by(Customer.name, Customer.id)
        ).all()
    assert sorted(map(tuple, known)) == sorted([(OLGA.name, 2), (ULI.name, 1)])


def test_two_appointments_of_one_customer_never_meet(practice: Practice) -> None:
    """Rule 40, at another person too; one that begins as the other ends does not meet it."""
    acts.book(practice.hall, "2027-03-02 10:00", staff="anna")
    held = acts.hold(practice.hall, "2027-03-02 10:15", staff="ben")
    acts.type_details(practice.hall, held.uid)
    with pytest.raises(Refused) as refusal:
        acts.confirm(practice.hall, held)
    assert "already have an appointment at this time" in str(refusal.value.facts["reasons"][0].text)
    acts.act(practice.hall, booking.release, CUSTOMER, held.uid)
    assert acts.book(practice.hall, "2027-03-02 10:30", staff="ben").status == Status.CONFIRMED


def test_nobody_joins_the_same_group_twice(practice: Practice) -> None:
    """Rule 40: a second seat at the same event needs another address."""
    acts.book(practice.hall, "2027-03-04 10:00", "rueckenschule", who=OLGA)
    refusal = refused(practice, "2027-03-04 10:00", service="rueckenschule")
    assert [why.rule for why in refusal.facts["reasons"]] == ["40"]
    assert acts.book(practice.hall, "2027-03-04 10:00", "rueckenschule", who=ULI).seats == 1


def test_a_move_does_not_count_the_appointment_itself(practice: Practice) -> None:
    """But the other ones of its customer."""
    hall = practice.hall
    first = acts.book(hall, "2027-03-02 10:00", staff="anna")
    acts.book(hall, "2027-03-03 10:00", staff="anna")
    moved = acts.act(hall, booking.move, CUSTOMER, first.uid, booking.Target(berlin("2027-03-02 10:15")))
    assert moved.starts == berlin("2027-03-02 10:15")
    with pytest.raises(Refused) as refusal:
        acts.act(
            hall, booking.move, CUSTOMER, first.uid, booking.Target(berlin("2027-03-03 10:15"), staff="ben")
        )
    assert [why.rule for why in refusal.value.facts["reasons"]] == ["40"]


def test_the_desk_decides_for_itself(practice: Practice) -> None:
    """The limits are those of online booking."""
    hall = practice.hall
    acts.book(hall, "2027-03-02 10:00")
    acts.book(hall, "2027-03-03 10:00")
    entry = booking.Entry("massage", berlin("2027-03-04 10:00"), OLGA.name, email=OLGA.email)
    assert acts.act(hall, booking.enter, DESK, entry).status == Status.CONFIRMED
