"""Questions to customers, on the settings' pages, the booking page and by API: C9 to C12, T47, T48, T57."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from tests.web.customer import details, english, found, hold, uid_of
from tests.web.desk import DESK
from vorzimmer.models import Attribute, Booking
from vorzimmer.questions import fields
from vorzimmer.testing import Browser, Practice

OWNER = "owner@praxis.example"
TYPED = {
    "labels.de": "Krankenkasse",
    "labels.en": "Insurance",
    "kind": "text",
    "scope": "booking",
    "purpose": "Abrechnung",
    "retention_days": "365",
    "on.": "required",
}


@pytest.fixture
def database_url() -> str:
    return ""


def owner(client: Browser) -> None:
    english(client)
    client.sign_in(OWNER)
    client.get("/office/settings/fields")


def save(client: Browser, path: str = "/office/settings/fields/new", **more: str) -> Any:
    return client.post(path, data={"csrf_token": client.csrf_token, **TYPED, **more})


def registry(practice: Practice) -> list[Attribute]:
    with practice.hall.database.reading() as session:
        return fields.attributes(session)


def test_a_question_is_added_and_then_asked(client: Browser, practice: Practice) -> None:
    """C9, C10."""
    owner(client)
    assert save(client).status_code == 303
    page = client.get(f"/book/massage/{uid_of(hold(client))}/details").text
    assert 'name="fields.krankenkasse"' in page


def test_what_was_typed_of_a_question_survives_an_error(client: Browser, practice: Practice) -> None:
    owner(client)
    answer = save(client, purpose="")
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert "Please say in a sentence what this is needed for." in page
    assert 'value="Krankenkasse"' in page


def test_choices_are_typed_in_rows(client: Browser, practice: Practice) -> None:
    owner(client)
    rows = {"choice.0.value": "", "choice.0.de": "Ja", "choice.1.value": "", "choice.1.de": "Nein"}
    save(client, kind="choice", **rows)
    assert [item["value"] for item in registry(practice)[0].choices] == ["ja", "nein"]


def test_more_rows_for_choices_keep_what_was_typed(client: Browser, practice: Practice) -> None:
    owner(client)
    page = save(client, kind="choice", more="1", **{"choice.0.value": "", "choice.0.de": "Vielleicht"}).text
    assert "Vielleicht" in page
    assert 'name="choice.3.de"' in page


def test_a_question_is_changed_moved_retired_and_asked_again(client: Browser, practice: Practice) -> None:
    owner(client)
    save(client)
    save(client, **{"labels.de": "Zuweiser"})
    save(client, "/office/settings/fields/krankenkasse", purpose="Anderes")
    for slug, act in [("zuweiser", "up"), ("krankenkasse", "retire"), ("krankenkasse", "restore")]:
        client.post(f"/office/settings/fields/{slug}/{act}", data={"csrf_token": client.csrf_token})
    assert [(one.slug, one.purpose, one.active) for one in registry(practice)] == [
        ("zuweiser", "Abrechnung", True),
        ("krankenkasse", "Anderes", True),
    ]


def test_the_desk_has_no_way_to_the_questions(client: Browser, practice: Practice) -> None:
    """A1."""
    client.sign_in(DESK)
    assert client.get("/office/settings/fields").status_code == 403


def test_an_answer_is_kept_with_the_appointment(client: Browser, practice: Practice) -> None:
    """C12, T47."""
    owner(client)
    save(client)
    uid = uid_of(hold(client))
    assert details(client, uid, **{"fields.krankenkasse": "AOK"}).status_code == 303
    assert found(practice, uid).fields == {"krankenkasse": "AOK"}


def test_a_missing_answer_is_said_beside_its_field_and_nothing_typed_is_lost(
    client: Browser, practice: Practice
) -> None:
    """T57."""
    owner(client)
    save(client, kind="number", **{"labels.de": "Größe"})
    save(client, kind="consent", **{"labels.de": "AGB", "labels.en": "I accept the terms."})
    answer = details(client, uid_of(hold(client)), **{"fields.grosse": "1,8O"})
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert "Please enter a number." in page
    assert 'value="1,8O"' in page
    assert "Please agree to this, or we cannot book." in page
    assert 'value="Max Muster"' in page


def test_a_code_is_sent_again_with_the_same_answers(client: Browser, practice: Practice) -> None:
    owner(client)
    save(client)
    uid = uid_of(hold(client))
    details(client, uid, **{"fields.krankenkasse": "AOK"})
    again = client.post(f"/book/massage/{uid}/resend", data={"csrf_token": client.csrf_token})
    assert again.headers["Location"].endswith("sent=again")


# ---- the API ---------------------------------------------------------------------------------------------------------

QUESTION: dict[str, Any] = {
    "labels": {"de": "Krankenkasse"},
    "kind": "choice",
    "scope": "booking",
    "purpose": "Abrechnung",
    "retention_days": None,
    "choices": [{"labels": {"de": "AOK"}}, {"labels": {"de": "Privat"}}],
    "forms": [{"service": "massage", "required": True}],
}


def test_the_registry_is_kept_by_api_too(client: Browser, practice: Practice) -> None:
    owner(client)
    origin = {"Origin": "http://localhost"}
    made = client.post("/api/v1/fields", json=QUESTION, headers=origin)
    assert made.status_code == 201
    changed = client.patch("/api/v1/fields/krankenkasse", json={"active": False}, headers=origin).json
    assert changed["field"] == {**made.json["field"], "active": False}
    assert client.get("/api/v1/fields").json == {"fields": [changed["field"]]}


def test_a_wrong_question_is_refused_by_api_with_its_field(client: Browser, practice: Practice) -> None:
    owner(client)
    wrong = client.post(
        "/api/v1/fields", json={**QUESTION, "purpose": ""}, headers={"Origin": "http://localhost"}
    )
    assert wrong.status_code == 422
    assert [error["field"] for error in wrong.json["errors"]] == ["purpose"]


def test_a_program_learns_the_questions_from_the_catalogue(client: Browser, practice: Practice) -> None:
    owner(client)
    client.post("/api/v1/fields", json=QUESTION, headers={"Origin": "http://localhost"})
    services = {one["slug"]: one["fields"] for one in client.get("/api/v1/services").json["services"]}
    assert [(one["slug"], one["required"]) for one in services["massage"]] == [("krankenkasse", True)]
    assert services["erstgespraech"] == []


def test_an_unknown_answer_is_422_by_api(client: Browser, practice: Practice) -> None:
    held = client.post(
        "/api/v1/holds", json={"service": "massage", "start": "2027-03-02T10:00:00+01:00"}
    ).json
    sent = client.post(
        f"/api/v1/holds/{held['id']}/details",
        json={
            "token": held["token"],
            "customer": {"name": "Max", "email": "max@kunde.example"},
            "fields": {"fremd": 1},
            "consents": ["agb"],
        },
    )
    assert sent.status_code == 422
    assert {error["field"] for error in sent.json["errors"]} == {"fields.fremd", "consents.agb"}


# ---- in the office ---------------------------------------------------------------------------------------------------


def test_the_telephone_asks_the_same_and_needs_no_answer(client: Browser, practice: Practice) -> None:
    """O20, T47."""
    owner(client)
    save(client, scope="customer")
    assert 'name="fields.krankenkasse"' in client.get("/office/new?service=massage").text
    typed = {"service": "massage", "staff": "anna", "name": "Olga", "slot": "2027-03-02T10:00:00+01:00|markt"}
    form = {"csrf_token": client.csrf_token, **typed, "fields.krankenkasse": "AOK"}
    assert client.post("/office/new", data=form).status_code == 303
    with practice.hall.database.reading() as session:
        made = session.scalars(select(Booking).where(Booking.name == "Olga")).one()
        assert made.customer is not None
        assert made.customer.attributes == {"krankenkasse": "AOK"}
        uid, customer = made.uid, made.customer.uid
    assert "AOK" in client.get(f"/office/booking/{uid}").text
    assert 'value="AOK"' in client.get(f"/office/new?service=massage&customer={customer}").text
