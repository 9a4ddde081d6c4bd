"""`kill -9` at each named step of a booking: nothing half-done, nothing lost, nothing acted on twice (F1, F2)."""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import acts
from tests.races import victim
from tests.servers import Mailbox, mail_server
from vorzimmer.booking import Details
from vorzimmer.messages.worker import LEASE, Worker
from vorzimmer.models import Booking, Message, Status
from vorzimmer.practice import Hall
from vorzimmer.settings.config import PLUGINS
from vorzimmer.testing import Practice, berlin

OLGA = acts.OLGA.email
STEPS = [
    *("begin", "claim", "hold", "audit:1", "commit:1", "committed:1"),
    *("audit:2", "commit:2", "committed:2"),
    "sent:1",  # the code has left, but is not marked yet
    *("booking", "audit:3", "calendar", "outbox"),
    "sent:2",  # the confirmation has left, but is not marked yet
]

# Children are forked from a small server that has imported everything and has no threads.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.races.victim", *PLUGINS])


@pytest.fixture(scope="session")
def mail() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(mail: Mailbox) -> Mailbox:
    mail.received.clear()
    return mail


@pytest.fixture
def settings(settings: dict[str, Any], mail: Mailbox) -> dict[str, Any]:
    return settings | {
        "mail": {"from": "praxis@praxis.example", "smtp": f"smtp://127.0.0.1:{mail.port}?tls=none"}
    }


def kill(practice: Practice, when: str, step: str) -> dict[str, str]:
    """Book in a process that is killed at the step; what it acknowledged before, and for which booking."""
    config = practice.hall.config
    hear, say = PROCESSES.Pipe(duplex=False)
    now = practice.clock.now.astimezone(UTC)
    process = PROCESSES.Process(target=victim.live, args=(config.settings, config.data, now, when, step, say))
    process.start()
    say.close()
    heard = {}
    try:
        while True:
            what, uid = hear.recv()
            heard[what] = uid
    except EOFError:
        process.join(60)
    assert process.exitcode == 137, f"the step {step} was never reached: {heard}"
    return heard


def booked(hall: Hall, when: str) -> Booking | None:
    with hall.database.reading() as session:
        uid = session.scalar(select(Booking.uid).where(Booking.starts == berlin(when)))
    return acts.again(hall, uid) if uid else None


APART = {"reminder", "notice"}
"""Written later than the act: when it is due, and what staff are told."""


def check_whole(hall: Hall, found: Booking) -> None:
    """All that belongs to the booking's status is there, and nothing else (I3)."""
    assert [allocation.resource.slug for allocation in found.allocations] == ["anna"]
    done = [act for act, _door in acts.entries(hall, found.uid)]
    topics = [topic for topic, _state in acts.told(hall, found.uid) if topic not in APART]
    objects = acts.calendar_texts(hall, found.uid)
    if found.status == Status.CONFIRMED:
        assert (done, topics, len(objects)) == (["held", "details", "confirmed"], ["code", "confirmed"], 1)
        assert found.customer is not None
    else:
        assert found.status == Status.HELD
        assert (done, topics, objects) == (
            ["held", "details"][: 1 + found.code_issue],
            ["code"][: found.code_issue],
            [],
        )


def finish(practice: Practice, when: str) -> Booking:
    """The dead worker's lease ends, what is due leaves, and the customer tries again."""
    practice.clock.now += LEASE + timedelta(seconds=1)
    hall = practice.hall
    found = booked(hall, when) or acts.hold(hall, when, staff="anna")
    if found.status == Status.HELD:
        if found.code_issue == 0:
            acts.type_details(hall, found.uid)
        Worker(hall).run_due()
        found = acts.confirm(hall, found)
    Worker(hall).run_due()
    return acts.again(hall, found.uid)


def check_told(hall: Hall, mailbox: Mailbox, found: Booking) -> None:
    """Each message has left at least once; a receiver that honours the Message-ID acts once (I4)."""
    copies = mailbox.mails_to(OLGA)
    assert len(copies) <= 3, [mail["Subject"] for mail in copies]  # at most one more for the one crash
    assert len({mail["Message-ID"] for mail in copies}) == 2
    with hall.database.reading() as session:
        wanted = select(Message.state).where(Message.booking_id == found.id, Message.topic != "reminder")
        assert set(session.scalars(wanted)) == {"sent"}


def play(practice: Practice, mailbox: Mailbox, when: str, step: str) -> None:
    """Kill, look, try again, look."""
    hall = practice.hall
    acknowledged = kill(practice, when, step)
    found = booked(hall, when)
    if acknowledged:
        assert found is not None, "acknowledged, but lost (I2)"
        assert found.uid in acknowledged.values()
        assert "confirmed" not in acknowledged or found.status == Status.CONFIRMED
    if found is not None:
        check_whole(hall, found)
    done = finish(practice, when)
    assert done.status == Status.CONFIRMED
    check_whole(hall, done)
    check_told(hall, mailbox, done)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_leaves_nothing_half_done(practice: Practice, mailbox: Mailbox, step: str) -> None:
    """F1: I2, I3, I4."""
    play(practice, mailbox, acts.TEN, step)


def test_killed_between_mails_sends_at_most_one_of_them_again(practice: Practice, mailbox: Mailbox) -> None:
    """X9: each is marked before the next is sent."""
    hall, config = practice.hall, practice.hall.config
    for number, name in enumerate(("Eva", "Max", "Olga", "Tim", "Udo", "Zoe")):
        day, hour = divmod(number, 3)
        acts.book(hall, f"2027-03-0{2 + day} {9 + hour:02}:00", who=Details(name, f"{name}@kunde.example"))
    told = config.settings, config.data, practice.clock.now.astimezone(UTC), "sent:4"
    process = PROCESSES.Process(target=victim.deliver, args=told)
    process.start()
    process.join(60)
    assert process.exitcode == 137
    assert len(mailbox.received) == 4
    practice.clock.now += LEASE + timedelta(seconds=1)
    Worker(hall).run_due()
    left = Counter(str(mail["Message-ID"]) for mail in mailbox.received)
    assert sorted(left.values()) == [1] * 11 + [2]  # six customers, and anna about each of them


@pytest.mark.long
def test_killed_a_hundred_times(practice: Practice, mailbox: Mailbox) -> None:
    """F1, F2: a hundred bookings one after the other, each killed at a step by chance."""
    chance = random.Random(2027)
    for number in range(100):
        day = berlin("2027-03-02 12:00") + timedelta(weeks=number // 5)
        mailbox.received.clear()
        practice.clock.now = berlin(f"{day - timedelta(days=1):%Y-%m-%d} 08:00") + timedelta(
            minutes=number % 5 * 8
        )
        play(
            practice, mailbox, f"{day:%Y-%m-%d} {(9, 10, 11, 14, 15)[number % 5]:02}:00", chance.choice(STEPS)
        )
