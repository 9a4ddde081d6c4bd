"""What each login is told: looked up and chosen by whatever door (hook `staff_notices`)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vorzimmer import access, accounts, audit, database
from vorzimmer.access import Actor, Right
from vorzimmer.hookspecs import NoticeChoice
from vorzimmer.models import Account
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer_notices.kinds import Timing, cells, default
from vorzimmer_notices.models import Choice


class Store:
    """The choices of all logins."""

    def listed(self, session: Session, actor: Actor, account_id: int) -> list[NoticeChoice]:
        """What a login can be told by its rights, and when it is."""
        account = known(session, actor, account_id)
        login = access.staff_actor(account, "office")
        rows = session.scalars(select(Choice).where(Choice.account_id == account.id))
        chosen = {(row.kind, row.whose): row.timing for row in rows}
        return [
            NoticeChoice(kind, whose, chosen.get((kind, whose), usual), usual)
            for kind, whose in cells(login)
            for usual in [default(login, kind, whose)]
        ]

    def choose(
        self, session: Session, actor: Actor, account_id: int, timings: Mapping[tuple[str, str], str]
    ) -> None:
        """Set timings; a default is not stored, so that it follows the login's role."""
        account = known(session, actor, account_id)
        access.require(account.id == actor.account_id or accounts.may_manage(actor, account))
        login = access.staff_actor(account, "office")
        usual = {(str(kind), str(whose)): str(default(login, kind, whose)) for kind, whose in cells(login)}
        if not timings.keys() <= usual.keys() or not set(timings.values()) <= set(Timing):
            raise Refused(Reason.INVALID, errors={"notices": N_("There is no such choice for this login.")})
        session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
        before = {(one.kind, one.whose): one.timing for one in self.listed(session, actor, account_id)}
        after = {cell: timing for cell, timing in timings.items() if timing != before[cell]}
        for (kind, whose), timing in after.items():
            session.execute(
                delete(Choice).where(
                    Choice.account_id == account.id, Choice.kind == kind, Choice.whose == whose
                )
            )
            if timing != usual[kind, whose]:
                session.add(Choice(account_id=account.id, kind=kind, whose=whose, timing=timing))
        if after:
            audit.write(
                session,
                database.now(session),
                actor,
                "notices_changed",
                f"account {account.id}",
                before={f"{kind} {whose}": before[kind, whose] for kind, whose in after},
                after={f"{kind} {whose}": timing for (kind, whose), timing in after.items()},
            )


def known(session: Session, actor: Actor, account_id: int) -> Account:
    """The own login, or for who manages logins any."""
    account = session.scalar(accounts.staff_accounts().where(Account.id == account_id))
    if account is None:
        raise Refused(Reason.NOT_FOUND)
    access.require(account.id == actor.account_id or access.may(actor, Right.ACCOUNTS))
    return account
