"""One customer with everything that a practice can come to know, and every place where it could be left."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, select, text
from sqlalchemy.orm import Session

from tests import acts
from tests.acts import DESK
from tests.imports import begun, finish
from vorzimmer import accounts, audit, booking, customers, database, erasure
from vorzimmer.access import ROLES, Actor
from vorzimmer.customers import Record, Wish
from vorzimmer.messages import outbox
from vorzimmer.messages.worker import Worker
from vorzimmer.models import Booking, CalendarObject, KeptAnswer, Message, WebSession
from vorzimmer.practice import Hall
from vorzimmer.questions import registry
from vorzimmer.questions.registry import EVERY, Entry
from vorzimmer.testing import Practice

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
NAME, EMAIL, PHONE = "Xaver Quittenbaum", "x.quittenbaum@kunde.example", "0171 5557788"
OTHER = Record(name="X. Zwiebelmann", email="zwiebelmann@alt.example", phone="030 99887766")
WORDS = (
    *("quittenbaum", "zwiebelmann", "alt.example", "5557788", "99887766", "4443322"),
    *("haselnuss", "rollstuhl", "knieoperation", "hinterhaus", "meet.example", "apfelkuchen", "sonderklasse"),
)
"""Of the person, in small letters, none of which may be left anywhere."""
TUESDAY, WEDNESDAY = "2027-03-02 10:00", "2027-03-03 11:00"
ASKED: dict[str, Any] = {"kind": "text", "purpose": "p", "retention_days": 365, "forms": {EVERY: False}}


def known(practice: Practice, folder: Path) -> str:
    """Make the customer on Monday, who comes on Tuesday and Wednesday; the uid of the record."""
    hall = practice.hall
    for scope, label in (("booking", "Allergien"), ("customer", "Kasse")):
        entry = Entry(labels={"de": label}, scope=scope, **ASKED)
        hall.database.write(partial(registry.define, actor=OWNER, entry=entry))
    answers = {"allergien": "Haselnuss", "kasse": "Sonderklasse"}
    who = booking.Details(NAME, EMAIL, PHONE, "Komme im Rollstuhl.", "de", fields=answers)
    first = acts.book(hall, TUESDAY, who=who)
    again = booking.Details(NAME, EMAIL, "0160 4443322", "", "de")
    second = acts.book(hall, WEDNESDAY, who=again)
    held = acts.hold(hall, "2027-03-04 10:00")
    acts.type_details(hall, held.uid, who)  # and goes away
    Worker(hall).run_due()
    uid = _of(hall, first).customer.uid  # type: ignore[union-attr]  # made above
    _kept_by_staff(hall, uid, second.uid)
    hall.database.write(lambda session: _left_about(session, hall, uid, first.id))
    imported(hall, folder, f"{NAME};kein-at;{PHONE}")  # does not fit
    return uid


def _of(hall: Hall, made: Booking) -> Booking:
    return acts.again(hall, made.uid)


def _kept_by_staff(hall: Hall, uid: str, appointment: str) -> None:
    """A note, a group, another record that was the same person, a place, a link, a login."""
    acts.act(hall, customers.change, DESK, uid, Record(note="Knieoperation 2019", groups=["Privat"]))
    other = acts.act(hall, customers.add, DESK, OTHER)
    hall.database.write(lambda session: customers.merge(session, hall, DESK, uid, other.uid))
    fields: booking.Fields = {
        "note": "Apfelkuchen",
        "place": "Hinterhaus 3",
        "link": "https://meet.example/x",
    }
    acts.act(hall, booking.change, DESK, appointment, fields)
    Worker(hall).run_due()

    def login(session: Session) -> None:
        moment = database.now(session)
        account = accounts.add_account(
            session, moment, email=EMAIL, name=NAME, role="customer", password_hash="x"
        )
        session.flush()
        audit.write(session, moment, Actor(EMAIL, "office"), "signed_in", f"account {account.id}")
        customers.export(session, OWNER, Wish("Quittenbaum"))

    hall.database.write(login)


def _left_about(session: Session, hall: Hall, uid: str, booking_id: int) -> None:
    """What lies about: a calendar app's own lines, an answer that is kept, a message to show, a list on paper."""
    moment = database.now(session)
    found = session.scalars(select(CalendarObject).where(CalendarObject.booking_id == booking_id)).one()
    found.extras = "X-NOTE:Quittenbaum bringt Apfelkuchen\r\n"
    audit.write(session, moment, DESK, "edited", "booking of-somebody-else", before={"name": NAME})
    times = {"created_at": moment, "seen_at": moment, "expires_at": moment.replace(year=2028)}
    shown = {"_flashes": [["good", f"{NAME} is in the records."]], "language": "de"}
    session.add(WebSession(key_hash="k" * 64, data=shown, **times))
    session.add(
        KeptAnswer(
            scope="key 1", key="k", body_hash="h", status=200, answer=f'{{"name": "{NAME}"}}', kept_at=moment
        )
    )
    paper = {
        "topic": outbox.PAPERS,
        "channel": "email",
        "recipient": "markt@praxis.example",
        "planned_at": moment,
    }
    lines = {"subject": "Liste", "paragraphs": ["Liste"], "list": f"10:00 {NAME}, {PHONE}", "files": []}
    for state in ("sent", "due"):
        mail = Message(key=f"paper/{state}", state=state, details=lines, run_after=moment, **paper)
        mail.text = f"10:00 {NAME}" if state == "sent" else ""
        session.add(mail)


def imported(hall: Hall, folder: Path, line: str) -> None:
    """A line of a table on its way into the records."""
    folder.mkdir(exist_ok=True)
    path = folder / "old.csv"
    path.write_text(f"Name;E-Mail;Telefon\n{line}\n", encoding="utf-8")
    finish(hall, begun(hall, path))
    path.unlink()


def erase(hall: Hall, uid: str, actor: Actor = OWNER) -> erasure.Plan:
    return hall.database.write(lambda session: erasure.erase(session, hall, actor, uid))


def left(hall: Hall) -> list[str]:
    """Where any of the words still stands: `table: row`, or a file of the data folder."""
    found = [place for place, said in _said(hall) if any(word in said.casefold() for word in WORDS)]
    return [place[:300] for place in found]


def _said(hall: Hall) -> Iterator[tuple[str, str]]:
    tables = MetaData()
    with hall.database.reading() as session:
        tables.reflect(session.connection())
        for table in tables.sorted_tables:
            for row in session.execute(text(f'SELECT * FROM "{table.name}"')):
                yield f"{table.name}: {row}", str(row)
    for path in sorted(hall.config.data.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield str(path), content.decode("latin-1")
        if path.suffix == ".eml":
            for part in BytesParser(policy=policy.default).parsebytes(content).walk():
                if part.get_content_maintype() == "text":
                    yield str(path), str(part.get_content())  # type: ignore[attr-defined]  # by its policy
