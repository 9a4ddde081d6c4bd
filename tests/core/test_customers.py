"""Records of customers: kept, decided on, joined (C13 to C17, O37 to O42, O45 to O47, D5, B17)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tests import acts
from tests.acts import DESK
from vorzimmer import booking, customers, database
from vorzimmer.access import CUSTOMER, ROLES, Actor, Right
from vorzimmer.booking import Details
from vorzimmer.customers import Record, Wish
from vorzimmer.models import Attribute, AuditEntry, Customer, CustomerChange, FormField
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import Practice, berlin

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
LONG = "Александра Константинопольская-Воскресенская"
EVA = Details("Eva Öztürk", "eva@kunde.example", "0170 1234567")


def add(practice: Practice, name: str = LONG, **more: Any) -> Customer:
    found: Customer = acts.act(practice.hall, customers.add, DESK, Record(name=name, **more))
    return found


def do(practice: Practice, use_case: Any, *given: Any, actor: Actor = DESK, **named: Any) -> Any:
    return practice.hall.database.write(
        lambda session: use_case(session, practice.hall, actor, *given, **named)
    )


def change(
    practice: Practice, uid: str, actor: Actor = DESK, version: str | None = None, **given: Any
) -> Customer:
    found: Customer = acts.act(practice.hall, customers.change, actor, uid, Record(**given), version=version)
    return found


def of_record(practice: Practice, uid: str) -> dict[str, Any]:
    with practice.hall.database.reading() as session:
        return customers.snapshot(customers.one(session, OWNER, uid))


def named(practice: Practice, words: str) -> list[str]:
    with practice.hall.database.reading() as session:
        return [one.name for one in customers.listed(session, OWNER, Wish(words), 100)[0]]


def waiting(practice: Practice) -> list[CustomerChange]:
    with practice.hall.database.reading() as session:
        return list(session.scalars(select(CustomerChange).order_by(CustomerChange.id)))


def log(practice: Practice, uid: str) -> list[AuditEntry]:
    with practice.hall.database.reading() as session:
        query = select(AuditEntry).where(AuditEntry.subject == f"customer {uid}").order_by(AuditEntry.id)
        return list(session.scalars(query))


def reason(practice: Practice, work: Any) -> Reason:
    with pytest.raises(Refused) as refusal:
        work()
    return refusal.value.reason


def ask_insurance(practice: Practice) -> None:
    """The practice asks how people are insured."""
    choices = [{"value": "aok", "labels": {"de": "AOK"}}, {"value": "privat", "labels": {"de": "privat"}}]
    attribute = {"slug": "kasse", "scope": "customer", "kind": "choice", "labels": {"de": "Kasse"}}
    practice.hall.database.write(lambda session: session.add(Attribute(**attribute, choices=choices)))


# ---- add and change --------------------------------------------------------------------------------------------------


def test_a_customer_without_an_address_is_added_with_all_that_is_known(practice: Practice) -> None:
    """O41, O42, O45, D5."""
    ask_insurance(practice)
    made = add(
        practice,
        phone=" 030\u200b 12 ",
        groups=["Knie", "Privat "],
        note="Zeile 1\nZeile 2",
        attributes={"kasse": "aok"},
    )
    assert of_record(practice, made.uid) == {
        "name": LONG,
        "email": "",
        "phone": "030 12",
        "language": "de",
        "attributes": {"kasse": "aok"},
        "groups": ["Knie", "Privat"],
        "note": "Zeile 1\nZeile 2",
    }


def test_all_that_is_wrong_is_said_at_once(practice: Practice) -> None:
    with pytest.raises(Refused) as refusal:
        add(
            practice,
            " \u200b",
            email="eva@",
            phone="1" * 41,
            language="xx",
            attributes={"blood": "A"},
            groups=["x" * 81],
        )
    assert set(refusal.value.facts["errors"]) == {
        *("name", "email", "phone", "language", "fields.blood", "groups")
    }


def test_only_what_is_given_changes(practice: Practice) -> None:
    """O38."""
    made = add(practice, email="a@kunde.example", phone="1", note="n")
    change(practice, made.uid, phone="2")
    assert of_record(practice, made.uid) == of_record(practice, made.uid) | {"phone": "2", "note": "n"}
    assert of_record(practice, made.uid)["email"] == "a@kunde.example"


def test_the_log_keeps_what_differs_and_nothing_else(practice: Practice) -> None:
    made = add(practice, phone="1")
    change(practice, made.uid, phone="2", name=LONG)
    change(practice, made.uid, phone="2")
    assert [(one.act, one.before, one.after) for one in log(practice, made.uid)[1:]] == [
        ("customer_changed", {"phone": "1"}, {"phone": "2"})
    ]


def test_a_group_is_known_however_it_is_written(practice: Practice) -> None:
    """O42: a group is made inside the form; "privat" is "Privat"."""
    add(practice, "A", groups=["Privat"])
    add(practice, "B", groups=["privat", "PRIVAT", "Knie"])
    with practice.hall.database.reading() as session:
        assert [(group.name, size) for group, size in customers.sizes(session, DESK)] == [
            ("Knie", 1),
            ("Privat", 2),
        ]


def test_the_second_who_changes_a_record_is_told(practice: Practice) -> None:
    """A109."""
    made = add(practice)
    with practice.hall.database.reading() as session:
        seen = customers.version_of(customers.one(session, DESK, made.uid))
    change(practice, made.uid, version=seen, phone="first")
    assert reason(practice, lambda: change(practice, made.uid, version=seen, phone="x")) is Reason.WRONG_STATE


def test_an_answer_to_a_retired_question_stays(practice: Practice) -> None:
    ask_insurance(practice)
    made = add(practice, attributes={"kasse": "aok"})
    practice.hall.database.write(lambda session: session.execute(delete(Attribute)))
    change(practice, made.uid, attributes={})
    assert of_record(practice, made.uid)["attributes"] == {"kasse": "aok"}


# ---- who may ---------------------------------------------------------------------------------------------------------


def test_a_therapist_keeps_the_note_of_an_own_customer_and_nothing_else(practice: Practice) -> None:
    """A1, O45: the record of somebody else's customer is not there."""
    anna = acts.staff(practice.resource("anna").id)
    mine = acts.book(practice.hall, staff="anna", who=EVA).customer
    other = acts.book(practice.hall, staff="ben").customer
    assert mine
    assert other
    assert change(practice, mine.uid, anna, note="Knie links").note == "Knie links"
    assert reason(practice, lambda: change(practice, mine.uid, anna, phone="1")) is Reason.FORBIDDEN
    assert reason(practice, lambda: change(practice, other.uid, anna, note="x")) is Reason.NOT_FOUND
    assert (
        reason(practice, lambda: acts.act(practice.hall, customers.add, anna, Record(name="x")))
        is Reason.FORBIDDEN
    )


def test_notes_take_a_right_of_their_own(practice: Practice) -> None:
    """A21."""
    made = add(practice)
    blind = Actor("x", "office", rights=frozenset({Right.CUSTOMERS, Right.CALENDARS}))
    assert reason(practice, lambda: change(practice, made.uid, blind, note="x")) is Reason.FORBIDDEN
    kept = partial(acts.act, practice.hall, customers.keep_note, blind, made.uid, "x", seen="")
    assert reason(practice, kept) is Reason.FORBIDDEN


def test_a_general_note_is_never_overwritten_unseen(practice: Practice) -> None:
    """O45, A109."""
    made = add(practice)
    acts.act(practice.hall, customers.keep_note, DESK, made.uid, " links\r\nrechts ", seen="")
    assert of_record(practice, made.uid)["note"] == "links\nrechts"
    stale = partial(acts.act, practice.hall, customers.keep_note, DESK, made.uid, "x", seen="")
    assert reason(practice, stale) is Reason.WRONG_STATE


@pytest.mark.parametrize("actor", [CUSTOMER, Actor("x", "office", rights=frozenset({Right.SETTINGS}))])
def test_who_has_no_right_to_customers_sees_none(practice: Practice, actor: Actor) -> None:
    """A1, A8."""
    add(practice)
    with practice.hall.database.reading() as session:
        assert customers.listed(session, actor, Wish(), 100) == ([], None)


# ---- the list --------------------------------------------------------------------------------------------------------


def test_the_list_is_paged_by_name_and_holds_everybody_once(practice: Practice) -> None:
    """C13."""
    wanted = sorted(f"Kunde {number:02}" for number in range(23))
    for name in wanted:
        add(practice, name)
    pages, cursor = [], None
    with practice.hall.database.reading() as session:
        while True:
            page, cursor = customers.listed(session, DESK, Wish("kunde"), 5, cursor)
            pages.append([one.name for one in page])
            if cursor is None:
                break
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3]
    assert [name for page in pages for name in page] == wanted


def test_no_shows_and_the_next_appointment_are_counted(practice: Practice) -> None:
    """C15, C17: a correction takes the no-show back (K72)."""
    first = acts.book(practice.hall, "2027-03-02 10:00", who=EVA)
    acts.book(practice.hall, "2027-03-03 10:00", who=EVA)
    practice.clock.now = berlin("2027-03-02 12:00")
    acts.act(practice.hall, booking.missed, DESK, first.uid)
    customer = acts.again(practice.hall, first.uid).customer
    assert customer is not None
    with practice.hall.database.reading() as session:
        summary = customers.summaries(session, DESK, [customer], database.now(session))[customer.id]
        past, _ = customers.past(session, DESK, customer, database.now(session), 10)
        ahead = customers.appointments(session, DESK, customer, database.now(session))
    assert (summary.missed, summary.next) == (1, berlin("2027-03-03 10:00"))
    assert ([one.status for one in past], len(ahead)) == (["missed"], 1)


# ---- what customers type ---------------------------------------------------------------------------------------------


def booked_again(practice: Practice, **typed: Any) -> Customer:
    """Eva books a second time and types this."""
    who = Details(**{"name": EVA.name, "email": EVA.email, "phone": EVA.phone, **typed})
    customer = acts.book(practice.hall, "2027-03-03 10:00", who=who).customer
    assert customer
    return customer


def test_what_was_told_goes_into_the_record_at_the_first_booking(practice: Practice) -> None:
    """O37."""
    ask_insurance(practice)
    practice.hall.database.write(_place_everywhere)
    who = Details(EVA.name, EVA.email, EVA.phone, fields={"kasse": "aok"})
    customer = acts.book(practice.hall, who=who).customer
    assert customer
    assert of_record(practice, customer.uid) == {
        "name": EVA.name,
        "email": EVA.email,
        "phone": EVA.phone,
        "language": "de",
        "attributes": {"kasse": "aok"},
        "groups": [],
        "note": "",
    }
    assert waiting(practice) == []


def _place_everywhere(session: Session) -> None:
    session.add(FormField(attribute=session.scalars(select(Attribute)).one()))


def test_what_a_known_customer_types_anew_waits_for_the_staff(practice: Practice) -> None:
    """O39, B17: nobody overwrites a record by typing its address."""
    acts.book(practice.hall, who=EVA)
    customer = booked_again(practice, phone="0171 99", language="ru")
    assert (customer.phone, customer.language) == (EVA.phone, "de")
    assert [change.values for change in waiting(practice)] == [{"phone": "0171 99", "language": "ru"}]


def test_accepted_it_is_the_record(practice: Practice) -> None:
    """O39."""
    acts.book(practice.hall, who=EVA)
    customer = booked_again(practice, phone="0171 99")
    do(practice, customers.accept, customer.uid, waiting(practice)[0].id)
    assert of_record(practice, customer.uid)["phone"] == "0171 99"
    assert [(one.act, one.before) for one in log(practice, customer.uid)] == [
        ("change_accepted", {"phone": EVA.phone})
    ]
    assert waiting(practice) == []


def test_ignored_it_is_not_asked_again(practice: Practice) -> None:
    """O39."""
    acts.book(practice.hall, who=EVA)
    customer = booked_again(practice, phone="0171 99")
    do(practice, customers.ignore, customer.uid, waiting(practice)[0].id)
    who = Details(EVA.name, EVA.email, "0171 99")
    acts.book(practice.hall, "2027-03-04 10:00", who=who)
    assert (of_record(practice, customer.uid)["phone"], waiting(practice)) == (EVA.phone, [])


def test_a_change_that_waits_already_does_not_wait_twice(practice: Practice) -> None:
    acts.book(practice.hall, who=EVA)
    booked_again(practice, phone="0171 99")
    acts.book(practice.hall, "2027-03-04 10:00", who=Details(EVA.name, EVA.email, "0171 99"))
    assert len(waiting(practice)) == 1


def test_a_change_is_decided_once_and_only_at_its_record(practice: Practice) -> None:
    """A1."""
    acts.book(practice.hall, who=EVA)
    customer, other = booked_again(practice, phone="0171 99"), add(practice)
    number = waiting(practice)[0].id
    elsewhere = partial(do, practice, customers.accept, other.uid, number)
    assert reason(practice, elsewhere) is Reason.NOT_FOUND
    do(practice, customers.ignore, customer.uid, number)
    again = partial(do, practice, customers.accept, customer.uid, number)
    assert reason(practice, again) is Reason.NOT_FOUND


def test_a_family_on_one_address_are_records_of_their_own(practice: Practice) -> None:
    """D5, T66."""
    acts.book(practice.hall, who=EVA)
    booked_again(practice, name="Can Öztürk")
    assert named(practice, "ozturk") == ["Can Öztürk", "Eva Öztürk"]


def test_a_pseudonym_stays_one_person_after_staff_corrected_it(practice: Practice) -> None:
    """O40: what the customer typed stays in the booking and its mails, the right name is the practice's own."""
    booked = acts.book(practice.hall, who=Details("Micky Maus", EVA.email))
    assert booked.customer
    change(practice, booked.customer.uid, name="Eva Öztürk")
    again = booked_again(practice, name="micky maus", phone="")
    assert (again.uid, again.name) == (booked.customer.uid, "Eva Öztürk")
    assert acts.again(practice.hall, booked.uid).name == "Micky Maus"
    assert waiting(practice) == []


# ---- merge -----------------------------------------------------------------------------------------------------------


def two(practice: Practice) -> tuple[Customer, Customer]:
    """Eva twice: as the desk wrote her down, and as she booked online."""
    ask_insurance(practice)
    kept = add(
        practice, "Eva Öztürk", phone="030 1", groups=["Privat"], note="Knie", attributes={"kasse": "aok"}
    )
    booked_again(practice, name="Eva Oeztuerk", phone="0170 1234567")
    gone = booked_again_on_thursday(practice)
    change(practice, gone.uid, groups=["Knie"], note="Schulter", attributes={"kasse": "privat"})
    return kept, gone


def booked_again_on_thursday(practice: Practice) -> Customer:
    who = Details("Eva Oeztuerk", EVA.email, "0171 99")
    customer = acts.book(practice.hall, "2027-03-04 10:00", who=who).customer
    assert customer
    return customer


def test_merging_loses_nothing(practice: Practice) -> None:
    """The kept record's values win, what it lacks comes from the other, what differs is in the note."""
    kept, gone = two(practice)
    do(practice, customers.merge, kept.uid, gone.uid)
    assert of_record(practice, kept.uid) == {
        "name": "Eva Öztürk",
        "email": EVA.email,
        "phone": "030 1",
        "language": "de",
        "attributes": {"kasse": "aok"},
        "groups": ["Knie", "Privat"],
        "note": "Knie\nSchulter\nEva Oeztuerk · 0170 1234567 · privat",
    }
    assert named(practice, "eva") == ["Eva Öztürk"]


def test_appointments_and_waiting_changes_go_with_a_merge(practice: Practice) -> None:
    kept, gone = two(practice)
    do(practice, customers.merge, kept.uid, gone.uid)
    with practice.hall.database.reading() as session:
        assert len(customers.appointments(session, DESK, kept, database.now(session))) == 2
    assert [(change.customer_id, change.values) for change in waiting(practice)] == [
        (kept.id, {"phone": "0171 99"})
    ]


def test_both_records_are_in_the_log_as_they_were(practice: Practice) -> None:
    kept, gone = two(practice)
    before = of_record(practice, kept.uid), of_record(practice, gone.uid)
    do(practice, customers.merge, kept.uid, gone.uid)
    last = [log(practice, uid)[-1] for uid in (kept.uid, gone.uid)]
    assert [(one.act, one.before) for one in last] == [
        ("customer_merged", before[0]),
        ("customer_dissolved", before[1]),
    ]


def test_who_books_with_the_address_of_a_merged_record_is_known(practice: Practice) -> None:
    kept, gone = two(practice)
    do(practice, customers.merge, kept.uid, gone.uid)
    again = acts.book(practice.hall, "2027-03-05 10:00", who=Details("Eva Oeztuerk", EVA.email)).customer
    assert again
    assert again.uid == kept.uid


def test_a_record_is_not_merged_with_itself_nor_with_nobody_nor_unseen(practice: Practice) -> None:
    """A1, A109."""
    kept, gone = two(practice)
    itself = partial(do, practice, customers.merge, kept.uid, kept.uid)
    nobody = partial(do, practice, customers.merge, kept.uid, "nobody")
    unseen = partial(do, practice, customers.merge, kept.uid, gone.uid, versions=("old", "older"))
    assert [reason(practice, work) for work in (itself, nobody, unseen)] == [
        Reason.WRONG_STATE,
        Reason.NOT_FOUND,
        Reason.WRONG_STATE,
    ]
    anna = acts.staff(practice.resource("anna").id)
    work = partial(do, practice, customers.merge, kept.uid, gone.uid, actor=anna)
    assert reason(practice, work) is Reason.FORBIDDEN


def test_same_name_is_a_duplicate_and_same_address_a_family(practice: Practice) -> None:
    """D5."""
    eva = add(practice, "Eva Öztürk", email=EVA.email, phone="0170 1234567")
    for name, email in [("EVA OZTURK", ""), ("Can Öztürk", EVA.email), ("Eva Berg", "berg@kunde.example")]:
        add(practice, name, email=email)
    with practice.hall.database.reading() as session:
        found = customers.alike(session, DESK, eva)
        assert [(one.name, customers.same_name(eva, one)) for one in found] == [
            ("Can Öztürk", False),
            ("EVA OZTURK", True),
        ]
