"""A later table completes whom an earlier one brought in; our own export is read again by its ids (D1, office 28)."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.imports import begun, finish
from tests.plugins.test_import_people import brought, names
from vorzimmer import customers, erasure
from vorzimmer.customers import Record
from vorzimmer.models import Attribute, Customer
from vorzimmer.practice import Hall
from vorzimmer.testing import Browser, Practice
from vorzimmer_import.models import CHECKING, IMPORTED, RUNNING, SKIPPED, Item, Known
from vorzimmer_import.running import COMMAND

GERDA = "Wer;Wo;Nummer\nGerda Gugel;gerda@kunde.example;030 1234567\n"


def mapped(hall: Hall, folder: Path, text: str, to: str = RUNNING, **said: str) -> list[str]:
    """What became of each line of a file whose columns are told."""
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    run_id = begun(hall, path, to, **said)
    finish(hall, run_id)
    with hall.database.reading() as session:
        query = select(Item.outcome).where(Item.run_id == run_id).order_by(Item.number)
        return list(session.scalars(query))


def record(hall: Hall, name: str) -> dict[str, Any]:
    with hall.database.reading() as session:
        return customers.snapshot(session.scalars(select(Customer).where(Customer.name == name)).one())


def add(hall: Hall, **given: Any) -> str:
    return hall.database.write(lambda s: customers.add(s, hall, COMMAND, Record(**given)).uid)


def test_the_same_file_with_more_columns_completes_everybody(practice: Practice, tmp_path: Path) -> None:
    hall = practice.hall
    assert mapped(hall, tmp_path, GERDA, Wer="name") == [IMPORTED]
    before = names(hall)
    more = {"Wer": "name", "Wo": "email", "Nummer": "phone"}
    assert mapped(hall, tmp_path, GERDA, CHECKING, **more) == [IMPORTED]
    assert record(hall, "Gerda Gugel")["email"] == ""
    assert mapped(hall, tmp_path, GERDA, **more) == [IMPORTED]
    assert names(hall) == before
    assert record(hall, "Gerda Gugel")["email"] == "gerda@kunde.example"
    assert record(hall, "Gerda Gugel")["phone"] == "030 1234567"
    assert mapped(hall, tmp_path, GERDA, **more) == [SKIPPED]


def test_a_newer_file_fills_what_is_empty_and_changes_nothing_else(
    practice: Practice, tmp_path: Path
) -> None:
    """By the number of the old system, by address, and by a name that nobody else has."""
    hall = practice.hall
    brought(
        hall, tmp_path, "Nr;Name;E-Mail;Telefon\n7;Rita;;030 1111111\n;Rolf;rolf@kunde.example;\n;Rosa;;\n"
    )
    before = names(hall)
    newer = (
        "Nr;Name;E-Mail;Telefon\n7;Rita Neu;rita@kunde.example;030 2222222\n"
        ";Rolf;rolf@kunde.example;030 3333333\n;Rosa;rosa@kunde.example;\n"
    )
    assert [outcome for _, outcome, _ in brought(hall, tmp_path, newer)] == [IMPORTED] * 3
    assert names(hall) == before
    assert (record(hall, "Rita")["email"], record(hall, "Rita")["phone"]) == (
        "rita@kunde.example",
        "030 1111111",
    )
    assert (record(hall, "Rolf")["phone"], record(hall, "Rosa")["email"]) == (
        "030 3333333",
        "rosa@kunde.example",
    )


def test_whom_staff_wrote_down_no_table_completes(practice: Practice, tmp_path: Path) -> None:
    hall = practice.hall
    add(hall, name="Frida Muster", email="e@muster.example")
    text = "Name;E-Mail;Telefon\nFrida Muster;e@muster.example;030 1111111\n"
    assert [outcome for _, outcome, _ in brought(hall, tmp_path, text)] == [SKIPPED]
    assert record(hall, "Frida Muster")["phone"] == ""


def test_two_of_one_name_in_one_file_are_two(practice: Practice, tmp_path: Path) -> None:
    """Only an earlier file makes a name somebody known; tried out or not."""
    hall = practice.hall
    text = "Name;Telefon\nAnna Schmidt;\nAnna Schmidt;030 1111111\n"
    tried = brought(hall, tmp_path, text, CHECKING)
    assert [outcome for _, outcome, _ in brought(hall, tmp_path, text)] == [IMPORTED, IMPORTED]
    assert [outcome for _, outcome, _ in tried] == [IMPORTED, IMPORTED]


def test_who_was_deleted_does_not_come_back_and_leaves_no_id(practice: Practice, tmp_path: Path) -> None:
    hall = practice.hall
    brought(hall, tmp_path, "Nr;Name\n7;Rita\n")
    with hall.database.reading() as session:
        uid = session.scalars(select(Customer.uid).where(Customer.name == "Rita")).one()
    hall.database.write(lambda session: erasure.erase(session, hall, COMMAND, uid))
    assert [outcome for _, outcome, _ in brought(hall, tmp_path, "Nr;Name\n7;Rita Neu\n")] == [SKIPPED]
    with hall.database.reading() as session:
        assert session.scalars(select(Known).where(Known.customer == uid)).all() == []


# ---- our own export --------------------------------------------------------------------------------------------------


def exported(client: Browser, language: str) -> list[list[str]]:
    client.get("/office/customers")
    sent = {"csrf_token": client.csrf_token, "separator": "semicolon"}
    file = client.post("/office/customers/export", data=sent, headers={"Accept-Language": language})
    return list(csv.reader(io.StringIO(file.data.decode("utf-8-sig")), delimiter=";"))


def asked(hall: Hall) -> None:
    def work(session: Session) -> None:
        for slug, kind in (("born", "date"), ("size", "number"), ("glasses", "yes_no")):
            labels = {code: f"{slug} {code}" for code in ("de", "en", "fr", "ru")}
            session.add(Attribute(slug=slug, kind=kind, labels=labels, scope="customer", choices=[]))

    hall.database.write(work)


@pytest.mark.parametrize("language", ["de", "en", "fr", "ru"])
def test_the_export_comes_back_with_what_was_changed_and_nothing_else(
    practice: Practice, client: Browser, tmp_path: Path, language: str
) -> None:
    """Office 28: export, change one cell, import: as many people, one changed."""
    hall = practice.hall
    asked(hall)
    answers = {"born": "1980-12-31", "size": 1234.5, "glasses": True}
    shared = {"email": "f@muster.example", "phone": "+49 170 1234567"}
    add(hall, name="Elli Muster", **shared, attributes=answers, groups=["VIP"], note="=1+1\n@zweite")
    add(hall, name="Maxi Muster", **shared)
    client.sign_in("owner@praxis.example")
    rows = exported(client, language)
    before = [record(hall, name) for name in ("Elli Muster", "Maxi Muster")]
    everybody = names(hall)
    for row in rows[1:]:
        if row[0] == "Maxi Muster":
            row[0] = "Maxi Muster-Neu"
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    found = brought(hall, tmp_path, text.getvalue())
    assert sorted(outcome for _, outcome, _ in found) == sorted([IMPORTED, *[SKIPPED] * (len(rows) - 2)])
    assert len(names(hall)) == len(everybody)
    after = [record(hall, name) for name in ("Elli Muster", "Maxi Muster-Neu")]
    assert after == [before[0], before[1] | {"name": "Maxi Muster-Neu"}]
