"""Records that are merged while others merge them, or while their owner books; on both databases."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from tests import acts
from tests.acts import DESK
from tests.races.test_one_winner import outcome, race
from vorzimmer import customers
from vorzimmer.booking import Details
from vorzimmer.customers import Record, known
from vorzimmer.models import Booking, Customer
from vorzimmer.testing import Practice

EVA = Details("Eva Öztürk", "eva@kunde.example")


def add(practice: Practice, name: str, email: str) -> str:
    made: Customer = acts.act(practice.hall, customers.add, DESK, Record(name=name, email=email))
    return made.uid


def merge(practice: Practice, kept: str, gone: str) -> Customer:
    return practice.hall.database.write(
        lambda session: customers.merge(session, practice.hall, DESK, kept, gone)
    )


def test_of_two_who_merge_crosswise_one_finds_nothing(practice: Practice) -> None:
    """Neither both records nor any appointment are lost."""
    booked = acts.book(practice.hall, who=EVA)
    assert booked.customer
    one, other = booked.customer.uid, add(practice, "Eva Oeztuerk", EVA.email)
    results = race([partial(merge, practice, *pair) for pair in [(one, other), (other, one)] * 3])
    assert outcome(results) == {"won": 1, "not_found": 5}
    survivor = acts.again(practice.hall, booked.uid).customer
    assert survivor
    assert survivor.uid in (one, other)


def test_who_books_while_the_record_is_merged_has_a_record(practice: Practice) -> None:
    """Every booking stands, whoever comes first."""
    kept, gone = add(practice, "Eva Ozturk", EVA.email), add(practice, EVA.name, EVA.email)
    held = [acts.hold(practice.hall, f"2027-03-0{day} 10:00") for day in range(2, 6)]
    for one in held:
        acts.type_details(practice.hall, one.uid, EVA)
    bookings = [partial(acts.confirm, practice.hall, one) for one in held]
    assert outcome(race([*bookings, partial(merge, practice, kept, gone)])) == {"won": 5}
    with practice.hall.database.reading() as session:
        owners = session.scalars(select(Booking.customer_id).where(Booking.email == EVA.email)).all()
    assert len(owners) == 4
    assert None not in owners


class TestOnPostgresql:
    """The pair: a merge waits for who has found the record, and breaks the booking where nobody makes it wait."""

    @pytest.fixture
    def database_url(self, request: pytest.FixtureRequest) -> str:
        return str(request.getfixturevalue("postgresql_copy"))

    def merge_meanwhile(self, practice: Practice) -> None:
        """Somebody else merges Eva's record away; who has to wait for it gives up."""
        kept = add(practice, "Eva Ozturk", EVA.email)
        with practice.hall.database.reading() as session:
            gone = session.scalars(select(Customer.uid).where(Customer.name == EVA.name)).one()

        def work(session: Session) -> None:
            session.execute(text("SET LOCAL lock_timeout = '300ms'"))
            customers.merge(session, practice.hall, DESK, kept, gone)

        practice.hall.database.write(work)

    def book_slowly(self, practice: Practice) -> None:
        """Find the record, look away, and book with it."""
        booked = acts.book(practice.hall, who=Details("Max Anders", "max@kunde.example"))
        add(practice, EVA.name, EVA.email)
        with practice.hall.database.transaction() as session:
            found = known.find(session, EVA.name, EVA.email)
            assert found
            self.merge_meanwhile(practice)
            session.get_one(Booking, booked.id).customer_id = found.id

    def test_with_the_lock_the_merge_waits(self, practice: Practice) -> None:
        with pytest.raises(OperationalError, match="lock timeout"):
            self.book_slowly(practice)

    def test_without_it_the_booking_breaks(self, practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
        unlocked = select(Customer).where(Customer.email_key == EVA.email)
        monkeypatch.setattr(known, "_SAME_ADDRESS", unlocked)
        with pytest.raises(IntegrityError):
            self.book_slowly(practice)
