"""Whoever asks for a new password learns nothing, also not by how long it takes (C27, A24, X17)."""

from __future__ import annotations

from sqlalchemy import event, select

from vorzimmer import accounts
from vorzimmer.models import AuditEntry, LoginLink, Message
from vorzimmer.testing import Practice

ANNA = "anna@praxis.example"


def statements(practice: Practice, email: str) -> list[str]:
    """What the database is asked to do, by the first words of each."""
    done: list[str] = []
    engine = practice.hall.database.engine

    def listen(_connection: object, _cursor: object, text: str, *_more: object) -> None:
        done.append(" ".join(text.split()[:3]))

    event.listen(engine, "before_cursor_execute", listen)
    practice.hall.database.write(lambda s: accounts.ask_reset(s, practice.hall, email, "de"))
    event.remove(engine, "before_cursor_execute", listen)
    return [one for one in done if not one.startswith(("RELEASE", "ROLLBACK"))]


def test_the_same_work_is_done_for_whoever_it_is(practice: Practice) -> None:
    """X17: 0.9 ms told them apart; only the mail does now."""
    known, unknown = (statements(practice, one) for one in (ANNA, "niemand@kunde.example"))
    assert known == unknown
    assert len(known) > 4
    with practice.hall.database.reading() as session:
        assert session.scalars(select(Message.recipient).where(Message.topic == "reset")).all() == [ANNA]
        owners = [link.account.email for link in session.scalars(select(LoginLink))]
        asked = session.scalars(select(AuditEntry.actor).where(AuditEntry.act == "reset_asked")).all()
    assert (owners, sorted(asked)) == ([ANNA], [ANNA, "niemand@kunde.example"])


def test_a_link_that_waits_stays_when_somebody_asks_for_nobody(practice: Practice) -> None:
    """The rehearsal is taken back, whoever it was rehearsed with."""
    first = "owner@praxis.example"
    practice.hall.database.write(lambda s: accounts.ask_reset(s, practice.hall, first, "de"))
    with practice.hall.database.reading() as session:
        before = session.scalars(select(LoginLink.secret_hash)).all()
    practice.hall.database.write(
        lambda s: accounts.ask_reset(s, practice.hall, "niemand@kunde.example", "de")
    )
    with practice.hall.database.reading() as session:
        assert session.scalars(select(LoginLink.secret_hash)).all() == before != []
