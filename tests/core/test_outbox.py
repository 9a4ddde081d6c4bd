"""What is told after the commit, and the worker that tells it (F16, F18, I4)."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.metadata import EntryPoint, entry_points
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, update

from vorzimmer import booking, customers, database
from vorzimmer.access import Actor, Right
from vorzimmer.customers import Record
from vorzimmer.hookspecs import (
    Change,
    Channel,
    Job,
    RecordChange,
    Sent,
    Undeliverable,
    Unreachable,
    hookimpl,
)
from vorzimmer.messages import outbox
from vorzimmer.messages.worker import LEASE, TRIES, Worker, pause
from vorzimmer.models import Booking, KeptAnswer, Message, Setting, Status
from vorzimmer.plugins import Plugins
from vorzimmer.practice import Hall
from vorzimmer.settings.config import Config
from vorzimmer.testing import Clock, Practice, berlin

DESK = Actor("empfang@praxis.example", "office", rights=frozenset(Right))
PHONE = Actor("anna@praxis.example", "caldav", rights=frozenset(Right))


class Post:
    """A plugin that carries messages and hears facts; what it does with them is the test's."""

    def __init__(self, config: Any) -> None:
        self.sent: list[str] = []
        self.told: list[Change] = []
        self.records: list[RecordChange] = []
        self.jobs_done: list[datetime] = []
        self.before_sending: Callable[[Message], None] = lambda message: None
        self.before_telling: Callable[[Any], None] = lambda session: None
        self.after_hearing: Callable[[], None] = lambda: None
        self.before_job: Callable[[], None] = lambda: None
        self.has_work = False

    @hookimpl
    def message_channels(self) -> list[Channel]:
        return [Channel("pigeon", lambda address: "@" in address, self._send)]

    @hookimpl
    def booking_changed(self, session: Any, change: Change) -> None:
        self.before_telling(session)
        self.told.append(change)

    @hookimpl
    def customer_changed(self, session: Any, change: RecordChange) -> None:
        self.records.append(change)
        self.after_hearing()

    @hookimpl
    def jobs(self) -> list[Job]:
        seldom = Job("feed", timedelta(days=1), self._job)
        return [seldom, Job("look", timedelta(0), self._job, lambda _session, _now: self.has_work)]

    def _send(self, session: Any, message: Message) -> Sent:
        self.before_sending(message)
        self.sent.append(message.key)
        return Sent(message.topic, "text as sent")

    def _job(self, session: Any, now: datetime) -> None:
        self.before_job()
        self.jobs_done.append(now)


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "booking": {"undo_seconds": 120}}


@pytest.fixture
def practice(hall: Hall, clock: Clock) -> Practice:
    """The demo's practice with the pigeon post in the place of mail."""
    pigeon = EntryPoint("pigeon", "tests.core.test_outbox:Post", "vorzimmer")
    ours = {"vorzimmer_email", "vorzimmer_notices", "vorzimmer_webhooks"}  # who listen and tell, too
    enabled = [name for name in hall.config.enabled if name not in ours]
    settings = hall.config.settings.model_copy(
        update={"plugins": {"enabled": [*enabled, "pigeon"], "vorzimmer_backup": {"nightly": False}}}
    )
    config = Config(settings, hall.config.data)
    plugins = Plugins(config, entries=[*entry_points(group="vorzimmer"), pigeon])
    return Practice(Hall(config, hall.database, plugins), clock)


@pytest.fixture
def post(practice: Practice) -> Post:
    found: Post = practice.hall.plugins.instance("pigeon")
    return found


@pytest.fixture
def worker(practice: Practice) -> Worker:
    return Worker(practice.hall)


def rows(hall: Hall, topic: str) -> list[Message]:
    with hall.database.reading() as session:
        return list(session.scalars(select(Message).where(Message.topic == topic).order_by(Message.id)))


def one(hall: Hall, topic: str) -> Message:
    (message,) = rows(hall, topic)
    return message


def move(practice: Practice, booked: Booking, start: str, actor: Actor = DESK) -> Booking:
    target = booking.Target(berlin(start))
    return practice.hall.database.write(
        lambda session: booking.move(session, practice.hall, actor, booked.uid, target)
    )


def cancel(practice: Practice, booked: Booking) -> Booking:
    return practice.hall.database.write(
        lambda session: booking.cancel(session, practice.hall, DESK, booked.uid)
    )


# ---- what is written -------------------------------------------------------------------------------------------------


def test_a_message_is_part_of_the_act(practice, post):
    """I3: rolled back with it, committed with it."""

    def fails(session: Any) -> None:
        found = session.get(Booking, booked.id)
        outbox.tell_person(
            session, practice.hall, found, "confirmed", practice.clock.now, recipient="a@b.example", key="x"
        )
        raise RuntimeError

    booked = practice.book("massage", "2027-03-03 10:30")
    before = len(rows(practice.hall, "confirmed"))
    with pytest.raises(RuntimeError):
        practice.hall.database.write(fails)
    assert len(rows(practice.hall, "confirmed")) == before == 1


def test_a_customer_without_address_gets_no_message(practice, post):
    """D5."""
    practice.book("massage", "2027-03-03 10:30", email="")
    assert rows(practice.hall, "confirmed") == []


def test_reminders_are_planned_when_an_appointment_is_confirmed(practice, post):
    practice.book("massage", "2027-03-03 10:30")
    assert one(practice.hall, "reminder").run_after == berlin("2027-03-02 10:30")


def test_a_reminder_that_would_be_late_is_not_planned(practice, post):
    practice.book("massage", "2027-03-01 15:00")
    assert rows(practice.hall, "reminder") == []


def test_a_reminder_counts_real_hours_over_the_change_of_clocks(practice, post):
    """F41: 24 elapsed hours before Monday 09:00 of the day after summer time began is Sunday 09:00 by the clock."""
    practice.book("massage", "2027-03-29 09:00")
    assert one(practice.hall, "reminder").run_after == berlin("2027-03-28 09:00")


def test_a_cancelled_appointment_is_not_reminded_of(practice, post):
    cancel(practice, practice.book("massage", "2027-03-03 10:30"))
    assert one(practice.hall, "reminder").state == "withdrawn"


def test_a_moved_appointment_is_reminded_of_at_its_new_time(practice, post):
    move(practice, practice.book("massage", "2027-03-03 10:30"), "2027-03-04 15:00")
    old, new = rows(practice.hall, "reminder")
    assert (old.state, new.state, new.run_after) == ("withdrawn", "due", berlin("2027-03-03 15:00"))


def test_moved_there_and_back_there_is_one_reminder_again(practice, post):
    booked = practice.book("massage", "2027-03-03 10:30")
    move(practice, booked, "2027-03-04 15:00")
    move(practice, booked, "2027-03-03 10:30")
    due = [row for row in rows(practice.hall, "reminder") if row.state == "due"]
    assert [row.run_after for row in due] == [berlin("2027-03-02 10:30")]


# ---- the undo window -------------------------------------------------------------------------------------------------


def test_a_move_in_a_calendar_app_is_told_after_the_undo_window(practice, post):
    move(practice, practice.book("massage", "2027-03-03 10:30"), "2027-03-04 15:00", PHONE)
    assert one(practice.hall, "moved").run_after == practice.clock.now + timedelta(seconds=120)


def test_a_move_at_the_desk_is_told_at_once(practice, post):
    move(practice, practice.book("massage", "2027-03-03 10:30"), "2027-03-04 15:00", DESK)
    assert one(practice.hall, "moved").run_after == practice.clock.now


def test_a_second_move_in_the_window_takes_the_firsts_place(practice, post):
    booked = practice.book("massage", "2027-03-03 10:30")
    move(practice, booked, "2027-03-04 15:00", PHONE)
    practice.clock.move(seconds=60)
    move(practice, booked, "2027-03-05 09:00", PHONE)
    first, second = rows(practice.hall, "moved")
    assert (first.state, second.state) == ("withdrawn", "due")


def test_the_time_that_the_customer_knows_is_kept(practice, post):
    booked = practice.book("massage", "2027-03-03 10:30")
    move(practice, booked, "2027-03-04 15:00", PHONE)
    move(practice, booked, "2027-03-05 09:00", PHONE)
    details = rows(practice.hall, "moved")[-1].details
    assert datetime.fromisoformat(details["old"]["starts"]) == berlin("2027-03-03 10:30")
    assert datetime.fromisoformat(details["starts"]) == berlin("2027-03-05 09:00")


def test_moved_back_in_the_window_nothing_is_told(practice, post):
    booked = practice.book("massage", "2027-03-03 10:30")
    move(practice, booked, "2027-03-04 15:00", PHONE)
    move(practice, booked, "2027-03-03 10:30", PHONE)
    assert [row.state for row in rows(practice.hall, "moved")] == ["withdrawn"]


def test_a_cancellation_in_the_window_is_told_alone(practice, post, worker):
    booked = practice.book("massage", "2027-03-03 10:30")
    move(practice, booked, "2027-03-04 15:00", PHONE)
    cancel(practice, booked)
    practice.clock.move(minutes=5)
    worker.run_due()
    assert [key.split("/")[1] for key in post.sent] == ["confirmed", "cancelled"]


# ---- delivery --------------------------------------------------------------------------------------------------------


def test_what_is_due_is_sent_and_kept_as_sent(practice, post, worker):
    practice.book("massage", "2027-03-03 10:30")
    worker.run_due()
    message = one(practice.hall, "confirmed")
    assert (message.state, message.subject, message.text) == ("sent", "confirmed", "text as sent")
    assert message.sent_at == practice.clock.now


def test_what_is_planned_for_later_waits(practice, post, worker):
    practice.book("massage", "2027-03-03 10:30")
    worker.run_due()
    assert one(practice.hall, "reminder").state == "due"


def test_nothing_is_sent_twice(practice, post, worker):
    practice.book("massage", "2027-03-03 10:30")
    worker.run_due()
    worker.run_due()
    assert len(post.sent) == 1


def test_a_failure_is_tried_again_after_a_pause(practice, post, worker):
    def fail(message: Message) -> None:
        raise OSError("no route")

    practice.book("massage", "2027-03-03 10:30")
    post.before_sending = fail
    worker.run_due()
    message = one(practice.hall, "confirmed")
    assert (message.state, message.attempts) == ("due", 1)
    assert message.run_after == practice.clock.now + pause(1)
    assert "no route" in message.error


def fail(_message: Message) -> None:
    raise OSError("broken")


def outage(_message: Message) -> None:
    raise Unreachable("no route")


def test_while_a_channel_cannot_be_reached_all_wait_and_none_is_given_up(practice, post, worker):
    """X9: one look at the way is enough for all, soon at first, every two minutes for a day, then hourly."""
    for hour in ("10:00", "11:00", "14:00"):
        practice.book("massage", f"2027-03-03 {hour}")
    tried: list[datetime] = []

    def shut(message: Message) -> None:
        tried.append(practice.clock.now)
        outage(message)

    post.before_sending = shut
    for minutes in [0, *[1] * 12, 60 * 24, *[30] * 4]:
        practice.clock.move(minutes=minutes)
        worker.run_due()
    gaps = [later - earlier for earlier, later in pairwise(tried)]
    assert gaps[:2] == [timedelta(minutes=1)] * 2
    assert gaps[-3] > timedelta(days=1)
    assert gaps[-2:] == [timedelta(hours=1)] * 2
    assert gaps[:-3] == sorted(gaps[:-3])
    assert gaps[-4] == timedelta(minutes=2)
    assert {(row.state, row.attempts) for row in rows(practice.hall, "confirmed")} == {("due", 0)}


def test_after_an_outage_what_waited_leaves_within_two_minutes(practice, post, worker):
    practice.book("massage", "2027-03-03 10:00")
    post.before_sending = outage
    for _round in range(3):
        practice.clock.move(hours=6)
        worker.run_due()
    post.before_sending = lambda message: None
    practice.clock.move(minutes=2)
    worker.run_due()
    assert one(practice.hall, "confirmed").state == "sent"


def test_each_message_is_marked_before_the_next_is_sent(practice, post, worker):
    """X9: who is killed between two mails sends at most one of them again."""
    for hour in ("09:00", "10:00", "11:00"):
        practice.book("massage", f"2027-03-03 {hour}")
    seen: list[int] = []

    def look(message: Message) -> None:
        seen.append(sum(row.state == "sent" for row in rows(practice.hall, "confirmed")))

    post.before_sending = look
    worker.run_due()
    assert seen == [0, 1, 2]


def test_the_pauses_grow():
    pauses = [pause(attempt) for attempt in range(1, TRIES)]
    assert pauses == sorted(pauses)
    assert sum(pauses, timedelta()) > timedelta(hours=20)


def test_after_its_last_attempt_a_message_is_parked(practice, post, worker):
    def fail(message: Message) -> None:
        raise OSError

    def nearly_given_up(session: Any) -> None:
        session.execute(update(Message).values(attempts=TRIES - 1))

    practice.book("massage", "2027-03-03 10:30")
    practice.hall.database.write(nearly_given_up)
    post.before_sending = fail
    worker.run_due()
    assert one(practice.hall, "confirmed").state == "parked"


def test_what_cannot_be_delivered_is_parked_at_once(practice, post, worker):
    """F17: one bad recipient is flagged."""

    def refuse(message: Message) -> None:
        raise Undeliverable("550 nobody here")

    practice.book("massage", "2027-03-03 10:30")
    post.before_sending = refuse
    worker.run_due()
    assert (one(practice.hall, "confirmed").state, one(practice.hall, "confirmed").error) == (
        "parked",
        "550 nobody here",
    )


def test_a_bad_recipient_keeps_nobody_else_waiting(practice, post, worker):
    """F17."""

    def refuse(message: Message) -> None:
        if message.recipient == "bad@kunde.example":
            raise OSError

    post.before_sending = refuse
    practice.book("massage", "2027-03-03 10:30", email="bad@kunde.example")
    practice.book("massage", "2027-03-03 14:30", email="good@kunde.example")
    worker.run_due()
    assert [row.state for row in rows(practice.hall, "confirmed")] == ["due", "sent"]


def test_a_message_never_overtakes_an_earlier_one_about_the_same(practice, post, worker):
    def fail(message: Message) -> None:
        raise OSError

    booked = practice.book("massage", "2027-03-03 10:30")
    post.before_sending = fail
    worker.run_due()
    post.before_sending = lambda message: None
    cancel(practice, booked)
    worker.run_due()
    assert post.sent == []
    practice.clock.move(seconds=10)
    worker.run_due()
    assert [key.split("/")[1] for key in post.sent] == ["confirmed", "cancelled"]


def test_a_reminder_of_what_has_begun_is_not_sent(practice, post, worker):
    practice.book("massage", "2027-03-03 10:30")
    practice.clock.now = berlin("2027-03-03 10:31")
    worker.run_due()
    assert one(practice.hall, "reminder").state == "withdrawn"
    practice.clock.move(hours=2)
    worker.run_due()
    assert one(practice.hall, "reminder").state == "withdrawn"


def test_a_clock_a_year_ahead_and_back_costs_nobody_a_reminder(practice, post, worker):
    """X14."""
    practice.book("massage", "2027-03-03 10:30")
    worker.run_due()
    right = practice.clock.now
    practice.clock.move(days=365)
    worker.run_due()
    assert one(practice.hall, "reminder").state == "withdrawn"
    practice.clock.now = right
    worker.run_due()
    assert one(practice.hall, "reminder").state == "due"
    practice.clock.now = berlin("2027-03-02 10:31")
    worker.run_due()
    assert one(practice.hall, "reminder").state == "sent"


@pytest.mark.parametrize("leased", [True, False])
def test_what_a_clock_a_year_ahead_put_off_leaves_by_the_right_one(practice, post, worker, leased):
    practice.book("massage", "2027-03-03 10:30")
    right = practice.clock.now
    practice.clock.move(days=365)
    if leased:
        worker._lease()
    post.before_sending = fail
    worker.run_due()
    practice.clock.now = right
    post.before_sending = lambda message: None
    worker.run_due()
    worker.run_due()
    assert one(practice.hall, "confirmed").state == "sent"


def test_jobs_go_on_after_a_clock_was_a_year_ahead(practice, post, worker):
    right = practice.clock.now
    practice.clock.move(days=365)
    worker.run_due()
    practice.clock.now = right
    worker.run_due()
    assert post.jobs_done == [right + timedelta(days=365), right]


# ---- several workers -------------------------------------------------------------------------------------------------


def end_leases(hall: Hall) -> None:
    """As if the owners had slept for a minute."""

    def back(session: Any) -> None:
        earlier = database.now(session) - LEASE
        session.execute(update(Message).where(Message.state == "leased").values(lease_until=earlier))

    hall.database.write(back)


def test_a_message_of_a_dead_worker_is_sent_by_another(practice, post, worker):
    class Killed(BaseException):
        """Not even the worker catches this."""

    def die(message: Message) -> None:
        raise Killed

    practice.book("massage", "2027-03-03 10:30")
    post.before_sending = die
    with pytest.raises(Killed):
        worker.run_due()
    post.before_sending = lambda message: None
    Worker(practice.hall).run_due()
    assert post.sent == []
    end_leases(practice.hall)
    Worker(practice.hall).run_due()
    assert one(practice.hall, "confirmed").state == "sent"


def test_who_comes_late_is_fenced_off(practice, post, worker):
    """F18: the owner of the lease sleeps, another sends; what the first one brings later is not written."""

    def sleep(message: Message) -> None:
        post.before_sending = lambda message: None
        end_leases(practice.hall)
        Worker(practice.hall).run_due()
        raise OSError("the late one failed")

    practice.book("massage", "2027-03-03 10:30")
    post.before_sending = sleep
    worker.run_due()
    message = one(practice.hall, "confirmed")
    assert (message.state, message.error, len(post.sent)) == ("sent", "", 1)


def test_many_workers_send_each_message_once(practice, post):
    """F18."""
    for hour in (9, 10, 11, 14, 15, 16):
        for staff in ("anna", "ben"):
            if (staff, hour) != ("ben", 9):
                practice.book(
                    "massage", f"2027-03-03 {hour:02d}:00", staff, email=f"{staff}{hour}@kunde.example"
                )
    workers = [threading.Thread(target=Worker(practice.hall).run_due) for _ in range(8)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(60)
    assert len(post.sent) == len(set(post.sent)) == 11


# ---- facts -----------------------------------------------------------------------------------------------------------


def test_a_plugin_is_told_what_happened(practice, post, worker):
    booked = practice.book("massage", "2027-03-03 10:30")
    worker.run_due()
    (change,) = post.told
    assert (change.kind, change.uid, change.sequence) == ("confirmed", booked.uid, booked.sequence)


def test_a_fact_is_told_again_with_the_same_key(practice, post, worker):
    keys = []

    def fail_once(session: Any) -> None:
        post.before_telling = lambda session: None
        keys.append(rows(practice.hall, outbox.BOOKING_CHANGED)[0].key)
        raise RuntimeError

    practice.book("massage", "2027-03-03 10:30")
    post.before_telling = fail_once
    worker.run_due()
    assert post.told == []
    practice.clock.move(seconds=10)
    worker.run_due()
    assert [change.key for change in post.told] == keys


def test_what_a_plugin_stores_and_the_mark_stand_or_fall_together(practice, post, worker):
    def store_and_fail(session: Any) -> None:
        session.add(Setting(name="stored by the plugin", value=""))
        session.flush()
        raise RuntimeError

    practice.book("massage", "2027-03-03 10:30")
    post.before_telling = store_and_fail
    worker.run_due()
    with practice.hall.database.reading() as session:
        assert session.get(Setting, "stored by the plugin") is None


# ---- regular work ----------------------------------------------------------------------------------------------------


def test_a_job_is_done_once_in_its_time_by_however_many_workers(practice, post):
    for _ in range(3):
        Worker(practice.hall).run_due()
    assert post.jobs_done == [practice.clock.now]


def test_a_job_is_done_again_when_its_time_has_come(practice, post, worker):
    worker.run_due()
    practice.clock.move(days=1)
    worker.run_due()
    assert len(post.jobs_done) == 2


def test_a_job_that_fails_is_tried_again(practice, post, worker):
    def fail() -> None:
        post.before_job = lambda: None
        raise RuntimeError

    post.before_job = fail
    worker.run_due()
    assert post.jobs_done == []
    practice.clock.move(minutes=1)
    worker.run_due()
    assert len(post.jobs_done) == 1


@pytest.mark.parametrize(
    "database_url", ["postgresql"], indirect=True
)  # on SQLite nobody can write meanwhile
def test_a_job_at_work_is_left_alone_by_other_workers(practice, post, worker):
    post.before_job = lambda: Worker(practice.hall).run_due()
    worker.run_due()
    assert len(post.jobs_done) == 1


def test_a_hold_that_ran_out_is_closed(practice, post, worker):
    """Rule 45."""
    request = booking.HoldRequest("massage", berlin("2027-03-03 10:30"))
    guest = Actor("customer", "page")
    held = practice.hall.database.write(lambda session: booking.hold(session, practice.hall, guest, request))
    practice.clock.move(minutes=11)
    worker.run_due()
    with practice.hall.database.reading() as session:
        assert session.get_one(Booking, held.id).status == Status.EXPIRED


def test_what_was_typed_into_a_hold_is_forgotten_after_a_day(practice, post, worker):
    request = booking.HoldRequest("massage", berlin("2027-03-03 10:30"))
    guest = Actor("customer", "page")
    held = practice.hall.database.write(lambda session: booking.hold(session, practice.hall, guest, request))
    practice.clock.move(minutes=11)
    worker.run_due()
    practice.clock.move(days=2)
    worker.run_due()
    with practice.hall.database.reading() as session:
        assert session.get(Booking, held.id) is None


def test_kept_answers_are_forgotten_after_a_day(practice, post, worker):
    def keep(session: Any) -> None:
        session.add(
            KeptAnswer(scope="s", key="k", body_hash="", status=200, answer="", kept_at=practice.clock.now)
        )

    practice.hall.database.write(keep)
    practice.clock.move(hours=25)
    worker.run_due()
    with practice.hall.database.reading() as session:
        assert session.scalars(select(KeptAnswer)).all() == []


# ---- the thread ------------------------------------------------------------------------------------------------------


@pytest.fixture
def running(worker: Worker) -> Iterator[Worker]:
    worker.start()
    yield worker
    worker.stop()


def test_a_commit_wakes_the_worker(practice, post, running):
    sent = threading.Event()
    post.before_sending = lambda message: sent.set()
    practice.book("massage", "2027-03-03 10:30")
    assert sent.wait(30)


def test_the_worker_outlives_whatever_fails(practice, post, running):
    sent = threading.Event()

    def fail_once(message: Message) -> None:
        post.before_sending = lambda message: sent.set()
        raise ValueError

    post.before_sending = fail_once
    practice.book("massage", "2027-03-03 10:30")
    practice.book("massage", "2027-03-03 14:30", email="other@kunde.example")
    assert sent.wait(30)
    assert running.is_alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_watchdog_replaces_a_dead_thread(practice, post, running):
    sent = threading.Event()

    def die_once(message: Message) -> None:
        post.before_sending = lambda message: sent.set()
        raise SystemExit

    post.before_sending = die_once
    practice.book("massage", "2027-03-03 10:30")
    practice.book("massage", "2027-03-03 14:30", email="other@kunde.example")
    assert sent.wait(30)


def test_a_stopped_worker_is_not_alive(practice, worker):
    worker.start()
    worker.stop()
    assert not worker.is_alive()


def test_job_with_something_to_do_now_is_seen_in_the_round_after(worker: Worker, post: Post) -> None:
    """Plugins are asked for their jobs once; whether there is work, each round."""
    worker.run_due()
    before, post.has_work = len(post.jobs_done), True
    worker.run_due()
    assert len(post.jobs_done) == before + 1


def test_change_of_a_record_is_told_again_by_the_same_key_until_it_is_heard(
    practice: Practice, worker: Worker, post: Post
) -> None:
    def fail_once() -> None:
        post.after_hearing = lambda: None
        raise RuntimeError

    post.after_hearing = fail_once
    eva = practice.hall.database.write(
        lambda session: customers.add(session, practice.hall, DESK, Record(name="Eva"))
    )
    worker.run_due()
    practice.clock.move(hours=1)
    worker.run_due()
    first, second = post.records
    assert first == second
    assert (first.kind, first.uid, first.actor, first.door) == ("added", eva.uid, DESK.name, "office")
