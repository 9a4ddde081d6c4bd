"""Our own plugins keep what we ask of everybody's."""

import pytest

from vorzimmer.settings.config import PLUGINS
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


@pytest.mark.parametrize(
    ("contract", "test"),
    [
        (contract, test)
        for contract in (AvailabilityContract, PolicyContract, PaymentContract, NotifierContract)
        for test in vars(contract)
        if test.startswith("test_")
    ],
)
def test_no_contract_passes_for_a_plugin_that_is_not_loaded(
    practice: Practice, contract: type[AvailabilityContract], test: str
) -> None:
    """A plugin that nobody loaded says nothing, and nothing is wrong with that."""
    with pytest.raises(pytest.fail.Exception, match="forgotten is not loaded: name it in vorzimmer_plugins"):
        getattr(type("Forgotten", (contract,), {"name": "forgotten"})(), test)(practice)


def test_a_plugin_that_is_not_loaded_is_no_good_one(practice: Practice) -> None:
    with pytest.raises(pytest.fail.Exception, match="forgotten is not loaded"):
        check_plugin(practice.hall, "forgotten")


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
