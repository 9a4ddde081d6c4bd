"""The life of a booking through the core's own door."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import acts
from tests.acts import DESK, TEN
from vorzimmer import booking
from vorzimmer.access import CUSTOMER
from vorzimmer.models import Status
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import Practice, berlin


def test_hold_takes_the_time_for_ten_minutes(practice: Practice) -> None:
    """O23, rule 44."""
    held = acts.hold(practice.hall)
    assert held.status == Status.HELD
    assert held.expires_at is not None
    assert held.expires_at - practice.clock.now == timedelta(minutes=10)


def test_held_time_is_refused_to_others_with_alternatives(practice: Practice) -> None:
    """Rule 44, A99."""
    acts.hold(practice.hall, staff="anna")
    with pytest.raises(Refused) as refusal:
        acts.hold(practice.hall, staff="anna")
    assert refusal.value.reason is Reason.SLOT_TAKEN
    assert refusal.value.facts["alternatives"]


def test_any_person_gets_the_other_one_when_the_first_is_held(practice: Practice) -> None:
    """Rules 54, 55."""
    first, second = acts.hold(practice.hall), acts.hold(practice.hall)
    assert {first.staff.slug, second.staff.slug} == {"anna", "ben"}
    with pytest.raises(Refused) as refusal:
        acts.hold(practice.hall)
    assert refusal.value.reason is Reason.SLOT_TAKEN


def test_hold_is_free_exactly_at_its_end_without_any_job(practice: Practice) -> None:
    """Rule 45, O26."""
    acts.hold(practice.hall, staff="anna")
    practice.clock.move(minutes=9, seconds=59)
    with pytest.raises(Refused):
        acts.hold(practice.hall, staff="anna")
    practice.clock.move(seconds=1)
    assert acts.hold(practice.hall, staff="anna").status == Status.HELD


def test_choosing_another_time_releases_the_first(practice: Practice) -> None:
    """Rule 46."""
    first = acts.hold(practice.hall, staff="anna")
    acts.hold(practice.hall, "2027-03-02 11:00", staff="anna", replaces=first.uid)
    assert acts.again(practice.hall, first.uid).status == Status.EXPIRED
    assert acts.hold(practice.hall, staff="anna").status == Status.HELD


def test_notice_is_judged_when_the_hold_is_made(practice: Practice) -> None:
    """Rule 49: hold at 07:59 for 10:00 with two hours' notice, code at 08:05."""
    practice.clock.now = berlin("2027-03-02 07:59")
    held = acts.hold(practice.hall, staff="anna")
    acts.type_details(practice.hall, held.uid)
    practice.clock.now = berlin("2027-03-02 08:05")
    assert acts.confirm(practice.hall, held).status == Status.CONFIRMED


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("2027-03-01 09:00", "too soon"),
        ("2027-03-02 10:03", "off the grid"),
        ("2027-03-06 10:00", "a Saturday"),
        ("2027-06-15 10:00", "beyond the horizon"),
        ("2027-02-26 10:00", "past"),
    ],
)
def test_time_that_is_not_offered_is_refused(practice: Practice, when: str, why: str) -> None:
    """A105."""
    with pytest.raises(Refused) as refusal:
        acts.hold(practice.hall, when)
    assert refusal.value.reason is Reason.NOT_OFFERED, why


def test_right_code_confirms_and_the_customer_is_told_once(practice: Practice) -> None:
    """O25, O59."""
    done = acts.book(practice.hall, staff="anna")
    assert (done.status, done.sequence) == (Status.CONFIRMED, 0)
    assert ("confirmed", "due") in acts.told(practice.hall, done.uid)
    assert acts.entries(practice.hall, done.uid) == [
        ("held", "page"),
        ("details", "page"),
        ("confirmed", "page"),
    ]


def test_confirmed_booking_is_an_object_in_the_calendar(practice: Practice) -> None:
    done = acts.book(practice.hall, staff="anna")
    (text,) = acts.calendar_texts(practice.hall, done.uid)
    assert f"UID:{done.uid}" in text


def test_holds_do_not_touch_the_calendar(practice: Practice) -> None:
    held = acts.hold(practice.hall)
    assert acts.calendar_texts(practice.hall, held.uid) == []


def test_code_works_once(practice: Practice) -> None:
    """Rule 48."""
    done = acts.book(practice.hall)
    with pytest.raises(Refused) as refusal:
        acts.confirm(practice.hall, done)
    assert refusal.value.reason is Reason.WRONG_STATE


def test_five_wrong_codes_void_the_hold(practice: Practice) -> None:
    """A30."""
    held = acts.hold(practice.hall, staff="anna")
    acts.type_details(practice.hall, held.uid)
    right = acts.code_of(practice.hall, held)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    lefts = []
    for _ in range(4):
        with pytest.raises(Refused) as refusal:
            acts.confirm(practice.hall, held, wrong)
        lefts.append(refusal.value.facts["attempts_left"])
    assert lefts == [4, 3, 2, 1]
    for code in (wrong, right):
        with pytest.raises(Refused) as refusal:
            acts.confirm(practice.hall, held, code)
        assert refusal.value.reason is Reason.CODE_VOID
    assert acts.hold(practice.hall, staff="anna").status == Status.HELD


def test_new_code_voids_the_one_before(practice: Practice) -> None:
    """Rule 48."""
    held = acts.hold(practice.hall)
    acts.type_details(practice.hall, held.uid)
    first = acts.code_of(practice.hall, held)
    acts.type_details(practice.hall, held.uid)
    assert acts.code_of(practice.hall, held) != first
    with pytest.raises(Refused) as refusal:
        acts.confirm(practice.hall, held, first)
    assert refusal.value.reason is Reason.WRONG_CODE


def test_right_code_after_the_end_takes_the_time_again(practice: Practice) -> None:
    """Rule 48."""
    held = acts.hold(practice.hall, staff="anna")
    acts.type_details(practice.hall, held.uid)
    practice.clock.move(minutes=11)
    done = acts.confirm(practice.hall, held)
    assert (done.status, done.staff.slug) == (Status.CONFIRMED, "anna")


def test_right_code_after_the_end_is_refused_when_the_time_is_gone(practice: Practice) -> None:
    """Rule 48."""
    held = acts.hold(practice.hall, staff="anna")
    acts.type_details(practice.hall, held.uid)
    practice.clock.move(minutes=11)
    acts.hold(practice.hall, staff="anna")
    with pytest.raises(Refused) as refusal:
        acts.confirm(practice.hall, held)
    assert refusal.value.reason is Reason.SLOT_TAKEN
    assert refusal.value.facts["alternatives"]


def test_code_is_worth_nothing_ten_minutes_after_the_end(practice: Practice) -> None:
    """Rule 48."""
    held = acts.hold(practice.hall)
    acts.type_details(practice.hall, held.uid)
    practice.clock.move(minutes=20)
    with pytest.raises(Refused) as refusal:
        acts.confirm(practice.hall, held)
    assert refusal.value.reason is Reason.HOLD_EXPIRED


def test_request_waits_for_staff_and_blocks_its_time(practice: Practice) -> None:
    """O60, rule 50."""
    asked = acts.book(practice.hall, service="erstgespraech", staff="anna")
    assert asked.status == Status.REQUESTED
    with pytest.raises(Refused):
        acts.hold(practice.hall, service="erstgespraech", staff="anna")


def test_accepted_request_is_confirmed_and_told(practice: Practice) -> None:
    """O60."""
    asked = acts.book(practice.hall, service="erstgespraech", staff="anna")
    done = acts.act(practice.hall, booking.accept, DESK, asked.uid)
    assert (done.status, done.sequence) == (Status.CONFIRMED, 1)
    assert ("accepted", "due") in acts.told(practice.hall, asked.uid)


def test_declined_request_frees_its_time_and_is_told(practice: Practice) -> None:
    """O60."""
    asked = acts.book(practice.hall, service="erstgespraech", staff="anna")
    acts.act(practice.hall, booking.decline, DESK, asked.uid, "Leider im Urlaub")
    assert ("declined", "due") in acts.told(practice.hall, asked.uid)
    assert acts.calendar_texts(practice.hall, asked.uid) == []
    assert acts.hold(practice.hall, service="erstgespraech", staff="anna").status == Status.HELD


def test_undecided_request_runs_out_and_is_told(practice: Practice) -> None:
    """Rule 50: after 48 hours."""
    asked = acts.book(practice.hall, "2027-03-10 10:00", "erstgespraech", staff="anna")
    practice.clock.move(hours=48)
    with practice.hall.database.reading() as session:
        assert booking.overdue(session, practice.clock.now) == [asked.uid]
    practice.hall.database.write(lambda session: booking.expire(session, practice.hall, asked.uid))
    assert acts.again(practice.hall, asked.uid).status == Status.EXPIRED
    assert ("expired", "due") in acts.told(practice.hall, asked.uid)


def test_request_that_ran_out_cannot_be_accepted(practice: Practice) -> None:
    """Rule 50."""
    asked = acts.book(practice.hall, "2027-03-10 10:00", "erstgespraech", staff="anna")
    practice.clock.move(hours=48)
    with pytest.raises(Refused) as refusal:
        acts.act(practice.hall, booking.accept, DESK, asked.uid)
    assert refusal.value.reason is Reason.WRONG_STATE


def test_cancelled_booking_frees_its_time_at_once(practice: Practice) -> None:
    """Rule 73."""
    done = acts.book(practice.hall, "2027-03-09 10:00", staff="anna")
    acts.act(practice.hall, booking.cancel, CUSTOMER, done.uid)
    assert acts.hold(practice.hall, "2027-03-09 10:00", staff="anna").status == Status.HELD
    topics = dict(acts.told(practice.hall, done.uid))
    assert topics["cancelled"] == "due"
    assert topics.get("reminder", "withdrawn") == "withdrawn"


def test_customer_cannot_cancel_after_the_deadline_but_staff_can(practice: Practice) -> None:
    """A17, rule 38."""
    done = acts.book(practice.hall, staff="anna")
    practice.clock.now = berlin("2027-03-01 12:00")
    with pytest.raises(Refused) as refusal:
        acts.act(practice.hall, booking.cancel, CUSTOMER, done.uid)
    assert refusal.value.reason is Reason.TOO_LATE
    assert acts.act(practice.hall, booking.cancel, DESK, done.uid).status == Status.CANCELLED


def test_move_onto_its_own_old_time_is_legal(practice: Practice) -> None:
    """Rule 71: 10:00 to 10:15 with a duration of 30 minutes."""
    done = acts.book(practice.hall, staff="anna")
    moved = acts.act(practice.hall, booking.move, DESK, done.uid, booking.Target(berlin("2027-03-02 10:15")))
    assert (moved.starts, moved.sequence) == (berlin("2027-03-02 10:15"), 1)
    assert ("moved", "due") in acts.told(practice.hall, done.uid)


def test_move_frees_the_old_time_and_keeps_the_person(practice: Practice) -> None:
    """Rules 60, 71."""
    done = acts.book(practice.hall, staff="ben")
    moved = acts.act(practice.hall, booking.move, DESK, done.uid, booking.Target(berlin("2027-03-02 14:00")))
    assert moved.staff.slug == "ben"
    assert acts.hold(practice.hall, staff="ben").status == Status.HELD


def test_move_onto_another_booking_is_refused_and_nothing_is_lost(practice: Practice) -> None:
    """Rule 80."""
    done = acts.book(practice.hall, staff="anna")
    acts.book(practice.hall, "2027-03-02 11:00", staff="anna")
    with pytest.raises(Refused) as refusal:
        acts.act(practice.hall, booking.move, DESK, done.uid, booking.Target(berlin("2027-03-02 10:45")))
    assert refusal.value.reason is Reason.SLOT_TAKEN
    kept = acts.again(practice.hall, done.uid)
    assert (kept.starts, kept.sequence, len(kept.allocations)) == (berlin(TEN), 0, 1)


def test_move_into_anothers_buffer_is_refused(practice: Practice) -> None:
    """Rule 35: five minutes after every massage."""
    done = acts.book(practice.hall, staff="anna")
    acts.book(practice.hall, "2027-03-02 11:00", staff="anna")
    with pytest.raises(Refused):
        acts.act(practice.hall, booking.move, DESK, done.uid, booking.Target(berlin("2027-03-02 10:30")))


def test_stale_sequence_is_refused(practice: Practice) -> None:
    """A109."""
    done = acts.book(practice.hall, staff="anna")
    target = booking.Target(berlin("2027-03-02 14:00"))
    acts.act(practice.hall, booking.move, DESK, done.uid, target, sequence=0)
    with pytest.raises(Refused) as refusal:
        acts.act(practice.hall, booking.move, DESK, done.uid, target, sequence=0)
    assert refusal.value.reason is Reason.WRONG_STATE


def test_desk_books_outside_the_hours_only_with_a_warning_acknowledged(practice: Practice) -> None:
    """Rule 42, O20."""
    entry = booking.Entry("massage", berlin("2027-03-02 19:00"), "Иван Петров", "anna")
    with pytest.raises(Refused) as refusal:
        acts.act(practice.hall, booking.enter, DESK, entry)
    assert refusal.value.reason is Reason.NOT_OFFERED
    done = acts.act(practice.hall, booking.enter, DESK, entry, booking.Override("warning"))
    assert (done.status, done.email) == (Status.CONFIRMED, "")


def test_double_booking_needs_its_level_and_a_reason(practice: Practice) -> None:
    """Rule 42."""
    acts.book(practice.hall, staff="anna")
    entry = booking.Entry("massage", berlin(TEN), "Иван Петров", "anna")
    for override in (None, booking.Override("warning", "bitte"), booking.Override("double", " ")):
        with pytest.raises(Refused) as refusal:
            acts.act(practice.hall, booking.enter, DESK, entry, override)
        assert refusal.value.reason is Reason.SLOT_TAKEN
    done = acts.act(practice.hall, booking.enter, DESK, entry, booking.Override("double", "Notfall"))
    assert [allocation.guarded for allocation in done.allocations] == [False]


def test_group_takes_eight_and_no_ninth(practice: Practice) -> None:
    """Rules 62, 63, A100."""
    when = "2027-03-09 10:00"
    acts.hold(practice.hall, when, "rueckenschule", seats=3)
    acts.hold(practice.hall, when, "rueckenschule", seats=5)
    with pytest.raises(Refused) as refusal:
        acts.hold(practice.hall, when, "rueckenschule")
    assert refusal.value.reason is Reason.SLOT_TAKEN


def test_party_gets_all_its_seats_or_none(practice: Practice) -> None:
    """Rule 62."""
    when = "2027-03-09 10:00"
    acts.hold(practice.hall, when, "rueckenschule", seats=6)
    with pytest.raises(Refused):
        acts.hold(practice.hall, when, "rueckenschule", seats=3)
    assert acts.hold(practice.hall, when, "rueckenschule", seats=2).status == Status.HELD


def test_room_and_device_are_taken_with_the_person(practice: Practice) -> None:
    """Rules 52, 54: one device, so one at a time although two people are free."""
    held = acts.hold(practice.hall, service="ultraschall", staff="anna")
    assert [a.resource.kind for a in held.allocations] == ["staff", "room", "device"]
    with pytest.raises(Refused) as refusal:
        acts.hold(practice.hall, service="ultraschall", staff="ben")
    assert refusal.value.reason is Reason.SLOT_TAKEN


def test_wall_clock_and_zone_are_kept_beside_the_instant(practice: Practice) -> None:
    """Rule 1: ten o'clock in Berlin is 09:00Z before and 08:00Z after 28 March 2027."""
    winter, summer = acts.hold(practice.hall), acts.hold(practice.hall, "2027-03-30 10:00")
    assert [held.wall for held in (winter, summer)] == ["2027-03-02T10:00:00", "2027-03-30T10:00:00"]
    assert [held.starts.hour for held in (winter, summer)] == [9, 8]


def test_family_shares_an_address_and_nobody_overwrites_a_record(practice: Practice) -> None:
    """D5, B17."""
    mother = acts.book(practice.hall, who=booking.Details("Ольга Смирнова", "Familie@kunde.example", "1"))
    child = acts.book(
        practice.hall, "2027-03-02 14:00", who=booking.Details("Маша Смирнова", "familie@KUNDE.example", "2")
    )
    again = acts.book(
        practice.hall, "2027-03-02 15:00", who=booking.Details("ольга смирнова", "familie@kunde.example", "3")
    )
    assert mother.customer_id == again.customer_id != child.customer_id
    assert acts.again(practice.hall, mother.uid).customer.phone == "1"


@pytest.mark.parametrize("name", ["", "   ", "\u202e\u200b", "x" * 81])
def test_bad_name_is_refused_and_the_hold_stands(practice: Practice, name: str) -> None:
    """A77."""
    held = acts.hold(practice.hall)
    with pytest.raises(Refused) as refusal:
        acts.type_details(practice.hall, held.uid, booking.Details(name, "a@kunde.example"))
    assert set(refusal.value.facts["errors"]) == {"name"}
    assert acts.again(practice.hall, held.uid).status == Status.HELD


def test_fourth_hold_of_one_address_is_refused(practice: Practice) -> None:
    """Rule 47, A102; the fixture's server has no limits, so this one has."""
    server = practice.hall.config.settings.server.model_copy(update={"limits": True})
    practice.hall.config.settings = practice.hall.config.settings.model_copy(update={"server": server})
    for hour in (10, 11, 14):
        acts.type_details(practice.hall, acts.hold(practice.hall, f"2027-03-02 {hour}:00").uid)
    fourth = acts.hold(practice.hall, "2027-03-02 15:00")
    with pytest.raises(Refused) as refusal:
        acts.type_details(practice.hall, fourth.uid)
    assert refusal.value.reason is Reason.RATE_LIMITED


@pytest.mark.parametrize("end", ["complete", "missed"])
def test_appointment_is_closed_after_it_and_corrected_later(practice: Practice, end: str) -> None:
    """C15, K71, K72."""
    done = acts.book(practice.hall)
    with pytest.raises(Refused):
        acts.act(practice.hall, getattr(booking, end), DESK, done.uid)
    practice.clock.move(days=2)
    acts.act(practice.hall, booking.complete, DESK, done.uid)
    if end == "missed":
        acts.act(practice.hall, booking.missed, DESK, done.uid)
    assert acts.again(practice.hall, done.uid).status == {"complete": "completed", "missed": "missed"}[end]


def test_move_to_where_it_is_tells_nobody(practice: Practice) -> None:
    done = acts.book(practice.hall, staff="anna")
    same = acts.act(practice.hall, booking.move, DESK, done.uid, booking.Target(berlin(TEN)))
    assert same.sequence == 0
    assert "moved" not in dict(acts.told(practice.hall, done.uid))
