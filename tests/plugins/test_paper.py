"""Appointments on paper: D3, D4, K65, O74, A1, B15."""

from __future__ import annotations

import email
import re
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from html import unescape
from typing import Any

import icalendar
import pypdfium2
import pytest
import zxingcpp

from vorzimmer import urls
from vorzimmer.messages.worker import Worker
from vorzimmer.testing import Browser, Clock, Practice, berlin

DESK, OWNER, BEN = "empfang@praxis.example", "owner@praxis.example", "ben@praxis.example"
DAY = "2027-03-02"
NAMES = ["Çiğdem Yıldırım", "Александра Преображенская"]


@pytest.fixture
def database_url() -> str:
    return ""


@pytest.fixture
def limits(settings: dict[str, Any]) -> None:
    """Limits by address are on, as they are in life."""
    settings["server"]["limits"] = True


def text_of(content: bytes) -> str:
    """What stands on all sheets."""
    pages = pypdfium2.PdfDocument(content)
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)


def code_on(content: bytes) -> str:
    """What a telephone reads from the code on the sheet."""
    picture = pypdfium2.PdfDocument(content)[0].render(scale=4).to_pil()
    (code,) = zxingcpp.read_barcodes(picture)
    return code.text


def test_the_list_of_a_day_names_everybody_in_any_script(client: Browser, practice: Practice) -> None:
    """D3."""
    for hour, name in enumerate(NAMES, 10):
        practice.book("massage", f"{DAY} {hour}:00", "anna", name=name, email="")
    client.sign_in(DESK)
    text = text_of(client.get(f"/office/paper/day.pdf?day={DAY}").data)
    assert [
        name for name in [*NAMES, "10:00–10:30", "Klassische Massage", "Anna Berger"] if name not in text
    ] == []


def test_who_typed_no_number_has_that_of_the_records(client: Browser, practice: Practice) -> None:
    """D3: somebody is ill, and the list is what the others are called from."""
    eva = {"name": "Eva Klein", "email": "eva@kunde.example"}
    practice.book("massage", f"{DAY} 10:00", "anna", **eva, phone="030 555 0101")
    practice.book("massage", f"{DAY} 11:00", "anna", **eva)
    client.sign_in(DESK)
    assert client.get(f"/office/paper/day?day={DAY}").text.count("030 555 0101") == 2


@pytest.mark.parametrize(
    ("query", "shown"), [("staff=ben", False), ("location=hafen", False), ("staff=anna", True)]
)
@pytest.mark.parametrize("page", ["day", "day.pdf"])
def test_the_list_is_of_one_person_or_one_place(
    client: Browser, practice: Practice, page: str, query: str, shown: bool
) -> None:
    """D3."""
    practice.book("massage", f"{DAY} 10:00", "anna", name="Max Muster")
    client.sign_in(DESK)
    answer = client.get(f"/office/paper/{page}?day={DAY}&{query}")
    text = text_of(answer.data) if page.endswith("pdf") else answer.text
    assert ("Max Muster" in text) is shown


def test_staff_see_their_own_list_only(client: Browser, practice: Practice) -> None:
    """A1: whatever the address asks for."""
    practice.book("massage", f"{DAY} 10:00", "anna", name="Max Muster")
    client.sign_in(BEN)
    for query in ("", "&staff=anna"):
        assert "Max Muster" not in client.get(f"/office/paper/day?day={DAY}{query}").text


@pytest.mark.parametrize("sheet", ["slip", "card"])
def test_slip_and_card_carry_the_link_of_the_appointment(
    client: Browser, practice: Practice, sheet: str
) -> None:
    """D4, K65."""
    made = practice.book("massage", f"{DAY} 10:00", "anna", name="Max Muster", email="")
    client.sign_in(DESK)
    content = client.get(f"/office/paper/{sheet}/{made.uid}.pdf").data
    assert code_on(content) == urls.manage(practice.hall.config, made.uid)
    assert "2. März" in text_of(content)


@pytest.mark.parametrize("sheet", ["slip", "card"])
def test_slip_and_card_can_be_typed_from(client: Browser, practice: Practice, sheet: str) -> None:
    """D4, B28: address, reference and code; by them the appointment opens without any mail."""
    made = practice.book("massage", f"{DAY} 10:00", "anna", name="Max Muster", email="")
    client.sign_in(DESK)
    text = text_of(client.get(f"/office/paper/{sheet}/{made.uid}.pdf").data)
    reference, code = (re.search(rf"{label}: ([\w-]{{9}})", text)[1] for label in ("Referenz", "Code"))
    assert ("localhost:8080/b/" in text, reference) == (True, urls.reference(made.uid))
    client.send("/office/logout")
    assert client.get("/b/").status_code == 403
    form = {"reference": reference.replace("-", " ").lower(), "code": f" {code.lower()} "}
    page = client.send("/b/paper", **form)
    assert (page.status_code, "Klassische Massage" in page.text) == (200, True)


def test_a_wrong_reference_or_code_opens_nothing(client: Browser, practice: Practice) -> None:
    """A93: neither says which of them was wrong."""
    made, other = (practice.book("massage", f"{DAY} {hour}:00", "anna") for hour in (10, 11))
    reference, code = urls.reference(made.uid), urls.paper_code(practice.hall.config, made.uid)
    wrong = [
        (reference, urls.paper_code(practice.hall.config, other.uid)),
        (urls.reference(other.uid), code),
        ("", code),
        (reference, ""),
        ("zzzzzzzz", code),
        (reference[:4], code),
        (f"{reference}%", "%"),
    ]
    client.get("/b/")
    pages = [client.send("/b/paper", reference=one, code=two) for one, two in wrong]
    assert [page.status_code for page in pages] == [422] * len(wrong)
    assert client.get("/b/").status_code == 403


@pytest.mark.usefixtures("limits")
def test_codes_of_paper_are_not_tried_through(client: Browser, practice: Practice) -> None:
    """A30: as many as of the mailed ones."""
    client.get("/b/")
    statuses = [client.send("/b/paper", reference="12345678", code="X").status_code for _try in range(21)]
    assert statuses == [422] * 20 + [429]


# ---- for customers to come -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sheet", "codes"), [("poster", 1), ("business-cards", 10)])
def test_poster_and_cards_carry_the_link_that_was_chosen(
    client: Browser, practice: Practice, sheet: str, codes: int
) -> None:
    """O72, K65: in words and as codes, with name and telephone."""
    client.sign_in(OWNER)
    page = client.get("/office/settings/publish?service=massage&staff=anna").text
    path = unescape(re.search(rf'href="(/office/paper/{sheet}.pdf[^"]*)"', page)[1])
    content = client.get(path).data
    picture = pypdfium2.PdfDocument(content)[0].render(scale=3).to_pil()
    read = [code.text for code in zxingcpp.read_barcodes(picture)]
    assert read == ["http://localhost:8080/book/massage?staff=anna"] * codes
    assert "Praxis am Markt" in text_of(content)
    assert "localhost:8080/book/massage" in text_of(content).replace(" ", "")


def test_a_poster_speaks_every_language_of_the_practice(client: Browser, practice: Practice) -> None:
    client.sign_in(OWNER)
    text = text_of(client.get("/office/paper/poster.pdf").data)
    wanted = ["Termin online buchen", "Book your appointment online", "Запишитесь онлайн"]
    assert [words for words in wanted if words not in text] == []


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example/", "book", "/a b", "/" + "x" * 400]
)
def test_a_poster_shows_no_address_of_others(client: Browser, practice: Practice, path: str) -> None:
    client.sign_in(OWNER)
    assert client.get("/office/paper/poster.pdf", query_string={"path": path}).status_code == 404


def test_a_card_names_itself_in_the_language_of_its_reader(client: Browser, practice: Practice) -> None:
    made = practice.book("massage", f"{DAY} 10:00", "anna")
    client.sign_in(DESK)
    content = client.get(f"/office/paper/card/{made.uid}.pdf").data
    assert pypdfium2.PdfDocument(content).get_metadata_value("Title").startswith("Ihre Termine – ")


def test_a_slip_of_somebody_elses_appointment_is_not_found(client: Browser, practice: Practice) -> None:
    """A1: it carries a link that moves and cancels."""
    made = practice.book("massage", f"{DAY} 10:00", "anna")
    client.sign_in(BEN)
    assert [
        client.get(f"/office/paper/{sheet}/{made.uid}.pdf").status_code for sheet in ("slip", "card")
    ] == [404, 404]


def test_slip_and_list_are_linked_where_they_are_wanted(client: Browser, practice: Practice) -> None:
    made = practice.book("massage", f"{DAY} 10:00", "anna")
    client.sign_in(DESK)
    assert f"/office/paper/slip/{made.uid}.pdf" in client.get(f"/office/booking/{made.uid}").text
    assert f"/office/paper/day?day={DAY}" in client.get(f"/office/?day={DAY}").text


# ---- the evening -----------------------------------------------------------------------------------------------------


@pytest.fixture
def evening(settings: dict[str, Any]) -> None:
    settings.setdefault("plugins", {})["vorzimmer_paper"] = {"addresses": {"markt": "markt@praxis.example"}}


def mails(practice: Practice) -> list[EmailMessage]:
    """The lists that left."""
    folder = practice.hall.config.data / "mail"
    found = [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(folder.glob("*.eml"))
    ]
    return [mail for mail in found if mail["To"] == "markt@praxis.example"]  # type: ignore[misc]  # the parser is typed as Message


def work_at(practice: Practice, clock: Clock, moment: datetime) -> None:
    clock.now = moment
    Worker(practice.hall).run_due()


@pytest.mark.usefixtures("evening")
def test_the_list_of_tomorrow_leaves_once_in_the_evening(practice: Practice, clock: Clock) -> None:
    """O74, B15: by whichever worker looks first."""
    practice.book("massage", f"{DAY} 10:00", "anna", name=NAMES[0])
    for moment in ("2027-03-01 17:55", "2027-03-01 18:05", "2027-03-01 18:15", "2027-03-01 23:00"):
        work_at(practice, clock, berlin(moment))
    (mail,) = mails(practice)
    paper, calendar = mail.iter_attachments()
    assert NAMES[0] in text_of(paper.get_content())
    assert NAMES[0] in mail.get_body(("plain",)).get_content()
    (event,) = icalendar.Calendar.from_ical(calendar.get_content()).events
    assert (event.start, NAMES[0] in str(event["SUMMARY"])) == (berlin(f"{DAY} 10:00"), True)


@pytest.mark.usefixtures("evening")
def test_where_nobody_comes_no_list_leaves(practice: Practice, clock: Clock) -> None:
    practice.book("massage", "2027-03-03 10:00", "anna")
    work_at(practice, clock, berlin("2027-03-01 18:05"))
    assert mails(practice) == []


@pytest.mark.usefixtures("evening")
def test_lists_that_left_are_not_kept(practice: Practice, clock: Clock) -> None:
    """A list of customers does not pile up in the database."""
    practice.book("massage", f"{DAY} 10:00", "anna", name="Max Muster")
    for moment in (berlin("2027-03-01 18:05"), berlin("2027-03-01 18:05") + timedelta(hours=25)):
        work_at(practice, clock, moment)
    with practice.hall.database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT details, text FROM message WHERE topic = 'papers'").all()
    assert rows == [("{}", "")]


def test_the_practice_says_where_the_lists_go(client: Browser, practice: Practice) -> None:
    client.sign_in(OWNER)
    client.get("/office/paper/settings")
    form = {"csrf_token": client.csrf_token, "address-markt": "markt@praxis.example", "hour": "19"}
    assert client.post("/office/paper/settings", data=form).status_code == 303
    config = practice.hall.plugins.instance("vorzimmer_paper").config
    assert (config.addresses, config.hour) == ({"markt": "markt@praxis.example"}, 19)


def test_an_address_that_is_none_is_said_beside_its_field(client: Browser, practice: Practice) -> None:
    client.sign_in(OWNER)
    client.get("/office/paper/settings")
    form = {"csrf_token": client.csrf_token, "address-markt": "markt@", "hour": "19"}
    answer = client.post("/office/paper/settings", data=form)
    assert (answer.status_code, 'value="markt@"' in answer.text) == (422, True)
    assert re.search(r'id="address-markt-error"', answer.text)
