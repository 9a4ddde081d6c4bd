"""What becomes of an appointment afterwards: every edge as every role, and corrections (A18, K71, K72)."""

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import acts
from vorzimmer import booking
from vorzimmer.access import CUSTOMER
from vorzimmer.models import AuditEntry, Booking, Status
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import DESK, Practice

TEN = "2027-03-02 10:00"
ACTS: dict[str, Any] = {
    "accept": booking.accept,
    "decline": booking.decline,
    "cancel": booking.cancel,
    "complete": booking.complete,
    "missed": booking.missed,
    "reopen": booking.reopen,
}
LEADS = {  # act -> state before -> state after; anything else is refused
    "accept": {"requested": "confirmed"},
    "decline": {"requested": "declined"},
    "cancel": dict.fromkeys(["requested", "confirmed", "completed", "missed"], "cancelled"),
    "complete": dict.fromkeys(["confirmed", "missed", "cancelled"], "completed"),
    "missed": dict.fromkeys(["confirmed", "completed", "cancelled"], "missed"),
    "reopen": dict.fromkeys(["completed", "missed"], "confirmed"),
}
WITHOUT_TIME = {Status.CANCELLED, Status.DECLINED, Status.EXPIRED}


def past(practice: Practice, status: str = "confirmed", **more: Any) -> Booking:
    """Anna's appointment of Tuesday at ten, an hour after its start, in a state."""
    made = practice.book("massage", TEN, **more)
    practice.clock.move(hours=27)
    return put(practice, made, status)


def put(practice: Practice, made: Booking, status: str) -> Booking:
    def work(session: Any) -> Booking:
        found = booking.parts.load.booking(session, made.uid)
        found.status = status
        found.expires_at = found.starts + timedelta(days=30) if status in ("requested", "held") else None
        if status in WITHOUT_TIME:
            found.allocations = []
        return found

    return practice.hall.database.write(work)


def test_an_act_leads_where_the_table_says_and_for_whom(practice: Practice) -> None:
    """A1, A18: every act in every state, by a customer too late, a colleague, and the person whose calendar it is."""
    days = ["02", "03", "04", "05", "09", "10", "11", "12"]
    hours = ["09", "10", "11", "14", "15", "16"]
    made = {
        (before, act): practice.book("massage", f"2027-03-{day} {hour}:00")
        for day, before in zip(days, Status, strict=True)
        for hour, act in zip(hours, ACTS, strict=True)
    }
    practice.clock.move(days=14)
    anna, ben = practice.resource("anna").id, practice.resource("ben").id
    for (before, act), one in made.items():
        put(practice, one, before)
        for actor in (CUSTOMER, acts.staff(ben)):
            with pytest.raises(Refused):
                acts.act(practice.hall, ACTS[act], actor, one.uid)
        with contextlib.suppress(Refused):
            acts.act(practice.hall, ACTS[act], acts.staff(anna), one.uid)
        wanted = LEADS[act].get(before, before)
        assert acts.again(practice.hall, one.uid).status == wanted, (before, act)


def test_nothing_is_completed_before_it_began(practice: Practice) -> None:
    """A18."""
    made = practice.book("massage", TEN)
    for act in (booking.complete, booking.missed):
        with pytest.raises(Refused) as refusal:
            acts.act(practice.hall, act, DESK, made.uid)
        assert refusal.value.reason is Reason.WRONG_STATE


def test_who_was_cancelled_by_mistake_gets_the_time_back(practice: Practice) -> None:
    """K72: a correction takes the time again under the claim."""
    made = past(practice, "cancelled")
    acts.act(practice.hall, booking.complete, DESK, made.uid)
    found = acts.again(practice.hall, made.uid)
    assert [one.resource.slug for one in found.allocations] == ["anna"]
    assert len(acts.calendar_texts(practice.hall, made.uid)) == 1


def test_a_time_that_went_to_somebody_else_is_not_taken_back(practice: Practice) -> None:
    """K72: refused, and nothing has changed."""
    made = practice.book("massage", TEN)
    acts.act(practice.hall, booking.cancel, DESK, made.uid)
    practice.book("massage", TEN, name="Lena Lang", email="")
    practice.clock.move(hours=27)
    with pytest.raises(Refused) as refusal:
        acts.act(practice.hall, booking.missed, DESK, made.uid)
    assert refusal.value.reason is Reason.SLOT_TAKEN
    assert acts.again(practice.hall, made.uid).status == "cancelled"


def test_a_correction_tells_nobody_but_the_log(practice: Practice) -> None:
    """K72."""
    made = past(practice)
    for act in (booking.missed, booking.cancel, booking.missed, booking.reopen):
        acts.act(practice.hall, act, DESK, made.uid)
    topics = {topic for topic, _state in acts.told(practice.hall, made.uid)}
    assert topics == {"confirmed", "reminder"}
    kinds = [act for act, _door in acts.entries(practice.hall, made.uid)]
    assert kinds == ["confirmed", "missed", "corrected", "missed", "corrected"]


def test_completing_tells_the_balance_where_there_is_a_price(practice: Practice) -> None:
    """K75: massage costs 45 euros, the first visit nothing."""
    dear, free = practice.book("massage", TEN), practice.book("erstgespraech", "2027-03-02 14:30")
    practice.clock.move(hours=32)
    for made in (dear, free):
        acts.act(practice.hall, booking.complete, DESK, made.uid)
    assert ("completed", "due") in acts.told(practice.hall, dear.uid)
    assert "completed" not in dict(acts.told(practice.hall, free.uid))


def test_thanks_are_said_once(practice: Practice) -> None:
    """K75, K72, office 18: completed, corrected and completed again, also with a payment in between."""
    made = past(practice)

    def visits_told() -> int:
        return [topic for topic, _state in acts.told(practice.hall, made.uid)].count("completed")

    for act in (booking.complete, booking.reopen, booking.complete, booking.missed, booking.complete):
        acts.act(practice.hall, act, DESK, made.uid)
    once = visits_told()
    acts.act(practice.hall, booking.reopen, DESK, made.uid)
    acts.act(practice.hall, booking.pay, DESK, made.uid, 2000)
    acts.act(practice.hall, booking.complete, DESK, made.uid)
    assert (once, visits_told()) == (1, 1)


def test_every_correction_says_what_was_before(practice: Practice) -> None:
    made = past(practice)
    acts.act(practice.hall, booking.missed, DESK, made.uid)
    acts.act(practice.hall, booking.reopen, DESK, made.uid)
    with practice.hall.database.reading() as session:
        entry = session.scalars(
            select(AuditEntry).where(
                AuditEntry.subject == f"booking {made.uid}", AuditEntry.act == "corrected"
            )
        ).one()
    assert (entry.before or {})["status"] == "missed"
    assert (entry.after or {})["status"] == "confirmed"
