"""People: staff members are bookable resources that work only where and when their hours say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from vorzimmer.hookspecs import Candidates, ResourceKind, hookimpl
from vorzimmer.models import Offer, Requirement, Resource
from vorzimmer.plugins import NoConfig
from vorzimmer.reasons import N_

KIND = "staff"
OFFERS = (
    select(Offer.requirement_id, Offer.resource_id)
    .join(Resource)
    .where(
        Offer.requirement_id.in_(bindparam("wanted", expanding=True)), Resource.kind == KIND, Resource.active
    )
    .order_by(Offer.resource_id)
)


class Plugin:
    """Brings the kind `staff`; a requirement is filled by those who offer it, by nobody else."""

    title = N_("People")

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    @hookimpl
    def resource_kinds(self) -> list[ResourceKind]:
        """Staff, who are never available without hours (rule 12)."""
        return [ResourceKind(KIND, N_("Person"), N_("People"), needs_hours=True)]

    @hookimpl
    def candidates(self, session: Session, requirements: Sequence[Requirement]) -> list[Candidates]:
        """Active staff who offer each requirement."""
        wanted = [need.id for need in requirements if need.kind == KIND]
        if not wanted:
            return []
        offers = session.execute(OFFERS, {"wanted": wanted})
        able: dict[int, list[int]] = defaultdict(list)
        for requirement_id, resource_id in offers:
            able[requirement_id].append(resource_id)
        return [Candidates(requirement_id, tuple(able[requirement_id])) for requirement_id in wanted]
