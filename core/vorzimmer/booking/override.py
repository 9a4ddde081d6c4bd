"""Staff may break rules, never silently: two levels, both logged (rule 42, O20)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from vorzimmer.access import Actor
from vorzimmer.availability import Placement
from vorzimmer.booking.clashes import give_way
from vorzimmer.reasons import Reason, Refused


@dataclass(frozen=True)
class Override:
    """`level` `warning` breaks rules (hours, notice, absences), `double` also books over another appointment.

    `reason` is needed for `double`.
    """

    level: str
    reason: str = ""


MOVED_ON_DEVICE = Override("warning", "moved on a device")


def allow(
    session: Session, actor: Actor, placed: Placement, override: Override | None
) -> tuple[bool, dict[str, str]]:
    """Whether the belt guards the new place, and what the log says; refuses what was not allowed explicitly.

    `NOT_OFFERED` carries `warnings`, `SLOT_TAKEN` carries `conflicts`. A calendar app cannot ask, so its
    moves break rules with the reason "moved on a device" (rule 80), also over the person's private events, which
    is a clash; another appointment stays in the way.
    """
    conflicts = placed.conflicts
    if actor.door == "caldav":
        override = MOVED_ON_DEVICE
        conflicts = [why for why in conflicts if why.source != "block"]
    level = override.level if override else ""
    if conflicts and not (level == "double" and override and override.reason.strip()):
        raise Refused(Reason.SLOT_TAKEN, conflicts=conflicts, warnings=placed.warnings)
    if placed.warnings and level not in ("warning", "double"):
        raise Refused(Reason.NOT_OFFERED, warnings=placed.warnings)
    notes = {}
    if override and (placed.warnings or placed.conflicts):
        broken = [why.rule for why in (*placed.warnings, *placed.conflicts)]
        notes = {
            "override": override.level,
            "reason": override.reason,
            "rules": ",".join(dict.fromkeys(broken)),
        }
    if any(why.source == "block" for why in placed.conflicts):
        give_way(session, placed.assignment)
    return all(why.source == "block" for why in placed.conflicts), notes
