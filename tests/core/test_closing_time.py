"""Time closes by any door: the appointments in it are decided on before it is done, in one step.

Rules 12 to 15 and 17 to 19.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from tests import acts
from vorzimmer import booking, catalogue, hookspecs
from vorzimmer.access import ROLES, Actor
from vorzimmer.booking import Decisions
from vorzimmer.hookspecs import HoursOf, NewAbsence
from vorzimmer.models import AuditEntry, Booking, Status
from vorzimmer.reasons import Reason, Refused
from vorzimmer.settings import change
from vorzimmer.testing import DESK, Practice, berlin

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"], owner=True)
TUESDAY = date(2027, 3, 2)
HOLIDAYS = "plugins.vorzimmer_holidays"
Door = Callable[[Practice, Session, Decisions], Any]


def absence(practice: Practice, session: Session, decided: Decisions) -> Any:
    store = practice.hall.plugins.ask_first(hookspecs.absences)
    assert store
    wanted = NewAbsence("anna", TUESDAY, TUESDAY, "vacation", decided.of, decided.message)
    return store.enter(session, practice.hall, OWNER, wanted)


def set_week(practice: Practice, session: Session, decided: Decisions, whose: HoursOf, week: Any) -> None:
    store = practice.hall.plugins.ask_first(hookspecs.working_hours)
    assert store
    given: Any = {"decisions": decided.of, "message": decided.message}
    store.set_week(session, practice.hall, OWNER, whose, week, **given)


def hours(practice: Practice, session: Session, decided: Decisions) -> Any:
    set_week(practice, session, decided, HoursOf("resource", "anna", "markt"), {1: [(810, 1050)]})


def opening(practice: Practice, session: Session, decided: Decisions) -> Any:
    set_week(practice, session, decided, HoursOf("location", "markt"), {1: [(810, 1050)]})


def hours_of_the_service(practice: Practice, session: Session, decided: Decisions) -> Any:
    set_week(practice, session, decided, HoursOf("service", "ultraschall"), {1: [(810, 1050)]})


def day(practice: Practice, session: Session, decided: Decisions) -> Any:
    store = practice.hall.plugins.ask_first(hookspecs.working_hours)
    assert store
    whose = HoursOf("resource", "anna", "markt")
    given: Any = {"on_holidays": False, "decisions": decided.of, "message": decided.message}
    store.set_day(session, practice.hall, OWNER, whose, TUESDAY, [], **given)


def own_day(practice: Practice, session: Session, decided: Decisions) -> Any:
    change.save(session, practice.hall, OWNER, HOLIDAYS, {"own": [{"day": "2027-03-02"}]}, decided)


def own_day_in_part(practice: Practice, session: Session, decided: Decisions) -> Any:
    part = {"day": "03-02", "start": "10:00:00", "end": "11:00:00", "location": "markt"}
    change.save(session, practice.hall, OWNER, HOLIDAYS, {"own": [part]}, decided)


def place(practice: Practice, session: Session, decided: Decisions) -> Any:
    return catalogue.archive_location(session, practice.hall, OWNER, "markt", decided)


def person(practice: Practice, session: Session, decided: Decisions) -> Any:
    return catalogue.archive_resource(session, practice.hall, OWNER, "anna", decided)


def room(practice: Practice, session: Session, decided: Decisions) -> Any:
    return catalogue.archive_resource(session, practice.hall, OWNER, "raum-1", decided)


def room_moves(practice: Practice, session: Session, decided: Decisions) -> Any:
    values = {"location": "hafen"}
    return catalogue.change_resource(session, practice.hall, OWNER, "raum-1", values, decided)


def service(practice: Practice, session: Session, decided: Decisions) -> Any:
    return catalogue.archive_service(session, practice.hall, OWNER, "ultraschall", decided)


def zone(practice: Practice, session: Session, decided: Decisions) -> Any:
    values = {"zone": "Asia/Tokyo"}
    return catalogue.change_location(session, practice.hall, OWNER, "markt", values, decided)


DOORS: dict[Door, list[str]] = {  # each door, and who could take the appointment over
    absence: ["ben"],
    hours: ["ben"],
    day: ["ben"],
    opening: [],
    hours_of_the_service: [],
    own_day: [],
    own_day_in_part: [],
    place: [],
    person: ["ben"],
    room: ["raum-2"],
    room_moves: ["raum-2"],
    service: [],
    zone: [],
}


def through(practice: Practice, door: Door, of: dict[str, str] | None = None, message: str = "") -> Any:
    decided = Decisions(of or {}, message)
    return practice.hall.database.write(lambda session: door(practice, session, decided))


def affected(practice: Practice, door: Door, of: dict[str, str] | None = None) -> Refused:
    with pytest.raises(Refused) as refusal:
        through(practice, door, of)
    assert refusal.value.reason is Reason.AFFECTED
    return refusal.value


def treatment(practice: Practice, when: str = "2027-03-02 10:00", **more: Any) -> Booking:
    """Anna, a room and the device."""
    return practice.book("ultraschall", when, **more)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_an_appointment_is_decided_on_first(practice: Practice, door: Door) -> None:
    """Rule 19: nothing is done before; then both are, and the customer is told."""
    made = treatment(practice)
    refusal = affected(practice, door)
    assert [one.uid for one in refusal.facts["bookings"]] == [made.uid]
    assert [one.slug for one in refusal.facts["stand_ins"][made.uid]] == DOORS[door]
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED
    through(practice, door, {made.uid: "cancel"}, "Wir haben zu.")
    practice.hall.refresh(at_once=True)
    assert acts.again(practice.hall, made.uid).status == Status.CANCELLED
    assert "cancelled" in [topic for topic, _state in acts.told(practice.hall, made.uid)]
    if "raum-2" not in DOORS[door]:  # which is free
        with pytest.raises(Refused):
            acts.hold(practice.hall, service="ultraschall", staff="anna")


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_what_is_elsewhere_in_time_is_not_asked_about(practice: Practice, door: Door) -> None:
    """The other week, or the other place: the door opens without a question where the kind allows it."""
    made = practice.book("rueckenschule", "2027-03-04 10:00", "clara")
    through(practice, door)
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED


@pytest.mark.parametrize("door", [door for door, others in DOORS.items() if others], ids=lambda d: d.__name__)
def test_somebody_else_takes_it_over_in_the_same_step(practice: Practice, door: Door) -> None:
    made = treatment(practice)
    through(practice, door, {made.uid: f"reassign:{DOORS[door][0]}"})
    slugs = {one.resource.slug for one in acts.again(practice.hall, made.uid).allocations}
    assert DOORS[door][0] in slugs
    assert len(slugs) == 3


def test_what_was_kept_is_not_asked_about_again(practice: Practice) -> None:
    """Only what stands against it by the new change counts."""
    made = treatment(practice)
    through(practice, own_day, {made.uid: "keep"})
    practice.hall.refresh(at_once=True)
    through(practice, own_day)
    assert [one.uid for one in affected(practice, absence).facts["bookings"]] == [made.uid]
    through(practice, absence, {made.uid: "keep"})
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED


def test_who_works_on_holidays_keeps_the_appointments(practice: Practice) -> None:
    """Rule 15."""
    ids = {"resource_id": practice.resource("anna").id, "location_id": practice.location("markt").id}
    plugin = practice.hall.plugins.instance("vorzimmer_weekly_hours")
    practice.hall.database.write(
        lambda session: plugin.set_day(session, TUESDAY, [(540, 720)], despite_closure=True, **ids)
    )
    made = treatment(practice)
    through(practice, own_day)
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED


def test_another_region_of_public_holidays_is_triaged(practice: Practice) -> None:
    """Corpus Christi is none in Berlin, but in Bavaria."""
    made = practice.book("massage", "2027-05-27 10:00")

    def bavaria(practice: Practice, session: Session, decided: Decisions) -> Any:
        regions = {"locations": {"markt": {"country": "DE", "subdivision": "BY"}}}
        change.save(session, practice.hall, OWNER, HOLIDAYS, regions, decided)

    assert [one.uid for one in affected(practice, bavaria).facts["bookings"]] == [made.uid]


def test_a_plugin_that_is_switched_on_closes_time_as_well(practice: Practice) -> None:
    through(practice, absence)

    def switch(off: list[str]) -> Door:
        def door(practice: Practice, session: Session, decided: Decisions) -> Any:
            change.save(session, practice.hall, OWNER, "plugins", {"off": off}, decided)

        return door

    through(practice, switch(["vorzimmer_absences"]))
    practice.hall.refresh(at_once=True)
    made = treatment(practice)
    assert [one.uid for one in affected(practice, switch([])).facts["bookings"]] == [made.uid]


def test_a_running_hold_is_decided_on_too(practice: Practice) -> None:
    """Rule 44: its customer would get an appointment in closed time."""
    held = acts.hold(practice.hall, service="ultraschall", staff="anna")
    assert [one.uid for one in affected(practice, person).facts["bookings"]] == [held.uid]
    through(practice, person, {held.uid: "cancel"})
    assert acts.again(practice.hall, held.uid).status == Status.EXPIRED


def test_a_request_in_time_that_was_closed_since_warns_before_it_is_accepted(practice: Practice) -> None:
    """Rules 19, 42: the log says why it was accepted all the same."""
    asked = acts.book(practice.hall, "2027-03-02 10:00", "erstgespraech", staff="anna")
    through(practice, own_day, {asked.uid: "keep"})
    practice.hall.refresh(at_once=True)
    with pytest.raises(Refused) as refusal:
        acts.act(practice.hall, booking.accept, DESK, asked.uid)
    assert [why.rule for why in refusal.value.facts["warnings"]] == ["17"]
    assert acts.again(practice.hall, asked.uid).status == Status.REQUESTED
    override = booking.Override("warning", "Notdienst")
    acts.act(practice.hall, booking.accept, DESK, asked.uid, override=override)
    assert acts.again(practice.hall, asked.uid).status == Status.CONFIRMED
    with practice.hall.database.reading() as session:
        written = session.scalars(select(AuditEntry).where(AuditEntry.act == "accepted")).one()
    assert written.after["reason"] == "Notdienst"


def test_an_open_request_is_accepted_without_a_question(practice: Practice) -> None:
    asked = acts.book(practice.hall, "2027-03-02 10:00", "erstgespraech", staff="anna")
    acts.act(practice.hall, booking.accept, DESK, asked.uid)
    assert acts.again(practice.hall, asked.uid).status == Status.CONFIRMED


def test_who_may_not_see_an_appointment_can_only_keep_it(practice: Practice) -> None:
    """A1: settings alone open nobody's calendar."""
    made = treatment(practice)
    builder = Actor("it@praxis.example", "office", rights=frozenset({*ROLES["owner"]} - {"calendars"}))

    def close(session: Session, decided: Decisions) -> None:
        change.save(session, practice.hall, builder, HOLIDAYS, {"own": [{"day": "2027-03-02"}]}, decided)

    with pytest.raises(Refused) as refusal:
        practice.hall.database.write(lambda session: close(session, Decisions()))
    assert refusal.value.facts["hidden"] == {made.uid}
    with pytest.raises(Refused) as refusal:
        practice.hall.database.write(lambda session: close(session, Decisions({made.uid: "cancel"})))
    assert refusal.value.reason is Reason.FORBIDDEN
    practice.hall.database.write(lambda session: close(session, Decisions({made.uid: "keep"})))
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED


def test_a_closed_day_is_stored_once(practice: Practice) -> None:
    """The same day twice closes nothing more; a yearly one covers it as well."""
    days = [{"day": "12-24"}, {"day": "2027-12-24"}, {"day": "12-24", "start": "12:00:00"}, {"day": "12-31"}]
    acts.act(practice.hall, change.save, OWNER, HOLIDAYS, {"own": days})
    practice.hall.refresh(at_once=True)
    own = practice.hall.plugins.instance("vorzimmer_holidays").config.own
    assert [one.day for one in own] == ["12-24", "12-31"]


def test_many_appointments_are_looked_at_with_few_statements(practice: Practice) -> None:
    """As many for six as for two."""

    def asked() -> int:
        sent: list[str] = []
        note = lambda *given: sent.append(given[2])  # noqa: E731  (said once, used once)
        event.listen(practice.hall.database.engine, "before_cursor_execute", note)
        try:
            through(practice, own_day_in_part)
        finally:
            event.remove(practice.hall.database.engine, "before_cursor_execute", note)
        return len(sent)

    for hour in ("14:00", "14:30"):
        treatment(practice, f"2027-03-02 {hour}", email="", name=f"Um {hour}")
    through(practice, own_day_in_part)
    few = asked()
    for hour in ("15:00", "15:30", "16:00", "16:30"):
        treatment(practice, f"2027-03-03 {hour}", email="", name=f"Um {hour}")
    assert asked() == few


def test_a_day_that_is_over_needs_no_decision(practice: Practice) -> None:
    made = treatment(practice)
    practice.clock.now = berlin("2027-03-02 12:00")
    through(practice, absence)
    assert acts.again(practice.hall, made.uid).status == Status.CONFIRMED
