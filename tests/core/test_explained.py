"""What the explainer says is true and reads well: the real reason alone, names, and "and" (rule 81)."""

import pytest

from tests import acts
from vorzimmer import availability, booking, database
from vorzimmer.testing import Practice, berlin


@pytest.fixture
def database_url() -> str:
    """SQLite: what is asked of the database, the tests of availability ask of both."""
    return ""


def explained(
    practice: Practice, service: str, start: str, staff: str | None = None
) -> availability.Explanation:
    with practice.hall.database.reading() as session:
        wanted = booking.parts.load.service(session, service)
        now = database.now(session)
        return availability.explain(session, practice.hall.plugins, wanted, berlin(start), now, staff=staff)


def test_another_place_is_not_named_beside_the_real_reason(practice: Practice) -> None:
    """On Thursday Ben is at the market; that he is at the harbour on Friday is no reason."""
    practice.book("massage", "2027-03-04 10:00", "ben")
    found = explained(practice, "massage", "2027-03-04 10:00", "ben")
    assert [why.rule for why in found.reasons] == ["2"]


def test_a_person_who_does_not_give_it_is_called_by_name(practice: Practice) -> None:
    found = explained(practice, "massage", "2027-03-02 10:00", "clara")
    assert [str(why.text) for why in found.reasons] == ["Clara Dietz does not offer this service."]


def test_two_changes_that_are_both_needed_are_one_sentence(practice: Practice) -> None:
    """Anna is taken, and the time is off her grid."""
    practice.book("massage", "2027-03-02 10:00", "anna")
    found = explained(practice, "massage", "2027-03-02 10:07", "anna")
    assert len(found.would_be_free_if) == 1
    assert ", and " in str(found.would_be_free_if[0])


def test_what_is_over_is_in_the_past_and_not_too_soon(practice: Practice) -> None:
    found = explained(practice, "massage", "2027-02-26 10:00", "anna")
    assert [str(why.text) for why in found.reasons] == ["This time is in the past."]
    soon = explained(practice, "massage", "2027-03-01 09:00", "anna")
    assert "too soon" in str(soon.reasons[0].text)


def test_nobody_is_invited_to_what_is_over(practice: Practice) -> None:
    """Entered afterwards for the record, with a warning; what is to come is told."""
    entry = booking.Entry("massage", berlin("2027-02-26 10:00"), "Max", "anna", email="max@kunde.example")
    late = booking.Override("warning", "nachgetragen")
    made = acts.act(practice.hall, booking.enter, acts.DESK, entry, late)
    assert acts.told(practice.hall, made.uid) == []
    assert acts.told(practice.hall, practice.book("massage", "2027-03-02 10:00").uid)
