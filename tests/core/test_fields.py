"""What a practice asks beyond name and address: C9 to C12, T43, T47, T48, T57, S34."""

from typing import Any

import pytest

from tests.acts import DESK, act, again, book, confirm, entries, hold, type_details
from vorzimmer import booking
from vorzimmer.access import ROLES, Actor
from vorzimmer.models import Attribute
from vorzimmer.practice import Hall
from vorzimmer.questions import fields, registry
from vorzimmer.questions.registry import EVERY, Entry
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import Practice, berlin

OWNER = Actor("owner@praxis.example", "office", rights=ROLES["owner"])
INSURANCE: dict[str, Any] = {
    "labels": {"de": "Krankenkasse", "ru": "Больничная касса"},
    "kind": "text",
    "scope": "booking",
    "purpose": "Wir rechnen mit ihr ab.",
    "retention_days": 365,
    "forms": {EVERY: False},
}
YES = {"labels": {"de": "Ja, gern"}}
NO = {"labels": {"de": "Lieber nicht"}}


def define(hall: Hall, **more: Any) -> Attribute:
    """An attribute of the registry, on the form of every service."""
    made: Attribute = act_of(hall, registry.define, Entry(**(INSURANCE | more)))
    return made


def act_of(hall: Hall, use_case: Any, *given: Any, actor: Actor = OWNER, **named: Any) -> Any:
    return hall.database.write(lambda session: use_case(session, actor, *given, **named))


def form(hall: Hall, service: str = "massage") -> list[tuple[str, bool]]:
    with hall.database.reading() as session:
        found = booking.parts.load.service(session, service)
        return [(field.slug, field.required) for field in fields.asked(session, found.id)]


def typed(**more: Any) -> booking.Details:
    return booking.Details("Max Muster", "max.muster@kunde.example", **{"language": "en", **more})


def wrong(hall: Hall, **more: Any) -> dict[str, str]:
    """What a form is refused for."""
    held = hold(hall)
    with pytest.raises(Refused) as refused:
        type_details(hall, held.uid, typed(**more))
    assert refused.value.reason is Reason.INVALID
    errors: dict[str, str] = refused.value.facts["errors"]
    return errors


def faults(hall: Hall, **more: Any) -> set[str]:
    """Which parts of an entry are refused."""
    with pytest.raises(Refused) as refused:
        define(hall, **more)
    assert refused.value.reason is Reason.INVALID
    return set(refused.value.facts["errors"])


# ---- the registry ----------------------------------------------------------------------------------------------------


def test_an_attribute_is_asked_on_the_forms_it_is_placed_on(practice: Practice) -> None:
    """C9, C10, T48."""
    define(practice.hall, forms={"massage": True})
    assert (form(practice.hall), form(practice.hall, "erstgespraech")) == ([("krankenkasse", True)], [])


def test_one_service_may_need_what_others_only_ask(practice: Practice) -> None:
    define(practice.hall, forms={EVERY: False, "massage": True})
    assert form(practice.hall) == [("krankenkasse", True)]
    assert form(practice.hall, "erstgespraech") == [("krankenkasse", False)]


def test_names_of_attributes_are_never_the_same(practice: Practice) -> None:
    assert [define(practice.hall).slug, define(practice.hall).slug] == ["krankenkasse", "krankenkasse-2"]


def test_a_name_without_latin_letters_gets_one(practice: Practice) -> None:
    assert define(practice.hall, labels={"ru": "Касса"}).slug == "field"


def test_a_retired_attribute_is_asked_no_more_and_comes_back(practice: Practice) -> None:
    """C9."""
    define(practice.hall)
    act_of(practice.hall, registry.retire, "krankenkasse")
    assert form(practice.hall) == []
    act_of(practice.hall, registry.retire, "krankenkasse", retired=False)
    assert form(practice.hall) == [("krankenkasse", False)]


def test_the_order_of_the_form_is_the_registrys(practice: Practice) -> None:
    define(practice.hall)
    define(practice.hall, labels={"de": "Zuweiser"})
    act_of(practice.hall, registry.place, "zuweiser", 0)
    assert [slug for slug, _required in form(practice.hall)] == ["zuweiser", "krankenkasse"]


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"labels": {"de": " "}}, "labels"),
        ({"kind": "file"}, "kind"),
        ({"scope": "practice"}, "scope"),
        ({"purpose": ""}, "purpose"),
        ({"retention_days": 0}, "retention_days"),
        ({"kind": "choice", "choices": [YES]}, "choices"),
        ({"kind": "choice", "choices": [YES, YES]}, "choices"),
        ({"kind": "consent", "scope": "customer"}, "scope"),
        ({"forms": {"no-such-service": True}}, "forms"),
        ({"health": True, "forms": {EVERY: True}}, "forms"),
    ],
)
def test_an_entry_needs_purpose_period_and_sense(practice: Practice, more: dict[str, Any], part: str) -> None:
    """S34; complaints are never a required field (DSGVO Art. 5 and 9)."""
    assert faults(practice.hall, **more) == {part}


def test_the_kind_of_an_attribute_stays(practice: Practice) -> None:
    define(practice.hall)
    with pytest.raises(Refused) as refused:
        act_of(practice.hall, registry.change, "krankenkasse", Entry(**(INSURANCE | {"kind": "date"})))
    assert set(refused.value.facts["errors"]) == {"kind"}


def test_a_choice_keeps_its_value_when_its_words_change(practice: Practice) -> None:
    made = define(practice.hall, kind="choice", choices=[YES, NO])
    assert [item["value"] for item in made.choices] == ["ja-gern", "lieber-nicht"]
    new = [{"value": "ja-gern", "labels": {"de": "Ja"}}, NO]
    changed = act_of(
        practice.hall, registry.change, made.slug, Entry(**(INSURANCE | {"kind": "choice", "choices": new}))
    )
    assert [item["value"] for item in changed.choices] == ["ja-gern", "lieber-nicht"]


def test_only_who_may_change_settings_changes_the_registry(practice: Practice) -> None:
    """A1."""
    with pytest.raises(Refused) as refused:
        act_of(practice.hall, registry.define, Entry(**INSURANCE), actor=DESK)
    assert refused.value.reason is Reason.FORBIDDEN


# ---- what customers answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("text", "  AOK\u202e Nordost ", "AOK Nordost"),
        ("date", "1968-02-29", "1968-02-29"),
        ("number", 3.5, 3.5),
        ("yes_no", False, False),
        ("choice", "ja-gern", "ja-gern"),
    ],
)
def test_an_answer_of_each_kind_is_kept(practice: Practice, kind: str, value: Any, kept: Any) -> None:
    """C12, T47."""
    define(practice.hall, kind=kind, choices=[YES, NO] if kind == "choice" else [])
    made = book(practice.hall, who=typed(fields={"krankenkasse": value}))
    assert again(practice.hall, made.uid).fields == {"krankenkasse": kept}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "x" * 501),
        ("text", 5),
        ("date", "2027-02-30"),
        ("date", "0001-01-01"),
        ("number", "viel"),
        ("number", True),
        ("number", 1e300),
        ("yes_no", "yes"),
        ("choice", "vielleicht"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_beside_its_field(
    practice: Practice, kind: str, value: Any
) -> None:
    define(practice.hall, kind=kind, choices=[YES, NO] if kind == "choice" else [])
    assert set(wrong(practice.hall, fields={"krankenkasse": value})) == {"fields.krankenkasse"}


def test_all_that_is_wrong_is_said_at_once(practice: Practice) -> None:
    define(practice.hall, forms={EVERY: True})
    found = wrong(practice.hall, fields={"fremd": "x"}, consents=["agb"], phone="0" * 41)
    assert set(found) == {"phone", "fields.fremd", "fields.krankenkasse", "consents.agb"}


def test_no_booking_without_a_needed_consent(practice: Practice) -> None:
    """T57."""
    consent = {
        "kind": "consent",
        "labels": {"de": "Ich stimme den AGB zu.", "en": "I accept the terms."},
        "forms": {EVERY: True},
    }
    slug = define(practice.hall, **consent).slug
    assert set(wrong(practice.hall)) == {f"consents.{slug}"}
    made = book(practice.hall, who=typed(consents=[slug]))
    assert again(practice.hall, made.uid).consents == {slug: "I accept the terms."}


def test_what_is_said_about_health_needs_a_consent_of_its_own(practice: Practice) -> None:
    """S34: optional, and only with documented consent."""
    define(practice.hall, labels={"de": "Beschwerden"}, health=True)
    assert set(wrong(practice.hall, fields={"beschwerden": "Rücken"})) == {"consents.health"}
    made = book(practice.hall, who=typed(fields={"beschwerden": "Rücken"}, consents=["health"]))
    assert again(practice.hall, made.uid).consents["health"].startswith("I agree")


def test_staff_need_not_ask_what_customers_must_answer(practice: Practice) -> None:
    """O20: the telephone is quick; what is typed is checked all the same."""
    define(practice.hall, forms={EVERY: True})
    entry = booking.Entry("massage", berlin("2027-03-02 10:00"), "Olga", "anna")
    assert act(practice.hall, booking.enter, DESK, entry).fields == {}
    with pytest.raises(Refused) as refused:
        act(practice.hall, booking.enter, DESK, booking.Entry(**{**vars(entry), "fields": {"x": 1}}))
    assert refused.value.reason is Reason.INVALID


def test_the_log_tells_what_was_agreed_to(practice: Practice) -> None:
    """A176: a consent is documented with its moment."""
    slug = define(practice.hall, kind="consent", labels={"de": "AGB"}).slug
    held = hold(practice.hall)
    type_details(practice.hall, held.uid, typed(consents=[slug]))
    confirm(practice.hall, held)
    assert ("details", "page") in entries(practice.hall, held.uid)


def test_answers_are_told_in_words(practice: Practice) -> None:
    define(practice.hall, kind="date", labels={"de": "Geboren", "en": "Born"})
    with practice.hall.database.reading() as session:
        known = fields.attributes(session)
        told = fields.told(known, {"geboren": "1968-02-29", "gone": 1}, practice.hall.texts.reader("de"))
    assert told == [("Geboren", "29.02.1968")]


def test_a_lasting_answer_is_kept_with_the_customer(practice: Practice) -> None:
    """C11."""
    define(practice.hall, scope="customer")
    made = book(practice.hall, who=typed(fields={"krankenkasse": "AOK"}))
    with practice.hall.database.reading() as session:
        customer = booking.parts.load.booking(session, made.uid).customer
        assert customer is not None
        assert customer.attributes == {"krankenkasse": "AOK"}
