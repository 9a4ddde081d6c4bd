"""Whoever books meanwhile: a file is read while nobody waits, stored and let in some lines at a time (D1)."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.imports import begun, finish
from vorzimmer import customers, database, failpoint
from vorzimmer.customers import Record
from vorzimmer.models import Customer
from vorzimmer.practice import Hall
from vorzimmer.reasons import Refused
from vorzimmer.testing import Practice
from vorzimmer_import import running, staging
from vorzimmer_import.everybody import Everybody
from vorzimmer_import.models import CHECKING, IMPORTED, READING, RUNNING, SKIPPED, Item, Run
from vorzimmer_import.running import COMMAND

SHORT = 1.0  # seconds: less than a test waits for


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "kunden.csv"
    path.write_text("Name\n" + "".join(f"Kunde {n}\n" for n in range(500)))
    return path


def add(hall: Hall, name: str) -> None:
    """What somebody else does, who waits a second for it."""
    with hall.database.transaction(SHORT) as session:
        customers.add(session, hall, COMMAND, Record(name=name))


def count(hall: Hall, what: type[Run | Item]) -> int:
    with hall.database.reading() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def test_others_write_while_a_file_is_read(
    practice: Practice, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall, left = practice.hall, ["Greta Gleich"]

    def another(step: str) -> None:
        if step == "read" and left:
            thread = threading.Thread(target=add, args=(hall, left.pop()))
            thread.start()
            thread.join()

    monkeypatch.setattr(failpoint, "reach", another)
    finish(hall, begun(hall, table))
    with hall.database.reading() as session:
        assert session.scalar(select(func.count()).where(Customer.name == "Greta Gleich")) == 1
        assert session.scalar(select(func.count()).where(Customer.name.startswith("Kunde "))) == 500


@pytest.mark.parametrize("commits", [2, 3])
def test_a_kill_while_it_is_stored_leaves_nothing_in_the_way(
    practice: Practice, table: Path, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    hall, reached = practice.hall, list[str]()

    def killed(step: str) -> None:
        reached.append(step)
        if reached.count("commit") == commits:
            raise InterruptedError(step)

    with monkeypatch.context() as patch:
        patch.setattr(failpoint, "reach", killed)
        with pytest.raises(InterruptedError):
            begun(hall, table)
    with hall.database.reading() as session:
        cut_off = session.scalars(select(Run)).one()
    assert cut_off.state == READING
    with pytest.raises(Refused):
        hall.database.write(lambda s: running.begin(s, COMMAND, s.get_one(Run, cut_off.id), "running", {}))
    assert finish(hall, begun(hall, table)).imported == 500
    with hall.database.transaction() as session:
        later = database.now(session) + timedelta(hours=2)
    while hall.database.write(lambda session: staging.prune(session, later)):
        pass
    with hall.database.reading() as session:
        assert session.scalar(select(func.count()).where(Run.id == cut_off.id)) == 0
        assert session.scalar(select(func.count()).where(Item.run_id == cut_off.id)) == 0
    assert (count(hall, Run), count(hall, Item)) == (1, 500)


def test_a_file_of_too_many_lines_is_read_no_further_and_stores_nothing(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read = tmp_path / "kunden.csv", list[str]()
    path.write_text("Name\n" + "a\n" * 100_100)
    monkeypatch.setattr(failpoint, "reach", read.append)
    with pytest.raises(ValueError, match="100,000"):
        staging.stage(practice.hall.database, COMMAND, path, path.name)
    assert len(read) <= 100_001
    assert (count(practice.hall, Run), count(practice.hall, Item)) == (0, 0)


def test_a_file_that_is_forgotten_goes_some_lines_at_a_time(practice: Practice, table: Path) -> None:
    hall = practice.hall
    number = begun(hall, table)
    staging.delete(hall.database, COMMAND, number)
    assert (count(hall, Run), count(hall, Item)) == (0, 0)
    with pytest.raises(Refused):
        staging.delete(hall.database, COMMAND, number)


@pytest.mark.parametrize(("piece", "is_read"), [("a", False), ("a" * 74, True)])
def test_a_line_in_countless_pieces_is_refused_early(
    practice: Practice, tmp_path: Path, piece: str, is_read: bool
) -> None:
    """What a program folds is as long as a line may be."""
    path = tmp_path / "anna.ics"
    event = "BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20270302T100000Z\r\nSUMMARY:a"
    path.write_text(
        f"BEGIN:VCALENDAR\r\n{event}" + f"\r\n {piece}" * 20_000 + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    if is_read:
        assert staging.stage(practice.hall.database, COMMAND, path, path.name)
        return
    with pytest.raises(ValueError, match="too many pieces"):
        staging.stage(practice.hall.database, COMMAND, path, path.name)
    assert count(practice.hall, Run) == 0


# ---- some lines at a time --------------------------------------------------------------------------------------------


def test_where_time_is_up_the_next_line_waits(
    practice: Practice, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slow it is, at most one line more is let in before others have their turn."""
    hall = practice.hall
    number = begun(hall, table)
    with monkeypatch.context() as patch:
        patch.setattr(running, "_LONGEST", 0.0)
        for done in (1, 2):
            assert hall.database.write(lambda s: running.batch(s, hall, number, Everybody()))
            with hall.database.reading() as session:
                assert running.progress(session, session.get_one(Run, number)).done == done
    assert finish(hall, number).imported == 500


def test_a_trial_is_forgotten_some_lines_at_a_time(practice: Practice, table: Path) -> None:
    hall = practice.hall
    number = begun(hall, table, CHECKING)
    assert finish(hall, number).imported == 500
    with hall.database.transaction() as session:
        run = session.get_one(Run, number)
        running.begin(session, COMMAND, run, RUNNING, run.options)
    with hall.database.reading() as session:
        tried = select(func.count()).where(Item.run_id == number, Item.outcome != "")
        assert session.scalar(tried) == 500
        assert running.progress(session, session.get_one(Run, number)).done == 0
        assert not known(session, "Kunde 0")
    assert finish(hall, number).imported == 500
    with hall.database.reading() as session:
        assert known(session, "Kunde 0")


def known(session: Session, name: str) -> bool:
    return session.scalar(select(Customer.id).where(Customer.name == name)) is not None


@pytest.mark.parametrize("to", [CHECKING, RUNNING])
def test_whom_others_enter_or_change_meanwhile_is_known(practice: Practice, tmp_path: Path, to: str) -> None:
    """Everybody was looked through before the first line; who is new since is found all the same."""
    hall, path = practice.hall, tmp_path / "kunden.csv"
    add(hall, "Anna Alt")
    lines = [
        *(f"Kunde {n};" for n in range(300)),
        "Nora Neu;nora@x.example",
        "Anna Alt;alt@x.example",
        "Kunde 1;",
    ]
    path.write_text("Name;E-Mail\n" + "\n".join(lines))
    number, everybody = begun(hall, path, to), Everybody()
    assert hall.database.write(lambda s: running.batch(s, hall, number, everybody))
    with hall.database.transaction() as session:
        customers.add(session, hall, COMMAND, Record(name="Nora Neu", email="NORA@x.example"))
        uid = session.scalars(select(Customer.uid).where(Customer.name == "Anna Alt")).one()
        customers.change(session, hall, COMMAND, uid, Record(email="alt@x.example"))
    with hall.database.transaction() as session:
        for n in range(300):  # so many that the two are no longer among the last
            customers.add(session, hall, COMMAND, Record(name=f"Andere {n}"))
    while hall.database.write(lambda s: running.batch(s, hall, number, everybody)):
        pass
    with hall.database.reading() as session:
        query = select(Item.outcome).where(Item.run_id == number).order_by(Item.number)
        assert session.scalars(query).all() == [*(IMPORTED,) * 300, *(SKIPPED,) * 3]
