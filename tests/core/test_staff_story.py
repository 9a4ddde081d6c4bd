"""The logins of a practice from the invitation to the block, on both databases (C22 to C38, O53)."""

from __future__ import annotations

import threading

from sqlalchemy import select

from tests.core.test_staff_accounts import NEW, OWNER, account, ask, by, invite, nonce, role, take, write
from tests.web.desk import actor, count
from vorzimmer import accounts
from vorzimmer.access import Right
from vorzimmer.models import AuditEntry, LoginLink
from vorzimmer.reasons import Refused
from vorzimmer.testing import Outbox, Practice


def test_from_the_invitation_to_the_block(practice: Practice, outbox: Outbox) -> None:
    """C22, C23, C25, C28, C30, C36, C38."""
    owner = actor(practice, OWNER)
    made = write(practice, lambda s: accounts.add_role(s, owner, "Aushilfe", ["calendars", "notes"]))
    dora = take(practice, invite(practice))
    by(practice, OWNER, accounts.change, dora.id, name="Dora", role_id=made.id, staff=None)
    assert actor(practice, NEW).rights == {Right.CALENDARS, Right.NOTES}
    ask(practice, NEW)
    take(practice, nonce(outbox, practice, "reset"))
    by(practice, NEW, accounts.ask_email, "dora.neu@praxis.example")
    secret = nonce(outbox, practice, "new_address")
    write(practice, lambda s: accounts.confirm_email(s, practice.hall, secret))
    for act in (accounts.block, accounts.unblock, accounts.unlock, accounts.end_sessions):
        by(practice, OWNER, act, dora.id)
    assert count(practice, LoginLink) == 0
    with practice.hall.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"account {dora.id}")).all()
    assert len(entries) == 10


def test_an_open_invitation_is_taken_back(practice: Practice) -> None:
    """A26."""
    invite(practice)
    by(practice, OWNER, accounts.take_back, account(practice, NEW).id)
    assert count(practice, LoginLink) == 0


def test_two_owners_do_not_step_down_together(practice: Practice) -> None:
    """O53: two threads, one wins."""
    take(practice, invite(practice, role_name="owner"))
    staff, refused = role(practice, "staff").id, []
    together = threading.Barrier(2)

    def step_down(email: str) -> None:
        target = account(practice, email).id
        together.wait()
        try:
            by(practice, email, accounts.change, target, name="O", role_id=staff, staff=None)
        except Refused as refusal:
            refused.append(refusal.reason)

    threads = [threading.Thread(target=step_down, args=[email]) for email in (OWNER, NEW)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
