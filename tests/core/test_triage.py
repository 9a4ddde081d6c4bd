"""Somebody is away: each appointment in the time is decided on, all or nothing (rule 19, O31 to O34, B9)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event

from tests import acts
from vorzimmer import availability, booking, hookspecs
from vorzimmer.access import CUSTOMER, Actor
from vorzimmer.hookspecs import NewAbsence
from vorzimmer.models import Booking
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import DESK, Practice, berlin

DAY = date(2027, 3, 2)


def settle(practice: Practice, who: str = "anna", message: str = "", **decisions: str) -> None:
    """Somebody is ill on Tuesday, and what becomes of each appointment; keys are uids with `_` for `-`."""
    given = {uid.replace("_", "-"): what for uid, what in decisions.items()}
    ill(practice, DESK, NewAbsence(who, DAY, DAY, "sick", given, message))


def ill(practice: Practice, actor: Actor, wanted: NewAbsence) -> None:
    store = practice.hall.plugins.ask_first(hookspecs.absences)
    assert store
    acts.act(practice.hall, store.enter, actor, wanted)


def refused(practice: Practice, who: str = "anna", **decisions: str) -> Refused:
    with pytest.raises(Refused) as refusal:
        settle(practice, who, **decisions)
    return refusal.value


def key(made: Booking) -> str:
    return made.uid.replace("-", "_")


def topics(practice: Practice, made: Booking) -> list[str]:
    return [topic for topic, _state in acts.told(practice.hall, made.uid) if topic != "reminder"]


def free(practice: Practice, made: Booking, who: str = "anna") -> list[str]:
    """Slugs of those who could take it over."""
    return [other.slug for other in refused(practice, who).facts["stand_ins"][made.uid]]


def test_kept_cancelled_and_handed_over_in_one_step_told_once_each(practice: Practice) -> None:
    """O32 to O34: only those are told for whom something changes."""
    kept = practice.book("massage", "2027-03-02 09:00")
    gone = practice.book("massage", "2027-03-02 09:45", email="a@kunde.example", name="A")
    handed = practice.book("massage", "2027-03-02 10:30", email="b@kunde.example", name="B")
    decisions = {key(kept): "keep", key(gone): "cancel", key(handed): "reassign:ben"}
    settle(practice, message="Anna ist krank.", **decisions)
    assert [topics(practice, one)[1:] for one in (kept, gone, handed)] == [[], ["cancelled"], ["changed"]]
    found = acts.again(practice.hall, handed.uid)
    assert (found.staff.slug if found.staff else "", found.starts, found.sequence) == (
        "ben",
        handed.starts,
        1,
    )


def test_without_a_decision_on_each_nothing_is_done(practice: Practice) -> None:
    """Rule 19."""
    one, two = practice.book("massage", "2027-03-02 09:00"), practice.book("massage", "2027-03-02 11:00")
    refusal = refused(practice, **{key(one): "cancel"})
    assert (refusal.reason, [left.uid for left in refusal.facts["bookings"]]) == (Reason.AFFECTED, [two.uid])
    assert acts.again(practice.hall, one.uid).status == "confirmed"


def test_a_colleague_who_is_taken_refuses_all_of_it(practice: Practice) -> None:
    """O33, F36: what could be done is not done either."""
    one, two = practice.book("massage", "2027-03-02 10:00"), practice.book("massage", "2027-03-02 11:00")
    practice.book("massage", "2027-03-02 11:15", "ben", name="Lena Lang", email="")
    refusal = refused(practice, **{key(one): "cancel", key(two): "reassign:ben"})
    assert (refusal.reason, refusal.facts["booking"]) == (Reason.SLOT_TAKEN, two.uid)
    assert acts.again(practice.hall, one.uid).status == "confirmed"


def test_only_who_works_then_and_can_do_it_is_suggested(practice: Practice) -> None:
    """Rules 13, 53: Ben works from ten; Clara gives no massages; notice does not count any more."""
    early, later = practice.book("massage", "2027-03-02 09:00"), practice.book("massage", "2027-03-02 10:00")
    assert (free(practice, early), free(practice, later)) == ([], ["ben"])
    practice.clock.move(hours=25, minutes=30)
    assert free(practice, later) == ["ben"]


def test_somebody_who_does_not_work_then_cannot_take_it(practice: Practice) -> None:
    """Rule 13, at nine."""
    made = practice.book("massage", "2027-03-02 09:00")
    assert refused(practice, **{key(made): "reassign:ben"}).reason is Reason.NOT_OFFERED


def test_a_room_out_of_order_is_replaced_and_the_customer_not_bothered(practice: Practice) -> None:
    """Rule 19: the other room, at the same time with the same person."""
    made = practice.book("ultraschall", "2027-03-02 10:00")
    assert free(practice, made, "raum-1") == ["raum-2"]
    settle(practice, "raum-1", **{key(made): "reassign:raum-2"})
    slugs = {one.resource.slug for one in acts.again(practice.hall, made.uid).allocations}
    assert slugs == {"anna", "raum-2", "ultraschall"}
    assert topics(practice, made) == ["confirmed"]


def test_a_hold_in_the_time_can_be_given_up(practice: Practice) -> None:
    """Rules 19, 44: its customer is told when they go on."""
    held = acts.hold(practice.hall, "2027-03-02 10:00", staff="anna")
    settle(practice, **{key(held): "cancel"})
    assert acts.again(practice.hall, held.uid).status == "expired"


def test_what_is_over_today_needs_no_decision(practice: Practice) -> None:
    """O32: ill at noon."""
    practice.book("massage", "2027-03-02 09:00")
    practice.clock.move(days=1, hours=4)
    settle(practice)


def test_a_therapist_decides_on_the_own_day_but_not_on_a_colleagues(practice: Practice) -> None:
    """C22, A1: handing over needs the right to the other's calendar."""
    made = practice.book("massage", "2027-03-02 10:00")
    anna = practice.resource("anna").id
    with pytest.raises(Refused) as refusal:
        ill(practice, acts.staff(anna), NewAbsence("anna", DAY, DAY, "sick", {made.uid: "reassign:ben"}))
    assert refusal.value.reason is Reason.FORBIDDEN
    ill(practice, acts.staff(anna), NewAbsence("anna", DAY, DAY, "sick", {made.uid: "cancel"}))
    assert acts.again(practice.hall, made.uid).status == "cancelled"


def test_the_calendar_of_the_colleague_gets_the_object_and_the_other_loses_it(practice: Practice) -> None:
    made = practice.book("massage", "2027-03-02 10:00")
    settle(practice, **{key(made): "reassign:ben"})
    (text,) = acts.calendar_texts(practice.hall, made.uid)
    assert "SEQUENCE:1" in text


def test_another_time_is_offered_and_the_appointment_stands_until_the_customer_moves_it(
    practice: Practice,
) -> None:
    """Rule 19: however near it is, for the deadline was not the practice's promise (rule 38)."""
    made = practice.book("massage", "2027-03-02 10:00")
    settle(practice, message="Anna ist krank.", **{key(made): "offer"})
    found = acts.again(practice.hall, made.uid)
    assert (found.status, found.starts, topics(practice, made)[-1]) == ("confirmed", made.starts, "offered")
    move = partial(acts.act, practice.hall, booking.move, CUSTOMER, made.uid)
    moved: Booking = move(booking.Target(berlin("2027-03-05 10:00")))
    assert (moved.starts, moved.offered_at) == (berlin("2027-03-05 10:00"), None)
    practice.clock.now = berlin("2027-03-05 09:00")
    with pytest.raises(Refused) as refusal:
        move(booking.Target(berlin("2027-03-09 10:00")))
    assert refusal.value.reason is Reason.TOO_LATE


def test_nothing_is_offered_to_who_has_no_address_or_is_just_choosing(practice: Practice) -> None:
    """Rule 19: all or nothing."""
    made = practice.book("massage", "2027-03-02 10:00", email="")
    assert refused(practice, **{key(made): "offer"}).reason is Reason.INVALID
    held = acts.hold(practice.hall, "2027-03-02 11:00", staff="anna")
    decisions = {key(made): "keep", key(held): "offer"}
    assert refused(practice, **decisions).reason is Reason.INVALID


def test_stand_ins_of_many_are_found_by_few_questions(practice: Practice) -> None:
    """Rule 19: as many statements for six appointments of a kind as for two."""
    hours = ("09:00", "09:45", "10:30", "11:15", "14:00", "14:45")
    made = [practice.book("massage", f"2027-03-02 {hour}") for hour in hours]

    def asked(number: int) -> int:
        with practice.hall.database.reading() as session:
            found = [booking.parts.load.booking(session, one.uid) for one in made[:number]]
            with counting(practice) as statements:
                moment = practice.clock.now
                anna = practice.resource("anna").id
                availability.stand_ins(session, practice.hall.plugins, found, anna, moment)
            return len(statements)

    assert asked(6) == asked(2)


@contextmanager
def counting(practice: Practice) -> Iterator[list[str]]:
    """The statements that the database is sent."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(practice.hall.database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(practice.hall.database.engine, "before_cursor_execute", note)
