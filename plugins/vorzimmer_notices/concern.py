"""What a change of a booking means for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.access import CUSTOMER
from vorzimmer.hookspecs import Change
from vorzimmer.models import Booking, Resource, Status
from vorzimmer.reasons import N_
from vorzimmer_notices.kinds import Kind


@dataclass(frozen=True)
class Concern:
    """What happened for some of the people: `fact` for the subject, `text` in a sentence (both msgids).

    `own` are the kinds it is for them, `others` for those who watch all calendars. `gone`: it stands in their calendar
    no longer.
    """

    fact: str
    text: str
    people: frozenset[int]
    own: frozenset[Kind]
    others: frozenset[Kind] = field(default_factory=frozenset)
    gone: bool = False


WORDS = {
    "confirmed": (N_("New appointment"), N_("An appointment has been booked.")),
    "requested": (N_("New request"), N_("A request is waiting for a decision.")),
    "accepted": (N_("Request accepted"), N_("A request has been accepted: the appointment is confirmed.")),
    "declined": (N_("Request declined"), N_("A request has been declined.")),
    "expired": (
        N_("Request lapsed"),
        N_("Nobody has answered this request in time."),
    ),
    "moved": (N_("Appointment moved"), N_("An appointment has another time.")),
    "changed": (N_("Appointment changed"), N_("Something about an appointment is different.")),
    "reassigned": (N_("Other room or device"), N_("An appointment has another room or device.")),
    "cancelled": (
        N_("Appointment cancelled"),
        N_("An appointment will not take place."),
    ),
    "reinstated": (
        N_("Cancellation taken back"),
        N_("An appointment that had been cancelled a moment ago takes place after all."),
    ),
    "reopened": (
        N_("Appointment takes place after all"),
        N_("An appointment that had been cancelled takes place."),
    ),
    "unanswered": (
        N_("Please call"),
        N_("The customer was asked to choose another time, and has not in time."),
    ),
    "withdrawn": (N_("Request withdrawn"), N_("A request has been withdrawn.")),
    "request moved": (N_("Request moved"), N_("A request that waits for a decision has another time.")),
    "taken over": (N_("Appointment taken over"), N_("An appointment of a colleague is yours now.")),
    "handed over": (N_("Appointment handed over"), N_("A colleague takes this appointment over.")),
    "chosen": (N_("Another time chosen"), N_("The customer has chosen another time, as you had asked.")),
    "clashed": (
        N_("Private event over an appointment"),
        N_(
            "A private event from a calendar app lies over an appointment. Both stand, and nothing else is booked at "
            "this time. Please move or cancel the appointment, or change the private event."
        ),
    ),
    "refused": (
        N_("Appointment cancelled instead"),
        N_("The customer was asked to choose another time, and has cancelled."),
    ),
}


def concerns(session: Session, change: Change, booking: Booking, moment: datetime) -> list[Concern]:
    """Whom a change concerns how, most concerned first; empty for what nobody of the practice need hear of.

    An import brings in what everybody knows already, and what is over is history. Of an appointment that another
    customer has now, the new one tells.
    """
    before, after = change.before, change.after
    if change.door == "import" or not after or "given to" in after:
        return []
    if all(_over(said, moment) for said in (before, after) if said):
        return []
    if change.kind == "clashed":
        both = frozenset({Kind.CLASH})
        return [Concern(*WORDS["clashed"], frozenset({after["person"]}), both, both)]
    there = _people(session, after)
    were = _people(session, before or after) or there  # what was cancelled took nobody
    word, own, others = _meaning(change, booking, moment)
    if not word:
        return []
    ended = change.kind in ("cancelled", "declined", "expired")
    stays = there & were
    own = own if stays or not there | were else frozenset()
    found = [Concern(*WORDS[word], stays, own, others, gone=ended)]
    if there - were:
        found.append(Concern(*WORDS["taken over"], there - were, frozenset({Kind.NEW})))
    if were - there:
        found.append(Concern(*WORDS["handed over"], were - there, frozenset({Kind.CANCELLED}), gone=True))
    return found


def _meaning(
    change: Change, booking: Booking, moment: datetime
) -> tuple[str, frozenset[Kind], frozenset[Kind]]:
    """The word for it, and the kinds it is for the person concerned and for others."""
    before, kind = change.before or {}, change.kind
    was_request = before.get("status") == Status.REQUESTED
    if kind in ("confirmed", "requested") and before:
        return "changed", *_both(Kind.CHANGED)
    if kind in ("confirmed", "requested"):
        said = {Kind.MESSAGE} if booking.message else set[Kind]()
        return kind, *_both(Kind.NEW if kind == "confirmed" else Kind.REQUEST, *said)
    if kind == "moved" and was_request:
        return "request moved", *_both(Kind.REQUEST)
    if kind == "cancelled" and was_request:
        return "withdrawn", *_both(Kind.REQUEST)
    if kind in ("moved", "cancelled"):
        kinds = {Kind.MOVED if kind == "moved" else Kind.CANCELLED, *_gap(change, booking, moment)}
        answers = bool(before.get("offered")) and change.actor == CUSTOMER.name
        word = {"moved": "chosen", "cancelled": "refused"}[kind] if answers else kind
        return word, *_both(*kinds, *({Kind.ANSWERED} if answers else ()))
    return {
        "accepted": ("accepted", frozenset({Kind.NEW}), frozenset({Kind.NEW})),
        "reinstated": ("reinstated", *_both(Kind.CANCELLED)),
        "declined": ("declined", frozenset({Kind.REQUEST}), frozenset[Kind]()),
        "expired": ("expired", *_both(Kind.REQUEST)),
        "changed": ("changed", *_both(Kind.CHANGED)),
        "reassigned": ("reassigned", *_both(Kind.CHANGED)),
        "reopened": ("reopened", *_both(Kind.NEW)),
        "unanswered": ("unanswered", *_both(Kind.ANSWERED)),
    }.get(kind, ("", frozenset[Kind](), frozenset[Kind]()))


def _both(*kinds: Kind) -> tuple[frozenset[Kind], frozenset[Kind]]:
    return frozenset(kinds), frozenset(kinds)


def _gap(change: Change, booking: Booking, moment: datetime) -> Iterator[Kind]:
    """Whether a time of today or tomorrow has become free that somebody on the waiting list might take."""
    zone = ZoneInfo(booking.zone)
    was = datetime.fromisoformat((change.before or change.after)["starts"]).astimezone(zone).date()
    now = datetime.fromisoformat(change.after["starts"]).astimezone(zone).date()
    today = moment.astimezone(zone).date()
    if today <= was <= today + timedelta(days=1) and (change.kind == "cancelled" or now != was):
        yield Kind.SOON


def _over(said: Mapping[str, Any], moment: datetime) -> bool:
    return datetime.fromisoformat(said["ends"]) <= moment


def _people(session: Session, said: Mapping[str, Any]) -> frozenset[int]:
    """The staff among those whom an appointment takes."""
    wanted = select(Resource.id).where(Resource.id.in_(said["resources"]), Resource.kind == "staff")
    return frozenset(session.scalars(wanted))
