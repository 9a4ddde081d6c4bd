"""`kill -9` between two deliveries: each arrives at least once, and twice only under the same id."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta

import pytest

from tests import acts
from tests.plugins.hooked import hook, receiver, rounds, settings
from tests.plugins.receiver import Receiver
from tests.races import victim
from tests.races.test_kill import PROCESSES
from vorzimmer.messages.worker import LEASE
from vorzimmer.testing import Practice

__all__ = ["receiver", "settings"]


@pytest.mark.parametrize("number", [1, 2])
def test_killed_between_two_deliveries(practice: Practice, receiver: Receiver, number: int) -> None:
    """The first (or second) has left and is not marked yet."""
    hook(practice, receiver.url("/take"), ["booking.created"])
    for hour in (9, 10, 11):
        acts.book(practice.hall, f"2027-03-02 {hour:02}:00", staff="anna")
    config, now = practice.hall.config, practice.clock.now.astimezone(UTC)
    given = (config.settings, config.data, now, f"webhook sent:{number}")
    process = PROCESSES.Process(target=victim.send_webhooks, args=given)
    process.start()
    process.join(60)
    assert (process.exitcode, len(receiver.told())) == (137, number)
    practice.clock.now += LEASE + timedelta(seconds=1)
    rounds(practice.hall, 2)
    told = Counter(one.headers["webhook-id"] for one in receiver.told())
    assert sorted(told.values()) == [1, 1, 2]
    assert len({(one.headers["webhook-id"], one.body) for one in receiver.told()}) == 3
    rounds(practice.hall, 2)
    assert len(receiver.told()) == 4
