"""Answers go when their time is over: T47, T48, Art. 5 GDPR."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import acts
from vorzimmer import customers
from vorzimmer.access import ROLES, Actor
from vorzimmer.booking import Details
from vorzimmer.erasure import retention
from vorzimmer.hookspecs import Job
from vorzimmer.messages.worker import Worker
from vorzimmer.models import AuditEntry, Booking, Customer
from vorzimmer.questions import registry
from vorzimmer.questions.registry import EVERY, Entry
from vorzimmer.testing import Practice

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])


def ask(practice: Practice, label: str, days: int | None, scope: str = "booking") -> None:
    """A question on every form, its answers kept that long."""
    entry = Entry({"de": label}, "text", scope, "Zur Abrechnung.", days, forms={EVERY: False})
    practice.hall.database.write(lambda session: registry.define(session, OWNER, entry))


def answered(practice: Practice, when: str = acts.TEN, name: str = "Eva", **answers: str) -> Booking:
    return acts.book(practice.hall, when, who=Details(name, "eva@kunde.example", fields=answers))


def later(practice: Practice, days: int) -> None:
    """So many days after the appointment's end, and the worker has worked: every day, for a clock must not jump."""
    for hours in (27, *[24] * days):
        practice.clock.move(hours=hours)
        Worker(practice.hall).run_due()


def of_record(practice: Practice, booked: Booking) -> dict[str, Any]:
    with practice.hall.database.reading() as session:
        found = session.get_one(Customer, booked.customer_id)
        return found.attributes


def told(practice: Practice, subject: str) -> list[AuditEntry]:
    with practice.hall.database.reading() as session:
        wanted = select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id)
        return list(session.scalars(wanted))


def test_an_answer_goes_when_its_time_is_over_and_the_others_stay(practice: Practice) -> None:
    """T47: and the log says which went."""
    ask(practice, "Knie", 30)
    ask(practice, "Kasse", 365)
    ask(practice, "Hund", None)
    booked = answered(practice, knie="links", kasse="AOK", hund="Rex")
    later(practice, 29)
    assert set(acts.again(practice.hall, booked.uid).fields) == {"knie", "kasse", "hund"}
    later(practice, 1)
    assert set(acts.again(practice.hall, booked.uid).fields) == {"kasse", "hund"}
    last = told(practice, f"booking {booked.uid}")[-1]
    assert (last.act, last.after) == ("answers_forgotten", {"fields": ["knie"]})


def test_what_is_kept_with_the_customer_goes_after_the_last_appointment(practice: Practice) -> None:
    """T47: an appointment later than the others keeps it."""
    ask(practice, "Kasse", 30, scope="customer")
    booked = answered(practice, kasse="AOK")
    answered(practice, "2027-03-16 10:00")
    later(practice, 31)
    assert of_record(practice, booked) == {"kasse": "AOK"}
    later(practice, 14)
    assert of_record(practice, booked) == {}


def test_no_copy_of_an_answer_stays_in_the_log_or_among_the_changes(practice: Practice) -> None:
    """T47: neither a correction by staff nor what a customer typed later."""
    ask(practice, "Kasse", 30, scope="customer")
    booked = answered(practice, kasse="AOK")
    customer = booked.customer
    assert customer
    record = customers.Record(attributes={"kasse": "Barmer"})
    acts.act(practice.hall, customers.change, OWNER, customer.uid, record)
    answered(practice, "2027-03-03 10:00", kasse="TK")
    later(practice, 40)
    entries = told(practice, f"customer {customer.uid}")
    assert [entry.act for entry in entries] == ["customer_changed", "answers_forgotten"]
    assert not any(
        kasse in str((entry.before, entry.after)) for entry in entries for kasse in ("AOK", "Barmer")
    )
    with practice.hall.database.reading() as session:
        assert customers.waiting(session, customer) == []


def test_a_batch_that_fails_costs_no_other_batch(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """T47: each batch is a transaction; the next round goes on where the last one ended."""
    ask(practice, "Knie", 30)
    booked = [answered(practice, f"2027-03-02 {hour}:00", knie="links") for hour in ("09", "10", "11")]
    practice.clock.move(days=40)
    left = iter([True, False, True, True, True, True])

    def failing(session: Any, moment: Any) -> bool:
        more = retention.forget(session, moment)
        if not next(left):
            raise OSError("killed")
        return more

    monkeypatch.setattr(retention, "BATCH", 1)
    monkeypatch.setattr("vorzimmer.messages.worker.FORGET", Job("forget", timedelta(hours=1), failing))
    Worker(practice.hall).run_due()
    assert len(with_answers(practice, booked)) == 2
    practice.clock.move(minutes=2)
    Worker(practice.hall).run_due()
    assert with_answers(practice, booked) == []


def with_answers(practice: Practice, booked: list[Booking]) -> list[str]:
    return [one.uid for one in booked if acts.again(practice.hall, one.uid).fields]


def test_after_a_jump_of_the_clock_nothing_is_deleted_for_two_days(practice: Practice) -> None:
    """F64: a clock that is ten years ahead finds everything too old, and there is no way back."""
    ask(practice, "Knie", 30)
    booked = answered(practice, knie="links")
    later(practice, 3)
    practice.clock.move(days=3650)
    Worker(practice.hall).run_due()
    practice.clock.move(hours=40)
    Worker(practice.hall).run_due()
    assert acts.again(practice.hall, booked.uid).fields == {"knie": "links"}
    practice.clock.move(hours=9)
    Worker(practice.hall).run_due()
    assert acts.again(practice.hall, booked.uid).fields == {}
