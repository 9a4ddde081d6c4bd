"""Another time is offered: seen, not reminded, answered or called (office 5); a cancellation taken back (office 22)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import acts
from tests.acts import act, again
from vorzimmer import booking
from vorzimmer.access import CUSTOMER
from vorzimmer.booking import Override, Target
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Booking, Status
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import DESK, Practice, berlin

THURSDAY = "2027-03-04 10:30"  # the clock stands at Monday 08:00


@pytest.fixture
def made(practice: Practice) -> Booking:
    return practice.book("massage", THURSDAY)


@pytest.fixture
def mute(practice: Practice) -> Booking:
    """An appointment of somebody who has no address."""
    return practice.book("massage", THURSDAY, name="Erna Alt", email="", phone="030 123456")


def reminders(practice: Practice, found: Booking) -> list[str]:
    """The states of its reminders."""
    return [state for topic, state in acts.told(practice.hall, found.uid) if topic == "reminder"]


def topics(practice: Practice, found: Booking) -> list[str]:
    return [topic for topic, _state in acts.told(practice.hall, found.uid) if topic != "reminder"]


def refused(practice: Practice, use_case: Any, *given: Any, **named: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        act(practice.hall, use_case, DESK, *given, **named)
    return refusal.value


# ---- offers ----------------------------------------------------------------------------------------------------------


def test_who_is_asked_to_choose_is_given_half_of_the_time_left_at_most(practice, made):
    found = act(practice.hall, booking.offer, DESK, made.uid)
    assert found.choose_until == berlin("2027-03-02 21:15")
    later = practice.book("massage", "2027-03-18 10:30")
    assert act(practice.hall, booking.offer, DESK, later.uid).choose_until == berlin("2027-03-04 08:00")


def test_time_to_choose_ends_at_a_time_that_people_say(practice, made):
    practice.clock.now += timedelta(minutes=7, seconds=5)
    later = practice.book("massage", "2027-03-18 10:30")
    assert act(practice.hall, booking.offer, DESK, later.uid).choose_until == berlin("2027-03-04 08:00")


def test_the_practice_may_say_until_when(practice, made):
    until = berlin("2027-03-03 18:00")
    assert act(practice.hall, booking.offer, DESK, made.uid, until=until).choose_until == until


@pytest.mark.parametrize("until", ["2027-03-01 07:00", "2027-03-04 11:00"])
def test_a_time_that_is_over_or_after_the_start_is_no_time_to_choose_until(practice, made, until):
    assert refused(practice, booking.offer, made.uid, until=berlin(until)).reason is Reason.INVALID
    assert again(practice.hall, made.uid).offered_at is None


def test_nobody_is_reminded_of_what_they_are_asked_to_give_up(practice, made):
    assert reminders(practice, made) == ["due"]
    act(practice.hall, booking.offer, DESK, made.uid)
    assert reminders(practice, made) == ["withdrawn"]


def test_who_chooses_another_time_is_reminded_of_that_one(practice, made):
    act(practice.hall, booking.offer, DESK, made.uid)
    found = act(practice.hall, booking.move, CUSTOMER, made.uid, Target(berlin("2027-03-05 09:00")))
    assert (found.offered_at, found.choose_until, found.call_since) == (None, None, None)
    assert reminders(practice, made) == ["withdrawn", "due"]


def test_an_offer_that_is_taken_back_is_told_and_the_reminder_comes_again(practice, made):
    act(practice.hall, booking.offer, DESK, made.uid)
    found = act(practice.hall, booking.stand, DESK, made.uid, message="Ben ist wieder da.")
    assert (found.offered_at, found.choose_until) == (None, None)
    assert topics(practice, made) == ["confirmed", "offered", "stands"]
    assert reminders(practice, made) == ["due"]
    assert refused(practice, booking.stand, made.uid).reason is Reason.WRONG_STATE


def test_who_does_not_choose_in_time_is_to_be_called_and_may_still_choose(practice, made):
    act(practice.hall, booking.offer, DESK, made.uid)
    practice.clock.now = berlin("2027-03-02 21:14")
    Worker(practice.hall).run_due()
    assert again(practice.hall, made.uid).call_since is None
    practice.clock.now = berlin("2027-03-02 21:16")
    Worker(practice.hall).run_due()
    found = again(practice.hall, made.uid)
    assert (found.call_since, found.choose_until) == (practice.clock.now, None)
    assert found.offered_at is not None
    act(practice.hall, booking.move, CUSTOMER, made.uid, Target(berlin("2027-03-05 09:00")))
    assert again(practice.hall, made.uid).call_since is None


def test_giving_up_twice_is_giving_up_once(practice, made):
    act(practice.hall, booking.offer, DESK, made.uid)
    practice.clock.move(days=2)
    for _time in range(2):
        practice.hall.database.write(lambda s: booking.give_up(s, practice.hall, made.uid))
    assert acts.entries(practice.hall, made.uid).count(("unanswered", "worker")) == 1


def test_what_was_cancelled_meanwhile_is_nobodys_call(practice, made):
    act(practice.hall, booking.offer, DESK, made.uid)
    act(practice.hall, booking.cancel, CUSTOMER, made.uid)
    practice.clock.move(days=2)
    Worker(practice.hall).run_due()
    found = again(practice.hall, made.uid)
    assert (found.status, found.call_since, found.choose_until) == (Status.CANCELLED, None, None)


# ---- calls -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use_case", "given"),
    [
        (booking.cancel, ()),
        (booking.move, (Target(berlin("2027-03-05 09:00")),)),
        (booking.change, ({"place": "2. Stock"},)),
    ],
)
def test_who_has_no_address_stays_on_the_list_of_calls_until_that_is_done(practice, mute, use_case, given):
    assert mute.call_since is None  # who books was on the line
    found = act(practice.hall, use_case, DESK, mute.uid, *given)
    assert found.call_since == practice.clock.now
    done = act(practice.hall, booking.called, DESK, mute.uid)
    assert done.call_since is None
    assert acts.entries(practice.hall, mute.uid)[-1] == ("called", "office")


def test_who_has_an_address_is_written_to_and_not_called(practice, made):
    assert act(practice.hall, booking.cancel, DESK, made.uid).call_since is None


def test_another_room_or_a_note_is_no_reason_to_call(practice, mute):
    assert act(practice.hall, booking.change, DESK, mute.uid, {"note": "Knie"}).call_since is None


# ---- a cancellation taken back ---------------------------------------------------------------------------------------


def test_a_cancelled_appointment_is_opened_again_and_the_customer_told(practice, made):
    act(practice.hall, booking.cancel, DESK, made.uid)
    found = act(practice.hall, booking.reopen, DESK, made.uid, message="Ein Versehen.")
    assert (found.status, found.sequence, found.staff.slug) == (Status.CONFIRMED, 2, "anna")
    assert topics(practice, made) == ["confirmed", "cancelled", "reopened"]
    assert reminders(practice, made)[-1] == "due"
    (text,) = acts.calendar_texts(practice.hall, made.uid)
    assert "STATUS:CONFIRMED" in text


def test_a_time_that_went_to_somebody_else_is_not_taken_back_but_by_a_deliberate_double_booking(
    practice, made
):
    act(practice.hall, booking.cancel, DESK, made.uid)
    practice.book("massage", THURSDAY, name="Lena Lang", email="lena@kunde.example")
    assert refused(practice, booking.reopen, made.uid).reason is Reason.SLOT_TAKEN
    assert again(practice.hall, made.uid).status == Status.CANCELLED
    double = Override("double", "both agreed")
    assert act(practice.hall, booking.reopen, DESK, made.uid, override=double).status == Status.CONFIRMED


def test_a_rule_that_is_broken_by_opening_again_is_said_first(practice, made):
    act(practice.hall, booking.cancel, DESK, made.uid)
    practice.clock.now = made.starts - timedelta(minutes=30)
    refusal = refused(practice, booking.reopen, made.uid)
    assert (refusal.reason, len(refusal.facts["warnings"])) == (Reason.NOT_OFFERED, 1)
    anyway = Override("warning", "is on the way")
    assert act(practice.hall, booking.reopen, DESK, made.uid, override=anyway).status == Status.CONFIRMED


def test_what_would_have_been_over_is_corrected_and_not_opened(practice, made):
    act(practice.hall, booking.cancel, DESK, made.uid)
    practice.clock.move(days=4)
    assert refused(practice, booking.reopen, made.uid).reason is Reason.WRONG_STATE
    assert act(practice.hall, booking.complete, DESK, made.uid).status == Status.COMPLETED


# ---- thanks ----------------------------------------------------------------------------------------------------------


def test_thanks_are_said_once_whatever_is_corrected(practice, made):
    """office 18."""
    hall = practice.hall
    practice.clock.move(days=4)
    act(hall, booking.complete, DESK, made.uid)
    act(hall, booking.missed, DESK, made.uid)
    act(hall, booking.change, DESK, made.uid, {"price": 3000})
    act(hall, booking.complete, DESK, made.uid)
    assert topics(practice, made).count("completed") == 1
