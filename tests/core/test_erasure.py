"""Erasing a customer: nothing that tells who it was is left, and nothing else is gone (S34, A93, A176)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests import acts, erased
from tests.erased import EMAIL, NAME, OWNER
from vorzimmer import customers, erasure
from vorzimmer.access import Actor
from vorzimmer.models import Booking, CalendarChange, CalendarObject, Erasure, Message
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import Clock, Practice


@pytest.fixture
def uid(practice: Practice, clock: Clock, tmp_path: Path) -> str:
    """Who has been on Tuesday and Wednesday; it is the Monday after."""
    made = erased.known(practice, tmp_path / "old")
    clock.move(days=7)
    return made


def test_nothing_is_left_of_a_customer_in_any_table_or_file(practice: Practice, uid: str) -> None:
    """A176, S34."""
    assert erased.left(practice.hall)
    erased.erase(practice.hall, uid)
    assert erased.left(practice.hall) == []


def booked(practice: Practice, when: str = "2027-03-02 10:00", **who: str) -> tuple[str, Booking]:
    """An appointment of Max Muster, and the uid of his record."""
    made = practice.book("massage", when, **who)
    assert made.customer is not None
    return made.customer.uid, made


def refusal(practice: Practice, uid: str, actor: Actor = OWNER) -> Refused:
    with pytest.raises(Refused) as refused:
        erased.erase(practice.hall, uid, actor)
    return refused.value


def test_who_is_expected_is_not_erased(practice: Practice) -> None:
    """S34: staff cancel first, so that the customer is told in the usual way."""
    uid, made = booked(practice)
    found = refusal(practice, uid)
    assert (found.reason, [one.uid for one in found.facts["bookings"]]) == (Reason.COMING, [made.uid])
    with practice.hall.database.reading() as session:
        assert customers.one(session, OWNER, uid).name == "Max Muster"


def test_calendar_apps_are_told_to_drop_the_name(practice: Practice, clock: Clock) -> None:
    """RFC 6578: the old object is gone, a new one without the name is there."""
    uid, made = booked(practice)
    clock.move(days=2)
    erased.erase(practice.hall, uid)
    with practice.hall.database.reading() as session:
        (now,) = session.scalars(select(CalendarObject))
        log = session.scalars(select(CalendarChange).order_by(CalendarChange.sequence.desc()).limit(2)).all()
        assert "SUMMARY:Klassische Massage: Gelöscht\r\n" in now.text
        assert {(one.href, one.gone) for one in log} == {(now.href, False), (f"{made.uid}.ics", True)}


def test_what_a_family_shares_stays_with_the_family(practice: Practice, clock: Clock, tmp_path: Path) -> None:
    """D5: the address is Eva's, too; only what says "Xaver Quittenbaum" goes."""
    uid, _ = booked(practice, name=NAME, email=EMAIL)
    erased.imported(practice.hall, tmp_path, f"Eva Klein;{EMAIL};")  # its report names who shares the address
    eva, of_eva = booked(practice, "2027-03-09 10:00", name="Eva Klein", email=EMAIL)
    clock.move(days=7)
    erased.erase(practice.hall, uid)
    assert acts.again(practice.hall, of_eva.uid).email == EMAIL
    assert ("confirmed", "due") in acts.told(practice.hall, of_eva.uid)
    with practice.hall.database.reading() as session:
        assert customers.one(session, OWNER, eva).email == EMAIL
    assert [place for place in erased.left(practice.hall) if NAME in place] == []


def test_after_a_restore_what_was_cancelled_before_is_cancelled_again(
    practice: Practice, clock: Clock
) -> None:
    """F46: the backup still has an appointment ahead of who was erased; the time is free, nobody is told."""
    uid, made = booked(practice)
    listed = {uid: clock.now, "11111111-0000-4000-8000-000000000000": clock.now}
    number = practice.hall.database.write(lambda s: erasure.replay(s, practice.hall, listed))
    with practice.hall.database.reading() as session:
        (after,) = session.scalars(select(Booking))
        assert (number, after.status, after.allocations) == (1, "cancelled", [])
        assert session.scalar(select(func.count(Message.id))) == 0
        assert set(session.scalars(select(Erasure.uid))) == set(listed)
    assert made.starts in acts.offered(practice.hall, "massage", "2027-03-02", "anna")
