"""Free slots, assignments and explanations of the demo's practice: the rules with their own numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from vorzimmer import availability, database, hookspecs
from vorzimmer.models import (
    Allocation,
    Block,
    Booking,
    Location,
    Offer,
    Requirement,
    Resource,
    Service,
    Status,
)
from vorzimmer.periods import Period
from vorzimmer.plugins import Loaded
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason
from vorzimmer.testing import BERLIN, Practice, berlin

MONDAY = "2027-03-01"


@dataclass
class Desk:
    """The practice with one open session, and short ways to put things on its calendar."""

    session: Session
    hall: Hall
    count: int = field(default=0)

    def one(self, model: Any, slug: str) -> Any:
        return self.session.scalars(select(model).where(model.slug == slug)).one()

    def service(self, slug: str, **changes: Any) -> Service:
        service: Service = self.one(Service, slug)
        for name, value in changes.items():
            setattr(service, name, value)
        self.session.flush()
        return service

    def booked(
        self, person: str, start: str, minutes: int = 30, *, service: str = "massage", **more: Any
    ) -> Booking:
        """A booking of one person; `more`: status, before, after, seats, expires_at, place."""
        self.count += 1
        starts = berlin(start)
        ends = starts + timedelta(minutes=minutes)
        booking = Booking(
            uid=f"booking-{self.count}",
            status=more.get("status", Status.CONFIRMED),
            service=self.one(Service, service),
            location=self.one(Location, more.get("place", "markt")),
            starts=starts,
            ends=ends,
            wall=start,
            zone="Europe/Berlin",
            source="web",
            created_at=starts,
            changed_at=starts,
            expires_at=more.get("expires_at"),
        )
        booking.allocations = [
            Allocation(
                resource=self.one(Resource, slug),
                starts=starts,
                ends=ends,
                before=more.get("before", 0),
                after=more.get("after", 0),
                seat=seat,
                expires_at=more.get("expires_at"),
            )
            for slug in (person, *more.get("rooms", ()))
            for seat in more.get("seats", (0,))
        ]
        self.session.add(booking)
        self.session.flush()
        return booking

    def blocked(self, person: str, start: str, end: str) -> None:
        """A private event of a person."""
        self.count += 1
        resource = self.one(Resource, person)
        block = Block(uid=f"block-{self.count}", resource=resource)
        block.allocations = [Allocation(resource=resource, starts=berlin(start), ends=berlin(end), block=1)]
        self.session.add(block)
        self.session.flush()

    def slots(
        self, service: str | Service, day: str = MONDAY, days: int = 1, **wish: Any
    ) -> list[availability.Slot]:
        found = self.service(service) if isinstance(service, str) else service
        start = berlin(f"{day} 00:00")
        end = (start.astimezone(BERLIN) + timedelta(days=days)).astimezone(UTC)
        now = database.now(self.session)
        return availability.free_slots(
            self.session, self.hall.plugins, found, Period(start, end), now, **wish
        )

    def times(self, *args: Any, **wish: Any) -> list[str]:
        return [slot.start.astimezone(BERLIN).strftime("%H:%M") for slot in self.slots(*args, **wish)]

    def assigned(self, service: str, start: str, **wish: Any) -> list[tuple[str, int]] | None:
        now = database.now(self.session)
        found = availability.assignment(
            self.session, self.hall.plugins, self.service(service), berlin(start), now, **wish
        )
        return [(item.resource.slug, item.seat) for item in found.items] if found else None

    def explained(self, service: str, start: str, **wish: Any) -> availability.Explanation:
        now = database.now(self.session)
        return availability.explain(
            self.session, self.hall.plugins, self.service(service), berlin(start), now, **wish
        )

    def rules(self, service: str, start: str, **wish: Any) -> list[tuple[str, str]]:
        return [(why.rule, why.source) for why in self.explained(service, start, **wish).reasons]

    def placed(self, service: str, start: str, **wish: Any) -> availability.Placement:
        now = database.now(self.session)
        return availability.placement(
            self.session, self.hall.plugins, self.service(service), berlin(start), now, **wish
        )


@pytest.fixture
def desk(practice: Practice) -> Iterator[Desk]:
    with practice.hall.database.transaction() as session:
        yield Desk(session, practice.hall)


def test_offer_of_one_person_is_the_grid_of_the_hours(desk):
    """Rules 11, 13, 21 and 36: Anna works 09:00-12:00 and 13:30-17:00; it is 08:00 and notice is 2 hours."""
    times = desk.times("massage", staff="anna")
    assert times[:2] == ["10:00", "10:15"]
    assert "11:30" in times
    assert "11:45" not in times
    assert "13:30" in times
    assert times[-1] == "16:30"


def test_any_person_is_the_union_of_all(desk):
    """Rule 55: a slot lists all who could take it, by the slugs of the staff, sorted."""
    by_time = {slot.start: slot.staff for slot in desk.slots("massage")}
    assert by_time[berlin("2027-03-01 10:00")] == ("anna", "ben")
    assert by_time[berlin("2027-03-01 12:15")] == ("ben",)


def test_slot_ends_without_its_buffer(desk):
    """Rule 31: buffers never appear in the customer's times."""
    slot = desk.slots("massage")[0]
    assert slot.end - slot.start == timedelta(minutes=30)


def test_slots_are_sorted_by_start_and_place(desk):
    slots = desk.slots("erstgespraech", "2027-03-02")
    assert [(s.start, s.location.slug) for s in slots] == sorted((s.start, s.location.slug) for s in slots)
    assert {slot.location.slug for slot in slots} == {"hafen", "markt"}


def test_slots_of_one_place_only(desk):
    assert {slot.location.slug for slot in desk.slots("erstgespraech", "2027-03-02", location="hafen")} == {
        "hafen"
    }


def test_closed_day_has_no_slots(desk):
    """Rule 12."""
    assert desk.slots("massage", "2027-03-07") == []


def test_person_without_hours_is_not_bookable(desk):
    """Rule 12."""
    newcomer = Resource(slug="dora", name="Dora", kind="staff")
    need = desk.service("notiz").requirements[0]
    desk.session.add(newcomer)
    desk.session.flush()
    desk.session.add(Offer(requirement_id=need.id, resource_id=newcomer.id))
    desk.session.flush()
    assert desk.slots("notiz", staff="dora") == []


def test_opening_hours_of_the_place_limit_the_offer(desk):
    """Rule 13: open 08-18, Anna 07-12, ultrasound room 10-14: ultrasound with Anna 10-12."""
    hours = desk.hall.plugins.instance("vorzimmer_weekly_hours")
    place = desk.one(Location, "markt")
    hours.set_week(desk.session, {1: [(480, 1080)]}, location_id=place.id)
    hours.set_week(
        desk.session, {1: [(420, 720)]}, resource_id=desk.one(Resource, "anna").id, location_id=place.id
    )
    for room in ("raum-1", "raum-2"):
        hours.set_week(
            desk.session, {1: [(600, 840)]}, resource_id=desk.one(Resource, room).id, location_id=place.id
        )
    times = desk.times("ultraschall", "2027-03-02", staff="anna")
    assert (times[0], times[-1]) == ("10:00", "11:40")


def test_hours_of_the_service_limit_the_offer(desk):
    """Rule 13."""
    hours = desk.hall.plugins.instance("vorzimmer_weekly_hours")
    hours.set_week(desk.session, {1: [(600, 660)]}, service_id=desk.service("massage").id)
    assert desk.times("massage", "2027-03-02", staff="anna") == ["10:00", "10:15", "10:30"]


def test_booking_closes_its_time_with_both_buffers(desk):
    """Rules 23, 33 and 34: massage has 5 minutes after; the neighbour 10:30-11:00 has them too."""
    desk.booked("anna", "2027-03-02 10:30", after=5)
    times = desk.times("massage", "2027-03-02", staff="anna")
    assert "09:45" in times
    assert not {"10:00", "10:15", "10:30", "10:45", "11:00"} & set(times)
    assert "11:15" in times


def test_buffers_of_a_person_go_before_those_of_the_service(desk):
    """Rules 31 and 32."""
    desk.one(Resource, "anna").after = 0
    desk.booked("anna", "2027-03-02 10:30")
    assert "10:00" in desk.times("massage", "2027-03-02", staff="anna")


def test_room_and_person_have_their_own_buffers(desk):
    """Rule 32: cleaning occupies the room, Anna is free at once."""
    desk.one(Resource, "raum-1").after = 10
    found = desk.hall.plugins and availability.assignment(
        desk.session,
        desk.hall.plugins,
        desk.service("ultraschall"),
        berlin("2027-03-02 10:00"),
        database.now(desk.session),
    )
    assert {item.resource.slug: item.after for item in found.items} == {
        "anna": 0,
        "raum-1": 10,
        "ultraschall": 0,
    }


def test_private_event_is_a_neighbour(desk):
    """Rule 34: a block takes all seats."""
    desk.blocked("anna", "2027-03-02 09:50", "2027-03-02 17:00")
    assert desk.times("massage", "2027-03-02", staff="anna") == ["09:00", "09:15"]


def test_private_event_of_weeks_is_seen_in_the_middle(desk):
    desk.blocked("anna", "2027-02-20 00:00", "2027-03-20 00:00")
    assert desk.slots("massage", "2027-03-02", staff="anna") == []
    assert desk.slots("massage", "2027-03-22", staff="anna")


def test_absence_closes_its_days(desk):
    """Rule 18."""
    anna, day = desk.one(Resource, "anna"), berlin("2027-03-02 00:00")
    busy = hookspecs.Busy(
        Period(day, day + timedelta(days=1)), "person:anna", "18", "vacation", resource_id=anna.id
    )
    with_busy(desk, busy)
    assert desk.slots("massage", "2027-03-02", staff="anna") == []
    assert desk.rules("massage", "2027-03-02 10:00", staff="anna") == [("18", "person:anna")]


def test_closure_closes_the_place(desk):
    """Rules 15 and 17."""
    day = berlin("2027-03-02 00:00")
    with_busy(
        desk, hookspecs.Busy(Period(day, day + timedelta(days=1)), "holidays", "17", "Feast", closure=True)
    )
    assert desk.slots("massage", "2027-03-02") == []
    assert ("17", "holidays") in desk.rules("massage", "2027-03-02 10:00", staff="anna")


def test_closure_from_noon_needs_no_buffer_before_it(desk):
    """Rules 17 and 25: 24 December from 12:00; the after-buffer need not fit inside the hours."""
    noon = berlin("2027-03-02 12:00")
    with_busy(
        desk,
        hookspecs.Busy(Period(noon, noon + timedelta(hours=12)), "holidays", "17", "Feast", closure=True),
    )
    assert desk.times("massage", "2027-03-02")[-1] == "11:30"


class Extra:
    """A plugin that is only this test's."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []

    @hookspecs.hookimpl
    def busy_periods(self, session, resources, window):
        return self.answers.get("busy", [])

    @hookspecs.hookimpl
    def booking_refusals(self, session, service, starts, customer):
        self.asked.append({"starts": list(starts)})
        return [refusal for refusal in self.answers.get("refusals", []) if refusal.start in starts]


def with_plugin(desk: Desk, **answers: Any) -> Extra:
    extra = Extra(**answers)
    desk.hall.plugins.loaded.append(Loaded("extra", instance=extra))
    desk.hall.plugins._manager.register(extra, name="extra")  # what an entry point would do at start
    return extra


def with_busy(desk: Desk, *busy: hookspecs.Busy) -> None:
    with_plugin(desk, busy=list(busy))


def test_notice_hides_what_is_too_soon(desk, practice):
    """Rule 36: notice 2 hours."""
    practice.clock.now = berlin("2027-03-01 08:01")
    assert desk.times("massage", staff="anna")[0] == "10:15"


def test_notice_in_working_days_hides_what_is_too_soon(desk, practice):
    """Rule 36: "2 working days": on Fri 10:00 the first offer is Tue 10:00."""
    practice.clock.now = berlin("2027-03-05 10:00")
    service = desk.service("massage", notice_working_days=2)
    first = desk.slots(service, "2027-03-05", 7, staff="anna")[0]
    assert first.start == berlin("2027-03-09 10:00")


def test_horizon_reaches_to_the_end_of_its_last_day(desk, practice):
    """Rule 37: 14 days on 1 March 10:00: through 15 March 24:00."""
    practice.clock.now = berlin("2027-03-01 10:00")
    slots = desk.slots(desk.service("massage", horizon=14), MONDAY, 30, staff="anna")
    assert slots[-1].start == berlin("2027-03-15 16:30")


def test_hold_takes_the_slot(desk, practice):
    """Rule 44."""
    end = berlin("2027-03-01 08:10")
    desk.booked("anna", "2027-03-02 10:00", status=Status.HELD, expires_at=end)
    assert "10:00" not in desk.times("massage", "2027-03-02", staff="anna")


def test_expired_hold_is_free_without_any_job(desk, practice):
    """Rule 45, O26: expiry is a comparison with the database's clock."""
    end = berlin("2027-03-01 08:10")
    desk.booked("anna", "2027-03-02 10:00", status=Status.HELD, expires_at=end)
    practice.clock.now = end
    assert "10:00" in desk.times("massage", "2027-03-02", staff="anna")


def test_holder_still_sees_the_own_slot(desk):
    """Rules 46 and 71."""
    mine = desk.booked("anna", "2027-03-02 10:00", status=Status.HELD, expires_at=berlin("2027-03-01 08:10"))
    assert "10:00" in desk.times("massage", "2027-03-02", staff="anna", ignoring=mine.id)


def test_everything_needed_is_taken_together(desk):
    """Rules 52 and 53: a person, a room and the device."""
    assert desk.assigned("ultraschall", "2027-03-02 10:00") == [
        ("anna", 0),
        ("raum-1", 0),
        ("ultraschall", 0),
    ]


def test_one_device_is_one_appointment_at_a_time(desk):
    """Rule 52: the device is in use elsewhere in the house."""
    desk.booked("ben", "2027-03-02 10:00", 20, service="ultraschall", rooms=("raum-2", "ultraschall"))
    times = desk.times("ultraschall", "2027-03-02", staff="anna")
    assert "09:40" in times
    assert not {"09:50", "10:00", "10:10"} & set(times)
    assert "10:20" in times


def test_second_room_is_taken_where_the_first_is_busy(desk):
    """Rule 54."""
    desk.blocked("raum-1", "2027-03-02 08:00", "2027-03-02 18:00")
    assert ("raum-2", 0) in desk.assigned("ultraschall", "2027-03-02 10:00")


def test_no_room_means_no_slot(desk):
    """Rules 52 and 54."""
    for room in ("raum-1", "raum-2"):
        desk.blocked(room, "2027-03-02 08:00", "2027-03-02 18:00")
    assert desk.slots("ultraschall", "2027-03-02") == []


def test_device_for_a_part_of_the_time(desk):
    """Rules 30, 53: ultrasound device for minutes 0-10: it is free again while the appointment goes on."""
    service = desk.service("ultraschall")
    next(need for need in service.requirements if need.kind == "device").minutes = 10
    desk.blocked("ultraschall", "2027-03-02 10:10", "2027-03-02 18:00")
    assert desk.times("ultraschall", "2027-03-02", staff="anna")[-1] == "10:00"


def test_device_for_a_later_part_of_the_time(desk):
    """Rules 30, 53: offset and minutes of a requirement."""
    service = desk.service("ultraschall")
    need = next(need for need in service.requirements if need.kind == "device")
    need.offset, need.minutes = 10, 10
    desk.blocked("ultraschall", "2027-03-02 08:00", "2027-03-02 10:10")
    found = availability.assignment(
        desk.session,
        desk.hall.plugins,
        service,
        berlin("2027-03-02 10:00"),
        database.now(desk.session),
        staff="anna",
    )
    device = next(item for item in found.items if item.resource.kind == "device")
    assert desk.times("ultraschall", "2027-03-02", staff="anna")[0] == "10:00"
    assert (device.starts, device.ends) == (berlin("2027-03-02 10:10"), berlin("2027-03-02 10:20"))


def test_two_of_three_people(desk):
    """Rules 53, 59: "2 of 5 therapists": free where at least two are."""
    desk.service("erstgespraech").requirements[0].quantity = 2
    times = desk.times("erstgespraech", "2027-03-01")
    assert (times[0], times[-1]) == ("10:00", "16:00")
    assert [slug for slug, _seat in desk.assigned("erstgespraech", "2027-03-01 10:00")] == ["anna", "ben"]


def test_nobody_fills_two_roles(desk):
    """Rule 52: one person can't be both the first and the second therapist."""
    service = desk.service("notiz")
    second = Requirement(service=service, position=1, kind="staff")
    desk.session.add(second)
    desk.session.flush()
    for slug in ("anna", "ben"):
        desk.session.add(Offer(requirement_id=second.id, resource_id=desk.one(Resource, slug).id))
    desk.session.flush()
    desk.blocked("ben", "2027-03-02 00:00", "2027-03-02 11:00")
    desk.session.expire_all()
    times = desk.times("notiz", "2027-03-02")
    assert times[0] == "11:00"
    assert [slug for slug, _seat in desk.assigned("notiz", "2027-03-02 11:00")] == ["anna", "ben"]


def test_any_person_is_who_has_least_that_day(desk):
    """Rule 56: least minutes of the local day, ties by slug."""
    assert desk.assigned("massage", "2027-03-02 11:00") == [("anna", 0)]
    desk.booked("anna", "2027-03-02 16:00")
    assert desk.assigned("massage", "2027-03-02 11:00") == [("ben", 0)]


def test_choice_stays_among_the_claimed(desk):
    """Rule 57: after the claim only its resources count."""
    ben = frozenset({desk.one(Resource, "ben").id})
    assert desk.assigned("massage", "2027-03-02 11:00", only=ben) == [("ben", 0)]


def test_what_is_not_offered_is_not_assigned(desk):
    """Rule 57."""
    assert desk.assigned("massage", "2027-03-02 11:07") is None


def test_group_has_a_seat_for_each_person(desk):
    """Rule 62: a booking for 3 takes 3 seats."""
    assert desk.assigned("rueckenschule", "2027-03-02 10:00", seats=3) == [
        ("clara", 0),
        ("clara", 1),
        ("clara", 2),
    ]


def test_group_with_a_booking_is_still_offered(desk):
    """Rule 63: the second booking joins the event, on the lowest free seats."""
    desk.booked("clara", "2027-03-02 10:00", 60, service="rueckenschule", place="hafen", seats=(0, 1))
    assert "10:00" in desk.times("rueckenschule", "2027-03-02")
    assert desk.assigned("rueckenschule", "2027-03-02 10:00", seats=2) == [("clara", 2), ("clara", 3)]


def test_group_takes_all_seats_asked_for_or_none(desk):
    """Rule 62: 3 seats or none."""
    desk.booked("clara", "2027-03-02 10:00", 60, service="rueckenschule", place="hafen", seats=range(6))
    assert "10:00" in desk.times("rueckenschule", "2027-03-02", seats=2)
    assert "10:00" not in desk.times("rueckenschule", "2027-03-02", seats=3)
    assert desk.rules("rueckenschule", "2027-03-02 10:00", seats=3) == [("62", "booking")]


def test_group_never_has_more_seats_than_it_has(desk):
    """Rule 62."""
    assert desk.slots("rueckenschule", "2027-03-02", seats=9) == []
    assert ("62", "service:rueckenschule") in desk.rules("rueckenschule", "2027-03-02 10:00", seats=9)


def test_group_that_nobody_has_booked_takes_nobody(desk):
    """Rule 64: ten o'clock is offered for both until one of them is booked."""
    for service in ("rueckenschule", "erstgespraech"):
        assert "10:00" in desk.times(service, "2027-03-02", staff="clara")
    desk.booked("clara", "2027-03-02 10:00", 60, service="rueckenschule", place="hafen")
    assert "10:00" not in desk.times("erstgespraech", "2027-03-02", staff="clara")


def test_person_with_a_group_is_busy_for_other_services(desk):
    """Rule 63 (E!A 948)."""
    desk.booked("clara", "2027-03-02 10:00", 60, service="rueckenschule", place="hafen")
    assert not {"09:30", "10:00", "10:30"} & set(desk.times("erstgespraech", "2027-03-02", staff="clara"))


def test_group_event_off_the_grid_can_be_joined(desk):
    """Rule 63: the first booking fixes the event, also where staff put it beside the grid."""
    desk.booked("clara", "2027-03-02 10:10", 60, service="rueckenschule", place="hafen")
    times = desk.times("rueckenschule", "2027-03-02")
    assert "10:10" in times
    assert "10:00" not in times


def test_group_event_of_an_absent_person_can_not_be_joined(desk):
    """Rule 18 against rule 63."""
    desk.booked("clara", "2027-03-02 10:00", 60, service="rueckenschule", place="hafen")
    day = berlin("2027-03-02 00:00")
    clara = desk.one(Resource, "clara")
    with_busy(
        desk, hookspecs.Busy(Period(day, day + timedelta(days=1)), "person:clara", "18", "sick", clara.id)
    )
    assert desk.slots("rueckenschule", "2027-03-02") == []


def test_slots_of_the_day_on_which_the_clocks_go_forward(desk):
    """Rule 4: a night shift 01:00-05:00 on 28 March has 3 hours."""
    assert night(desk, "2027-03-28") == ["01:00", "01:30", "03:00", "03:30", "04:00", "04:30"]


def test_slots_of_the_day_on_which_the_clocks_go_back(desk):
    """Rule 5: on 31 October 02:00 CEST and 02:00 CET are both offered."""
    times = night(desk, "2027-10-31")
    assert times == ["01:00", "01:30", "02:00", "02:30", "02:00", "02:30", "03:00", "03:30", "04:00", "04:30"]


def night(desk: Desk, sunday: str) -> list[str]:
    hours = desk.hall.plugins.instance("vorzimmer_weekly_hours")
    anna, place = desk.one(Resource, "anna"), desk.one(Location, "markt")
    hours.set_week(desk.session, {6: [(60, 300)]}, resource_id=anna.id, location_id=place.id)
    return desk.times(desk.service("massage", step=30, horizon=400), sunday, staff="anna")


def test_policies_are_asked_once_for_all_candidates(desk):
    extra = with_plugin(desk)
    desk.slots("massage", MONDAY, 31)
    assert len(extra.asked) == 1


def test_refused_start_is_not_offered(desk):
    start = berlin("2027-03-02 10:00")
    with_plugin(
        desk, refusals=[hookspecs.Refusal(start, "fridays", "Closed every second Friday.", "fridays")]
    )
    assert "10:00" not in desk.times("massage", "2027-03-02")
    assert desk.assigned("massage", "2027-03-02 10:00") is None
    assert desk.rules("massage", "2027-03-02 10:00") == [("fridays", "fridays")]


def statements(desk: Desk, **wish: Any) -> int:
    connection = desk.session.connection()
    sent: list[str] = []
    desk.session.expire_all()
    service = desk.service("massage")
    event.listen(connection, "before_cursor_execute", lambda *given: sent.append(given[2]))
    desk.slots(service, MONDAY, **wish)
    return len(sent)


def test_number_of_queries_does_not_grow(desk):
    """Architecture §6: not with staff, days or bookings."""
    few = statements(desk, days=1, staff="anna")
    for number in range(5):
        desk.booked("anna", f"2027-03-0{number + 1} 09:00")
        desk.booked("ben", f"2027-03-0{number + 1} 15:00")
    assert statements(desk, days=62) == few
    assert few <= 12


# ---- explain ----


def explained(desk: Desk, service: str, start: str, **wish: Any) -> list[str]:
    return [str(why.text) for why in desk.explained(service, start, **wish).reasons]


def test_offered_start_has_no_reasons(desk):
    """Rule 81."""
    found = desk.explained("massage", "2027-03-02 10:00", staff="anna")
    assert (found.offered, found.reasons, found.would_be_free_if) == (True, [], [])


@pytest.mark.parametrize(
    ("start", "rule", "source"),
    [
        ("2027-03-01 09:00", "36", "service:massage"),
        ("2027-09-01 09:00", "37", "service:massage"),
        ("2027-03-02 10:07", "21", "service:massage"),
        ("2027-03-02 11:45", "25", "person:anna"),
        ("2027-03-02 12:30", "13", "person:anna"),
        ("2027-03-06 10:00", "12", "person:anna"),
    ],
)
def test_broken_rule_is_named_with_its_source(desk, start, rule, source):
    """Rule 81."""
    assert desk.rules("massage", start, staff="anna") == [(rule, source)]


@pytest.mark.parametrize(
    ("status", "rule"), [(Status.CONFIRMED, "2"), (Status.HELD, "44"), (Status.REQUESTED, "50")]
)
def test_neighbour_is_named_by_what_it_is(desk, status, rule):
    """Rules 2, 44 and 50."""
    ends = berlin("2027-03-01 12:00")
    desk.booked("anna", "2027-03-02 10:00", status=status, expires_at=ends)
    assert desk.rules("massage", "2027-03-02 10:00", staff="anna") == [(rule, "booking")]


def test_short_buffer_is_named(desk):
    """Rule 34."""
    desk.booked("anna", "2027-03-02 10:30")
    found = desk.explained("massage", "2027-03-02 10:00", staff="anna")
    assert [(why.rule, why.conflict) for why in found.reasons] == [("34", True)]
    assert [str(text) for text in found.would_be_free_if] == [
        "Anna Berger started no later than 09:55 or no earlier than 11:00"
    ]


def test_smallest_change_is_that_of_the_person_nearest_to_free(desk):
    """Rule 81: Anna is off the grid only, Ben is also busy."""
    desk.booked("ben", "2027-03-02 11:00")
    found = desk.explained("massage", "2027-03-02 11:05")
    assert {why.rule for why in found.reasons} == {"21", "2"}
    assert [str(text) for text in found.would_be_free_if] == ["the start were 11:00 / 11:15"]


def test_several_rules_are_all_named(desk):
    desk.booked("anna", "2027-03-01 09:00")
    assert {rule for rule, _source in desk.rules("massage", "2027-03-01 09:07", staff="anna")} == {
        "36",
        "21",
        "2",
    }


def test_missing_room_is_the_reason(desk):
    """Rule 52."""
    for room in ("raum-1", "raum-2"):
        desk.blocked(room, "2027-03-02 08:00", "2027-03-02 18:00")
    assert set(desk.rules("ultraschall", "2027-03-02 10:00")) == {("2", "block")}
    assert explained(desk, "ultraschall", "2027-03-02 10:00")[0].startswith("Raum 1 is not available")


def test_stranger_does_not_offer_the_service(desk):
    """Rule 53."""
    assert desk.rules("massage", "2027-03-02 10:00", staff="clara") == [("53", "person:clara")]


# ---- refusals and staff ----


def test_taken_slot_is_told_from_one_that_was_never_offered(desk):
    """Interface: `slot_taken` and `not_offered`."""
    desk.booked("anna", "2027-03-02 10:00")
    now = database.now(desk.session)

    def refused(start: str) -> Reason:
        service = desk.service("massage")
        return availability.refusal(
            desk.session, desk.hall.plugins, service, berlin(start), now, staff="anna"
        ).reason

    assert (refused("2027-03-02 10:00"), refused("2027-03-02 12:30")) == (
        Reason.SLOT_TAKEN,
        Reason.NOT_OFFERED,
    )


def test_taken_slot_comes_with_the_nearest_others(desk):
    """T5."""
    desk.booked("anna", "2027-03-02 10:00")
    refusal = availability.refusal(
        desk.session,
        desk.hall.plugins,
        desk.service("massage"),
        berlin("2027-03-02 10:00"),
        database.now(desk.session),
        staff="anna",
    )
    times = [slot.start.astimezone(BERLIN).strftime("%H:%M") for slot in refusal.facts["alternatives"]]
    assert times == ["09:00", "09:15", "10:30", "10:45", "11:00", "11:15"]


def test_staff_may_break_rules_with_a_warning(desk):
    """Rules 20 and 42: at lunch, off the grid."""
    placed = desk.placed("massage", "2027-03-02 12:40", staff="anna")
    assert [why.rule for why in placed.warnings] == ["13"]
    assert placed.conflicts == []
    assert [item.resource.slug for item in placed.assignment.items] == ["anna"]


def test_conflict_is_never_a_warning(desk):
    """Rules 42 and 80."""
    desk.booked("anna", "2027-03-02 10:00")
    placed = desk.placed("massage", "2027-03-02 10:15", staff="anna")
    assert [why.rule for why in placed.conflicts] == ["2"]


def test_too_short_buffer_is_a_conflict(desk):
    """Rules 34 and 35."""
    desk.booked("anna", "2027-03-02 10:30")
    assert [why.rule for why in desk.placed("massage", "2027-03-02 10:00", staff="anna").conflicts] == ["34"]


def test_own_old_time_is_no_conflict(desk):
    """Rule 71: 10:00-11:00 to 10:30-11:30 is legal."""
    mine = desk.booked("anna", "2027-03-02 10:00", 60, service="erstgespraech")
    placed = desk.placed("erstgespraech", "2027-03-02 10:30", staff="anna", ignoring=mine.id)
    assert (placed.warnings, placed.conflicts) == ([], [])


def test_placement_takes_a_free_room_where_there_is_one(desk):
    """Rule 52, for staff too."""
    desk.blocked("raum-1", "2027-03-02 12:00", "2027-03-02 13:00")
    placed = desk.placed("ultraschall", "2027-03-02 12:40", staff="anna")
    assert [item.resource.slug for item in placed.assignment.items] == ["anna", "raum-2", "ultraschall"]


def test_placement_outside_all_hours_stays_where_people_work(desk):
    """Rule 80: on a Sunday Anna is put to markt, not to the place that comes first."""
    assert desk.placed("erstgespraech", "2027-03-07 10:00", staff="anna").assignment.location.slug == "markt"


def test_move_outside_all_hours_stays_at_its_place(desk):
    """Rules 60 and 80."""
    mine = desk.booked("ben", "2027-03-02 10:00", place="hafen")
    placed = desk.placed("massage", "2027-03-07 10:00", staff="ben", ignoring=mine.id)
    assert placed.assignment.location.slug == "hafen"
