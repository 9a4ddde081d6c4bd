"""Time closes, whatever the door: what becomes of each appointment in it is decided first (rule 19, O31 to O34).

Absences, hours, holidays, the archive, a plugin that is switched on: each hands its change to `close_time`, which looks
at what stands against every coming appointment before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from vorzimmer import access, availability, database
from vorzimmer.access import Actor
from vorzimmer.availability import Phrase
from vorzimmer.availability.standing import Against, Taken, against, coming
from vorzimmer.booking.offer import no_other_time
from vorzimmer.booking.parts import load
from vorzimmer.booking.triage import NOTHING, OFFER, REASSIGN, Decisions, carry_out
from vorzimmer.database import LostRace
from vorzimmer.models import Booking, Resource, Status
from vorzimmer.plugins import Plugins
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused

T = TypeVar("T")
Away = dict[str, int | None]
"""Who or what is away for each appointment that is concerned, by uid; None where nobody could take its place."""


def close_time(
    session: Session,
    hall: Hall,
    actor: Actor,
    change: Callable[[], T],
    decisions: Decisions = NOTHING,
    *,
    whose: Collection[int] | None = None,
    plugins: Plugins | None = None,
) -> T:
    """Make the change, and do with each appointment that is in closed time by it what was decided; all or nothing.

    `whose` are the resources whose time it changes, None for everybody's; `plugins` are those that answer afterwards,
    where the change is one of their settings. The claim of all concerned is taken here, so that no booking slips in.
    Refuses with `AFFECTED` (`bookings`: those without a decision, `stand_ins`: who could take each over, `hidden`: uids
    of those that are not the actor's to see or decide on, `in_vain`: why no other time can be offered to one), and as
    what was decided does (`booking`: which one).
    """
    taken, moment = _claimed(session, whose, decisions)
    before = against(session, hall.plugins, taken)
    done = change()
    session.flush()
    away = _away(before, against(session, plugins or hall.plugins, taken))
    if not away:
        return done
    bookings = _whole(session, away)
    undecided = [booking for booking in bookings if not decisions.of.get(booking.uid)]
    in_vain = _in_vain(session, plugins or hall.plugins, bookings, decisions, moment)
    if undecided:
        able = stand_ins(session, hall, actor, undecided, away, moment)
        hidden = {one.uid for one in undecided if not access.may_touch_booking(actor, one)}
        raise Refused(Reason.AFFECTED, bookings=undecided, stand_ins=able, hidden=hidden, in_vain=in_vain)
    for booking in bookings:
        try:
            if booking.uid in in_vain and decisions.of[booking.uid] == OFFER:
                raise Refused(Reason.INVALID, errors={"decisions": N_("There is no other time to offer.")})
            carry_out(session, hall, actor, booking, away[booking.uid], decisions)
        except Refused as refusal:
            refusal.facts["booking"] = booking.uid  # which one it was
            raise
    return done


def _claimed(
    session: Session, whose: Collection[int] | None, decisions: Decisions
) -> tuple[list[Taken], datetime]:
    """The coming appointments that may be concerned, with everything that they take claimed."""
    if whose is None:
        ids = set(session.scalars(select(Resource.id)))
    else:
        ids = {*whose, *_named(session, decisions)}
        ids |= _resources(coming(session, database.now(session), whose))
    database.claim(session, ids)
    moment = database.now(session)
    taken = coming(session, moment, whose)
    if not _resources(taken) <= ids:
        raise LostRace
    return taken, moment


def _resources(taken: Iterable[Taken]) -> set[int]:
    return {resource for each in taken for resource, _period in each.resources}


def _named(session: Session, decisions: Decisions) -> Sequence[int]:
    """The ids of those who shall take something over."""
    slugs = {what.removeprefix(REASSIGN) for what in decisions.of.values() if what.startswith(REASSIGN)}
    return session.scalars(select(Resource.id).where(Resource.slug.in_(slugs))).all() if slugs else []


def _away(before: dict[str, list[Against]], after: dict[str, list[Against]]) -> Away:
    """Those against whom something new stands, each with whom another one could stand in for."""
    found: Away = {}
    for uid, reasons in after.items():
        known = {_key(one) for one in before.get(uid, ())}
        if any(_key(one) not in known for one in reasons):
            subjects = {one.resource_id for one in reasons}
            found[uid] = subjects.pop() if len(subjects) == 1 else None
    return found


def _key(one: Against) -> tuple[object, ...]:
    return one.why.rule, str(one.why.text), one.why.source, one.resource_id, one.period


def _whole(session: Session, uids: Iterable[str]) -> list[Booking]:
    wanted = select(Booking).where(Booking.uid.in_(list(uids)))
    whole = (*load.WHOLE, selectinload(Booking.payments))
    return list(session.scalars(wanted.options(*whole).order_by(Booking.starts, Booking.id)))


def _in_vain(
    session: Session,
    plugins: Plugins,
    bookings: Sequence[Booking],
    decisions: Decisions,
    moment: datetime,
) -> Mapping[str, Phrase]:
    """Why the customers of some would choose another time in vain, by uid; each service is looked at once."""
    asked = [one for one in bookings if one.email and decisions.of.get(one.uid, OFFER) == OFFER]
    services = {one.service_id: one.service for one in asked}
    whys = {number: no_other_time(session, plugins, one, moment) for number, one in services.items()}
    return {one.uid: why for one in asked if (why := whys[one.service_id]) is not None}


def stand_ins(
    session: Session, hall: Hall, actor: Actor, bookings: Sequence[Booking], away: Away, moment: datetime
) -> dict[str, list[Resource]]:
    """For each appointment (by uid) who or what is free to take it over, as far as the actor may decide that."""
    able: dict[str, list[Resource]] = {booking.uid: [] for booking in bookings}
    standing = [booking for booking in bookings if booking.status != Status.HELD]
    for gone in sorted({who for who in away.values() if who is not None}):
        theirs = [booking for booking in standing if away.get(booking.uid) == gone]
        for uid, others in availability.stand_ins(session, hall.plugins, theirs, gone, moment).items():
            able[uid] = [
                other
                for other in others
                if other.kind != "staff" or access.may_touch_resource(actor, other.id)
            ]
    return able
