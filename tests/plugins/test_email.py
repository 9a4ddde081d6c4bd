"""Mails as they leave: one recipient, text first, a calendar part (interface.md, security.md 3.5)."""

import base64
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select, update

from vorzimmer import access, booking, urls
from vorzimmer.access import Actor, Right
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Booking, Message, Service
from vorzimmer.settings import change as settings_of
from vorzimmer.testing import Practice, berlin
from vorzimmer_email import folder

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DESK = Actor("empfang@praxis.example", "office", rights=frozenset(Right))
SIX_DIGITS = re.compile(r"(?<!\d)\d{6}(?!\d)")


class Letters:
    """The mails in the folder, read as a mail program reads them."""

    def __init__(self, practice: Practice) -> None:
        self.hall = practice.hall

    @property
    def folder(self) -> Path:
        return self.hall.config.data / "mail"

    def deliver(self) -> list[EmailMessage]:
        """Deliver what is due; all mails so far."""
        Worker(self.hall).run_due()
        return [read(path) for path in sorted(self.folder.glob("*.eml"))]

    def last(self) -> EmailMessage:
        """The last one to a customer; what staff are told, test_notices looks at."""
        return self.to_customers()[-1]

    def to_customers(self) -> list[EmailMessage]:
        return [mail for mail in self.deliver() if not mail["To"].endswith("@praxis.example")]

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.deliver() if mail["To"] == address]


def read(path: Path) -> EmailMessage:
    mail = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def page(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def calendars(mail: EmailMessage) -> list[Any]:
    return [part for part in mail.walk() if part.get_content_type() == "text/calendar"]


def event(mail: EmailMessage) -> Any:
    (part,) = calendars(mail)
    (found,) = Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    return found


@pytest.fixture
def database_url() -> str:
    """SQLite only: what a mail says does not hang on the database (delivery does, see test_outbox and test_smtp)."""
    return ""


@pytest.fixture
def letters(practice: Practice) -> Letters:
    return Letters(practice)


def hold(practice: Practice, service: str = "massage", **typed: str) -> Booking:
    """A held time with the details typed; its code is due."""
    hall, guest = practice.hall, access.CUSTOMER
    details: dict[str, Any] = {"name": "Max Muster", "email": "max@kunde.example", **typed}
    who = booking.Details(**details)
    request = booking.HoldRequest(service, berlin("2027-03-03 10:30"), staff="anna")
    held = hall.database.write(lambda session: booking.hold(session, hall, guest, request))
    return hall.database.write(lambda session: booking.details(session, hall, guest, held.uid, who))


def confirm(practice: Practice, held: Booking) -> Booking:
    """The code arrives and is typed."""
    hall = practice.hall
    Worker(hall).run_due()
    code = urls.code(hall.config, held.uid, held.code_issue)
    return hall.database.write(
        lambda session: booking.confirm(session, hall, access.CUSTOMER, held.uid, code)
    )


def act(practice: Practice, use_case: Any, *given: Any, **more: Any) -> Booking:
    """A use case at the desk."""
    hall = practice.hall
    done: Booking = hall.database.write(lambda session: use_case(session, hall, DESK, *given, **more))
    return done


def dress(practice: Practice, **own: str) -> None:
    """Settings of the practice."""
    hall = practice.hall
    hall.database.write(lambda session: settings_of.save(session, hall, DESK, "practice", own))
    hall.refresh(at_once=True)


# ---- the code --------------------------------------------------------------------------------------------------------


def test_the_code_is_in_the_mail(practice, letters):
    held = hold(practice)
    assert urls.code(practice.hall.config, held.uid, held.code_issue) in text(letters.last())


@pytest.mark.parametrize("language", ["de", "en", "fr", "ru"])
def test_the_code_is_the_only_six_digits_of_its_mail(practice, letters, language):
    held = hold(practice, language=language)
    mail = letters.last()
    code = urls.code(practice.hall.config, held.uid, held.code_issue)
    assert SIX_DIGITS.findall(mail["Subject"] + text(mail)) == [code]
    assert SIX_DIGITS.findall(page(mail)) == [code]


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    practice = {"name": "Praxis 123456", "phone": "030 987654", "base_url": "https://termine.praxis.example"}
    return {**settings, "practice": practice}


def test_the_code_is_the_only_six_digits_whatever_colour_the_practice_has(practice, letters):
    dress(practice, accent="#123456")
    held = hold(practice)
    code = urls.code(practice.hall.config, held.uid, held.code_issue)
    assert SIX_DIGITS.findall(page(letters.last())) == [code]


def test_nothing_that_was_typed_stands_in_the_mail_with_the_code(practice, letters):
    """A88: nobody can send somebody else a text through us."""
    hold(practice, name="Gewinn", message="Rufen Sie sofort", phone="0900 5551")
    mail = letters.last()
    typed = ["Gewinn", "sofort", "0900"]
    assert [word for word in typed if word in mail["Subject"] + text(mail) + page(mail)] == []


def test_the_mail_with_the_code_has_no_calendar_part(practice, letters):
    hold(practice)
    assert calendars(letters.last()) == []


def test_the_code_is_kept_nowhere(practice, letters):
    """A30: the record of what was sent has it masked."""
    held = hold(practice)
    letters.deliver()
    with practice.hall.database.reading() as session:
        message = session.scalars(select(Message).where(Message.topic == "code")).one()
    assert "••••••" in message.text
    code = urls.code(practice.hall.config, held.uid, held.code_issue)
    assert code not in message.text + message.subject + str(message.details)


def test_a_new_code_withdraws_the_one_before(practice, letters):
    held = hold(practice)
    who = booking.Details(name="Max Muster", email="max@kunde.example")
    hall = practice.hall
    hall.database.write(lambda session: booking.details(session, hall, access.CUSTOMER, held.uid, who))
    assert len(letters.deliver()) == 1


# ---- every mail ------------------------------------------------------------------------------------------------------


def test_a_mail_has_exactly_one_recipient(practice, letters):
    practice.book("massage", "2027-03-03 10:30")
    mail = letters.last()
    assert mail.get_all("To") == ["max.muster@kunde.example"]
    assert (mail["Cc"], mail["Bcc"]) == (None, None)


def test_the_text_comes_first(practice, letters):
    practice.book("massage", "2027-03-03 10:30")
    kinds = [part.get_content_type() for part in letters.last().walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]


def test_a_mail_wears_the_colour_of_the_practice(practice, letters):
    """look.md: the same tokens as the pages."""
    dress(practice, accent="#7a003c")
    practice.book("massage", "2027-03-03 10:30")
    assert "background:rgb(122,0,60)" in page(letters.last())


def test_a_mail_brings_the_picture_of_the_practice_along(practice, letters):
    """A69: nothing is fetched when the mail is read."""
    practice.hall.database.write(lambda session: settings_of.set_logo(session, practice.hall, DESK, PNG))
    practice.hall.refresh(at_once=True)
    practice.book("massage", "2027-03-03 10:30")
    mail = letters.last()
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture.get_payload(decode=True) == PNG
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in page(mail)


def test_automatic_mail_says_so(practice, letters):
    """A92."""
    practice.book("massage", "2027-03-03 10:30")
    assert letters.last()["Auto-Submitted"] == "auto-generated"


def test_the_sender_is_the_practice(practice, letters):
    practice.book("massage", "2027-03-03 10:30")
    (sender,) = letters.last()["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Praxis 123456", "vorzimmer@termine.praxis.example")


def test_the_fact_is_the_subject(practice, letters):
    practice.book("massage", "2027-03-03 10:30")
    assert letters.last()["Subject"] == "Termin bestätigt: Mi, 3. März, 10:30 bei Anna Berger"


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "Appointment confirmed: Wed, 3 March, 10:30 with Anna Berger"),
        ("fr", "Rendez-vous confirmé\xa0: mer. 3 mars, 10:30 avec Anna Berger"),
        ("ru", "Запись подтверждена: ср, 3 марта, 10:30, Anna Berger"),
    ],
)
def test_the_customers_language_is_spoken(practice, letters, language, subject):
    practice.book("massage", "2027-03-03 10:30", language=language)
    assert letters.last()["Subject"] == subject


def test_the_text_says_what_when_where_with_whom_and_what_it_costs(practice, letters):
    practice.book("massage", "2027-03-03 10:30")
    said = text(letters.last())
    for part in [
        "Klassische Massage",
        "Mittwoch, 3. März 2027, 10:30–11:00 Uhr",
        "Praxis am Markt",
        "Anna Berger",
        "45,00\xa0€",
    ]:
        assert part in said


def test_the_link_to_manage_the_appointment_uses_the_configured_address(practice, letters):
    """A45."""
    booked = practice.book("massage", "2027-03-03 10:30")
    link = urls.manage(practice.hall.config, booked.uid)
    assert link.startswith("https://termine.praxis.example/b/")
    assert link in text(letters.last())
    assert f'href="{link}"' in page(letters.last())


def test_the_page_of_a_mail_asks_nobody_for_anything(practice, letters):
    practice.book("massage", "2027-03-03 10:30")
    assert re.findall(r"src=|background-image|@import|url\(", page(letters.last())) == []


@pytest.mark.parametrize(
    "name", ["Max\r\nBcc: other@kunde.example", "Max\nX: 1", "Max\x85Bcc: y", "Max\u2028Bcc: z"]
)
def test_a_line_break_in_a_name_adds_no_header(practice, letters, name):
    """A86."""
    booked = practice.book("massage", "2027-03-03 10:30")

    def rename(session: Any) -> None:
        found = session.get(Booking, booked.id)
        found.name = name
        found.customer.name = name

    practice.hall.database.write(rename)
    mail = letters.last()
    headers = "From To Subject Date Message-ID Auto-Submitted Content-Language MIME-Version Content-Type"
    assert set(mail) == set(headers.split())


@pytest.mark.parametrize("name", ["Max evil.example", "https://evil.example", "www.evil"])
def test_a_name_does_not_become_a_link(practice, letters, name):
    """A88."""
    practice.book("massage", "2027-03-03 10:30", name=name)
    mail = letters.last()
    assert "evil" not in text(mail) + page(mail)


def test_markup_in_a_message_is_text(practice, letters):
    booked = practice.book("massage", "2027-03-03 10:30")
    act(practice, booking.cancel, booked.uid, message="<b>Danke</b>")
    assert "&lt;b&gt;Danke" in page(letters.last())


def test_an_address_with_an_international_domain_is_written_as_mail_servers_do(practice, letters):
    practice.book("massage", "2027-03-03 10:30", email="max@müller.example")
    assert letters.last()["To"] == "max@xn--mller-kva.example"


# ---- the calendar part -----------------------------------------------------------------------------------------------


def test_the_calendar_part_has_method_uid_and_sequence(practice, letters):
    booked = practice.book("massage", "2027-03-03 10:30")
    mail = letters.last()
    (part,) = calendars(mail)
    assert part.get_param("method") == "REQUEST"
    assert (event(mail)["UID"], event(mail)["SEQUENCE"]) == (booked.uid, booked.sequence)


def test_the_sequence_rises_with_each_change(practice, letters):
    booked = practice.book("massage", "2027-03-03 10:30")
    act(practice, booking.move, booked.uid, booking.Target(berlin("2027-03-04 15:00")))
    act(practice, booking.cancel, booked.uid)
    events = [event(mail) for mail in letters.to_customers()]
    assert all(first["SEQUENCE"] < second["SEQUENCE"] for first, second in pairwise(events))
    assert len({each["UID"] for each in events}) == 1


def test_a_cancellation_takes_the_event_back(practice, letters):
    booked = practice.book("massage", "2027-03-03 10:30")
    act(practice, booking.cancel, booked.uid)
    mail = letters.last()
    assert calendars(mail)[0].get_param("method") == "CANCEL"
    assert event(mail)["STATUS"] == "CANCELLED"


@pytest.mark.parametrize("day", ["2027-03-25", "2027-03-30", "2027-10-29", "2027-11-01"])
def test_mail_and_calendar_agree_around_the_change_of_clocks(practice, letters, day):
    """F41."""
    practice.clock.now = berlin(day).replace(day=1)
    practice.book("massage", f"{day} 09:00")
    mail = letters.last()
    assert "09:00–09:30 Uhr" in text(mail)
    assert event(mail)["DTSTART"].dt == berlin(f"{day} 09:00")


@pytest.mark.parametrize(("day", "utc"), [("2027-03-28", "07:00"), ("2027-10-31", "08:00")])
def test_mail_and_calendar_agree_on_the_days_of_the_change(practice, letters, day, utc):
    """F41: Sundays, so staff book outside the hours."""
    practice.clock.now = berlin(day).replace(day=1)
    entry = booking.Entry("massage", berlin(f"{day} 09:00"), "Max", staff="anna", email="max@kunde.example")
    over = booking.Override("warning", "on a Sunday")
    practice.hall.database.write(lambda session: booking.enter(session, practice.hall, DESK, entry, over))
    mail = letters.last()
    assert "09:00–09:30 Uhr" in text(mail)
    assert event(mail)["DTSTART"].dt.astimezone(berlin(day).tzinfo).strftime("%H:%M") == utc


# ---- each topic ------------------------------------------------------------------------------------------------------


def test_a_booking_from_the_page_is_confirmed_by_mail(practice, letters):
    confirm(practice, hold(practice))
    assert letters.last()["Subject"].startswith("Termin bestätigt:")


def test_a_move_tells_the_old_and_the_new_time(practice, letters):
    booked = practice.book("massage", "2027-03-03 10:30")
    act(practice, booking.move, booked.uid, booking.Target(berlin("2027-03-04 15:00")), message="Bis dann!")
    mail = letters.last()
    assert mail["Subject"] == "Termin verschoben: Do, 4. März, 15:00 bei Anna Berger"
    assert "Wann: Donnerstag, 4. März 2027, 15:00–15:30 Uhr" in text(mail)
    assert "Bisher: Mittwoch, 3. März 2027, 10:30–11:00 Uhr" in text(mail)
    assert "Bis dann!" in text(mail)


def test_a_mail_says_what_was_true_when_it_was_written(practice, letters):
    booked = practice.book("massage", "2027-03-03 10:30")
    act(practice, booking.move, booked.uid, booking.Target(berlin("2027-03-04 15:00"), staff="ben"))
    first = letters.to_customers()[0]
    assert first["Subject"] == "Termin bestätigt: Mi, 3. März, 10:30 bei Anna Berger"
    assert event(first)["DTSTART"].dt == berlin("2027-03-03 10:30")


def test_a_cancellation_says_which_appointment_and_why(practice, letters):
    booked = practice.book("massage", "2027-03-03 10:30")
    act(practice, booking.cancel, booked.uid, message="Anna ist krank.")
    mail = letters.last()
    assert mail["Subject"] == "Termin abgesagt: Mi, 3. März, 10:30 bei Anna Berger"
    assert "Anna ist krank." in text(mail)


@pytest.mark.parametrize(("active", "path"), [(True, "/book/massage"), (False, "/")])
def test_a_cancellation_leads_to_what_can_be_booked(practice, letters, active, path):
    """A service that goes into the archive with its appointments is no longer offered."""
    booked = practice.book("massage", "2027-03-03 10:30")

    def cancel(session):
        booking.cancel(session, practice.hall, DESK, booked.uid)
        session.execute(update(Service).where(Service.slug == "massage").values(active=active))

    practice.hall.database.write(cancel)
    assert f"{practice.hall.config.base_url}{path}" in text(letters.last()).splitlines()


def test_a_request_is_answered_at_once(practice, letters):
    requested = confirm(practice, hold(practice, "erstgespraech"))
    (_code, mail) = letters.to("max@kunde.example")
    assert mail["Subject"].startswith("Anfrage eingegangen:")
    assert (event(mail)["STATUS"], event(mail)["UID"]) == ("TENTATIVE", requested.uid)


def test_an_accepted_request_is_told(practice, letters):
    act(practice, booking.accept, confirm(practice, hold(practice, "erstgespraech")).uid)
    mail = letters.to("max@kunde.example")[-1]
    assert mail["Subject"].startswith("Anfrage angenommen:")
    assert event(mail)["STATUS"] == "CONFIRMED"


def test_a_declined_request_is_told(practice, letters):
    asked = confirm(practice, hold(practice, "erstgespraech"))
    act(practice, booking.decline, asked.uid, message="Leider voll.")
    mail = letters.to("max@kunde.example")[-1]
    assert mail["Subject"].startswith("Anfrage abgelehnt:")
    assert "Leider voll." in text(mail)
    assert calendars(mail)[0].get_param("method") == "CANCEL"


def test_a_request_that_nobody_answered_is_told(practice, letters):
    """Rule 50."""
    confirm(practice, hold(practice, "erstgespraech"))
    practice.clock.move(days=3)
    Worker(practice.hall).run_due()
    mail = letters.to("max@kunde.example")[-1]
    assert mail["Subject"].startswith("Anfrage verfallen:")


def test_a_reminder_comes_a_day_before(practice, letters):
    practice.book("massage", "2027-03-03 10:30")
    practice.clock.now = berlin("2027-03-02 10:30")
    assert letters.last()["Subject"] == "Erinnerung: Mi, 3. März, 10:30 bei Anna Berger"


# ---- the folder ------------------------------------------------------------------------------------------------------


def test_mails_are_numbered_in_the_order_sent(practice, letters):
    confirm(practice, hold(practice))
    letters.deliver()
    names = sorted(path.name for path in letters.folder.glob("*.eml"))
    assert names == ["000001.eml", "000002.eml", "000003.eml"]
    assert [mail["To"].partition("@")[0] for mail in letters.deliver()] == ["max", "max", "anna"]


def test_a_number_is_never_given_twice_by_several_processes(tmp_path):
    processes = [get_context("fork").Process(target=write_many, args=(tmp_path, name)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    names = sorted(path.name for path in tmp_path.glob("*.eml"))
    assert names == [f"{number:06d}.eml" for number in range(1, 31)]
    assert len({read(path)["Subject"] for path in tmp_path.glob("*.eml")}) == 30


def write_many(where: Path, name: str) -> None:
    for number in range(10):
        mail = EmailMessage()
        mail["Subject"] = f"{name}{number}"
        mail.set_content("x")
        folder.write(where, mail)
