"""Who of the practice reads notices, and whose calendar is theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer import access, accounts
from vorzimmer.access import Actor, Right
from vorzimmer.models import Account
from vorzimmer_notices.concern import Concern
from vorzimmer_notices.kinds import SOONEST, Kind, Timing, Whose, cells, default
from vorzimmer_notices.models import Choice

Cell = tuple[str, str]


@dataclass(frozen=True)
class Login:
    """A login that can sign in, what it may see, and what it has chosen."""

    account: Account
    actor: Actor
    chosen: Mapping[Cell, str]

    def timing(self, kind: Kind, whose: Whose) -> Timing:
        """How soon it is told of a kind."""
        if (kind, whose) not in set(cells(self.actor)):
            return Timing.NEVER
        chosen = self.chosen.get((kind, whose))
        return Timing(chosen) if chosen else default(self.actor, kind, whose)

    def soonest(self, kinds: Iterable[Kind], whose: Whose) -> Timing:
        """How soon it is told of what is of several kinds."""
        found = {self.timing(kind, whose) for kind in kinds}
        return next((timing for timing in SOONEST if timing in found), Timing.NEVER)


def logins(session: Session) -> list[Login]:
    """Everybody who can sign in."""
    wanted = accounts.staff_accounts().where(Account.active, Account.password.is_not(None))
    found = session.scalars(wanted).all()
    chosen: dict[int, dict[Cell, str]] = {one.id: {} for one in found}
    for row in session.scalars(select(Choice).where(Choice.account_id.in_(chosen))):
        chosen[row.account_id][row.kind, row.whose] = row.timing
    return [Login(one, access.staff_actor(one, "worker"), chosen[one.id]) for one in found]


def reading(found: list[Login], concerns: list[Concern]) -> list[tuple[Login, Concern, Timing]]:
    """Who is told what, each once: of what concerns the own calendar first, then of anybody's."""
    have = {login.actor.resource_id for login in found}
    told = []
    for login in found:
        choices = [
            *((one, login.soonest(one.own, Whose.OWN)) for one in concerns if _is_own(login, one, have)),
            *((one, login.soonest(one.others, Whose.ALL)) for one in concerns[:1]),
        ]
        best = min(choices, key=lambda choice: SOONEST.index(choice[1]))
        if best[1] is not Timing.NEVER:
            told.append((login, *best))
    return told


def _is_own(login: Login, concern: Concern, have: set[int | None]) -> bool:
    """Whether it is in the own calendar; that of somebody without a login, or of nobody, is the owners'."""
    if login.actor.resource_id in concern.people:
        return bool(login.actor.rights & {Right.OWN_CALENDAR, Right.CALENDARS})
    return login.actor.owner and (not concern.people or bool(concern.people - have))
