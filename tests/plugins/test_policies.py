"""Direct booking, booking by request, payment on site: pure answers, no database but for the limit."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy.orm import Session

from vorzimmer import hookspecs
from vorzimmer.models import Booking, Customer, Location, Service
from vorzimmer.plugins import NoConfig
from vorzimmer.testing import Practice, berlin
from vorzimmer_booking_request import Plugin as Request
from vorzimmer_booking_request import Settings as RequestSettings
from vorzimmer_direct_booking import Plugin as Direct
from vorzimmer_direct_booking import Settings as DirectSettings
from vorzimmer_pay_on_site import Plugin as OnSite

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)


def service(**values: Any) -> Service:
    return Service(slug="massage", name="Massage", minutes=30, step=30, **values)


def test_direct_booking_confirms_at_once() -> None:
    """O58."""
    policy = Direct(DirectSettings()).booking_policy(service(policy="direct"))
    assert policy == hookspecs.BookingPolicy("confirmed")


def test_direct_booking_has_no_say_in_requests() -> None:
    assert Direct(DirectSettings()).booking_policy(service(policy="request")) is None


def test_a_request_waits_for_two_days() -> None:
    """Rule 50, O59."""
    policy = Request(RequestSettings()).booking_policy(
        service(policy="request"), NOW + timedelta(days=9), NOW
    )
    assert policy == hookspecs.BookingPolicy("requested", NOW + timedelta(hours=48))


def test_a_request_never_waits_longer_than_until_the_start() -> None:
    """Rule 50."""
    policy = Request(RequestSettings()).booking_policy(
        service(policy="request"), NOW + timedelta(hours=5), NOW
    )
    assert policy == hookspecs.BookingPolicy("requested", NOW + timedelta(hours=5))


def test_requests_have_no_say_in_direct_booking() -> None:
    assert Request(RequestSettings()).booking_policy(service(policy="direct"), NOW, NOW) is None


def test_deadlines_are_the_services_own() -> None:
    """Rule 38."""
    booking = Booking(starts=NOW, service=service(cancel_until=60, move_until=90))
    deadlines = Direct(DirectSettings()).booking_deadlines(booking)
    assert deadlines == hookspecs.Deadlines(NOW - timedelta(minutes=60), NOW - timedelta(minutes=90))


def test_what_costs_something_can_be_paid_at_the_practice() -> None:
    (method,) = OnSite(NoConfig()).payment_methods(service(price=4500))
    assert method.name == "on_site"


def test_what_costs_nothing_has_no_way_to_pay() -> None:
    assert OnSite(NoConfig()).payment_methods(service(price=None)) == []


def test_payment_at_the_practice_needs_nothing_now() -> None:
    assert OnSite(NoConfig()).payment_start("on_site") == hookspecs.PaymentStart("on_site")
    assert OnSite(NoConfig()).payment_start("card") is None


# ---- the limit for each customer (rule 40) ---------------------------------------------------------------------------


def customer(session: Session, name: str, email: str) -> Customer:
    key = email.casefold()
    made = Customer(uid=str(uuid4()), name=name, email=email, email_key=key, created_at=NOW)
    session.add(made)
    session.flush()
    return made


def booked(
    session: Session, practice: Practice, who: Customer, start: str, status: str = "confirmed"
) -> None:
    massage = session.get(Service, practice.service("massage").id)
    location = session.get(Location, practice.location("markt").id)
    starts = berlin(start)
    session.add(
        Booking(
            uid=str(uuid4()),
            status=status,
            service=massage,
            location=location,
            customer=who,
            starts=starts,
            ends=starts + timedelta(minutes=30),
            wall=start.replace(" ", "T"),
            zone=location.zone if location else "",
            source="page",
            created_at=NOW,
            changed_at=NOW,
        )
    )


def refused(session: Session, practice: Practice, limit: int | None, who: Customer | None) -> list[str]:
    plugin = Direct(DirectSettings(open_bookings_per_customer=limit))
    starts = [berlin("2027-03-10 09:00"), berlin("2027-03-10 10:00")]
    refusals = plugin.booking_refusals(session, practice.service("massage"), starts, who, None)
    return [refusal.rule for refusal in refusals]


def test_every_start_is_refused_once_the_limit_is_reached(practice: Practice) -> None:
    """Rule 40."""
    with practice.hall.database.transaction() as session:
        max_muster = customer(session, "Max", "max@kunde.example")
        booked(session, practice, max_muster, "2027-03-02 09:00:00")
        assert refused(session, practice, 2, max_muster) == []
        booked(session, practice, max_muster, "2027-03-03 09:00:00", status="requested")
        assert refused(session, practice, 2, max_muster) == ["40", "40"]


def test_what_is_over_or_cancelled_does_not_count(practice: Practice) -> None:
    """Rule 40."""
    with practice.hall.database.transaction() as session:
        max_muster = customer(session, "Max", "max@kunde.example")
        booked(session, practice, max_muster, "2027-02-02 09:00:00")
        booked(session, practice, max_muster, "2027-03-03 09:00:00", status="cancelled")
        assert refused(session, practice, 1, max_muster) == []


def test_people_who_share_an_address_share_the_limit(practice: Practice) -> None:
    """Rule 40: identity is the proved contact, not the typed name."""
    with practice.hall.database.transaction() as session:
        booked(session, practice, customer(session, "Max", "m@kunde.example"), "2027-03-02 09:00:00")
        assert refused(session, practice, 1, customer(session, "Mia", "M@kunde.example")) == ["40", "40"]


def test_nobody_in_particular_and_no_limit_refuse_nothing(practice: Practice) -> None:
    with practice.hall.database.transaction() as session:
        max_muster = customer(session, "Max", "max@kunde.example")
        booked(session, practice, max_muster, "2027-03-02 09:00:00")
        assert refused(session, practice, 1, None) == refused(session, practice, None, max_muster) == []


def test_a_limit_of_none_at_all_is_a_wrong_setting() -> None:
    with pytest.raises(ValidationError):
        DirectSettings(open_bookings_per_customer=0)
