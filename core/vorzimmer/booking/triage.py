"""What becomes of each appointment in time that is closed: decided one by one or for all (rule 19, O31 to O34, B9)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy.orm import Session

from vorzimmer.access import Actor
from vorzimmer.availability import Phrase
from vorzimmer.booking.cancel import cancel
from vorzimmer.booking.offer import invite
from vorzimmer.booking.reassign import reassign
from vorzimmer.booking.release import release
from vorzimmer.models import Booking, Resource, Status
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.text import contact

T = TypeVar("T")
KEEP, OFFER, CANCEL, REASSIGN = "keep", "offer", "cancel", "reassign:"
FIELD, FOR_ALL, AGAIN = "decision-", "all", "again"
LONGEST_MESSAGE = 1000


@dataclass(frozen=True)
class Decisions:
    """What becomes of each appointment, by uid: `keep`, `offer` (another time), `cancel`, `reassign:<slug>`.

    `message` goes to everybody whose appointment changes.
    """

    of: Mapping[str, str] = field(default_factory=dict)
    message: str = ""


NOTHING = Decisions()


def carry_out(
    session: Session, hall: Hall, actor: Actor, booking: Booking, away: int | None, decisions: Decisions
) -> None:
    """Do with one appointment what was decided; `away` is whom another one stands in for."""
    decision, message = decisions.of[booking.uid], decisions.message
    if decision == KEEP:
        return
    if decision == CANCEL and booking.status == Status.HELD:
        release(session, hall, actor, booking.uid)
    elif decision == OFFER and booking.status != Status.HELD:
        invite(session, hall, actor, booking.uid, message)
    elif decision == CANCEL:
        cancel(session, hall, actor, booking.uid, message)
    elif decision.startswith(REASSIGN) and away is not None:
        reassign(session, hall, actor, booking.uid, away, decision.removeprefix(REASSIGN), message)
    else:
        raise Refused(Reason.INVALID, errors={"decisions": N_("Please decide on each appointment.")})


# ---- a form ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Triage:
    """The appointments in the way: who could take each over, and what is chosen for it.

    `hidden` are uids of those that can only be kept by who asks; `in_vain` says why there is no other time to offer;
    `refused` is the uid of what could not be done.
    """

    bookings: Sequence[Booking]
    stand_ins: Mapping[str, Sequence[Resource]]
    hidden: Collection[str]
    in_vain: Mapping[str, Phrase]
    chosen: Mapping[str, str]
    refused: str = ""

    @property
    def can_offer(self) -> bool:
        """Whether another time can be offered to anybody."""
        return any(can_offer(one, self.in_vain) for one in self.bookings if one.uid not in self.hidden)

    @property
    def mute(self) -> int:
        """How many have no address and must be called."""
        seen = [one for one in self.bookings if one.uid not in self.hidden]
        return sum(not one.email for one in seen if one.status != Status.HELD)


def try_to(hall: Hall, form: Mapping[str, str], work: Callable[[Session, Decisions], T]) -> T | Triage:
    """Do it with what the form has decided; else what is still to be decided, with a choice for each.

    The form has a field for each appointment ("decision-" and its uid), a `message`, and `all` where one choice is
    made for all of them: `AGAIN` shows what is chosen so far, and whatever has become of it nothing is done.
    """
    given = {name.removeprefix(FIELD): what for name, what in form.items() if name.startswith(FIELD) and what}
    message = contact.lines(form.get("message", "")).strip()[:LONGEST_MESSAGE]
    for_all = form.get(FOR_ALL, "")
    decisions, refused = NOTHING if for_all else Decisions(given, message), ""

    def look(session: Session) -> T:
        done = work(session, NOTHING)
        if for_all == AGAIN:
            raise Refused(Reason.AFFECTED, bookings=[], stand_ins={}, hidden=set(), in_vain={})
        return done

    try:
        return hall.database.write(look if for_all else lambda session: work(session, decisions))
    except Refused as refusal:
        refused = str(refusal.facts.get("booking", ""))
        if refusal.reason is not Reason.AFFECTED and not refused:
            raise
    try:
        return hall.database.write(look)
    except Refused as refusal:
        if refusal.reason is not Reason.AFFECTED:
            raise
        facts = refusal.facts
        found, able, hidden, in_vain = (facts[x] for x in ("bookings", "stand_ins", "hidden", "in_vain"))
        given.pop(refused, None)
        kept = given if for_all in ("", AGAIN) else {}
        chosen = _chosen(found, able, in_vain, for_all) | kept | dict.fromkeys(hidden, KEEP)
        return Triage(found, able, hidden, in_vain, chosen, refused)


def can_offer(booking: Booking, in_vain: Mapping[str, Phrase]) -> bool:
    """Whether its customer can be written to and has another time to choose."""
    return bool(booking.email) and booking.status != Status.HELD and booking.uid not in in_vain


def _chosen(
    bookings: Sequence[Booking],
    able: Mapping[str, Sequence[Resource]],
    in_vain: Mapping[str, Phrase],
    for_all: str,
) -> dict[str, str]:
    """One choice for all of them as far as it can be; else whoever is free is suggested."""
    if for_all == AGAIN:
        return {}
    if for_all in (KEEP, CANCEL):
        return {one.uid: for_all for one in bookings}
    if for_all == OFFER:
        return {one.uid: for_all for one in bookings if can_offer(one, in_vain)}
    first = {uid: next(iter(others), None) for uid, others in able.items()}
    return {uid: REASSIGN + other.slug for uid, other in first.items() if other}
