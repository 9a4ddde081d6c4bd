"""Change what belongs to an appointment: who, how much, where (K73, K76, K86 to K92, O17, O19, A109)."""

from typing import Any

import pytest
from sqlalchemy import select

from tests import acts
from vorzimmer import booking
from vorzimmer.access import ROLES, Actor
from vorzimmer.models import Booking, Customer, Message, Payment
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import DESK, Practice, berlin

TEN = "2027-03-02 10:00"
LINK = "https://video.example/anna"


def change(practice: Practice, made: Booking, actor: Actor = DESK, **given: Any) -> Booking:
    named = {name: given.pop(name) for name in ("target", "seen", "sequence", "message") if name in given}
    found: Booking = acts.act(practice.hall, booking.change, actor, made.uid, given, **named)
    return found


def refused(practice: Practice, act: Any, *given: Any, **named: Any) -> Refused:
    with pytest.raises(Refused) as refusal:
        acts.act(practice.hall, act, DESK, *given, **named)
    return refusal.value


def record(practice: Practice, name: str, email: str = "") -> str:
    """The uid of a customer's record, who has an appointment elsewhere."""
    made = practice.book("massage", "2027-03-10 10:00", name=name, email=email)
    with practice.hall.database.reading() as session:
        return session.get_one(Customer, made.customer_id).uid


def version(practice: Practice, made: Booking) -> str:
    with practice.hall.database.reading() as session:
        return booking.version(booking.parts.load.booking(session, made.uid))


def topics(practice: Practice, made: Booking) -> list[str]:
    """What the customer was told, but for reminders."""
    return [topic for topic, _state in acts.told(practice.hall, made.uid) if topic != "reminder"]


def test_a_place_of_its_own_is_told_once_with_a_newer_object(practice: Practice) -> None:
    """K86, K88, RFC 5546 §2.1.4: place and link in one step are one message."""
    made = practice.book("massage", TEN)
    found = change(practice, made, place="Hafenstraße 1, Hinterhaus", link=LINK)
    assert (found.place, found.link, found.sequence) == ("Hafenstraße 1, Hinterhaus", LINK, 1)
    assert topics(practice, made) == ["confirmed", "changed"]
    (text,) = acts.calendar_texts(practice.hall, made.uid)
    assert "LOCATION:Hafenstraße 1\\, Hinterhaus" in text
    assert f"CONFERENCE;FEATURE=VIDEO;VALUE=URI:{LINK}" in text


def test_a_new_time_and_place_are_one_message(practice: Practice) -> None:
    """K90: everything at once, told once."""
    made = practice.book("massage", TEN)
    found = change(practice, made, place="Zimmer 3", target=booking.Target(berlin("2027-03-02 11:00")))
    assert found.sequence == 1
    assert topics(practice, made) == ["confirmed", "moved"]


def test_price_and_note_are_the_practices_own(practice: Practice) -> None:
    """K73, O17: nobody is told, and the object is no newer."""
    made = practice.book("massage", TEN)
    found = change(practice, made, price=3000, note="Schulter links")
    assert (found.price, found.note, found.sequence) == (3000, "Schulter links", 0)
    assert topics(practice, made) == ["confirmed"]


def test_nothing_new_is_no_change(practice: Practice) -> None:
    made = practice.book("massage", TEN)
    change(practice, made, note="", place="", price=4500)
    assert acts.entries(practice.hall, made.uid) == [("confirmed", "office")]


def test_another_service_is_placed_again_and_has_its_price(practice: Practice) -> None:
    """K90, rule 72: 60 instead of 30 minutes need the time after it, too."""
    made = practice.book("massage", TEN)
    target = booking.Target(made.starts, service="erstgespraech")
    found = change(practice, made, target=target, note="erst einmal reden")
    assert (found.service.slug, found.price, found.note) == ("erstgespraech", None, "erst einmal reden")
    assert (found.ends - found.starts).total_seconds() == 3600


def test_another_service_that_does_not_fit_is_refused_whole(practice: Practice) -> None:
    """K90, rule 72: not even the note is changed."""
    made = practice.book("massage", TEN)
    practice.book("massage", "2027-03-02 10:45", name="Lena Lang", email="")
    target = booking.Target(made.starts, service="erstgespraech")
    assert (
        refused(practice, booking.change, made.uid, {"note": "x"}, target=target).reason is Reason.SLOT_TAKEN
    )
    assert acts.again(practice.hall, made.uid).note == ""


@pytest.mark.parametrize(
    "link",
    ["http://video.example", "javascript:alert(1)", "https://", "https://a b.example", "https://u@h.example"],
)
def test_a_link_is_an_address_that_is_safe_to_follow(practice: Practice, link: str) -> None:
    """A83: it stands in mails and on pages."""
    made = practice.book("massage", TEN)
    assert "link" in refused(practice, booking.change, made.uid, {"link": link}).facts["errors"]


def test_a_form_that_somebody_else_was_quicker_than_is_refused(practice: Practice) -> None:
    """A109: whatever it was that changed."""
    made = practice.book("massage", TEN)
    seen = version(practice, made)
    change(practice, made, note="first", seen=seen)
    assert (
        refused(practice, booking.change, made.uid, {"note": "second"}, seen=seen).reason
        is Reason.WRONG_STATE
    )
    assert acts.again(practice.hall, made.uid).note == "first"


def test_notes_need_the_right_to_notes(practice: Practice) -> None:
    """C22, A1."""
    made = practice.book("massage", TEN)
    reader = Actor("azubi@praxis.example", "office", rights=ROLES["desk"] - {"notes"})
    with pytest.raises(Refused) as refusal:
        change(practice, made, reader, note="x")
    assert refusal.value.reason is Reason.FORBIDDEN


def test_another_person_gets_an_appointment_of_their_own(practice: Practice) -> None:
    """O19: the link that was mailed to the first must not open what is the second's now."""
    made = practice.book("massage", TEN)
    found = change(practice, made, customer=record(practice, "Lena Lang", "lena@kunde.example"))
    assert found.uid != made.uid
    assert (found.name, found.starts, found.status) == ("Lena Lang", made.starts, "confirmed")
    assert acts.again(practice.hall, made.uid).status == "cancelled"
    assert topics(practice, made)[-1] == "cancelled"
    assert topics(practice, found) == ["confirmed"]
    assert len(acts.calendar_texts(practice.hall, found.uid)) == 1


def test_payments_go_with_the_appointment(practice: Practice) -> None:
    """O19, K74."""
    made = practice.book("massage", TEN)
    acts.act(practice.hall, booking.pay, DESK, made.uid, 2000)
    found = change(practice, made, customer=record(practice, "Lena Lang", "lena@kunde.example"))
    with practice.hall.database.reading() as session:
        assert session.scalars(select(Payment.booking_id)).all() == [found.id]


def test_one_of_the_same_address_takes_it_over_as_it_is(practice: Practice) -> None:
    """O19, D5: mother and child share an address; one message, the same object, newer."""
    made = practice.book("massage", TEN)
    found = change(practice, made, customer=record(practice, "Mia Muster", "max.muster@kunde.example"))
    assert (found.uid, found.name, found.sequence) == (made.uid, "Mia Muster", 1)
    assert topics(practice, made) == ["confirmed", "changed"]


def test_payments_add_up_and_are_corrected_by_a_second_row(practice: Practice) -> None:
    """K74, K76."""
    made = practice.book("massage", TEN)
    for amount in (2000, 2500, -2500, 1000):
        found = acts.act(practice.hall, booking.pay, DESK, made.uid, amount, "on_site")
    assert booking.paid(found) == 3000
    assert [(one.amount, one.method, one.actor) for one in found.payments][1:3] == [
        (2500, "on_site", DESK.name),
        (-2500, "on_site", DESK.name),
    ]


@pytest.mark.parametrize(
    ("amount", "method", "field"),
    [(0, "", "amount"), (4501, "", "amount"), (-1, "", "amount"), (100, "bitcoin", "method")],
)
def test_a_payment_that_makes_no_sense_is_refused(
    practice: Practice, amount: int, method: str, field: str
) -> None:
    """K74: 45 euros are open."""
    made = practice.book("massage", TEN)
    assert field in refused(practice, booking.pay, made.uid, amount, method).facts["errors"]


def test_a_payment_sent_twice_counts_once(practice: Practice) -> None:
    """A104: the second click comes from a page that has not seen the first."""
    made = practice.book("massage", TEN)
    seen = version(practice, made)
    acts.act(practice.hall, booking.pay, DESK, made.uid, 2000, seen=seen)
    assert refused(practice, booking.pay, made.uid, 2000, seen=seen).reason is Reason.WRONG_STATE


def test_a_reminder_by_hand_goes_out_at_once_beside_the_planned_one(practice: Practice) -> None:
    """K91."""
    made = practice.book("massage", "2027-03-04 10:00")
    acts.act(practice.hall, booking.remind, DESK, made.uid)
    with practice.hall.database.reading() as session:
        planned = session.scalars(
            select(Message.planned_at).where(Message.topic == "reminder").order_by(Message.planned_at)
        ).all()
    assert len(planned) == 2
    assert planned[0] == practice.clock.now


def test_a_second_reminder_within_a_minute_is_refused(practice: Practice) -> None:
    """K91."""
    made = practice.book("massage", TEN)
    acts.act(practice.hall, booking.remind, DESK, made.uid)
    assert refused(practice, booking.remind, made.uid).reason is Reason.RATE_LIMITED
    practice.clock.move(minutes=1)
    acts.act(practice.hall, booking.remind, DESK, made.uid)


def test_nobody_is_reminded_of_what_is_over_or_without_an_address(practice: Practice) -> None:
    """K91, O16."""
    made = practice.book("massage", TEN)
    mute = practice.book("massage", "2027-03-02 11:00", email="")
    assert refused(practice, booking.remind, mute.uid).reason is Reason.INVALID
    practice.clock.move(days=2)
    assert refused(practice, booking.remind, made.uid).reason is Reason.WRONG_STATE
