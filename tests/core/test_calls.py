"""Whom no mail has reached is called: why, until when, and until when that stands."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pytest
from sqlalchemy import update

from tests import acts
from tests.acts import act, again
from vorzimmer import booking
from vorzimmer.access import CUSTOMER
from vorzimmer.booking import Target
from vorzimmer.hookspecs import Channel, Sent, Undeliverable, hookimpl
from vorzimmer.messages.worker import TRIES, Worker
from vorzimmer.models import Booking, Message
from vorzimmer.plugins import Plugins
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config
from vorzimmer.testing import DESK, Clock, Practice, berlin

WEDNESDAY, THURSDAY, FRIDAY = "2027-03-03 10:30", "2027-03-04 10:30", "2027-03-05 10:30"


class Post:
    """Carries mail, unless the test says what goes wrong with it."""

    def __init__(self, config: Any) -> None:
        self.wrong: Exception | None = None

    @hookimpl
    def message_channels(self) -> list[Channel]:
        return [Channel("post", lambda address: "@" in address, self._send)]

    def _send(self, session: Any, message: Message) -> Sent:
        if self.wrong:
            raise self.wrong
        return Sent(message.topic, "text")


@pytest.fixture
def practice(hall: Hall, clock: Clock) -> Practice:
    """The demo's practice with a post that can fail in the place of mail."""
    return _with_post(hall, clock, "post")


def _with_post(hall: Hall, clock: Clock, *more: str) -> Practice:
    post = EntryPoint("post", "tests.core.test_calls:Post", "vorzimmer")
    ours = {"vorzimmer_email", "vorzimmer_notices", "vorzimmer_webhooks", "post"}
    enabled = [*(name for name in hall.config.enabled if name not in ours), *more]
    settings = hall.config.settings.model_copy(
        update={"plugins": {"enabled": enabled, "vorzimmer_backup": {"nightly": False}}}
    )
    config = Config(settings, hall.config.data)
    plugins = Plugins(config, entries=[*entry_points(group="vorzimmer"), post])
    return Practice(Hall(config, hall.database, plugins), clock)


@pytest.fixture
def post(practice: Practice) -> Post:
    found: Post = practice.hall.plugins.instance("post")
    return found


@pytest.fixture
def made(practice: Practice) -> Booking:
    """An appointment whose customer knows of it."""
    made = practice.book("massage", THURSDAY)
    Worker(practice.hall).run_due()
    assert again(practice.hall, made.uid).call_since is None
    return made


def sent(practice: Practice, post: Post, wrong: Exception | None) -> None:
    post.wrong = wrong
    Worker(practice.hall).run_due()


def refused(practice: Practice, post: Post) -> None:
    sent(practice, post, Undeliverable("550 nobody here"))


def why(practice: Practice, found: Booking) -> str:
    """The topic of what could not be delivered."""
    with practice.hall.database.reading() as session:
        told = booking.given_up(session, [found]).get(found.id)
    return told.topic if told else ""


def test_whom_a_cancellation_does_not_reach_is_to_be_called(practice, post, made):
    act(practice.hall, booking.cancel, DESK, made.uid)
    refused(practice, post)
    found = again(practice.hall, made.uid)
    assert (found.call_since, found.call_until) == (practice.clock.now, berlin(THURSDAY))
    assert why(practice, found) == "cancelled"
    assert acts.entries(practice.hall, made.uid)[-1] == ("unreached", "worker")


def test_what_is_given_up_after_its_last_attempt_counts_as_well(practice, post, made):
    act(practice.hall, booking.cancel, DESK, made.uid)
    sent(practice, post, OSError("broken pipe"))
    assert again(practice.hall, made.uid).call_since is None  # tried again
    practice.hall.database.write(
        lambda s: s.execute(update(Message).where(Message.state == "due").values(attempts=TRIES - 1))
    )
    practice.clock.move(hours=1)
    sent(practice, post, OSError("broken pipe"))
    assert again(practice.hall, made.uid).call_since == practice.clock.now


@pytest.mark.parametrize(("to", "until"), [(FRIDAY, THURSDAY), (WEDNESDAY, WEDNESDAY)])
def test_who_may_still_come_at_the_old_time_is_called_before_it(practice, post, made, to, until):
    act(practice.hall, booking.move, DESK, made.uid, Target(berlin(to)))
    refused(practice, post)
    assert again(practice.hall, made.uid).call_until == berlin(until)


def test_of_two_moves_in_a_row_the_first_time_is_what_is_known(practice, post, made):
    for to in (FRIDAY, "2027-03-09 10:30"):
        act(practice.hall, booking.move, DESK, made.uid, Target(berlin(to)))
        refused(practice, post)
    assert again(practice.hall, made.uid).call_until == berlin(THURSDAY)


def test_who_has_no_address_is_called_before_the_old_time_too(practice):
    mute = practice.book("massage", THURSDAY, name="Erna Alt", email="")
    moved = act(practice.hall, booking.move, DESK, mute.uid, Target(berlin(FRIDAY)))
    assert moved.call_until == berlin(THURSDAY)
    done = act(practice.hall, booking.called, DESK, mute.uid)
    assert (done.call_since, done.call_until) == (None, None)


def test_who_is_reached_later_need_not_be_called(practice, post, made):
    act(practice.hall, booking.move, DESK, made.uid, Target(berlin(FRIDAY)))
    refused(practice, post)
    act(practice.hall, booking.remind, DESK, made.uid)
    sent(practice, post, None)
    found = again(practice.hall, made.uid)
    assert (found.call_since, found.call_until, why(practice, found)) == (None, None, "")
    assert acts.entries(practice.hall, made.uid)[-1] == ("reached", "worker")


def test_who_has_been_called_is_called_again_only_for_what_is_new(practice, post, made):
    act(practice.hall, booking.move, DESK, made.uid, Target(berlin(FRIDAY)))
    refused(practice, post)
    act(practice.hall, booking.called, DESK, made.uid)
    Worker(practice.hall).run_due()
    assert again(practice.hall, made.uid).call_since is None
    act(practice.hall, booking.cancel, DESK, made.uid)
    refused(practice, post)
    found = again(practice.hall, made.uid)
    assert (found.call_until, why(practice, found)) == (berlin(FRIDAY), "cancelled")


def test_a_mail_that_leaves_is_no_answer_of_who_should_choose(practice, post, made):
    act(practice.hall, booking.offer, DESK, made.uid)
    practice.clock.now = berlin("2027-03-03 09:00")
    Worker(practice.hall).run_due()
    act(practice.hall, booking.change, DESK, made.uid, {"place": "2. Stock"})
    sent(practice, post, None)
    assert again(practice.hall, made.uid).call_since == berlin("2027-03-03 09:00")


def test_whose_code_does_not_arrive_has_no_appointment_to_be_called_about(practice, post):
    held = acts.hold(practice.hall, THURSDAY)
    acts.type_details(practice.hall, held.uid)
    refused(practice, post)
    assert again(practice.hall, held.uid).call_since is None


def test_what_is_over_is_nobodys_call(practice, post, made):
    act(practice.hall, booking.change, DESK, made.uid, {"place": "2. Stock"})
    practice.clock.now = berlin("2027-03-04 14:00")
    refused(practice, post)
    assert why(practice, again(practice.hall, made.uid)) == "changed"
    assert again(practice.hall, made.uid).call_since is None


def test_another_address_that_was_reached_meanwhile_will_do(practice, post, made):
    """The mail to the old address is given up after the one to the new address has left."""
    act(practice.hall, booking.move, DESK, made.uid, Target(berlin(FRIDAY)))
    sent(practice, post, OSError("greylisted"))
    new = update(Booking).where(Booking.uid == made.uid).values(email="neu@kunde.example")
    practice.hall.database.write(lambda session: session.execute(new))
    act(practice.hall, booking.remind, DESK, made.uid)
    sent(practice, post, None)
    practice.clock.move(hours=1)
    refused(practice, post)
    assert again(practice.hall, made.uid).call_since is None


def test_where_nothing_carries_mail_who_has_an_address_is_called_too(practice):
    practice = _with_post(practice.hall, practice.clock)
    made = practice.book("massage", THURSDAY)
    assert made.call_since is None
    found = act(practice.hall, booking.cancel, DESK, made.uid)
    assert found.call_until == berlin(THURSDAY)


def test_the_customers_own_move_answers_but_its_mail_may_fail_as_well(practice, post, made):
    act(practice.hall, booking.move, CUSTOMER, made.uid, Target(berlin(FRIDAY)))
    refused(practice, post)
    assert again(practice.hall, made.uid).call_until == berlin(THURSDAY)
