"""Webhooks that do not arrive: tried again under the same id, ever more slowly; given up; switched off; said so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import acts
from tests.plugins.hooked import (
    STORE,
    act,
    deliveries,
    findings,
    hook,
    join,
    receiver,
    rounds,
    settings,
    state,
)
from tests.plugins.receiver import Receiver
from tests.servers import eventually
from vorzimmer import booking
from vorzimmer.hookspecs import Level
from vorzimmer.messages.worker import Worker
from vorzimmer.testing import Practice
from vorzimmer_webhooks import sending
from vorzimmer_webhooks.sending import PATIENCE, PAUSES

__all__ = ["receiver", "settings"]

CREATED = ["booking.created"]


@pytest.fixture
def database_url() -> str:
    """SQLite: what is stored is tested in `test_webhooks`."""
    return ""


def test_try_again_has_the_same_id_and_body_until_it_arrives(practice: Practice, receiver: Receiver) -> None:
    made, _ = hook(practice, receiver.url("/fail/2"), CREATED)
    acts.book(practice.hall)
    rounds(practice.hall, 2)
    assert len(receiver.told()) == 1  # not before its time
    practice.clock.now += PAUSES[0]
    rounds(practice.hall)
    practice.clock.now += PAUSES[1] - timedelta(seconds=1)
    rounds(practice.hall)
    assert len(receiver.told()) == 2
    practice.clock.now += timedelta(seconds=1)
    rounds(practice.hall, 2)
    assert {(one.headers["webhook-id"], one.body) for one in receiver.told()} == {
        (receiver.told()[0].headers["webhook-id"], receiver.told()[0].body)
    }
    assert len({one.headers["webhook-timestamp"] for one in receiver.told()}) == 3
    (told,) = deliveries(practice, made)
    assert (told.state, told.attempts, told.status, len(receiver.told())) == ("sent", 3, 204, 3)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/fail/9", ("The server does not take it.", 500)),
        ("/reset", ("The server does not answer.", None)),
        ("/slow", ("The server does not answer.", None)),
        ("/elsewhere", ("The server sends us elsewhere; that is not followed.", 307)),
    ],
)
def test_what_went_wrong_stands_in_the_log(
    practice: Practice, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, path: str, said: Any
) -> None:
    """A122: nobody follows a redirect to an address inside, which is asked nothing."""
    monkeypatch.setattr(sending, "SECONDS", 0.5)
    made, _ = hook(practice, receiver.url(path), CREATED)
    acts.book(practice.hall)
    rounds(practice.hall)
    (told,) = deliveries(practice, made)
    assert (told.state, told.error, told.status) == ("due", *said)
    assert [one.path for one in receiver.told()] == [path]


def test_slow_receiver_keeps_nobody_else_waiting(
    practice: Practice, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each hook has a thread of its own, and the worker goes on with its mails."""
    monkeypatch.setattr(sending, "SECONDS", 4)
    hook(practice, receiver.url("/slow"), CREATED)
    quick, _ = hook(practice, receiver.url("/take"), CREATED)
    acts.book(practice.hall)
    Worker(practice.hall).run_due()
    eventually(lambda: receiver.told("/take"), "the quick one", patience=3)
    join()
    assert [one.state for one in deliveries(practice, quick)] == ["sent"]


def test_delivery_is_given_up_after_three_days(practice: Practice, receiver: Receiver) -> None:
    """One that fails alone: the hook stays on, for others arrive."""
    made, _ = hook(practice, receiver.url("/fail/99"), CREATED)
    acts.book(practice.hall)
    for pause in [timedelta(0), *PAUSES]:
        practice.clock.now += pause
        rounds(practice.hall)
        arrived(practice, made)
    (told,) = deliveries(practice, made)
    assert (told.state, told.attempts, told.next_at) == ("failed", len(PAUSES) + 1, None)
    assert timedelta(days=3) <= sum(PAUSES, timedelta()) < timedelta(days=4)


def arrived(practice: Practice, made: Any) -> None:
    """As if another event had arrived in between."""
    act(practice, STORE.switch_on, made.id)


def test_hook_to_which_nothing_arrives_is_switched_off_and_health_says_so(
    practice: Practice, receiver: Receiver
) -> None:
    made, _ = hook(practice, receiver.url("/fail/99"), CREATED)
    acts.book(practice.hall)
    assert findings(practice.hall)[0].level is Level.GOOD
    rounds(practice.hall)
    assert findings(practice.hall) == []
    practice.clock.now += timedelta(hours=2)
    (found,) = findings(practice.hall)
    assert (found.level, found.facts["hours"]) == (Level.WARNING, 2)
    practice.clock.now += PATIENCE
    rounds(practice.hall)
    (found,) = findings(practice.hall)
    assert (found.level, state(practice, made).off_at) == (Level.WRONG, practice.clock.now)
    before = len(receiver.told())
    acts.book(practice.hall, f"{practice.clock.now + timedelta(days=1):%Y-%m-%d} 10:00", staff="anna")
    rounds(practice.hall, 2)
    assert len(receiver.told()) == before


def test_hook_that_is_switched_on_again_sends_what_waits(practice: Practice, receiver: Receiver) -> None:
    made, _ = hook(practice, receiver.url("/fail/2"), CREATED)
    acts.book(practice.hall)
    rounds(practice.hall)
    practice.clock.now += PATIENCE
    rounds(practice.hall)
    assert state(practice, made).off_at
    act(practice, STORE.switch_on, made.id)
    practice.clock.now += timedelta(days=1)
    rounds(practice.hall)
    assert [one.state for one in deliveries(practice, made)] == ["sent"]
    assert state(practice, made).failing_since is None


def test_receiver_that_says_it_is_gone_is_asked_no_more(practice: Practice, receiver: Receiver) -> None:
    made, _ = hook(practice, receiver.url("/gone"), CREATED)
    acts.book(practice.hall)
    rounds(practice.hall)
    practice.clock.now += timedelta(days=1)
    rounds(practice.hall)
    assert (len(receiver.told()), bool(state(practice, made).off_at)) == (1, True)
    (found,) = findings(practice.hall)
    assert (found.level, "gone for good" in found.text) == (Level.WRONG, True)


def test_log_is_deleted_when_its_time_is_over(practice: Practice, receiver: Receiver) -> None:
    made, _ = hook(practice, receiver.url("/take"), [*CREATED, "booking.cancelled"])
    first = acts.book(practice.hall)
    rounds(practice.hall)
    practice.clock.now += timedelta(days=31)
    acts.act(practice.hall, booking.cancel, acts.DESK, first.uid)
    rounds(practice.hall, 2)
    assert [one.event for one in deliveries(practice, made)] == ["booking.cancelled"]
