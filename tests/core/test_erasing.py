"""The rules of erasing that no database has a say in (S34, A1, A93, A176)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests import acts, erased
from tests.acts import DESK
from tests.core.test_erasure import booked, refusal
from tests.erased import OWNER
from vorzimmer import booking, customers, erasure, hookspecs
from vorzimmer.access import ROLES, Actor, Right
from vorzimmer.booking.parts import published
from vorzimmer.doctor import examine
from vorzimmer.models import AuditEntry, Booking, Calendar, CalendarObject, Erasure, Message
from vorzimmer.reasons import PluginFailed, Reason, Refused
from vorzimmer.testing import Clock, Practice


@pytest.fixture
def database_url() -> str:
    return ""


def test_a_time_that_is_reserved_at_this_moment_is_expected_too(practice: Practice, clock: Clock) -> None:
    uid, _ = booked(practice)
    clock.move(days=2)
    held = acts.hold(practice.hall, "2027-03-04 10:00")
    acts.type_details(practice.hall, held.uid, booking.Details("Max Muster", "MAX.muster@kunde.example"))
    assert [one.uid for one in refusal(practice, uid).facts["bookings"]] == [held.uid]


def test_the_appointment_stays_without_the_person(practice: Practice, clock: Clock) -> None:
    """Statistics and calendars have no gap: time, service, person, room, status, price."""
    uid, made = booked(practice, email="")
    acts.act(practice.hall, booking.pay, DESK, made.uid, 2000, "on_site")
    clock.move(days=2)
    kept = ("starts", "ends", "service_id", "staff_id", "location_id", "status", "price", "created_at")
    before = {name: getattr(acts.again(practice.hall, made.uid), name) for name in kept}
    plan = erased.erase(practice.hall, uid)
    with practice.hall.database.reading() as session:
        (after,) = session.scalars(select(Booking))
        assert {name: getattr(after, name) for name in kept} == before
        assert (after.whom, after.customer_id, [one.amount for one in after.payments]) == (
            "Gelöscht",
            None,
            [2000],
        )
        assert [one.resource.slug for one in after.allocations] == ["anna"]
    assert [found.until.isoformat() for found in plan.stays if found.until] == ["2035-12-31"]


def test_links_to_an_erased_appointment_lead_nowhere(practice: Practice, clock: Clock) -> None:
    """A93: its uid is as if it had never been."""
    uid, made = booked(practice)
    clock.move(days=2)
    erased.erase(practice.hall, uid)
    with pytest.raises(Refused) as refused:
        acts.again(practice.hall, made.uid)
    assert refused.value.reason is Reason.NOT_FOUND


def test_once_more_changes_nothing(practice: Practice, clock: Clock) -> None:
    uid, _ = booked(practice)
    clock.move(days=2)
    first = erased.erase(practice.hall, uid)
    clock.move(days=1)
    again = erased.erase(practice.hall, uid)
    assert (again.erased_at, list(again.data)) == (first.erased_at, [])


def test_the_log_says_who_erased_and_nothing_of_whom(practice: Practice, clock: Clock) -> None:
    uid, _ = booked(practice)
    clock.move(days=2)
    erased.erase(practice.hall, uid)
    with practice.hall.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == erasure.ACT)).one()
        assert (entry.actor, entry.subject, entry.after) == (
            OWNER.name,
            f"customer {uid}",
            {"appointments": 1},
        )


def test_what_waits_does_not_leave_any_more(practice: Practice, clock: Clock) -> None:
    """A176: the mail queue."""
    uid, _ = booked(practice)
    clock.move(days=2)
    erased.erase(practice.hall, uid)
    with practice.hall.database.reading() as session:
        assert session.scalar(select(func.count(Message.id))) == 0


def test_the_dry_run_changes_nothing_and_counts(practice: Practice, clock: Clock) -> None:
    uid, _ = booked(practice)
    clock.move(days=2)
    with practice.hall.database.reading() as session:
        plan = erasure.plan(session, practice.hall, OWNER, uid)
    assert {found.text % found.facts for found in plan.goes} >= {
        "Past appointments that lose name, address, texts and the link to them: 1"
    }
    with practice.hall.database.reading() as session:
        assert session.scalar(select(func.count(Erasure.uid))) == 0
        assert customers.one(session, OWNER, uid).name == "Max Muster"


def test_a_private_event_that_names_them_stays_with_its_owner_and_is_told(
    practice: Practice, clock: Clock
) -> None:
    uid, _ = booked(practice)
    clock.move(days=2)

    def note(session: Session) -> None:
        found = session.scalars(select(CalendarObject)).one()
        text = found.text.replace("SUMMARY:Klassische Massage: ", "SUMMARY:Geburtstag ")
        values = {"href": "b.ics", "uid": "b", "text": text, "etag": "e", "modified_at": clock.now}
        session.add(CalendarObject(calendar_id=found.calendar_id, **values))

    practice.hall.database.write(note)
    told = [found.facts for found in erased.erase(practice.hall, uid).stays if "name" in found.facts]
    assert told == [{"name": "Anna Berger", "number": 1}]


@pytest.mark.parametrize("rights", [ROLES["desk"], ROLES["staff"], frozenset({Right.CUSTOMERS})])
def test_who_may_not_export_may_not_erase(practice: Practice, rights: frozenset[Right]) -> None:
    """A1: nothing that cannot be taken back without the right to all of the data."""
    uid, _ = booked(practice)
    actor = Actor("a@praxis.example", "office", resource_id=1, rights=rights)
    assert refusal(practice, uid, actor).reason is Reason.FORBIDDEN


def test_who_is_not_there_cannot_be_erased(practice: Practice) -> None:
    assert refusal(practice, "00000000-0000-4000-8000-000000000000").reason is Reason.NOT_FOUND


def test_a_plugin_that_fails_keeps_everything_as_it_was(
    practice: Practice, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A170: what a plugin could not erase is not forgotten by erasing the rest."""
    uid, _ = booked(practice)
    clock.move(days=2)
    ask = practice.hall.plugins.ask

    def failing(spec: Any, **given: Any) -> list[Any]:
        if spec is hookspecs.personal_data:
            raise PluginFailed("elsewhere", "personal_data")
        return ask(spec, **given)

    monkeypatch.setattr(practice.hall.plugins, "ask", failing)
    with pytest.raises(PluginFailed):
        erased.erase(practice.hall, uid)
    with practice.hall.database.reading() as session:
        assert customers.one(session, OWNER, uid).name == "Max Muster"


def test_doctor_names_a_plugin_that_would_keep_data(practice: Practice) -> None:
    """A170: its tables refer to customers, and it has no `personal_data`."""
    note = (
        "CREATE TABLE vorzimmer_absences_note (id INTEGER PRIMARY KEY, of INTEGER REFERENCES customer (id))"
    )

    def complaints() -> list[str]:
        return [str(one) for one in examine(practice.hall) if "keeps data of customers" in str(one)]

    assert complaints() == []
    practice.hall.database.write(lambda session: session.execute(text(note)))
    (new,) = complaints()
    assert new.startswith("plugin vorzimmer_absences")


def test_colleagues_who_see_the_calendar_lose_the_name_too(practice: Practice, clock: Clock) -> None:
    """Copies for others to read are the same appointment (decision 0010)."""
    anna = practice.resource("anna").id
    seen = Calendar(resource_id=anna, slug="anna", kind=published.FULL, properties={})
    practice.hall.database.write(lambda session: session.add(seen))
    uid, _ = booked(practice)
    clock.move(days=2)
    erased.erase(practice.hall, uid)
    with practice.hall.database.reading() as session:
        texts = session.scalars(select(CalendarObject.text)).all()
        assert [("Gelöscht" in one, "Muster" in one) for one in texts] == [(True, False)] * 2
