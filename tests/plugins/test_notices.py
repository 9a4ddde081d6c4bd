"""Who of the practice is told what: each once, and never of what they did themselves (office 1, T51, T68, K108)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.acts import act, book
from tests.plugins.noticed import change_account, choose, listed, login, notices, told
from tests.plugins.test_email import calendars, event, read, text
from vorzimmer import booking, hookspecs
from vorzimmer.access import CUSTOMER
from vorzimmer.booking import Details, Target
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Message
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import NotifierContract, Practice, berlin

TUESDAY, WEDNESDAY = "2027-03-02 10:00", "2027-03-03 10:30"
"""Tomorrow, and the day after: the clock stands at Monday 08:00."""
MAX: dict[str, Any] = {"name": "Max Muster", "email": "max@kunde.example"}


class TestNotices(NotifierContract):
    name = "vorzimmer_notices"


def by_customer(practice: Practice, when: str = WEDNESDAY, service: str = "massage", **typed: Any) -> Any:
    """A customer books on the page."""
    return book(practice.hall, when, service, Details(**{**MAX, **typed}), staff="anna")


# ---- who hears of what -----------------------------------------------------------------------------------------------


def test_the_person_concerned_hears_of_a_booking_on_the_page(practice):
    by_customer(practice)
    assert told(practice.hall) == [("anna", "Neuer Termin")]


def test_a_customer_who_moves_and_cancels_is_heard_of_each_time(practice):
    made = by_customer(practice)
    act(practice.hall, booking.move, CUSTOMER, made.uid, Target(berlin("2027-03-04 09:00")))
    act(practice.hall, booking.cancel, CUSTOMER, made.uid)
    assert told(practice.hall) == [
        ("anna", "Neuer Termin"),
        ("anna", "Termin verschoben"),
        ("anna", "Termin abgesagt"),
    ]


def test_what_the_desk_enters_the_person_hears_and_the_desk_does_not(practice):
    hall = practice.hall
    act(
        hall,
        booking.enter,
        login(hall, "empfang"),
        booking.Entry("massage", berlin(WEDNESDAY), **MAX, staff="anna"),
    )
    assert told(hall) == [("anna", "Neuer Termin")]


@pytest.mark.parametrize("door", ["office", "api", "caldav"])
def test_nobody_hears_of_what_they_did_themselves_by_whatever_door(practice, door):
    hall = practice.hall
    made = by_customer(practice)
    act(hall, booking.move, login(hall, "anna", door), made.uid, Target(berlin("2027-03-04 09:00")))
    act(hall, booking.cancel, login(hall, "anna", door), made.uid)
    assert told(hall) == [("anna", "Neuer Termin")]


def test_a_request_is_heard_by_the_person_and_by_the_desk_that_decides(practice):
    """K108."""
    by_customer(practice, service="erstgespraech")
    assert told(practice.hall) == [("anna", "Neue Anfrage"), ("empfang", "Neue Anfrage")]


@pytest.mark.parametrize(
    ("use_case", "fact"), [(booking.accept, "Anfrage angenommen"), (booking.decline, "Anfrage abgelehnt")]
)
def test_what_the_desk_decides_the_person_hears(practice, use_case, fact):
    hall = practice.hall
    made = by_customer(practice, service="erstgespraech")
    act(hall, use_case, login(hall, "empfang"), made.uid)
    assert told(hall)[2:] == [("anna", fact)]


def test_a_request_that_lapses_is_heard_by_all_who_could_have_decided(practice):
    by_customer(practice, service="erstgespraech")
    Worker(practice.hall).run_due()
    practice.clock.move(days=2)
    assert told(practice.hall)[2:] == [("anna", "Anfrage verfallen"), ("empfang", "Anfrage verfallen")]


@pytest.mark.parametrize(("when", "heard"), [(TUESDAY, ["anna", "empfang"]), (WEDNESDAY, ["anna"])])
def test_the_desk_hears_of_a_gap_tomorrow_and_of_none_later(practice, when, heard):
    made = by_customer(practice, when)
    act(practice.hall, booking.cancel, CUSTOMER, made.uid)
    assert told(practice.hall)[1:] == [(name, "Termin abgesagt") for name in heard]


def test_a_handed_over_appointment_is_heard_by_both_and_each_hears_their_half(practice):
    hall = practice.hall
    made = by_customer(practice)
    act(hall, booking.reassign, login(hall, "empfang"), made.uid, practice.resource("anna").id, "ben")
    assert told(hall)[1:] == [("anna", "Termin abgegeben"), ("ben", "Termin übernommen")]


def test_an_appointment_that_another_customer_gets_is_one_event(practice):
    hall = practice.hall
    first, other = (
        by_customer(practice),
        by_customer(practice, "2027-03-04 09:00", name="Lena Lang", email="lena@kunde.example"),
    )
    notices(hall)
    act(hall, booking.change, login(hall, "empfang"), first.uid, {"customer": other.customer.uid})
    assert told(hall)[2:] == [("anna", "Termin geändert")]


def test_what_is_imported_everybody_knows_already(practice):
    hall = practice.hall
    importer = login(hall, "owner", "import")
    act(hall, booking.enter, importer, booking.Entry("massage", berlin(WEDNESDAY), **MAX, staff="anna"))
    by_customer(practice, "2027-03-03 14:00")
    assert told(hall) == [("anna", "Neuer Termin")]


def test_what_is_over_is_history(practice):
    hall = practice.hall
    made = by_customer(practice)
    notices(hall)
    practice.clock.move(days=3)
    act(hall, booking.complete, login(hall, "empfang"), made.uid)
    act(hall, booking.missed, login(hall, "empfang"), made.uid)
    assert told(hall) == [("anna", "Neuer Termin")]


def test_the_owner_stands_in_for_whoever_has_no_login(practice):
    """A practice of one, whose owner is not tied to her calendar."""
    change_account(practice.hall, "anna", active=False)
    by_customer(practice)
    assert told(practice.hall) == [("owner", "Neuer Termin")]


def test_a_practice_of_one_hears_each_event_once(practice):
    hall = practice.hall
    for name in ("anna", "ben", "clara", "empfang"):
        change_account(hall, name, active=False, resource_id=None)
    change_account(hall, "owner", resource_id=practice.resource("anna").id)
    by_customer(practice, TUESDAY, message="Bitte klingeln.")
    by_customer(practice, service="erstgespraech", email="lena@kunde.example")
    assert told(hall) == [("owner", "Neuer Termin"), ("owner", "Neue Anfrage")]


def test_who_sees_only_the_own_calendar_hears_of_no_other(practice):
    choices = listed(practice.hall, "anna")
    assert {whose for _kind, whose in choices} == {"own"}
    assert {whose for _kind, whose in listed(practice.hall, "empfang")} == {"all"}
    assert {whose for _kind, whose in listed(practice.hall, "owner")} == {"own", "all"}


# ---- choosing --------------------------------------------------------------------------------------------------------


def test_a_message_of_a_customer_reaches_whoever_wants_that(practice):
    """T51."""
    hall = practice.hall
    choose(hall, "empfang", all_message="at_once")
    by_customer(practice, message="Ich komme mit Krücken.")
    by_customer(practice, "2027-03-03 14:00", email="lena@kunde.example")
    assert told(hall) == [("anna", "Neuer Termin"), ("empfang", "Neuer Termin"), ("anna", "Neuer Termin")]
    assert "Ich komme mit Krücken." in notices(hall)[1].text


def test_who_wants_to_hear_nothing_hears_nothing(practice):
    choose(practice.hall, "anna", own_new="never")
    made = by_customer(practice)
    act(practice.hall, booking.cancel, CUSTOMER, made.uid)
    assert told(practice.hall) == [("anna", "Termin abgesagt")]


def test_the_daily_list_comes_once_in_the_morning_with_all_of_it(practice):
    hall = practice.hall
    choose(hall, "anna", own_new="daily", own_cancelled="daily")
    made = by_customer(practice)
    act(hall, booking.cancel, CUSTOMER, made.uid)
    assert told(hall) == []
    practice.clock.now = berlin("2027-03-02 06:59")
    assert daily_lists(practice) == []
    practice.clock.now = berlin("2027-03-02 07:06")
    by_customer(practice, "2027-03-04 14:00")
    (first,) = daily_lists(practice)
    assert first.subject == "2 Neuigkeiten: Dienstag, 2. März 2027"
    assert "Neuer Termin: Mi, 3. März, 10:30, Max Muster\nTermin abgesagt: Mi, 3. März, 10:30" in first.text
    practice.clock.now = berlin("2027-03-03 09:00")
    assert [one.subject for one in daily_lists(practice)][1:] == ["Eine Neuigkeit: Mittwoch, 3. März 2027"]
    practice.clock.move(minutes=10)
    assert len(daily_lists(practice)) == 2


def daily_lists(practice: Practice) -> list[Message]:
    """All lists so far; a job writes them, and the next round sends them."""
    notices(practice.hall)
    return notices(practice.hall)


def test_a_choice_is_for_ones_own_login_or_one_that_one_manages(practice):
    hall, store = practice.hall, practice.hall.plugins.ask_first(hookspecs.staff_notices)
    anna, owner, desk = (login(hall, name) for name in ("anna", "owner", "empfang"))
    hall.database.write(lambda s: store.choose(s, owner, anna.account_id, {("new", "own"): "daily"}))
    assert listed(hall, "anna")["new", "own"] == "daily"
    with pytest.raises(Refused) as refusal:
        hall.database.write(lambda s: store.choose(s, desk, anna.account_id, {("new", "own"): "never"}))
    assert refusal.value.reason is Reason.FORBIDDEN


@pytest.mark.parametrize("cell", [("new", "all"), ("nothing", "own")])
def test_what_a_login_may_not_see_it_cannot_choose(practice, cell):
    hall, store = practice.hall, practice.hall.plugins.ask_first(hookspecs.staff_notices)
    anna = login(hall, "anna")
    with pytest.raises(Refused) as refusal:
        hall.database.write(lambda s: store.choose(s, anna, anna.account_id, {cell: "daily"}))
    assert refusal.value.reason is Reason.INVALID


# ---- the mail --------------------------------------------------------------------------------------------------------


def mails(practice: Practice) -> list[Any]:
    """What staff got, as a mail program reads it."""
    Worker(practice.hall).run_due()
    found = [read(path) for path in sorted((practice.hall.config.data / "mail").glob("*.eml"))]
    return [mail for mail in found if mail["To"].endswith("@praxis.example")]


def test_the_mail_says_who_comes_when_for_what_and_who_did_it(practice):
    made = by_customer(practice, phone="030 1234567", message="Das Knie.")
    (mail,) = mails(practice)
    assert mail["Subject"] == "Neuer Termin: Mi, 3. März, 10:30, Max Muster"
    for part in [
        "Guten Tag Anna Berger!",
        "Mittwoch, 3. März 2027, 10:30–11:00 Uhr",
        "Klassische Massage",
        "Telefon: 030 1234567",
        "Das Knie.",
        "Von: Kunde",
        f"/office/booking/{made.uid}",
    ]:
        assert part in text(mail)


def test_the_mail_to_the_desk_says_with_whom(practice):
    by_customer(practice, service="erstgespraech")
    assert mails(practice)[1]["Subject"] == "Neue Anfrage: Mi, 3. März, 10:30, Max Muster bei Anna Berger"


def test_a_mail_to_staff_speaks_the_language_of_the_login(practice):
    change_account(practice.hall, "anna", language="ru")
    by_customer(practice)
    assert mails(practice)[0]["Subject"].startswith("Новая запись: ср, 3 марта, 10:30")


def test_what_changed_stands_in_the_mail_before_and_after(practice):
    hall = practice.hall
    made = by_customer(practice)
    notices(hall)
    act(hall, booking.move, login(hall, "empfang"), made.uid, Target(berlin("2027-03-04 09:00")))
    said = text(mails(practice)[1])
    assert (
        "Wann: Donnerstag, 4. März 2027, 09:00–09:30 Uhr\r\nBisher: Mittwoch, 3. März 2027, 10:30–11:00 Uhr"
        in said
    )
    assert said.count("Bisher:") == 1
    assert "Von: Empfang" in said


def test_a_mail_to_staff_has_the_one_calendar_part_and_invites_nobody_of_the_practice(practice):
    """interface.md; the calendar app shows the appointment already (decision 0015)."""
    made = by_customer(practice)
    (mail,) = mails(practice)
    (part,) = calendars(mail)
    assert (part.get_param("method"), part.get_content_disposition()) == ("REQUEST", "attachment")
    found = event(mail)
    assert (found["UID"], found["SEQUENCE"], found["TRANSP"]) == (made.uid, made.sequence, "TRANSPARENT")
    assert str(found["ATTENDEE"]) == "mailto:max@kunde.example"


def test_a_cancellation_takes_the_event_back_for_staff_too(practice):
    made = by_customer(practice)
    act(practice.hall, booking.cancel, CUSTOMER, made.uid)
    mail = mails(practice)[1]
    (part,) = calendars(mail)
    assert (part.get_param("method"), event(mail)["STATUS"], event(mail)["UID"]) == (
        "CANCEL",
        "CANCELLED",
        made.uid,
    )


def test_a_customer_without_an_address_makes_no_broken_calendar_part(practice):
    hall = practice.hall
    entry = booking.Entry("massage", berlin(WEDNESDAY), "Max Muster", staff="anna")
    act(hall, booking.enter, login(hall, "empfang"), entry)
    assert str(event(mails(practice)[0])["ATTENDEE"]) == "invalid:nomail"


# ---- once, whatever fails --------------------------------------------------------------------------------------------


def test_a_fact_that_is_told_again_makes_no_second_notice(practice):
    by_customer(practice)
    hall = practice.hall
    notices(hall)

    def due_again(session: Any) -> None:
        for fact in session.scalars(select(Message).where(Message.channel == "vorzimmer_notices")):
            fact.state = "due"

    hall.database.write(due_again)
    assert told(hall) == [("anna", "Neuer Termin")]


def test_a_login_that_is_blocked_or_never_accepted_hears_nothing(practice):
    change_account(practice.hall, "empfang", password=None)
    by_customer(practice, service="erstgespraech")
    assert told(practice.hall) == [("anna", "Neue Anfrage")]
