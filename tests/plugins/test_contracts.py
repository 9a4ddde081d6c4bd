"""Our own plugins keep what we ask of everybody's."""

import pytest

from vorzimmer.config import PLUGINS
from vorzimmer.testing import (
    AvailabilityContract,
    NotifierContract,
    PaymentContract,
    PolicyContract,
    Practice,
    check_plugin,
)


@pytest.mark.parametrize("name", PLUGINS)
def test_every_plugin_in_the_box_is_a_good_one(practice: Practice, name: str) -> None:
    check_plugin(practice.hall, name)


class TestWeeklyHours(AvailabilityContract):
    name = "vorzimmer_weekly_hours"


class TestAbsences(AvailabilityContract):
    name = "vorzimmer_absences"


class TestHolidays(AvailabilityContract):
    name = "vorzimmer_holidays"


class TestDirectBooking(PolicyContract):
    name = "vorzimmer_direct_booking"


class TestBookingRequest(PolicyContract):
    name = "vorzimmer_booking_request"


class TestPayOnSite(PaymentContract):
    name = "vorzimmer_pay_on_site"


class TestEmail(NotifierContract):
    name = "vorzimmer_email"
