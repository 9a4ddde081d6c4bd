"""What is different stands in the mail and in the log, before and after (office 4); a place is added (office 15)."""

from __future__ import annotations

from typing import Any

import pytest

from tests import acts
from tests.plugins.test_email import Letters, act, event, text
from tests.web.desk import sign_in
from vorzimmer import booking
from vorzimmer.booking import Override, Target
from vorzimmer.models import Booking
from vorzimmer.testing import Browser, Practice, berlin

TEN = "2027-03-03 10:30"
LINK = "https://video.example/abc"
ANYWAY = Override("warning", "asked for")


@pytest.fixture
def database_url() -> str:
    """SQLite only: what a mail says does not hang on the database."""
    return ""


@pytest.fixture
def letters(practice: Practice) -> Letters:
    return Letters(practice)


@pytest.fixture
def made(practice: Practice) -> Booking:
    return practice.book("massage", TEN)


def lines(letters: Letters) -> list[str]:
    """The text of the last mail to a customer, line by line."""
    return text(letters.last()).replace("\r\n", "\n").replace("\xa0", " ").split("\n")


def below(said: list[str], label: str) -> str:
    """The line below the one that begins so."""
    return said[next(number for number, line in enumerate(said) if line.startswith(label)) + 1]


def log(practice: Practice, client: Browser, found: Booking) -> str:
    """What the appointment's page says has happened."""
    sign_in(client)
    client.send("/language", language="en", next="/office/")
    page = str(client.get(f"/office/booking/{found.uid}").text)
    return page.partition('id="history"')[2].replace("\xa0", " ")


def test_a_colleague_who_takes_over_is_a_change_and_no_move(practice, letters, made, client):
    act(practice, booking.reassign, made.uid, practice.resource("anna").id, "ben")
    mail, said = letters.last(), lines(letters)
    assert mail["Subject"] == "Termin geändert: Mi, 3. März, 10:30 bei Ben Cordes"
    assert below(said, "Bei: Ben Cordes") == "Bisher: Anna Berger"
    assert [line for line in said if line.startswith("Bisher:")] == ["Bisher: Anna Berger"]
    told = log(practice, client, made)
    assert "Person: <bdi>Anna Berger</bdi> → <bdi>Ben Cordes</bdi>" in told
    assert "Moved" not in told


def test_another_service_names_the_old_one(practice, letters, made, client):
    act(practice, booking.move, made.uid, Target(made.starts, service="erstgespraech"), override=ANYWAY)
    mail, said = letters.last(), lines(letters)
    assert mail["Subject"].startswith("Termin geändert: Mi, 3. März, 10:30")
    assert below(said, "Leistung: Erstgespräch") == "Bisher: Klassische Massage"
    assert below(said, "Wann: Mittwoch, 3. März 2027, 10:30–11:30 Uhr") == (
        "Bisher: Mittwoch, 3. März 2027, 10:30–11:00 Uhr"
    )
    assert "Service: <bdi>Klassische Massage</bdi> → <bdi>Erstgespräch</bdi>" in log(practice, client, made)


def test_a_move_to_another_time_place_and_person_tells_all_of_it_at_once(practice, letters, made):
    """The place of the person goes along: ben is at the harbour on Fridays."""
    act(practice, booking.move, made.uid, Target(berlin("2027-03-05 10:00"), "ben"))
    mail, said = letters.last(), lines(letters)
    assert mail["Subject"] == "Termin verschoben: Fr, 5. März, 10:00 bei Ben Cordes"
    assert [line.partition(":")[0] for line in said if line.startswith(("Wann", "Bei", "Wo", "Bisher"))] == [
        *("Wann", "Bisher", "Bei", "Bisher", "Wo", "Bisher"),
    ]


def test_another_room_is_told_to_no_customer(practice, letters, client):
    found = practice.book("ultraschall", TEN)
    away = next(one.resource for one in found.allocations if one.resource.kind == "room")
    other = {"raum-1": "raum-2", "raum-2": "raum-1"}[away.slug]
    before = len(letters.to_customers())
    act(practice, booking.reassign, found.uid, away.id, other)
    assert len(letters.to_customers()) == before
    assert f"Room or device: <bdi>{away.name}" in log(practice, client, found).replace(
        "Ultraschallgerät, ", ""
    )


def test_a_time_moved_and_a_place_changed_in_one_act_are_one_mail_that_tells_both(practice, letters, made):
    before = len(letters.to_customers())
    fields: Any = {"place": "2. Stock", "note": "nur für uns"}
    act(practice, booking.change, made.uid, fields, target=Target(berlin("2027-03-04 15:00")))
    said = lines(letters)
    assert len(letters.to_customers()) == before + 1
    assert below(said, "Wo: ").startswith("Bisher: ")
    assert "nur für uns" not in "\n".join(said)


def test_in_the_pause_after_a_drag_a_hand_over_tells_both_and_a_way_back_nothing(practice, letters):
    """O15: what waits is taken back, and what the customer knows is what counts."""
    practice.hall.config.settings.booking.__dict__["undo_seconds"] = 120
    phone = acts.staff(practice.resource("anna").id, "caldav")
    first, second = practice.book("massage", TEN), practice.book("massage", "2027-03-03 15:00")
    before = len(letters.to_customers())
    for found in (first, second):
        acts.act(practice.hall, booking.move, phone, found.uid, Target(berlin("2027-03-04 10:00")))
        acts.act(practice.hall, booking.move, phone, found.uid, Target(found.starts))
    assert len(letters.to_customers()) == before
    acts.act(practice.hall, booking.move, phone, first.uid, Target(berlin("2027-03-04 10:00")))
    act(practice, booking.reassign, first.uid, practice.resource("anna").id, "ben")
    mails = letters.to_customers()[before:]
    assert [mail["Subject"] for mail in mails] == ["Termin verschoben: Do, 4. März, 10:00 bei Ben Cordes"]
    assert below(lines(letters), "Wann: ") == "Bisher: Mittwoch, 3. März 2027, 10:30–11:00 Uhr"


# ---- where -----------------------------------------------------------------------------------------------------------


def test_a_place_is_added_to_the_address_wherever_it_is_read(practice, letters, made, client):
    """Mail, its calendar part, the calendar app, the customer's page and file."""
    place = practice.location("markt")
    where = f"{place.name}, {place.address}"
    assert f"Wo: {where}" in lines(letters)
    act(practice, booking.change, made.uid, {"place": "2. Stock, bitte klingeln"})
    both = f"{where} – 2. Stock, bitte klingeln"
    said = lines(letters)
    assert f"Wo: {both}" in said
    assert below(said, "Wo: ") == f"Bisher: {where}"
    assert str(event(letters.last())["LOCATION"]) == both
    (served,) = acts.calendar_texts(practice.hall, made.uid)
    assert "bitte klingeln" in served.replace("\r\n ", "")
    assert place.address.partition(",")[0] in served.replace("\r\n ", "")
    link = next(line for line in said if "/b/" in line).partition("://")[2].partition("/")[2]
    client.get(f"/{link}")
    page = client.send(f"/{link}").text
    assert place.address in page
    assert "2. Stock, bitte klingeln" in page


def test_a_video_call_has_no_address_to_go_to_but_what_is_noted(practice, letters, made):
    act(practice, booking.change, made.uid, {"link": LINK})
    said = lines(letters)
    assert "Wo: per Video" in said
    assert below(said, "Wo: ").startswith("Bisher: Praxis am Markt")
    assert str(event(letters.last())["LOCATION"]) == LINK
    act(practice, booking.change, made.uid, {"place": "Bitte Kopfhörer bereithalten"})
    assert str(event(letters.last())["LOCATION"]) == "Bitte Kopfhörer bereithalten"
