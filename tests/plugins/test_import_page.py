"""The import in the office: a file, its columns, a trial, the report, and then it comes in (D1, D2)."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.access import ROLES
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Customer, Role
from vorzimmer.testing import DESK, Browser, Practice

PAGE = "/office/settings/import"
TABLE = "Kunde;E-Mail\nErika Muster;e@muster.example\nMax;kaputt@\n"


@pytest.fixture
def database_url() -> str:
    """SQLite alone: nothing here depends on the database."""
    return ""


@pytest.fixture
def owner(practice: Practice, client: Browser) -> Browser:
    client.sign_in("owner@praxis.example")
    client.get(PAGE)
    Worker(practice.hall).run_due()  # has been running for a while
    return client


def sent(browser: Browser, text: str | bytes, name: str = "kunden.csv") -> Any:
    data = text.encode() if isinstance(text, str) else text
    return browser.send(PAGE, file=(io.BytesIO(data), name))


def work(practice: Practice) -> None:
    """The worker's rounds until nothing is left."""
    for _ in range(20):
        Worker(practice.hall).run_due()


def known(practice: Practice, name: str) -> bool:
    with practice.hall.database.reading() as session:
        return session.scalar(select(Customer.id).where(Customer.name == name)) is not None


def test_nothing_comes_in_before_it_was_tried_out(practice: Practice, owner: Browser) -> None:
    """D1: columns guessed, a trial with its report, then the import by the worker; the rest as a file."""
    page = sent(owner, TABLE)
    assert '<option value="name" selected>' in page.text
    one = page.request.path
    owner.send(f"{one}/check", **{"column-0": "name", "column-1": "email"})
    work(practice)
    tried = owner.get(one).text
    assert f'action="{one}/begin"' in tried
    assert not known(practice, "Erika Muster")
    assert "Zeile 3" in tried
    owner.send(f"{one}/begin")
    work(practice)
    assert known(practice, "Erika Muster")
    assert owner.get(f"{one}/refused").get_data(as_text=True) == "\ufeffKunde;E-Mail\nMax;kaputt@\n"


def test_a_mapping_without_name_is_refused_and_kept(practice: Practice, owner: Browser) -> None:
    """D1: nothing chosen is lost."""
    one = sent(owner, TABLE).request.path
    answer = owner.send(f"{one}/check", **{"column-0": "", "column-1": "phone"})
    assert answer.status_code == 422
    assert '<option value="phone" selected>' in answer.text


def test_where_nothing_fits_there_is_nothing_to_begin(practice: Practice, owner: Browser) -> None:
    """D1."""
    one = sent(owner, "Kunde;E-Mail\nMax;kaputt@\n").request.path
    owner.send(f"{one}/check", **{"column-0": "name", "column-1": "email"})
    work(practice)
    assert f'action="{one}/begin"' not in owner.get(one).text


def test_a_calendar_is_asked_whose_it_is(practice: Practice, owner: Browser) -> None:
    """D2."""
    event = "BEGIN:VEVENT\nUID:a\nDTSTART:20270302T100000Z\nSUMMARY:Zahnarzt\nEND:VEVENT\n"
    one = sent(owner, f"BEGIN:VCALENDAR\n{event}END:VCALENDAR\n", "anna.ics").request.path
    assert owner.send(f"{one}/check", resource="").status_code == 422
    owner.send(f"{one}/check", resource="anna")
    work(practice)
    assert owner.send(f"{one}/begin").status_code == 200


@pytest.mark.parametrize(
    ("text", "name"), [("", "a.csv"), ("\n\n", "a.csv"), ("x", "a.exe"), ("x", "a.ics"), ("Name\n", "a.csv")]
)
def test_a_file_that_is_none_is_refused_beside_its_field(owner: Browser, text: str, name: str) -> None:
    answer = sent(owner, text, name)
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text


def test_letters_that_can_be_read_in_two_ways_are_asked_before_anything_is_kept(owner: Browser) -> None:
    """D1: each reading is shown beside its choice; the line of the headings can be said as well."""
    before = owner.get(PAGE).text.count("kunden.csv")
    table = "Liste Kunde\nWer;Notiz\nŠimon;x\n".encode("cp1252")
    answer = sent(owner, table)
    assert (answer.status_code, "Šimon" in answer.text, "äimon" in answer.text) == (422, True, True)
    assert owner.get(PAGE).text.count("kunden.csv") == before
    told = {"encoding": "cp1252", "heading": "2"}
    page = owner.send(PAGE, file=(io.BytesIO(table), "kunden.csv"), **told)
    assert (page.status_code, "Šimon" in page.text, "Liste Kunde" in page.text) == (200, True, False)
    refused = owner.send(PAGE, file=(io.BytesIO(table), "kunden.csv"), heading="x")
    assert refused.status_code == 422


def test_one_line_is_told_in_the_singular(practice: Practice, owner: Browser) -> None:
    """Office 29."""
    one = sent(owner, TABLE).request.path
    owner.send(f"{one}/check", **{"column-0": "name", "column-1": "email"})
    work(practice)
    tried = " ".join(owner.get(one).text.split())
    assert "1 kommt herein oder wird ergänzt, 0 werden übersprungen, 1 passt nicht." in tried
    assert "E-Mail: „kaputt@“ ist keine E-Mail-Adresse." in tried


def test_a_file_may_be_larger_than_any_other_form(owner: Browser) -> None:
    """A practice's customers with all that was noted of them."""
    many = "".join(f"Kunde {n};{'x' * 900}\n" for n in range(2000))
    assert whole(owner, f"Name;Notiz\n{many}").status_code == 303
    larger = whole(owner, "x" * (11 * 1024 * 1024))
    assert (larger.status_code, "10 MB" in larger.text.replace("\N{NO-BREAK SPACE}", " ")) == (422, True)
    assert whole(owner, "x" * (17 * 1024 * 1024)).status_code == 413


def whole(browser: Browser, text: str) -> Any:
    """The answer to a body made by hand: the client would leave a file behind."""
    head = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    token = head.format("csrf_token", "", browser.csrf_token)
    body = token + head.format("file", '; filename="a.csv"', text) + "--b--\r\n"
    return browser.post(PAGE, data=body.encode(), content_type="multipart/form-data; boundary=b")


def test_forgetting_a_file_stops_it(practice: Practice, owner: Browser) -> None:
    one = sent(owner, TABLE).request.path
    owner.send(f"{one}/check", **{"column-0": "name"})
    owner.send(f"{one}/delete")
    work(practice)
    assert owner.get(one).status_code == 404


def test_the_desk_imports_nothing(practice: Practice, client: Browser) -> None:
    """A1."""
    client.sign_in(DESK.name)
    assert client.get(PAGE).status_code == 403


def test_who_may_not_change_customers_imports_none(practice: Practice, owner: Browser) -> None:
    """A1: the right to the settings alone is not enough."""
    one = sent(owner, TABLE).request.path

    def less(session: Session) -> None:
        role = session.scalars(select(Role).where(Role.name == "owner")).one()
        role.permissions = [right for right in ROLES["owner"] if right != "customers"]

    practice.hall.database.write(less)
    assert owner.get(one).status_code == 403
