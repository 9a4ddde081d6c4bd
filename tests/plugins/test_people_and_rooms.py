"""Who may fill a requirement (rules 53, 54)."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from vorzimmer import hookspecs
from vorzimmer.models import Offer, Requirement, Resource, Service
from vorzimmer.testing import Practice


def candidates(practice: Practice, slug: str) -> dict[str, list[str]]:
    """For each kind that the service needs the slugs of those who could do it."""
    with practice.hall.database.reading() as session:
        needs: Sequence[Requirement] = session.scalars(
            select(Requirement).join(Service).where(Service.slug == slug)
        ).all()
        answers = practice.hall.plugins.ask(hookspecs.candidates, session=session, requirements=needs)
        slugs = {resource.id: resource.slug for resource in session.scalars(select(Resource))}
        kinds = {need.id: need.kind for need in needs}
    return {kinds[a.requirement_id]: sorted(slugs[i] for i in a.resource_ids) for a in answers}


def test_staff_are_those_who_offer_the_service(practice: Practice) -> None:
    assert candidates(practice, "massage") == {"staff": ["anna", "ben"]}


def test_a_service_finds_its_rooms_and_devices(practice: Practice) -> None:
    assert candidates(practice, "ultraschall") == {
        "staff": ["anna", "ben"],
        "room": ["raum-1", "raum-2"],
        "device": ["ultraschall"],
    }


def test_a_need_for_a_room_that_names_none_takes_any(practice: Practice) -> None:
    rooms = select(Requirement.id).where(Requirement.kind == "room")
    practice.hall.database.write(
        lambda session: session.execute(delete(Offer).where(Offer.requirement_id.in_(rooms)))
    )
    assert candidates(practice, "ultraschall")["room"] == ["raum-1", "raum-2"]


def test_a_need_for_staff_that_names_nobody_has_nobody(practice: Practice) -> None:
    practice.hall.database.write(lambda session: session.execute(delete(Offer)))
    assert candidates(practice, "massage") == {"staff": []}


def test_who_has_left_is_no_candidate(practice: Practice) -> None:
    gone = update(Resource).where(Resource.slug.in_(["ben", "raum-2"])).values(active=False)
    practice.hall.database.write(lambda session: session.execute(gone))
    assert candidates(practice, "ultraschall") | {"device": []} == {
        "staff": ["anna"],
        "room": ["raum-1"],
        "device": [],
    }


def test_only_staff_need_hours(practice: Practice) -> None:
    """Rule 12."""
    kinds = practice.hall.plugins.ask(hookspecs.resource_kinds)
    assert {kind.name: kind.needs_hours for kind in kinds} == {"staff": True, "room": False, "device": False}
