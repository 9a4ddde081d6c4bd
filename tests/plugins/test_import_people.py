"""Customers from tables: encodings, separators, duplicates, broken lines, kills (D1, A84)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.imports import begun, finish
from vorzimmer import customers, failpoint
from vorzimmer.customers import Record
from vorzimmer.models import AuditEntry, Customer
from vorzimmer.practice import Hall
from vorzimmer.testing import Practice
from vorzimmer_import import running, tables
from vorzimmer_import.everybody import Everybody
from vorzimmer_import.headings import guessed
from vorzimmer_import.models import CHECKING, FAILED, IMPORTED, RUNNING, SKIPPED, Item
from vorzimmer_import.running import COMMAND

HEAD = "Name;E-Mail;Telefon;Notiz\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def brought(hall: Hall, folder: Path, text: str, to: str = RUNNING) -> list[tuple[int, str, str]]:
    """Number, outcome and first reason of each line."""
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    run_id = begun(hall, path, to)
    finish(hall, run_id)
    with hall.database.reading() as session:
        items = session.scalars(select(Item).where(Item.run_id == run_id).order_by(Item.number))
        return [(one.number, one.outcome, one.reasons[0]["text"] if one.reasons else "") for one in items]


def names(hall: Hall) -> list[str]:
    with hall.database.reading() as session:
        return sorted(session.scalars(select(Customer.name)))


# ---- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_are_found_out(folder: Path, encoding: str, separator: str) -> None:
    """D1."""
    path = folder / "file.csv"
    rows = [["Vorname", "Größe"], ["Jürgen", 'sagt "ja, klar"; sicher'], ["Änne", "x"]]
    quoted = (separator.join('"{}"'.format(cell.replace('"', '""')) for cell in row) for row in rows)
    path.write_bytes("\r\n".join(quoted).encode(encoding))
    head, found = tables.read(path)
    assert [head.cells, *(row.cells for row in found)] == rows


def test_a_line_that_tells_the_separator_is_not_the_heading(folder: Path) -> None:
    (folder / "file.csv").write_text("sep=;\nName;Ort\nA,B;C\n")
    head, found = tables.read(folder / "file.csv")
    assert (head.cells, [row.cells for row in found]) == (["Name", "Ort"], [["A,B", "C"]])


def test_broken_lines_cost_no_other_line(folder: Path) -> None:
    """D1: a quotation mark that nobody closes, too few cells, letters that are none, an endless line."""
    text = b'Name;Ort\nA;"B\nC;D\nE\nF;\xff\xc3\xa4\n' + b"G;" + b"x" * 200_000 + b'\nH;"I\nJ"\nK;L\n'
    (folder / "file.csv").write_bytes(text.replace(b"D", "ääääääää".encode()))
    _head, found = tables.read(folder / "file.csv")
    assert [(row.number, row.cells[:1], bool(row.flaw)) for row in found] == [
        (2, [], True),
        (3, ["C"], False),
        (4, [], True),
        (5, [], True),
        (6, [], True),
        (7, ["H"], False),
        (9, ["K"], False),
    ]


def test_what_our_export_made_harmless_is_the_original_again(folder: Path) -> None:
    """A84."""
    (folder / "file.csv").write_text("Name,Note\n'=Anna,'@home\n")
    _head, found = tables.read(folder / "file.csv")
    assert next(found).cells == ["=Anna", "@home"]


@pytest.mark.parametrize(
    ("head", "fields"),
    [
        (["Vorname", "Name", "E-Mail-Adresse", "Mobil"], ["first", "last", "email", "phone"]),
        (["Nom", "Prénom", "Courriel", "Téléphone"], ["last", "first", "email", "phone"]),
        (["Nom", "Adresse e-mail", "Remarques"], ["name", "email", "note"]),
        (["Фамилия", "Имя", "Телефон", "Эл. почта"], ["last", "first", "phone", "email"]),
        (["Full name", "Phone", "Mobile", "Customer Number"], ["name", "phone", "phone", "id"]),
    ],
)
def test_headings_are_understood_in_four_languages(head: list[str], fields: list[str]) -> None:
    """D1: column mapping."""
    found = guessed(head, [])
    assert [found.get(str(place), "") for place in range(len(head))] == fields


# ---- coming in -------------------------------------------------------------------------------------------------------


def test_lines_become_records(practice: Practice, folder: Path) -> None:
    """D1; a record that is made by a file has its entry in the log like any other."""
    text = "Vorname;Nachname;E-Mail;Gruppe\nErika;Muster;Erika@Muster.example;privat, Kasse\n"
    brought(practice.hall, folder, text)
    with practice.hall.database.reading() as session:
        one = session.scalars(select(Customer).where(Customer.name == "Erika Muster")).one()
        assert (one.email_key, [group.name for group in one.groups]) == (
            "erika@muster.example",
            ["Kasse", "privat"],
        )
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"customer {one.uid}")).one()
        assert (entry.act, entry.door) == ("customer_added", "import")


def test_a_second_import_changes_nothing(practice: Practice, folder: Path) -> None:
    """D1: repeatable, also for somebody of whom nothing but the name is known, and who was corrected since."""
    text = HEAD + "Erika Muster;e@muster.example;;\nNur Name;;;\n"
    assert [outcome for _, outcome, _ in brought(practice.hall, folder, text)] == [IMPORTED, IMPORTED]
    before = names(practice.hall)
    assert [outcome for _, outcome, _ in brought(practice.hall, folder, text)] == [SKIPPED, SKIPPED]
    assert names(practice.hall) == before


def test_who_is_known_by_address_or_number_is_skipped_and_a_family_is_told(
    practice: Practice, folder: Path
) -> None:
    """D1, D5: the same name with the same address or number is the same person, another name is not."""

    def add(session: Session) -> None:
        given = Record(name="Erika Muster", email="e@muster.example", phone="+49 171 1234567")
        customers.add(session, practice.hall, COMMAND, given)

    practice.hall.database.write(add)
    text = (
        HEAD
        + "erika  MUSTER;E@muster.example;;\nErika Muster;;0171/1234567;\nMax Muster;e@muster.example;;\n"
    )
    found = brought(practice.hall, folder, text)
    assert [outcome for _, outcome, _ in found] == [SKIPPED, SKIPPED, IMPORTED]
    assert found[2][2] == "Shares e-mail or phone with %(names)s."


def test_the_number_of_the_old_system_tells_people_apart(practice: Practice, folder: Path) -> None:
    """D1: the own import id."""
    text = "Kundennummer;Name\n1;Anna Schmidt\n2;Anna Schmidt\n1;Anna Schmitt\n"
    found = brought(practice.hall, folder, text)
    assert [outcome for _, outcome, _ in found] == [IMPORTED, IMPORTED, SKIPPED]


def test_each_line_that_does_not_fit_is_told_with_its_number(practice: Practice, folder: Path) -> None:
    """D1: a report of each; the others come in."""
    text = HEAD + "A;kaputt@;;\nB;b@x.example\n;c@x.example;;\nD;d@x.example;;\n"
    found = brought(practice.hall, folder, text)
    assert [(number, outcome) for number, outcome, _ in found] == [
        (2, FAILED),
        (3, FAILED),
        (4, FAILED),
        (5, IMPORTED),
    ]
    assert all(reason for _, outcome, reason in found if outcome == FAILED)


def test_a_dry_run_tells_the_same_and_leaves_nothing(practice: Practice, folder: Path) -> None:
    """D1: also of somebody who stands in the file twice, hundreds of lines apart."""
    many = "".join(f"Kunde {n};kunde{n}@x.example;;\n" for n in range(150))
    text = f"{HEAD}Erika;e@muster.example;;\n{many}erika;e@muster.example;;\nB;kaputt@;;\n"
    before = names(practice.hall)
    tried = brought(practice.hall, folder, text, CHECKING)
    assert names(practice.hall) == before
    assert brought(practice.hall, folder, text) == tried
    assert [outcome for _, outcome, _ in tried[-2:]] == [SKIPPED, FAILED]


def test_an_interrupted_import_goes_on_and_doubles_nobody(
    practice: Practice, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D1: what a batch brought in and that it did are one transaction."""
    hall, path = practice.hall, folder / "file.csv"
    path.write_text(HEAD + "".join(f"Kunde {n};;;\n" for n in range(250)))
    run_id = begun(hall, path)
    assert hall.database.write(lambda session: running.batch(session, hall, run_id, Everybody()))

    def killed(step: str) -> None:
        raise InterruptedError(step)

    with monkeypatch.context() as patch:
        patch.setattr(failpoint, "reach", killed)
        with pytest.raises(InterruptedError):
            hall.database.write(lambda session: running.batch(session, hall, run_id, Everybody()))
    counted = finish(hall, run_id)
    with hall.database.reading() as session:
        made = session.scalar(select(func.count()).where(Customer.name.startswith("Kunde ")))
    assert (counted.imported, made) == (250, 250)
