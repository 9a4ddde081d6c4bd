"""Rooms and devices: always available where they stand, unless hours or absences say otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.hookspecs import Candidates, ResourceKind, hookimpl
from vorzimmer.models import Offer, Requirement, Resource
from vorzimmer.plugins import NoConfig
from vorzimmer.reasons import N_

KINDS = {"room": (N_("Room"), N_("Rooms")), "device": (N_("Device"), N_("Devices"))}


class Plugin:
    """Brings the kinds `room` and `device`; a requirement without offers takes any of its kind."""

    title = N_("Rooms and devices")

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    @hookimpl
    def resource_kinds(self) -> list[ResourceKind]:
        """Rooms and devices, always available without hours."""
        return [ResourceKind(name, *titles) for name, titles in KINDS.items()]

    @hookimpl
    def candidates(self, session: Session, requirements: Sequence[Requirement]) -> list[Candidates]:
        """Active rooms and devices: those offered for the requirement, else all of the kind."""
        wanted = {need.id: need.kind for need in requirements if need.kind in KINDS}
        if not wanted:
            return []
        rows = session.execute(
            select(Resource.id, Resource.kind, Offer.requirement_id)
            .outerjoin(Offer, (Offer.resource_id == Resource.id) & Offer.requirement_id.in_(wanted))
            .where(Resource.kind.in_(set(wanted.values())), Resource.active)
            .order_by(Resource.id)
        )
        offered: dict[int, list[int]] = defaultdict(list)
        of_kind: dict[str, dict[int, None]] = defaultdict(dict)
        for resource_id, kind, requirement_id in rows:
            of_kind[kind][resource_id] = None
            if requirement_id is not None:
                offered[requirement_id].append(resource_id)
        return [Candidates(need, tuple(offered.get(need) or of_kind[kind])) for need, kind in wanted.items()]
