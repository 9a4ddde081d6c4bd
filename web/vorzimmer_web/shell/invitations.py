"""Named links to the booking, "Instagram", "business card": each for a time, for one appointment or many (K62, K63)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, MetaData, String, and_, func, or_, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from vorzimmer import access, audit, database, urls
from vorzimmer.access import Actor, Right
from vorzimmer.models import Booking, Location, Resource, Service, Status, UtcInstant
from vorzimmer.models.columns import NAMES
from vorzimmer.reasons import N_, TEXTS, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer.text import contact

MOST = 200
"""So many links are a list that somebody still overlooks."""

KINDS: dict[str, type[Service | Resource | Location]] = {
    "service": Service,
    "staff": Resource,
    "location": Location,
}


class Tables(DeclarativeBase):
    """The root of the pages' own tables."""

    metadata = MetaData(naming_convention=NAMES)


class Invitation(Tables):
    """A link. `target` is what it presets (`service`, `staff`, `location`, `category`: a list), all slugs and names.

    `first` and `last` are local days of the practice, inclusive. `single`: one appointment is made by it, no more.
    A deleted one keeps its secret alone: it may be printed somewhere, and leads to the booking of everybody (B31).
    """

    __tablename__ = "vorzimmer_web_invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    target: Mapped[dict[str, Any]] = mapped_column(JSON)
    first: Mapped[date | None] = mapped_column(Date)
    last: Mapped[date | None] = mapped_column(Date)
    single: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class InvitationUse(Tables):
    """An appointment, or the hold of one, that began with a link."""

    __tablename__ = "vorzimmer_web_invitation_use"

    invitation_id: Mapped[int] = mapped_column(
        ForeignKey(Invitation.id, ondelete="CASCADE"), primary_key=True
    )
    booking_id: Mapped[int] = mapped_column(
        ForeignKey(Booking.id, ondelete="CASCADE"), primary_key=True, index=True
    )


@dataclass(frozen=True)
class NewInvitation:
    """What somebody enters."""

    name: str
    target: Mapping[str, Any] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None
    single: bool = False


def create(session: Session, actor: Actor, wanted: NewInvitation, today: date) -> Invitation:
    """A new link. Refuses with `INVALID` (`errors`) a link without a name, and one that is over before it begins."""
    access.require(access.may(actor, Right.SETTINGS))
    errors: dict[str, str] = {}
    if (session.scalar(select(func.count()).where(Invitation.deleted_at.is_(None))) or 0) >= MOST:
        errors["link_name"] = N_("There are too many links; please delete some that are over.")
    values = _checked(session, wanted, errors, today)
    moment = database.now(session)
    made = Invitation(secret=secrets.token_urlsafe(9), created_at=moment, **values)
    session.add(made)
    session.flush()
    audit.write(session, moment, actor, "link_created", f"link {made.id}", after={"name": made.name})
    return made


def change(session: Session, actor: Actor, number: int, wanted: NewInvitation, today: date) -> Invitation:
    """Change what a link is called, presets, and when it holds; its address stays. Refuses as `create`."""
    access.require(access.may(actor, Right.SETTINGS))
    found = get(session, number)
    values = _checked(session, wanted, {}, today, was=found.last)
    before = {key: getattr(found, key) for key in values}
    for key, value in values.items():
        setattr(found, key, value)
    told = [
        {key: str(part[key]) for key in values if before[key] != values[key]} for part in (before, values)
    ]
    if told[1]:
        subject = f"link {number}"
        audit.write(
            session, database.now(session), actor, "link_changed", subject, before=told[0], after=told[1]
        )
    return found


def _checked(
    session: Session, wanted: NewInvitation, errors: dict[str, str], today: date, *, was: date | None = None
) -> dict[str, Any]:
    """The columns of a link; an end in the past is refused unless it was the link's already."""
    name = contact.plain(wanted.name)[:80]
    if not name:
        errors["link_name"] = N_("Please fill this in.")
    if wanted.first and wanted.last and wanted.last < wanted.first:
        errors["last"] = N_("The end is before the beginning.")
    elif wanted.last and wanted.last < today and wanted.last != was:
        errors["last"] = N_("This day is over: the link would have ended already.")
    for key, kind in KINDS.items():
        slug = wanted.target.get(key)
        if slug and session.scalar(select(kind.id).where(kind.slug == slug)) is None:
            errors[key] = TEXTS[Reason.NOT_FOUND]
    if errors:
        raise Refused(Reason.INVALID, errors=errors)
    return {
        "name": name,
        "target": dict(wanted.target),
        "first": wanted.first,
        "last": wanted.last,
        "single": wanted.single,
    }


def get(session: Session, number: int) -> Invitation:
    """A link by its number; `NOT_FOUND`, also where it is deleted."""
    found = session.get(Invitation, number)
    if found is None or found.deleted_at is not None:
        raise Refused(Reason.NOT_FOUND)
    return found


def delete(session: Session, actor: Actor, number: int) -> str:
    """Delete a link, which says that it has ended from then on; its name."""
    access.require(access.may(actor, Right.SETTINGS))
    found, moment = get(session, number), database.now(session)
    name, found.name, found.target, found.deleted_at = found.name, "", {}, moment
    audit.write(session, moment, actor, "link_deleted", f"link {number}", before={"name": name})
    return name


def listed(session: Session, actor: Actor) -> list[tuple[Invitation, int]]:
    """All links, the newest first, each with the number of appointments made by it."""
    access.require(access.may(actor, Right.SETTINGS))
    made = (
        select(InvitationUse.invitation_id, func.count().label("number"))
        .join(Booking, Booking.id == InvitationUse.booking_id)
        .where(Booking.status.not_in((Status.HELD, Status.EXPIRED)))
        .group_by(InvitationUse.invitation_id)
        .subquery()
    )
    rows = session.execute(
        select(Invitation, made.c.number)
        .outerjoin(made, made.c.invitation_id == Invitation.id)
        .where(Invitation.deleted_at.is_(None))
        .order_by(Invitation.id.desc())
    )
    return [(invitation, number or 0) for invitation, number in rows]


def appointments(session: Session, invitation: Invitation) -> int:
    """How many appointments were made by a link."""
    made = (
        select(func.count())
        .select_from(InvitationUse)
        .join(Booking, Booking.id == InvitationUse.booking_id)
        .where(InvitationUse.invitation_id == invitation.id)
        .where(Booking.status.not_in((Status.HELD, Status.EXPIRED)))
    )
    return session.scalar(made) or 0


def address(invitation: Invitation) -> str:
    """Where a named link is followed."""
    return urls.absolute(hall().config, f"/i/{invitation.secret}")


def by_secret(session: Session, secret: str) -> Invitation:
    """The link with this address; `NOT_FOUND`."""
    found = session.scalar(select(Invitation).where(Invitation.secret == secret))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


def begins_later(invitation: Invitation, today: date) -> bool:
    """Whether the link does not lead anywhere yet, but will."""
    return invitation.deleted_at is None and invitation.first is not None and invitation.first > today


def leads_on(
    session: Session, invitation: Invitation, moment: datetime, today: date, *, but: str | None = None
) -> bool:
    """Whether the link leads anywhere today; `but` is the uid of a hold whose place is taken by the next."""
    gone = invitation.deleted_at is not None
    if gone or begins_later(invitation, today) or (invitation.last or today) < today:
        return False
    if not invitation.single:
        return True
    live = or_(
        and_(Booking.status == Status.HELD, Booking.expires_at > moment),
        Booking.status.not_in((Status.HELD, Status.EXPIRED)),
    )
    used = (
        select(Booking.id)
        .join(InvitationUse, InvitationUse.booking_id == Booking.id)
        .where(InvitationUse.invitation_id == invitation.id, live, Booking.uid != (but or ""))
    )
    return session.scalar(used.limit(1)) is None


def use(session: Session, secret: str, made: Booking, today: date) -> None:
    """Note what was begun by a link, in the transaction of the hold; `NOT_OFFERED` (`link`) where it is over.

    One who came by a link that was deleted since books like anybody else.
    """
    found = session.scalar(select(Invitation).where(Invitation.secret == secret).with_for_update())
    if found is None or found.deleted_at is not None:
        return
    if not leads_on(session, found, database.now(session), today, but=made.uid):
        raise Refused(Reason.NOT_OFFERED, link=True)
    session.add(InvitationUse(invitation_id=found.id, booking_id=made.id))
