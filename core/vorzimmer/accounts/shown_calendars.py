"""Which calendars of colleagues, rooms and devices appear on one's own devices, beside the own one."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vorzimmer import audit, database
from vorzimmer.access import APPOINTMENTS, Actor, require
from vorzimmer.models import Account, Resource, ShownCalendar
from vorzimmer.reasons import Reason, Refused


def other_calendars(session: Session, actor: Actor) -> list[Resource]:
    """Whose calendars there are to choose from: everybody's and everything's but one's own."""
    not_own = Resource.id.is_distinct_from(actor.resource_id)
    wanted = select(Resource).where(Resource.active, not_own).order_by(Resource.name, Resource.id)
    return list(session.scalars(wanted))


def shown_calendars(session: Session, actor: Actor) -> set[int]:
    """Which of them, by id, the person has switched on."""
    own = ShownCalendar.account_id == actor.account_id
    return set(session.scalars(select(ShownCalendar.resource_id).where(own)))


def show_calendars(session: Session, actor: Actor, slugs: Collection[str]) -> None:
    """Let exactly these appear from the next sync on; what is archived stays as it was.

    Refuses with `FORBIDDEN`, and with `NOT_FOUND` where there is no such person, room or device.
    """
    require(actor.account_id is not None and bool(actor.rights & {*APPOINTMENTS}))
    session.get_one(Account, actor.account_id, with_for_update=True)
    choice = {one.slug: one.id for one in other_calendars(session, actor)}
    if not choice.keys() >= set(slugs):
        raise Refused(Reason.NOT_FOUND)
    on, after = shown_calendars(session, actor), set(slugs)
    before = {slug for slug, number in choice.items() if number in on}
    taken = [choice[slug] for slug in before - after]
    session.execute(
        delete(ShownCalendar).where(
            ShownCalendar.account_id == actor.account_id, ShownCalendar.resource_id.in_(taken)
        )
    )
    session.add_all(
        ShownCalendar(account_id=actor.account_id, resource_id=choice[slug]) for slug in after - before
    )
    audit.write(
        session,
        database.now(session),
        actor,
        "shown_calendars_changed",
        f"account {actor.account_id}",
        before={"shown": sorted(before)},
        after={"shown": sorted(after)},
    )
