"""Two acts of which each would go through alone: whoever comes second waits at the claim, and then sees the first.

The belt sees none of this: an absence, hours and a buffer are no allocations. Each act waits a second after its choice
for the other to get as far; where the claim holds, the other never does. On PostgreSQL alone: SQLite has one writer.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests import acts
from tests.acts import DESK
from tests.races.test_one_winner import outcome, race
from vorzimmer import availability, booking, database, hookspecs
from vorzimmer.access import ROLES, Actor
from vorzimmer.hookspecs import HoursOf, NewAbsence
from vorzimmer.testing import Practice, berlin

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
TUESDAY = date(2027, 3, 2)
CLOSING, HOLD = (sys.modules[f"vorzimmer.booking.{name}"] for name in ("closing", "hold"))
Act = Callable[[Practice], Any]


@pytest.fixture
def database_url(postgresql_copy: str) -> str:
    """PostgreSQL."""
    return postgresql_copy


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each act waits after its last look for the other one."""
    both = threading.Barrier(2)

    def waiting(look: Any, *, last: Callable[[dict[str, Any]], bool] = lambda named: True) -> Any:
        def wait(*given: Any, **named: Any) -> Any:
            found = look(*given, **named)
            if last(named):
                with contextlib.suppress(threading.BrokenBarrierError):
                    both.wait(1)
            return found

        return wait

    under_the_claim = lambda named: named.get("only") is not None  # noqa: E731  (said once, used once)
    monkeypatch.setattr(availability, "placement", waiting(availability.placement, last=under_the_claim))
    monkeypatch.setattr(HOLD, "take", waiting(HOLD.take))
    monkeypatch.setattr(CLOSING, "_claimed", waiting(CLOSING._claimed))


def entry(when: str, staff: str) -> Act:
    def act(practice: Practice) -> Any:
        return acts.act(
            practice.hall, booking.enter, DESK, booking.Entry("massage", berlin(when), "M", staff)
        )

    return act


def ben_is_ill(practice: Practice) -> Any:
    store = practice.hall.plugins.ask_first(hookspecs.absences)
    assert store
    return acts.act(practice.hall, store.enter, OWNER, NewAbsence("ben", TUESDAY, TUESDAY, "sick"))


def ben_works_less(practice: Practice) -> Any:
    store = practice.hall.plugins.ask_first(hookspecs.working_hours)
    assert store
    whose, week = HoursOf("resource", "ben", "markt"), {1: [(840, 1080)]}
    return practice.hall.database.write(
        lambda session: store.set_week(session, practice.hall, OWNER, whose, week, decisions={}, message="")
    )


def hold(practice: Practice) -> Any:
    return acts.hold(practice.hall, "2027-03-02 11:00", staff="ben")


def move(when: str) -> Act:
    """Anna's appointment of nine, to Ben."""

    def act(practice: Practice) -> Any:
        target = booking.Target(berlin(when), staff="ben")
        return acts.act(practice.hall, booking.move, DESK, practice.anna_at_nine, target)  # type: ignore[attr-defined]  # set by the fixture

    return act


PAIRS: dict[str, tuple[Act, Act]] = {
    "an entry and an absence": (entry("2027-03-02 11:00", "ben"), ben_is_ill),
    "a move and an absence of whom it goes to": (move("2027-03-02 11:00"), ben_is_ill),
    "a move and the buffer of a neighbour": (move("2027-03-02 11:30"), hold),
    "a hold and other hours": (hold, ben_works_less),
    "an entry and other hours": (entry("2027-03-02 11:00", "ben"), ben_works_less),
}


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest, practice: Practice) -> list[Callable[[], Any]]:
    """Two acts on Ben's Tuesday."""
    made = practice.book("massage", "2027-03-02 09:00")
    object.__setattr__(practice, "anna_at_nine", made.uid)
    return [lambda act=act: act(practice) for act in PAIRS[request.param]]  # type: ignore[misc]  # bound at once


def test_only_one_of_two_goes_through(pair: list[Callable[[], Any]], gate: None) -> None:
    """Rules 19, 34, 57: the other one is told what is in the way."""
    results = outcome(race(pair))
    assert results["won"] == 1, results


def test_without_the_claim_both_go_through(
    pair: list[Callable[[], Any]], gate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each looks before the other writes."""
    monkeypatch.setattr(database, "claim", lambda session, ids: None)
    assert outcome(race(pair)) == {"won": 2}
