"""Absences: whole days and times, appointments in the way, who may enter them (rules 18 to 20)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from vorzimmer import hookspecs
from vorzimmer.access import ROLES, Actor
from vorzimmer.hookspecs import Busy, NewAbsence
from vorzimmer.models import AuditEntry, Resource
from vorzimmer.periods import Period
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import DESK, Practice, berlin
from vorzimmer_absences import absences
from vorzimmer_absences.models import Absence


def enter(
    practice: Practice,
    start: date | datetime,
    end: date | datetime,
    person: str = "anna",
    kind: str = "vacation",
    actor: Actor = DESK,
    **more: Any,
) -> Absence:
    wanted = NewAbsence(person, start, end, kind, **more)
    return practice.hall.database.write(lambda session: absences.enter(session, practice.hall, actor, wanted))


def busy(practice: Practice, start: str, end: str, person: str = "anna") -> list[Busy]:
    """What the search hears of a person's absences."""
    with practice.hall.database.reading() as session:
        found: list[Busy] = practice.hall.plugins.instance("vorzimmer_absences").busy_periods(
            session, [practice.resource(person)], Period(berlin(start), berlin(end))
        )
    return found


def test_days_are_local_and_inclusive(practice: Practice) -> None:
    """Rule 18: 1 to 3 May ends on 4 May at 00:00."""
    enter(practice, date(2027, 5, 1), date(2027, 5, 3))
    (found,) = busy(practice, "2027-05-01", "2027-06-01")
    assert found.period == Period(berlin("2027-05-01 00:00"), berlin("2027-05-04 00:00"))
    assert (found.rule, found.source, found.closure) == ("18", "person:anna", False)


def test_the_day_on_which_the_clocks_change_is_one_local_day(practice: Practice) -> None:
    """Rules 8, 18: 28 March 2027 has 23 hours in Berlin."""
    enter(practice, date(2027, 3, 28), date(2027, 3, 28))
    (found,) = busy(practice, "2027-03-28", "2027-03-29")
    assert found.period.end - found.period.start == timedelta(hours=23)


def test_times_mean_themselves(practice: Practice) -> None:
    """Rule 18."""
    enter(practice, berlin("2027-03-02 14:00"), berlin("2027-03-02 15:30"), kind="sick")
    (found,) = busy(practice, "2027-03-02", "2027-03-03")
    assert found.period == Period(berlin("2027-03-02 14:00"), berlin("2027-03-02 15:30"))


def test_why_somebody_is_away_is_nobodys_business(practice: Practice) -> None:
    enter(practice, date(2027, 5, 1), date(2027, 5, 1), kind="sick")
    assert busy(practice, "2027-05-01", "2027-05-02")[0].text == "absent"


def test_a_break_is_named_as_one(practice: Practice) -> None:
    """Rule 20: customers cannot book into it; staff may, with a warning."""
    enter(practice, berlin("2027-03-02 10:00"), berlin("2027-03-02 10:15"), kind="break")
    assert busy(practice, "2027-03-02", "2027-03-03")[0].rule == "20"


def test_only_the_people_asked_for_are_told(practice: Practice) -> None:
    enter(practice, date(2027, 5, 1), date(2027, 5, 1), "ben")
    assert busy(practice, "2027-05-01", "2027-05-02", "anna") == []


def test_an_appointment_in_it_refuses_the_absence_and_is_named(practice: Practice) -> None:
    """Rule 19: nothing is done, nothing is deleted silently."""
    booking = practice.book("massage", "2027-03-02 09:00")
    with pytest.raises(Refused) as refusal:
        enter(practice, date(2027, 3, 2), date(2027, 3, 2))
    assert refusal.value.reason is Reason.AFFECTED
    assert [affected.uid for affected in refusal.value.facts["bookings"]] == [booking.uid]
    assert busy(practice, "2027-03-02", "2027-03-03") == []


def test_an_appointment_that_shall_be_kept_is_kept(practice: Practice) -> None:
    """Rule 19."""
    booking = practice.book("massage", "2027-03-02 09:00")
    enter(practice, date(2027, 3, 2), date(2027, 3, 2), decisions={booking.uid: "keep"})
    assert len(busy(practice, "2027-03-02", "2027-03-03")) == 1


def test_keeping_one_appointment_says_nothing_about_another(practice: Practice) -> None:
    """Rule 19."""
    kept = practice.book("massage", "2027-03-02 09:00")
    other = practice.book("massage", "2027-03-02 11:00")
    with pytest.raises(Refused) as refusal:
        enter(practice, date(2027, 3, 2), date(2027, 3, 2), decisions={kept.uid: "keep"})
    assert [affected.uid for affected in refusal.value.facts["bookings"]] == [other.uid]


def test_appointments_beside_it_or_of_others_are_not_affected(practice: Practice) -> None:
    practice.book("massage", "2027-03-02 09:00")
    practice.book("massage", "2027-03-02 10:00", staff="ben")
    enter(practice, berlin("2027-03-02 09:30"), berlin("2027-03-02 12:00"))
    assert len(busy(practice, "2027-03-02", "2027-03-03")) == 1


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2027, 5, 3), date(2027, 5, 1)),
        (berlin("2027-05-01 10:00"), berlin("2027-05-01 10:00")),
        (date(2027, 5, 1), berlin("2027-05-02 10:00")),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(practice: Practice, start: date, end: date) -> None:
    with pytest.raises(Refused) as refusal:
        enter(practice, start, end)
    assert refusal.value.reason is Reason.INVALID


def test_staff_enter_only_their_own(practice: Practice) -> None:
    """C22, A1."""
    ben = Actor("ben@praxis.example", "office", None, practice.resource("ben").id, ROLES["staff"])
    enter(practice, date(2027, 5, 1), date(2027, 5, 1), "ben", actor=ben)
    with pytest.raises(Refused) as refusal:
        enter(practice, date(2027, 5, 1), date(2027, 5, 1), "anna", actor=ben)
    assert refusal.value.reason is Reason.FORBIDDEN


def test_staff_see_and_delete_only_their_own(practice: Practice) -> None:
    """C22, A1."""
    hers = enter(practice, date(2027, 5, 1), date(2027, 5, 1), "anna")
    ben = Actor("ben@praxis.example", "office", None, practice.resource("ben").id, ROLES["staff"])
    with practice.hall.database.reading() as session:
        assert {one.resource.slug for one in absences.listed(session, ben)} == {"ben"}
    with pytest.raises(Refused) as refusal:
        practice.hall.database.write(lambda session: absences.delete(session, ben, hers.id))
    assert refusal.value.reason is Reason.NOT_FOUND


def test_a_deleted_absence_frees_the_time(practice: Practice) -> None:
    absence = enter(practice, date(2027, 5, 1), date(2027, 5, 1))
    practice.hall.database.write(lambda session: absences.delete(session, DESK, absence.id))
    assert busy(practice, "2027-05-01", "2027-05-02") == []


def test_what_does_not_exist_cannot_be_deleted(practice: Practice) -> None:
    with pytest.raises(Refused) as refusal:
        practice.hall.database.write(lambda session: absences.delete(session, DESK, 4711))
    assert refusal.value.reason is Reason.NOT_FOUND


def test_entering_claims_the_person(practice: Practice) -> None:
    """Architecture §3: an absence and a booking of the same moment come one after the other."""
    before = practice.resource("anna").version
    enter(practice, date(2027, 5, 1), date(2027, 5, 1))
    assert practice.resource("anna").version > before


def test_entering_and_deleting_are_logged(practice: Practice) -> None:
    absence = enter(practice, date(2027, 5, 1), date(2027, 5, 1))
    practice.hall.database.write(lambda session: absences.delete(session, DESK, absence.id))
    with practice.hall.database.reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == f"absence {absence.id}").order_by(AuditEntry.id)
        ).all()
    assert [(entry.act, entry.actor) for entry in entries] == [
        ("absence entered", DESK.name),
        ("absence deleted", DESK.name),
    ]


def test_all_plugins_together_say_who_is_away(practice: Practice) -> None:
    """The demo's absence of ben, days 35 to 41 from the day of filling, and the holidays of Berlin."""
    with practice.hall.database.reading() as session:
        found = practice.hall.plugins.ask(
            hookspecs.busy_periods,
            session=session,
            resources=session.scalars(select(Resource)).all(),
            window=Period(berlin("2027-03-08"), berlin("2027-04-30")),
        )
    assert {item.source for item in found if item.rule == "18"} == {"person:ben"}
    assert len([item for item in found if item.rule == "17"]) == 6


def test_other_doors_find_the_store_by_its_hook(practice: Practice) -> None:
    """Decision 0008: the API never imports the plugin."""
    assert practice.hall.plugins.ask_first(hookspecs.absences) is not None


def test_another_reason_has_words_of_its_own_among_us(practice: Practice) -> None:
    """C6."""
    day = date(2027, 5, 4)
    enter(practice, day, day, kind="other", note="Fortbildung")
    (found,) = busy(practice, "2027-05-04", "2027-05-05")
    assert (found.text, found.office_text) == ("absent", "Fortbildung")
    enter(practice, day, day, "ben", kind="other")
    assert busy(practice, "2027-05-04", "2027-05-05", "ben")[0].office_text == "Other"


def test_words_too_long_to_keep_refuse_the_absence(practice: Practice) -> None:
    with pytest.raises(Refused) as refusal:
        enter(practice, date(2027, 5, 4), date(2027, 5, 4), kind="other", note="n" * 101)
    assert list(refusal.value.facts["errors"]) == ["note"]
