"""The catalogue: services, people, rooms and places, changed by the practice itself (K17 to K29, O6 to O9, O57)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import availability, catalogue, database
from vorzimmer.access import ROLES, Actor, Right
from vorzimmer.booking import Decisions
from vorzimmer.catalogue import Need
from vorzimmer.catalogue.services import needs_of
from vorzimmer.models import AuditEntry, Resource, Service
from vorzimmer.periods import Period
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import BERLIN, Outbox, Practice, berlin

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
DESK = Actor("empfang@praxis.example", "office", rights=ROLES["desk"])
ANNA = Need("staff", ("anna",))
YOGA = {"name": "Yoga für Schwangere", "minutes": 45}


def do(practice: Practice, work: Callable[[Session], Any]) -> Any:
    return practice.hall.database.write(work)


def create(practice: Practice, values: dict[str, Any] = YOGA, *needs: Need, actor: Actor = OWNER) -> Service:
    made: Service = do(
        practice, lambda s: catalogue.create_service(s, practice.hall, actor, values, needs or (ANNA,))
    )
    return made


def change(practice: Practice, slug: str, values: dict[str, Any], *needs: Need) -> Service:
    made: Service = do(
        practice, lambda s: catalogue.change_service(s, practice.hall, OWNER, slug, values, needs or None)
    )
    return made


def errors(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    assert refused.value.reason is Reason.INVALID
    return set(refused.value.facts["errors"])


def free(practice: Practice, slug: str, day: str = "2027-03-02", staff: str | None = None) -> list[str]:
    with practice.hall.database.reading() as session:
        found = availability.free_slots(
            session,
            practice.hall.plugins,
            session.scalars(select(Service).where(Service.slug == slug)).one(),
            Period(berlin(day), berlin(f"{day} 23:59")),
            database.now(session),
            staff=staff,
        )
    return [f"{slot.start.astimezone(BERLIN):%H:%M}" for slot in found]


def givers(practice: Practice, slug: str) -> list[Need]:
    with practice.hall.database.reading() as session:
        return needs_of(session.scalars(select(Service).where(Service.slug == slug)).one())


# ---- services --------------------------------------------------------------------------------------------------------


def test_a_new_service_can_be_booked_at_once(practice: Practice) -> None:
    """O6, K18, K22: 45 minutes, a start every 45."""
    made = create(practice)
    assert made.slug == "yoga-fuer-schwangere"
    assert free(practice, made.slug)[:3] == ["09:00", "09:45", "10:30"]


def test_a_second_service_of_the_same_name_gets_its_own_address(practice: Practice) -> None:
    create(practice)
    assert create(practice).slug == "yoga-fuer-schwangere-2"


def test_a_name_without_latin_letters_gets_an_address_too(practice: Practice) -> None:
    assert create(practice, {"name": "Массаж", "minutes": 30}).slug == "service"


def test_whatever_is_wrong_is_said_beside_its_field(practice: Practice) -> None:
    for values in (
        {"name": " "},
        {"minutes": 0, "step": 5000},
        {"slug": "massage"},
        {"slug": "Mass age"},
        {"policy": "maybe", "currency": "EURO", "color": "teal"},
        {"reminders": [0]},
        {"price": -1, "capacity": 0},
    ):
        with pytest.raises(Refused) as refused:
            create(practice, YOGA | values)
        assert errors(refused) == values.keys()


def test_a_need_that_nobody_can_fill_is_refused(practice: Practice) -> None:
    for need in (
        Need("staff"),
        Need("staff", ("raum-1",)),
        Need("staff", ("nobody",)),
        Need("dragon"),
        Need("staff", ("anna",), quantity=2),
        Need("staff", ("anna",), offset=45),
        Need("staff", ("anna",), minutes=0),
    ):
        with pytest.raises(Refused) as refused:
            create(practice, YOGA, need)
        assert errors(refused) == {"need-0"}


def test_a_service_needs_somebody(practice: Practice) -> None:
    with pytest.raises(Refused) as refused:
        do(practice, lambda s: catalogue.create_service(s, practice.hall, OWNER, YOGA, ()))
    assert errors(refused) == {"needs"}


def test_only_who_may_change_settings_may_change_the_catalogue(practice: Practice) -> None:
    """A1, O52."""
    with pytest.raises(Refused) as refused:
        create(practice, actor=DESK)
    assert refused.value.reason is Reason.FORBIDDEN


def test_a_change_holds_in_the_next_search(practice: Practice) -> None:
    """K21: another duration and grid."""
    change(practice, "massage", {"minutes": 90, "step": 90, "after": 0})
    assert free(practice, "massage", staff="anna") == ["09:00", "10:30", "13:30", "15:00"]


def test_a_change_leaves_appointments_as_they_were_promised(practice: Practice) -> None:
    """K21."""
    booking = practice.book("massage", "2027-03-02 09:00")
    change(practice, "massage", {"minutes": 90, "price": 9900})
    with practice.hall.database.reading() as session:
        found = session.get_one(type(booking), booking.id)
        assert (found.ends, found.price) == (berlin("2027-03-02 09:30"), 4500)


def test_other_needs_leave_appointments_where_they_are(practice: Practice) -> None:
    """The allocation of a need that is gone stays."""
    booking = practice.book("ultraschall", "2027-03-02 09:00")
    change(practice, "ultraschall", {}, ANNA)
    with practice.hall.database.reading() as session:
        assert len(session.get_one(type(booking), booking.id).allocations) == 3
    assert givers(practice, "ultraschall") == [ANNA]


def test_the_log_says_what_was_changed_to_what(practice: Practice) -> None:
    change(practice, "massage", {"minutes": 40, "step": 15})
    with practice.hall.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "service changed")).one()
    assert (entry.subject, entry.before, entry.after) == ("service massage", {"minutes": 30}, {"minutes": 40})


def test_an_archived_service_cannot_be_booked_and_its_appointments_stay(practice: Practice) -> None:
    """O7, O8: those that were kept."""
    booking = practice.book("massage", "2027-03-02 09:00")
    kept = Decisions({booking.uid: "keep"})
    do(practice, lambda s: catalogue.archive_service(s, practice.hall, OWNER, "massage", kept))
    with pytest.raises(Refused):
        practice.book("massage", "2027-03-02 11:00")
    with practice.hall.database.reading() as session:
        assert session.get_one(type(booking), booking.id).status == "confirmed"
    do(practice, lambda s: catalogue.restore_service(s, OWNER, "massage"))
    practice.book("massage", "2027-03-02 11:00")


def test_a_category_is_renamed_in_all_of_its_services(practice: Practice) -> None:
    """C47."""
    change(practice, "massage", {"category": "Wellness"})
    do(practice, lambda s: catalogue.rename_category(s, OWNER, "Wellness", "Entspannung"))
    assert practice.service("massage").category == "Entspannung"


def test_all_prices_are_hidden_at_once(practice: Practice) -> None:
    """K24."""
    do(practice, lambda s: catalogue.show_prices(s, OWNER, False))
    assert not practice.service("massage").price_shown


# ---- people ----------------------------------------------------------------------------------------------------------


def test_a_person_ticks_services_of_the_catalogue(practice: Practice) -> None:
    """K27, O57: clara gives massages from now on, ben no longer."""
    do(
        practice,
        lambda s: catalogue.set_offers(s, OWNER, "clara", ["massage", "erstgespraech", "rueckenschule"]),
    )
    do(practice, lambda s: catalogue.set_offers(s, OWNER, "ben", ["erstgespraech", "ultraschall"]))
    assert givers(practice, "massage") == [Need("staff", ("anna", "clara"))]


def test_staff_choose_their_own_services_and_nobody_elses(practice: Practice) -> None:
    """K27: who plans their own time says what they offer."""
    clara = Actor(
        "clara@praxis.example",
        "office",
        resource_id=practice.resource("clara").id,
        rights=frozenset({Right.OWN_CALENDAR, Right.AVAILABILITY}),
    )
    wanted = ["massage", "erstgespraech", "rueckenschule"]
    do(practice, lambda s: catalogue.set_offers(s, clara, "clara", wanted))
    assert givers(practice, "massage") == [Need("staff", ("anna", "ben", "clara"))]
    with pytest.raises(Refused, match=Reason.FORBIDDEN):
        do(practice, lambda s: catalogue.set_offers(s, clara, "ben", wanted))
    mere = replace(clara, rights=frozenset({Right.OWN_CALENDAR}))
    with pytest.raises(Refused, match=Reason.FORBIDDEN):
        do(practice, lambda s: catalogue.set_offers(s, mere, "clara", wanted))


def test_the_last_who_gives_a_service_cannot_leave_it(practice: Practice) -> None:
    with pytest.raises(Refused) as refused:
        do(practice, lambda s: catalogue.set_offers(s, OWNER, "clara", ["erstgespraech"]))
    assert errors(refused) == {"services"}


def test_an_own_version_changes_nothing_for_the_others(practice: Practice) -> None:
    """K28, K29, rule 27: anna's massage takes an hour, ben's does not."""
    own = do(practice, lambda s: catalogue.own_version(s, practice.hall, OWNER, "massage", "anna"))
    change(practice, own.slug, {"minutes": 60, "step": 60})
    assert (own.name, givers(practice, own.slug)) == ("Klassische Massage – Anna Berger", [ANNA])
    assert givers(practice, "massage") == [Need("staff", ("ben",))]
    assert (practice.service("massage").minutes, free(practice, own.slug)[1]) == (30, "10:00")


def test_a_new_room_stands_at_its_place(practice: Practice) -> None:
    values = {"kind": "room", "name": "Raum 3", "location": "hafen", "after": 10}
    room = do(practice, lambda s: catalogue.create_resource(s, practice.hall, OWNER, values))
    assert (room.slug, room.location_id, room.after) == ("raum-3", practice.location("hafen").id, 10)


def test_a_room_needs_a_place(practice: Practice) -> None:
    with pytest.raises(Refused) as refused:
        do(
            practice,
            lambda s: catalogue.create_resource(s, practice.hall, OWNER, {"kind": "room", "name": "Raum 3"}),
        )
    assert errors(refused) == {"location"}


def test_a_new_person_without_hours_is_not_bookable(practice: Practice) -> None:
    """O54, K39."""
    values = {"kind": "staff", "name": "Dora Eich"}
    do(practice, lambda s: catalogue.create_resource(s, practice.hall, OWNER, values))
    made = create(practice, YOGA, Need("staff", ("dora-eich",)))
    assert free(practice, made.slug) == []


def test_an_archived_person_is_not_bookable(practice: Practice) -> None:
    do(practice, lambda s: catalogue.archive_resource(s, practice.hall, OWNER, "clara"))
    assert free(practice, "rueckenschule") == []


def test_buffers_of_a_person_take_the_place_of_the_services(practice: Practice) -> None:
    """Rule 31: anna needs 20 minutes after each appointment."""
    do(practice, lambda s: catalogue.change_resource(s, practice.hall, OWNER, "anna", {"after": 20}))
    practice.book("massage", "2027-03-02 13:30")
    found = free(practice, "massage", staff="anna")
    assert next(time for time in found if time >= "13:00") == "14:30"


# ---- places ----------------------------------------------------------------------------------------------------------


def test_a_place_is_added_and_changed(practice: Practice) -> None:
    values = {"name": "Praxis Süd", "zone": "Europe/Berlin", "address": "Allee 1"}
    made = do(practice, lambda s: catalogue.create_location(s, OWNER, values))
    do(
        practice,
        lambda s: catalogue.change_location(s, practice.hall, OWNER, made.slug, {"address": "Allee 2"}),
    )
    assert practice.location("praxis-sued").address == "Allee 2"


def test_nothing_is_free_at_an_archived_place(practice: Practice) -> None:
    do(practice, lambda s: catalogue.archive_location(s, practice.hall, OWNER, "hafen"))
    assert free(practice, "rueckenschule") == []


def test_what_does_not_exist_is_not_found(practice: Practice) -> None:
    for act in (catalogue.archive_location, catalogue.archive_resource, catalogue.archive_service):
        with pytest.raises(Refused) as refused:
            practice.hall.database.write(partial(act, hall=practice.hall, actor=OWNER, slug="nothing"))
        assert refused.value.reason is Reason.NOT_FOUND


def test_every_change_claims_the_resources(practice: Practice) -> None:
    """Architecture §3: nobody books by the old rules beside it."""
    before = practice.resource("ben").version
    change(practice, "massage", {"minutes": 40})
    with practice.hall.database.reading() as session:
        assert session.scalar(select(Resource.version).where(Resource.slug == "ben")) == before + 1


def test_a_service_has_its_own_times_of_reminders(practice: Practice, outbox: Outbox) -> None:
    """D8: two hours before instead of the practice's day before."""
    change(practice, "massage", {"reminders": [2]})
    practice.book("massage", "2027-03-02 13:30")
    assert [message.run_after for message in outbox.messages("reminder")] == [berlin("2027-03-02 11:30")]
