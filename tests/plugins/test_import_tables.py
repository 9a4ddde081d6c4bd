"""Tables of the real world: letters, headings, title lines, and cells that hold no value (D1, office 29)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.imports import begun, finish
from vorzimmer.models import Attribute, Customer
from vorzimmer.practice import Hall
from vorzimmer.testing import Practice
from vorzimmer_import import letters, tables, wording
from vorzimmer_import.headings import choices, guessed
from vorzimmer_import.letters import UnsureError, encoding_of
from vorzimmer_import.models import Item


@pytest.fixture
def database_url() -> str:
    """SQLite alone: what is read does not depend on the database."""
    return ""


def told(hall: Hall, folder: Path, text: str) -> list[tuple[int, str, str]]:
    """Number, outcome and all that is said of each line, in English."""
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    run_id = begun(hall, path)
    finish(hall, run_id)
    with hall.database.reading() as session:
        names = choices(session.scalars(select(Attribute)).all(), "en")
        items = session.scalars(select(Item).where(Item.run_id == run_id).order_by(Item.number))
        return [(one.number, one.outcome, wording.told(one, _say, names)) for one in items]


def _say(text: str, **facts: object) -> str:
    return text % facts if facts else text


def called(hall: Hall, name: str) -> Customer:
    with hall.database.reading() as session:
        return session.scalars(select(Customer).where(Customer.name == name)).one()


def asked(hall: Hall) -> None:
    """The practice asks for the date of birth."""

    def add(session: Session) -> None:
        more = {"kind": "date", "scope": "customer", "choices": []}
        session.add(Attribute(slug="birthday", labels={"en": "Date of birth", "de": "Geburtstag"}, **more))

    hall.database.write(add)


# ---- letters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Jörg Müller\nÄnne Großkopf", "mac_roman"),
        ("Renée François\nMÜLLER", "mac_roman"),
        ("Jörg Müller\nÄnne Größe", "cp850"),
        ("Jörg Müller\nÄnne Größe\nŠimon", "cp1252"),
        ("Renée d’Arc – 10 €", "cp1252"),
        ("Иван Петров\nСИДОРОВ", "cp1251"),
    ],
)
def test_the_letters_of_a_table_are_found_out(tmp_path: Path, text: str, encoding: str) -> None:
    """Excel for Mac, MS-DOS and Russian Windows write no mark."""
    (tmp_path / "file.csv").write_bytes(f"Name\n{text}\n".encode(encoding))
    _head, rows = tables.read(tmp_path / "file.csv")
    assert [row.cells[0] for row in rows] == text.split("\n")


def test_letters_that_can_be_read_in_two_ways_are_asked(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("Name\nŠimon\n".encode("cp1252"))
    with pytest.raises(UnsureError) as asked_for:
        encoding_of(path)
    assert {"cp1252": "Šimon", "mac_roman": "äimon"}.items() <= asked_for.value.readings.items()
    _head, rows = tables.read(path, tables.Told("cp1252"))
    assert [row.cells for row in rows] == [["Šimon"]]


@pytest.mark.parametrize("encoding", letters.ENCODINGS)
def test_a_choice_of_letters_does_not_break_a_file_of_two_bytes_a_letter(
    tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "file.csv").write_text("Name\nÄnne\n", encoding="utf-16")
    _head, rows = tables.read(tmp_path / "file.csv", tables.Told(encoding))
    assert [row.cells for row in rows] == [["Änne"]]


# ---- headings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "fields"),
    [
        ("First Name,Middle Name,Last Name,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Value,Labels,Birthday",
         "first,first,last,,email,phone,groups,fields.birthday"),
        ("Name,Given Name,Additional Name,Family Name,E-mail 1 - Value,Phone 1 - Value,Group Membership",
         "name,first,first,last,email,phone,groups"),
        ("Vorname,Weitere Vornamen,Nachname,E-Mail 1 – Wert,Telefon 1 – Wert,Geburtstag",
         "first,first,last,email,phone,fields.birthday"),
        ("First Name,Last Name,E-mail Address,E-mail 2 Address,Home Phone,Mobile Phone,Business Phone,Categories",
         "first,last,email,email,phone,phone,phone,groups"),
        ("Vorname,Nachname,E-Mail-Adresse,Telefon (privat),Mobiltelefon,Telefon geschäftlich,Kategorien,Notizen",
         "first,last,email,phone,phone,phone,groups,note"),
        ("Prénom,Nom,Adresse de messagerie,Téléphone (domicile),Tél. mobile,Anniversaire",
         "first,last,email,phone,phone,fields.birthday"),
        ("Имя,Отчество,Фамилия,Адрес эл. почты,Домашний телефон,Телефон переносной,День рождения",
         "first,first,last,email,phone,phone,fields.birthday"),
    ],
)  # fmt: skip
def test_headings_of_google_and_outlook_are_known(head: str, fields: str) -> None:
    birthday = Attribute(slug="birthday", labels={"en": "Date of birth"})
    found = guessed(head.split(","), [birthday])
    assert [found.get(str(place), "") for place in range(len(head.split(",")))] == fields.split(",")


def test_contacts_of_google_come_in_whole(practice: Practice, tmp_path: Path) -> None:
    """Several numbers in one cell: the first counts, the others are in the note; its own groups are none."""
    head = "First Name,Middle Name,Last Name,E-mail 1 - Value,Phone 1 - Value,Labels"
    line = "Gerda,Maria,Gugel,gerda@kunde.example,+49 170 1234567 ::: 030 7654321,* myContacts ::: * Kasse"
    [(_number, _outcome, said)] = told(practice.hall, tmp_path, f"{head}\n{line}\n")
    one = called(practice.hall, "Gerda Maria Gugel")
    assert (one.email, one.phone) == ("gerda@kunde.example", "+49 170 1234567")
    assert one.note == "Phone 1 - Value: 030 7654321"
    with practice.hall.database.reading() as session:
        assert [group.name for group in session.merge(one, load=False).groups] == ["Kasse"]
    assert "030 7654321" in said


def test_contacts_of_outlook_have_american_birthdays(practice: Practice, tmp_path: Path) -> None:
    """All lines of a column tell which way it is meant; the number that is filled in counts."""
    asked(practice.hall)
    head = "First Name,Last Name,Mobile Phone,Home Phone,Birthday"
    lines = "Otto,Auslug,,0170 7654321,1/31/1980\nEva,Auslug,,,2/3/1981\nUwe,Auslug,,,0/0/00\n"
    told(practice.hall, tmp_path, f"{head}\n{lines}")
    found = [called(practice.hall, f"{first} Auslug") for first in ("Otto", "Eva", "Uwe")]
    assert [one.attributes.get("birthday") for one in found] == ["1980-01-31", "1981-02-03", None]
    assert found[0].phone == "0170 7654321"


PREAMBLE = "Kundenliste Praxis Probe\nStand: 30.11.2026\n\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{PREAMBLE}Vorname;Nachname;Notiz\nP;Eins;x\n",
        "Kundenliste;;\n;;\n;;\nVorname;Nachname;Notiz\nP;Eins;x\n",
        f"{PREAMBLE}Wer;Wo;Was\nP;Eins;x\n",
    ],
)
def test_the_heading_is_found_below_title_lines(tmp_path: Path, text: str) -> None:
    (tmp_path / "file.csv").write_text(text)
    head, rows = tables.read(tmp_path / "file.csv", knows=lambda cells: len(guessed(cells, [])))
    assert (head.number, [(row.number, row.cells) for row in rows]) == (4, [(5, ["P", "Eins", "x"])])


def test_the_line_of_the_heading_can_be_chosen(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text("Name;E-Mail\nWer;Wo\nEva;Köln\n")
    head, rows = tables.read(tmp_path / "file.csv", tables.Told(heading=2))
    assert (head.cells, [row.cells for row in rows]) == (["Wer", "Wo"], [["Eva", "Köln"]])


def test_an_empty_line_is_no_error(practice: Practice, tmp_path: Path) -> None:
    """Excel ends a table with lines of separators (office 29)."""
    assert told(practice.hall, tmp_path, 'Name;Notiz\nEva;\n;\n;;\n"";""\n\nUwe;\n') == [
        (2, "imported", ""),
        (7, "imported", ""),
    ]


# ---- cells without a value -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        *("4,91711E+12", "1.71E+09", "########", "#WERT!", "#BEZUG!", "#REF!", "#NAME?", "#N/A", "#NV", "#DIV/0!"),
        *("#VALUE!", "#ZAHL!", "#NUM!", "#NULL!", "#VALEUR!", "#ЗНАЧ!", "#Н/Д", "Err:502", "unbekannt"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_left_out_and_told_and_the_person_comes_in(
    practice: Practice, tmp_path: Path, cell: str
) -> None:
    [(_number, outcome, said)] = told(practice.hall, tmp_path, f"Name;Telefon\nRita;{cell}\n")
    assert (outcome, called(practice.hall, "Rita").phone) == ("imported", "")
    assert said.startswith(f"Phone: “{cell}” is ")


@pytest.mark.parametrize(
    "cell", ["030 1234567", "+49 170 1234567", "0171/123456-7 (Mutter)", "1711234567", "030 1"]
)
def test_what_may_be_a_number_comes_in_as_it_was_written(
    practice: Practice, tmp_path: Path, cell: str
) -> None:
    found = told(practice.hall, tmp_path, f"Name;Telefon\nRita;{cell}\n")
    assert ([said for _, _, said in found], called(practice.hall, "Rita").phone) == ([""], cell)


def test_the_fault_of_a_formula_is_no_value_in_any_column(practice: Practice, tmp_path: Path) -> None:
    text = "Nr;Name;E-Mail;Notiz;Gruppe\n1,2E+05;Rita;#NV;#REF!;#NAME?\n7;Rolf;rolf@kunde.example;# 1 im Verein;VIP\n"
    found = told(practice.hall, tmp_path, text)
    assert [outcome for _, outcome, _ in found] == ["imported", "imported"]
    rita, rolf = called(practice.hall, "Rita"), called(practice.hall, "Rolf")
    assert (rita.email, rita.note, rolf.note) == (None, "", "# 1 im Verein")
    assert all(cell in found[0][2] for cell in ("1,2E+05", "#NV", "#REF!", "#NAME?"))


def test_what_is_wrong_is_told_with_its_value(practice: Practice, tmp_path: Path) -> None:
    """Office 29."""
    asked(practice.hall)
    text = "Name;E-Mail;Geburtstag;Sprache\nA;kaputt@;;\nB;;31.13.1980;\nC;;;Klingonisch\n"
    assert [said for _, _, said in told(practice.hall, tmp_path, text)] == [
        "E-mail: “kaputt@” is no e-mail address.",
        "Date of birth: “31.13.1980” is no date.",
        "Language: “Klingonisch” is not among the choices.",
    ]
