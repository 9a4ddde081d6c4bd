"""Customers found by the first letters of what one knows of them, as far as one may see them (O11, A10)."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy.orm import Session

from tests import acts
from tests.acts import DESK
from vorzimmer import customers, database
from vorzimmer.access import CUSTOMER, Actor, Right
from vorzimmer.booking import Details
from vorzimmer.models import Customer
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import Practice
from vorzimmer.text.contact import canonical


def add(practice: Practice, name: str, email: str = "", phone: str = "") -> str:
    """A record without appointments; its uid."""
    uid = str(uuid.uuid4())

    def work(session: Session) -> None:
        session.add(
            Customer(
                uid=uid,
                name=name,
                email=email or None,
                email_key=canonical(email) if email else None,
                phone=phone,
                created_at=database.now(session),
            )
        )

    practice.hall.database.write(work)
    return uid


def names(practice: Practice, words: str, actor: Actor = DESK) -> list[str]:
    """Who is found, in order."""
    with practice.hall.database.reading() as session:
        return [customer.name for customer in customers.found(session, actor, words)]


PEOPLE = [
    ("Jürgen Müller", "jm@kunde.example", "030 1234567"),
    ("Öz İnce", "", "+49 176 555 44 33"),
    ("Işıl Yıldırım", "isil@kunde.example", ""),
    ("Константин Заболоцкий-Ёлкин", "", "0170/99 88 77"),
    ("Ulrike Straßer", "", ""),
]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("jür", "Jürgen Müller"),
        ("MULL", "Jürgen Müller"),
        ("mü jür", "Jürgen Müller"),
        ("jm@", "Jürgen Müller"),
        ("0301234", "Jürgen Müller"),
        ("4567", "Jürgen Müller"),
        ("+49 30 1234567", "Jürgen Müller"),
        ("İnce", "Öz İnce"),
        ("ince", "Öz İnce"),
        ("INCE", "Öz İnce"),
        ("0176 555 44 33", "Öz İnce"),
        ("yildirim", "Işıl Yıldırım"),
        ("IŞIL", "Işıl Yıldırım"),
        ("забол", "Константин Заболоцкий-Ёлкин"),
        ("КОНСТ ЗАБ", "Константин Заболоцкий-Ёлкин"),
        ("0170/9988", "Константин Заболоцкий-Ёлкин"),
        ("strasser", "Ulrike Straßer"),
    ],
)
def test_a_customer_is_found_by_what_the_desk_types(practice: Practice, typed: str, name: str) -> None:
    """O11: any word of the name, in any script, the address, the phone number."""
    for person in PEOPLE:
        add(practice, *person)
    assert names(practice, typed) == [name]


@pytest.mark.parametrize("typed", ["", "  ", "%", "_", "!", "üll", "\0", "x" * 300])
def test_nothing_is_found_by_nothing_and_by_signs(practice: Practice, typed: str) -> None:
    """A10."""
    for person in PEOPLE:
        add(practice, *person)
    assert names(practice, typed) == []


def test_at_most_ten_are_found_first_names_first(practice: Practice) -> None:
    """A10."""
    add(practice, "Aaron Berg")
    for number in range(12):
        add(practice, f"Berta {'abcdefghijkl'[number]}")
    found = names(practice, "ber")
    assert len(found) == 10
    assert found[0] == "Berta a"
    assert "Aaron Berg" not in found


def test_a_family_with_one_address_is_found_whole(practice: Practice) -> None:
    """D5."""
    add(practice, "Mia Berg", "berg@kunde.example")
    add(practice, "Tom Berg", "berg@kunde.example")
    assert names(practice, "berg@kunde.example") == ["Mia Berg", "Tom Berg"]


def test_a_therapist_finds_only_customers_of_the_own_calendar(practice: Practice) -> None:
    """A8, A10."""
    anna = acts.staff(practice.resource("anna").id)
    acts.book(practice.hall, staff="anna", who=Details("Zoe Anders", "zoe@kunde.example"))
    acts.book(practice.hall, staff="ben", who=Details("Zora Beck", "zora@kunde.example"))
    add(practice, "Zobel ohne Termin")
    assert names(practice, "zo", anna) == ["Zoe Anders"]
    assert names(practice, "zo") == ["Zobel ohne Termin", "Zoe Anders", "Zora Beck"]


def test_who_sees_all_calendars_finds_whoever_has_an_appointment(practice: Practice) -> None:
    """A10."""
    calendars = Actor("x", "office", rights=frozenset({Right.CALENDARS}))
    acts.book(practice.hall, staff="ben", who=Details("Zora Beck", "zora@kunde.example"))
    add(practice, "Zobel ohne Termin")
    assert names(practice, "zo", calendars) == ["Zora Beck"]


def test_customers_find_nobody(practice: Practice) -> None:
    """A10."""
    add(practice, "Jürgen Müller")
    assert names(practice, "jür", CUSTOMER) == []


def test_a_record_beyond_reach_is_as_if_it_did_not_exist(practice: Practice) -> None:
    """A1."""
    uid, anna = add(practice, "Jürgen Müller"), acts.staff(practice.resource("anna").id)
    with practice.hall.database.reading() as session:
        assert customers.one(session, DESK, uid).name == "Jürgen Müller"
        for actor, wanted in [(anna, uid), (DESK, str(uuid.uuid4()))]:
            with pytest.raises(Refused) as refusal:
                customers.one(session, actor, wanted)
            assert refusal.value.reason is Reason.NOT_FOUND
