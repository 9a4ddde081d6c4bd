"""The one table of legal status changes (A18)."""

import itertools

import pytest

from vorzimmer.booking.parts import status
from vorzimmer.models import Booking, Status
from vorzimmer.reasons import Reason, Refused

EDGES = {
    "held": "confirmed requested expired",
    "requested": "confirmed declined cancelled expired",
    "confirmed": "cancelled completed missed",
    "completed": "missed cancelled confirmed",
    "missed": "completed cancelled confirmed",
    "expired": "held",
    "declined": "",
    "cancelled": "completed missed confirmed",
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Status, Status)))
def test_only_legal_edges_are_taken(before: Status, after: Status) -> None:
    booking = Booking(status=before)
    if after in EDGES[before].split():
        status.change(booking, after)
        assert booking.status == after
        return
    with pytest.raises(Refused) as refusal:
        status.change(booking, after)
    assert refusal.value.reason is Reason.WRONG_STATE
    assert booking.status == before
