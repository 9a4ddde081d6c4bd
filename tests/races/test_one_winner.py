"""Many at one slot, on both databases. Each race comes as a pair: prevented by the claim, and shown without it."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, aliased

from tests import acts
from tests.acts import DESK, TEN
from vorzimmer import availability, booking, catalogue, database
from vorzimmer.access import ROLES, Actor
from vorzimmer.catalogue import Need
from vorzimmer.models import Allocation, Booking, Service
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import Practice, berlin

RACERS = 50


def race(racers: list[Callable[[], Any]]) -> list[Any]:
    """Let all start at once; what each returned, or the exception that it raised."""
    barrier = threading.Barrier(len(racers))

    def run(racer: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return racer()
        except Exception as error:  # noqa: BLE001  what went wrong is what the tests look at
            return error

    with ThreadPoolExecutor(len(racers)) as pool:
        return list(pool.map(run, racers))


def outcome(results: list[Any]) -> Counter[str]:
    """`won`, the reason of a refusal, or the type of any other error."""
    return Counter(
        result.reason.value
        if isinstance(result, Refused)
        else type(result).__name__
        if isinstance(result, Exception)
        else "won"
        for result in results
    )


def overlaps(hall: Hall) -> int:
    """Pairs of guarded allocations of one resource and seat that overlap."""
    one, other = aliased(Allocation), aliased(Allocation)
    with hall.database.reading() as session:
        return (
            session.query(one)
            .join(
                other, (one.resource_id == other.resource_id) & (one.seat == other.seat) & (one.id < other.id)
            )
            .filter(one.starts < other.ends, other.starts < one.ends)
            .count()
        )


def test_fifty_at_one_slot_have_exactly_one_winner(practice: Practice) -> None:
    """F30, F32, A99."""
    results = race([lambda: acts.hold(practice.hall, staff="anna")] * RACERS)
    assert outcome(results) == {"won": 1, Reason.SLOT_TAKEN.value: RACERS - 1}
    assert overlaps(practice.hall) == 0


def test_fifty_at_any_person_have_one_winner_for_each_person(practice: Practice) -> None:
    """Rules 55, 57: who loses one candidate gets the next."""
    results = race([lambda: acts.hold(practice.hall)] * RACERS)
    assert outcome(results) == {"won": 2, Reason.SLOT_TAKEN.value: RACERS - 2}


def test_eight_desks_at_any_person_book_each_person_once(practice: Practice) -> None:
    """Rules 55, 57: by telephone, too, who loses one person gets the next."""
    entries = [booking.Entry("massage", berlin(TEN), f"Kundin {number}") for number in range(8)]
    results = race([partial(acts.act, practice.hall, booking.enter, DESK, entry) for entry in entries])
    assert outcome(results) == {"won": 2, Reason.SLOT_TAKEN.value: 6}
    assert {made.staff.slug for made in results if isinstance(made, Booking) and made.staff} == {
        "anna",
        "ben",
    }


def test_two_moves_at_one_time_take_a_room_each(practice: Practice) -> None:
    """Rule 57: a move that loses one of two rooms takes the other."""
    hall = practice.hall
    owner = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
    needs = [Need("staff", ("anna", "ben")), Need("room")]
    acts.act(hall, catalogue.create_service, owner, {"name": "Ruhe", "minutes": 30}, needs)
    whens = ["2027-03-03 10:00", "2027-03-04 10:00"]
    made = [acts.act(hall, booking.enter, DESK, booking.Entry("ruhe", berlin(when), when)) for when in whens]
    target = booking.Target(berlin("2027-03-02 14:00"))
    staffed = zip(made, ("anna", "ben"), strict=True)
    results = race(
        [
            partial(acts.act, hall, booking.move, DESK, one.uid, replace(target, staff=who))
            for one, who in staffed
        ]
    )
    assert outcome(results) == {"won": 2}
    assert overlaps(hall) == 0


def test_one_device_has_one_winner_although_two_people_are_free(practice: Practice) -> None:
    """Rules 52, 54."""
    results = race([lambda: acts.hold(practice.hall, service="ultraschall")] * RACERS)
    assert outcome(results)["won"] == 1


def test_group_of_eight_is_never_overfull(practice: Practice) -> None:
    """Rules 62, 63, A100."""
    when = "2027-03-09 10:00"
    parties = [seats for seats in (1, 2, 3) for _ in range(10)]
    results = race(
        [partial(acts.hold, practice.hall, when, "rueckenschule", seats=seats) for seats in parties]
    )
    seats = sum(result.seats for result in results if not isinstance(result, Exception))
    assert seats == 8, outcome(results)


def test_holds_moves_and_entries_at_one_time_have_one_winner(practice: Practice) -> None:
    """F32, A106: holds, staff moves on the web and on phones, the desk, all at half past two."""
    hall = practice.hall
    when = "2027-03-02 14:30"
    others = [
        acts.book(hall, f"2027-03-0{day} {hour:02}:00", staff="anna")
        for day in (2, 3, 4)
        for hour in (9, 10, 11)
    ]
    anna = practice.resource("anna").id
    racers: list[Callable[[], Any]] = [lambda: acts.hold(hall, when, staff="anna")] * 20
    racers += [
        lambda done=done, door=door: acts.act(  # type: ignore[misc]
            hall, booking.move, acts.staff(anna, door), done.uid, booking.Target(berlin(when))
        )
        for done, door in zip(others, ["caldav", "office"] * 5, strict=False)
    ]
    entry = booking.Entry("massage", berlin(when), "Max Muster", "anna")
    racers += [lambda: acts.act(hall, booking.enter, DESK, entry)] * 10
    results = race(racers)
    assert outcome(results)["won"] == 1, outcome(results)
    assert overlaps(hall) == 0


def test_confirming_twice_at_once_confirms_once(practice: Practice) -> None:
    held = acts.hold(practice.hall)
    acts.type_details(practice.hall, held.uid)
    code = acts.code_of(practice.hall, held)
    results = race([lambda: acts.confirm(practice.hall, held, code)] * 10)
    assert outcome(results) == {"won": 1, Reason.WRONG_STATE.value: 9}
    assert [topic for topic, _state in acts.told(practice.hall, held.uid)].count("confirmed") == 1


def test_fifty_guesses_at_once_are_five(practice: Practice) -> None:
    """A30."""
    held = acts.hold(practice.hall)
    acts.type_details(practice.hall, held.uid)
    wrong = f"{(int(acts.code_of(practice.hall, held)) + 1) % 10**6:06d}"
    counted = outcome(race([lambda: acts.confirm(practice.hall, held, wrong)] * RACERS))
    assert counted == {Reason.WRONG_CODE.value: 4, Reason.CODE_VOID.value: RACERS - 4}


def test_two_moves_that_swap_places_end_in_some_order(practice: Practice) -> None:
    """A106."""
    hall = practice.hall
    first, second = acts.book(hall, staff="anna"), acts.book(hall, "2027-03-02 11:00", staff="anna")
    results = race(
        [
            lambda: acts.act(hall, booking.move, DESK, first.uid, booking.Target(berlin("2027-03-02 11:00"))),
            lambda: acts.act(hall, booking.move, DESK, second.uid, booking.Target(berlin(TEN))),
        ]
    )
    assert set(outcome(results)) <= {"won", Reason.SLOT_TAKEN.value}
    assert overlaps(hall) == 0


# ---- the control: the same race without what prevents it -------------------------------------------------------------


@pytest.fixture
def unguarded(practice: Practice) -> Practice:
    """The practice without its belt."""
    guards = {
        True: ["DROP TRIGGER allocation_guard_insert", "DROP TRIGGER allocation_guard_update"],
        False: [
            f"ALTER TABLE allocation DROP CONSTRAINT {name}"
            for name in ("allocation_one_each", "allocation_no_block")
        ],
    }
    with practice.hall.database.engine.begin() as connection:
        for statement in guards[practice.hall.database.sqlite]:
            connection.execute(text(statement))
    return practice


def test_without_claim_and_belt_one_slot_is_sold_twice(
    unguarded: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control (T5): check, then write, in two steps. If it fails, the races above show nothing."""
    hall = unguarded.hall
    gate = threading.Barrier(8, timeout=60)
    chosen = threading.local()

    def before_the_write(
        session: Session, _hall: Hall, _service: Service, _request: booking.HoldRequest
    ) -> Any:
        items = [replace(item, resource=session.merge(item.resource)) for item in chosen.found.items]
        return replace(
            chosen.found, location=session.merge(chosen.found.location), items=items
        ), unguarded.clock.now

    def check_then_write() -> Booking:
        with hall.database.reading() as session:
            service = booking.parts.load.service(session, "massage")
            moment = database.now(session)
            chosen.found = availability.assignment(
                session, hall.plugins, service, berlin(TEN), moment, staff="anna"
            )
        gate.wait()
        return acts.hold(hall, staff="anna")

    monkeypatch.setattr(sys.modules["vorzimmer.booking.hold"], "take", before_the_write)
    assert outcome(race([check_then_write] * 8)) == {"won": 8}
    assert overlaps(hall) > 0


def test_without_the_claim_the_belt_still_lets_one_win(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F30: constraint or trigger is the belt; what it refuses reads like any other refusal."""
    hall = practice.hall
    monkeypatch.setattr(database, "claim", lambda session, ids: None)
    results = race([lambda: acts.hold(hall, staff="anna")] * 8)
    assert outcome(results) == {"won": 1, Reason.SLOT_TAKEN.value: 7}
    assert overlaps(hall) == 0
