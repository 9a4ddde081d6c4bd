"""Codes: how they are typed, how many go out, and when one is void (O25, O27, A30, A102, X13, X17)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests import acts
from vorzimmer import booking
from vorzimmer.access import CUSTOMER
from vorzimmer.booking import CODES_PER_HOUR, Details
from vorzimmer.models import Booking, Message, Status
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import Outbox, Practice
from vorzimmer.text import contact

EVA = Details("Eva", "eva@kunde.example")


@pytest.fixture
def limited(settings: dict[str, Any]) -> None:
    """Limits are on, as they are in life."""
    settings["server"]["limits"] = True


def refused(practice: Practice, uid: str, who: Details = EVA) -> Refused:
    with pytest.raises(Refused) as found:
        acts.type_details(practice.hall, uid, who)
    return found.value


WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.mark.parametrize(
    "typed",
    [
        "{code}",
        " {code}\n",
        "{first} {rest}",
        "{first}-{rest}",
        "{first}\N{NO-BREAK SPACE}{rest}",
        "{first}\N{ZERO WIDTH SPACE}{rest}",
        "{first}\N{IDEOGRAPHIC SPACE}{rest}",
    ],
)
@pytest.mark.parametrize("signs", [None, WIDE, ARABIC])
def test_a_code_is_understood_as_people_type_it(
    practice: Practice, typed: str, signs: dict[int, int] | None
) -> None:
    """X17: at the core, so that no door is stricter than another; no try is used up."""
    held = acts.hold(practice.hall)
    acts.type_details(practice.hall, held.uid)
    code = acts.code_of(practice.hall, held)
    written = typed.format(code=code, first=code[:3], rest=code[3:])
    made = acts.confirm(practice.hall, held, written.translate(signs) if signs else written)
    assert (made.status, made.code_tries) == (Status.CONFIRMED, 0)


def test_other_digits_are_still_wrong(practice: Practice) -> None:
    held = acts.hold(practice.hall)
    acts.type_details(practice.hall, held.uid)
    wrong = f"{(int(acts.code_of(practice.hall, held)) + 1) % 10**6:06d}"
    with pytest.raises(Refused) as found:
        acts.confirm(practice.hall, held, wrong.translate(WIDE))
    assert (found.value.reason, found.value.facts["attempts_left"]) == (Reason.WRONG_CODE, 4)


def test_the_code_of_a_hold_that_was_given_back_is_dead(practice: Practice) -> None:
    """Tests 9: although the time is free, and a late code may take it again (rule 48)."""
    held, late = acts.hold(practice.hall), acts.hold(practice.hall, "2027-03-02 14:00")
    codes = {}
    for one in (held, late):
        acts.type_details(practice.hall, one.uid)
        codes[one.uid] = acts.code_of(practice.hall, one)
    acts.act(practice.hall, booking.release, CUSTOMER, held.uid)
    practice.clock.move(minutes=11)  # past the end of the other's, too
    with pytest.raises(Refused) as found:
        acts.confirm(practice.hall, held, codes[held.uid])
    assert found.value.reason is Reason.HOLD_EXPIRED
    assert acts.again(practice.hall, held.uid).status == Status.EXPIRED
    assert acts.confirm(practice.hall, late, codes[late.uid]).status == Status.CONFIRMED


@pytest.mark.usefixtures("limited")
def test_a_fourth_code_for_one_hold_is_refused(practice: Practice, outbox: Outbox) -> None:
    """Tests 10, A102: to other addresses, too; the third still works."""
    held = acts.hold(practice.hall)
    for number in range(3):
        acts.type_details(practice.hall, held.uid, Details("Eva", f"eva{number}@kunde.example"))
    third = acts.code_of(practice.hall, held)
    answer = refused(practice, held.uid, Details("Eva", "eva4@kunde.example"))
    assert (answer.reason, len(outbox.messages("code"))) == (Reason.RATE_LIMITED, 3)
    assert acts.confirm(practice.hall, held, third).email == "eva2@kunde.example"


@pytest.mark.usefixtures("limited")
def test_three_codes_an_hour_go_to_one_address(practice: Practice, outbox: Outbox) -> None:
    """X13: whatever hold they are for, and however the address is written; then an hour later again."""
    for number, email in enumerate(("eva@kunde.example", "Eva@kunde.example", "EVA@kunde.example")):
        held = acts.hold(practice.hall, f"2027-03-0{number + 2} 10:00")
        acts.type_details(practice.hall, held.uid, Details("Eva", email))
        acts.act(practice.hall, booking.release, CUSTOMER, held.uid)
    fourth = acts.hold(practice.hall, "2027-03-02 14:00")
    assert refused(practice, fourth.uid).facts == {"codes": True}
    assert len(outbox.messages("code")) == 3
    acts.type_details(practice.hall, fourth.uid, Details("Max", "max@kunde.example"))
    practice.clock.move(minutes=61)
    later = acts.hold(practice.hall, "2027-03-02 15:00")
    assert acts.type_details(practice.hall, later.uid, EVA).code_issue == 1


@pytest.mark.usefixtures("limited")
def test_codes_that_were_used_do_not_count(practice: Practice) -> None:
    """A family books four appointments in a row (D5): who reads the mail is not bombed by it."""
    for day in (2, 3, 4, 5):
        acts.book(practice.hall, f"2027-03-0{day} 10:00", who=EVA, staff="anna")
    held = acts.hold(practice.hall, "2027-03-09 10:00")
    assert acts.type_details(practice.hall, held.uid, EVA).code_issue == 1


def asked(practice: Practice, held: Booking, first: int, last: int) -> None:
    """So many codes went out, each to somebody else."""
    moment = practice.clock.now
    codes = [
        Message(
            key=f"test/{number}",
            topic="code",
            channel="email",
            booking_id=held.id,
            recipient=f"x{number}@kunde.example",
            state="sent",
            planned_at=moment,
            run_after=moment,
        )
        for number in range(first, last)
    ]
    practice.hall.database.write(lambda session: session.add_all(codes))


@pytest.mark.usefixtures("limited")
def test_all_addresses_together_get_so_many_an_hour_and_the_practice_hears_of_it(practice: Practice) -> None:
    """X13: a budget, and a warning on the first page long before it is used up."""

    def warnings() -> list[str]:
        mail = practice.hall.plugins.instance("vorzimmer_email")
        with practice.hall.database.reading() as session:
            return [one.text for one in mail.findings(session, practice.hall)]

    held, half = acts.hold(practice.hall), CODES_PER_HOUR // 2
    asked(practice, held, 0, half - 1)
    assert (warnings(), acts.type_details(practice.hall, held.uid, EVA).code_issue) == ([], 1)
    asked(practice, held, half - 1, CODES_PER_HOUR)
    assert len(warnings()) == 1
    assert refused(practice, held.uid).facts == {"codes": True}
    practice.clock.move(minutes=61)
    assert warnings() == []


@pytest.mark.usefixtures("limited")
def test_one_contact_holds_one_time_for_half_an_hour_at_most(practice: Practice) -> None:
    """X17: again and again for hours; another time is another matter."""
    for _round in range(3):
        held = acts.hold(practice.hall)
        acts.type_details(practice.hall, held.uid, EVA)
        practice.clock.move(minutes=21)  # the codes of an hour are not what stops it
    again, other = acts.hold(practice.hall), acts.hold(practice.hall, "2027-03-02 14:00")
    assert refused(practice, again.uid).facts == {"held": True}
    assert acts.type_details(practice.hall, other.uid, EVA).code_issue == 1


def test_an_address_as_long_as_a_book_costs_nothing() -> None:
    """X17: 68 ms for 50,000 characters before."""
    errors: dict[str, str] = {}
    begun = time.process_time()
    for _round in range(20):
        contact.email_of("a" * 50_000 + "@kunde.example", errors)
    assert (time.process_time() - begun < 0.2, set(errors)) == (True, {"email"})
