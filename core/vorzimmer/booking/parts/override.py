"""Staff may break rules, never silently: two levels, both logged (rule 42, O20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from vorzimmer.access import Actor
from vorzimmer.availability import Placement, Why
from vorzimmer.booking.parts.clashes import give_way
from vorzimmer.database import LostRace
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused


@dataclass(frozen=True)
class Override:
    """`level` `warning` breaks rules (hours, notice, absences), `double` also books over another appointment.

    `reason` is needed for `double`.
    """

    level: str
    reason: str = ""


MOVED_ON_DEVICE = Override("warning", "moved on a device")
ACCEPTED_ON_DEVICE = Override("warning", "accepted on a device")


def require_still_free(hall: Hall, looked: Placement, placed: Placement) -> None:
    """Choose anew where what was free at the look before the claim is not under it: others may be (rule 57)."""
    lost = (placed.conflicts and not looked.conflicts) or (placed.warnings and not looked.warnings)
    if lost and not hall.database.one_writer:
        raise LostRace


def allow(
    session: Session, actor: Actor, placed: Placement, override: Override | None
) -> tuple[bool, dict[str, str]]:
    """Whether the belt guards the new place, and what the log says; refuses what was not allowed explicitly.

    `NOT_OFFERED` carries `warnings`, `SLOT_TAKEN` carries `conflicts`, both the `location` it would be at. A calendar
    app cannot ask, so its moves break rules with the reason "moved on a device" (rule 80), also over the person's
    private events, which is a clash; another appointment stays in the way.
    """
    conflicts = placed.conflicts
    if actor.door == "caldav":
        override = MOVED_ON_DEVICE
        conflicts = [why for why in conflicts if why.source != "block"]
    level = override.level if override else ""
    where = placed.assignment.location
    if conflicts and not (level == "double" and override and override.reason.strip()):
        raise Refused(Reason.SLOT_TAKEN, conflicts=conflicts, warnings=placed.warnings, location=where)
    if placed.warnings and level not in ("warning", "double"):
        raise Refused(Reason.NOT_OFFERED, warnings=placed.warnings, location=where)
    notes = _notes(override, placed.warnings, placed.conflicts)
    if any(why.source == "block" for why in placed.conflicts):
        give_way(session, placed.assignment)
    return all(why.source == "block" for why in placed.conflicts), notes


def allow_closed(actor: Actor, reasons: Sequence[Why], override: Override | None) -> dict[str, str]:
    """What the log says of an appointment in closed time; refuses with `NOT_OFFERED` what was not allowed."""
    if actor.door == "caldav":
        override = ACCEPTED_ON_DEVICE
    if reasons and override is None:
        raise Refused(Reason.NOT_OFFERED, warnings=list(reasons))
    return _notes(override, reasons)


def _notes(
    override: Override | None, warnings: Sequence[Why], conflicts: Sequence[Why] = ()
) -> dict[str, str]:
    """What was broken, not what would have been allowed."""
    if override is None or not (warnings or conflicts):
        return {}
    rules = ",".join(dict.fromkeys(why.rule for why in (*warnings, *conflicts)))
    level = override.level if conflicts else "warning"
    return {"override": level, "reason": override.reason, "rules": rules}
