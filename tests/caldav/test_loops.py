"""Phone and server agree at the next sync, whatever was refused, and nobody hears of what they did not do (B29)."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests import acts
from tests.caldav.desk import Phone, event
from tests.caldav.loops import App, stands
from tests.caldav.test_bookings import moved
from vorzimmer import booking
from vorzimmer.models import Booking, Status
from vorzimmer.reasons import Refused
from vorzimmer.testing import Practice, berlin

KINDS = ["davx5", "old davx5", "thunderbird", "apple", "evolution"]
TIMES = ["0900", "0930", "1000", "1030", "1100", "1345", "1415", "1500"]
DAY = "2027-03-02"


@pytest.fixture
def database_url() -> str:
    """What an app sees is the same on both: once, on SQLite, is enough."""
    return ""


def dragged(text: str, time: str) -> str:
    """The appointment at another time of its day, half an hour long."""
    hour, minute = int(time[:2]), int(time[2:])
    end = f"{hour + (minute >= 30):02}{(minute + 30) % 60:02}"
    return moved(text, f"20270302T{time}00", f"20270302T{end}00")


@pytest.mark.parametrize("kind", KINDS)
def test_refused_move_is_gone_at_the_next_sync_and_never_comes_back(
    practice: Practice, anna: Phone, kind: str
) -> None:
    """S4: days later, when the other appointment was cancelled, the fourth sync had moved the customer's."""
    made = acts.book(practice.hall, staff="anna")
    other = acts.book(practice.hall, f"{DAY} 11:00", staff="anna")
    app = App(anna, kind)
    app.sync()
    told = acts.told(practice.hall, made.uid)
    app.change(f"{made.uid}.ics", dragged(app.entries[f"{made.uid}.ics"].text, "1100"))
    app.sync()
    assert app.shows()[f"{made.uid}.ics"] == "20270302T100000"
    acts.act(practice.hall, booking.cancel, acts.DESK, other.uid)
    for _ in range(3):
        practice.clock.move(minutes=15)
        app.sync()
    assert acts.again(practice.hall, made.uid).starts == made.starts
    assert acts.told(practice.hall, made.uid) == told
    assert app.shows() == stands(anna)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(2))
def test_every_run_of_changes_on_both_sides_converges(
    practice: Practice, anna: Phone, kind: str, seed: int
) -> None:
    """The app and the office act in turns, at random; two quiet syncs later both show the same."""
    play(practice, anna, kind, seed, steps=14)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(100, 120))
def test_long_runs_of_changes_on_both_sides_converge(
    practice: Practice, anna: Phone, kind: str, seed: int
) -> None:
    play(practice, anna, kind, seed, steps=60)


@dataclass
class Game:
    """Three appointments, an app and a desk; who wished what of them."""

    practice: Practice
    app: App
    chance: random.Random
    made: list[Booking]
    wishes: dict[str, set[Any]]
    ended: set[str] = field(default_factory=set)

    def phone(self, one: Booking, time: str, act: str) -> None:
        """The user of the app does something to an appointment that is seen there."""
        name = f"{one.uid}.ics"
        if name not in self.app.entries or self.app.entries[name].deleted:
            return
        text = self.app.entries[name].text
        if act == "drag":
            self.app.change(name, dragged(text, time))
            self.wishes[one.uid].add(berlin(f"{DAY} {time[:2]}:{time[2:]}"))
        elif act == "resize":
            self.app.change(name, moved(text, "20270302T080000", "20270302T180000"))
        elif act == "series":
            self.app.change(name, text.replace("STATUS:", "RRULE:FREQ=SECONDLY\r\nSTATUS:"))
        elif act == "delete" and self.chance.random() < 0.3:
            self.app.delete(name)
            self.ended.add(one.uid)

    def event(self, number: int, time: str) -> None:
        """The user enters something private, which may lie over appointments."""
        start = f"20270302T{int(time[:2]) - 1:02}{time[2:]}00Z"
        self.app.change(f"e{number}.ics", event(f"e{number}", start=start, end="20270302T170000Z"))

    def desk(self, one: Booking, time: str, act: str) -> None:
        """The desk moves or cancels an appointment, where it may."""
        start = berlin(f"{DAY} {time[:2]}:{time[2:]}")
        try:
            if act == "move":
                target, over = booking.Target(start), booking.Override("warning")
                acts.act(self.practice.hall, booking.move, acts.DESK, one.uid, target, override=over)
                self.wishes[one.uid].add(start)
            elif self.chance.random() < 0.3:
                self.ended.add(one.uid)
                acts.act(self.practice.hall, booking.cancel, acts.DESK, one.uid)
        except Refused:
            return

    def check(self) -> None:
        """Both show the same, and nothing is anywhere where nobody has put it."""
        assert self.app.shows() == stands(self.app.phone)
        for one in self.made:
            now = acts.again(self.practice.hall, one.uid)
            assert now.starts in self.wishes[one.uid]
            assert now.status == Status.CONFIRMED or one.uid in self.ended
            topics = [topic for topic, _ in acts.told(self.practice.hall, one.uid)]
            assert "moved" not in topics or len(self.wishes[one.uid]) > 1
            assert "cancelled" not in topics or one.uid in self.ended


def play(practice: Practice, anna: Phone, kind: str, seed: int, steps: int) -> None:
    chance, app = random.Random(f"{kind} {seed}"), App(anna, kind)
    made = [acts.book(practice.hall, f"{DAY} {time}", staff="anna") for time in ("10:00", "11:00", "14:15")]
    app.sync()
    game = Game(practice, app, chance, made, {one.uid: {one.starts} for one in made})
    phone, desk = ["drag", "drag", "resize", "series", "delete"], ["move", "cancel"]
    for number in range(steps):
        practice.clock.move(minutes=1)
        one, time, act = (
            chance.choice(made),
            chance.choice(TIMES),
            chance.choice([*phone, *desk, "event", "sync", "sync"]),
        )
        if act in phone:
            game.phone(one, time, act)
        elif act in desk:
            game.desk(one, time, act)
        elif act == "event":
            game.event(number, time)
        else:
            app.sync()
    for _ in range(2):
        practice.clock.move(minutes=15)
        app.sync()
    game.check()
