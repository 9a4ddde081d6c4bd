"""The settings of services, people and places in the office (K17 to K29, C42, O6 to O9, O57)."""

from __future__ import annotations

from typing import Any

import pytest

from vorzimmer.testing import Browser, Practice

SERVICES = "/office/settings/services/"


@pytest.fixture
def database_url() -> str:
    """SQLite alone: what the database does is tested in `tests/core/test_catalogue.py`."""
    return ""


@pytest.fixture
def owner(practice: Practice, client: Browser) -> Browser:
    client.sign_in("owner@praxis.example")
    return client


def form(**fields: Any) -> dict[str, Any]:
    """What the form of a service sends."""
    return {
        "name": "Lymphdrainage",
        "minutes": "45",
        "step": "15",
        "before": "0",
        "after": "10",
        "buffer_rule": "max",
        "notice": "3",
        "notice-unit": "60",
        "notice_working_days": "0",
        "horizon": "60",
        "capacity": "1",
        "policy": "direct",
        "price": "52,50",
        "currency": "EUR",
        "price_shown": "1",
        "listed": "1",
        "cancel_until": "1",
        "cancel_until-unit": "1440",
        "move_until": "1",
        "move_until-unit": "1440",
        "color": "#1d5fa8",
        "reminding": "times",
        "reminders": "48, 2",
        "need": "0",
        "need-0-kind": "staff",
        "need-0-quantity": "1",
        "need-0-members": ["anna", "clara"],
    } | fields


def save(owner: Browser, path: str = f"{SERVICES}new", **fields: Any) -> Any:
    owner.get(path)
    return owner.send(path, **form(**fields))


def test_a_service_of_the_form_is_stored_as_it_was_typed(practice: Practice, owner: Browser) -> None:
    """O6, O9, K17 to K23, D8."""
    assert "Lymphdrainage" in save(owner).text
    made = practice.service("lymphdrainage")
    assert (made.minutes, made.step, made.after, made.notice, made.horizon) == (45, 15, 10, 180, 60)
    assert (made.price, made.color, made.reminders, made.cancel_until) == (5250, "#1d5fa8", [48, 2], 1440)


def test_the_form_of_a_service_shows_what_is_stored_and_saves_it_unchanged(
    practice: Practice, owner: Browser
) -> None:
    page = owner.get(f"{SERVICES}massage").text
    assert 'value="45,00"' in page
    assert 'value="anna" checked' in page
    assert 'value="clara" checked' not in page


@pytest.mark.parametrize("price", ["-", "", "–"])
def test_a_hyphen_means_no_price(practice: Practice, owner: Browser, price: str) -> None:
    """K20."""
    save(owner, price=price)
    assert practice.service("lymphdrainage").price is None


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(owner: Browser) -> None:
    answer = save(owner, minutes="zero", price="viel", description="Mit Gefühl")
    assert answer.status_code == 422
    assert 'aria-describedby="minutes-error"' in answer.text
    assert "price-error" in answer.text
    assert "Mit Gefühl" in answer.text
    assert 'value="viel"' in answer.text


def test_a_need_is_added_without_saving(practice: Practice, owner: Browser) -> None:
    """No script is needed."""
    answer = save(owner, f"{SERVICES}massage", add="room", name="Noch nicht")
    assert answer.status_code == 200
    assert 'name="need-1-members"' in answer.text
    assert practice.service("massage").name == "Klassische Massage"


def test_a_service_needs_a_person_and_a_room(practice: Practice, owner: Browser) -> None:
    room: dict[str, Any] = {"need": ["0", "1"], "need-1-kind": "room", "need-1-quantity": "1"}
    save(owner, **room)
    practice.book("lymphdrainage", "2027-03-02 09:00")
    page = owner.get(f"{SERVICES}lymphdrainage").text
    assert 'name="need-1-kind" value="room"' in page


def test_the_link_of_a_private_service_is_shown_and_books_it(owner: Browser) -> None:
    """C42, C43."""
    page = owner.get(f"{SERVICES}notiz").text
    assert "http://localhost:8080/book/notiz" in page
    assert "http://localhost:8080/book/notiz?staff=anna" in page
    assert owner.get("/book/notiz").status_code == 200


def test_a_hidden_price_is_nowhere_to_be_seen_by_customers(practice: Practice, owner: Browser) -> None:
    """K24."""
    assert "45,00" in owner.get("/").text
    owner.get(SERVICES)
    owner.send(f"{SERVICES}prices", shown="0")
    assert "45,00" not in owner.get("/").text
    assert "45,00" not in owner.get("/book/massage").text


def test_archiving_a_service_asks_first(practice: Practice, owner: Browser) -> None:
    """O7, O8; for its appointments see `test_closing_pages`."""
    owner.get(f"{SERVICES}massage/archive")
    assert practice.service("massage").active
    owner.send(f"{SERVICES}massage/archive")
    assert not practice.service("massage").active
    assert owner.get("/book/massage").headers["Location"] == "/?gone=massage"


def test_a_person_ticks_services_and_gets_an_own_version(practice: Practice, owner: Browser) -> None:
    """K27 to K29, O57."""
    path = "/office/settings/people/clara"
    owner.get(path)
    owner.send(
        path, name="Clara Dietz-Öz", slug="clara", services=["massage", "erstgespraech", "rueckenschule"]
    )
    assert practice.resource("clara").name == "Clara Dietz-Öz"
    page = owner.get("/office/settings/services/massage/own/clara").text
    assert 'value="Klassische Massage – Clara Dietz-Öz"' in page


def test_a_person_who_gives_a_service_alone_gets_no_own_version(owner: Browser) -> None:
    answer = owner.get("/office/settings/services/rueckenschule/own/clara", follow_redirects=True)
    assert answer.request.path == "/office/settings/people/clara"


def test_a_room_is_entered_where_it_stands(practice: Practice, owner: Browser) -> None:
    path = "/office/settings/people/new/room"
    owner.get(path)
    assert owner.send(path, name="Raum 3").status_code == 422
    owner.send(path, name="Raum 3", location="hafen")
    assert practice.resource("raum-3").location_id == practice.location("hafen").id


def test_lists_of_a_kind_are_headed_by_its_plural(owner: Browser) -> None:
    page = owner.get("/office/settings/people/").text
    assert [heading for heading in ("Personen", "Räume", "Geräte") if f">{heading}</h2>" in page] == [
        "Personen",
        "Räume",
        "Geräte",
    ]


def test_settings_stand_in_groups_and_a_plugins_page_without_one_is_technical(owner: Browser) -> None:
    page = owner.get("/office/settings/").text
    said = [
        "Praxis und Standorte",
        "Feiertage",
        "Online-Buchung",
        "Veröffentlichen",
        "Personen und Zeiten",
        "Technik",
        "Import",
    ]
    places = [page.find(f">{text}<") for text in said]
    assert -1 not in places
    assert places == sorted(places)


def test_a_place_is_entered_changed_and_archived(practice: Practice, owner: Browser) -> None:
    owner.get("/office/settings/places/new")
    owner.send("/office/settings/places/new", name="Süd", zone="Europe/Berlin", address="Allee 1")
    owner.send("/office/settings/places/sued", name="Süd", zone="Europe/Wien")
    assert practice.location("sued").zone == "Europe/Berlin"
    owner.send("/office/settings/places/sued/archive")
    assert not practice.location("sued").active


@pytest.mark.parametrize(
    "area", ["services/", "services/massage", "people/", "people/anna", "places/", "places/markt"]
)
def test_who_may_not_change_settings_sees_none(practice: Practice, client: Browser, area: str) -> None:
    """A1, O52."""
    client.sign_in("anna@praxis.example")
    assert client.get(f"/office/settings/{area}").status_code == 403


@pytest.mark.parametrize("path", ["services/none", "people/none", "places/none", "people/new/dragon"])
def test_what_does_not_exist_is_not_found(owner: Browser, path: str) -> None:
    assert owner.get(f"/office/settings/{path}").status_code == 404


def test_somebody_of_the_staff_takes_services_from_the_catalogue(practice: Practice, client: Browser) -> None:
    """K27: by themselves, from the page of the own account."""
    client.sign_in("clara@praxis.example")
    assert "/office/account/services" in client.get("/office/account").text
    page = client.get("/office/account/services").text
    assert 'value="rueckenschule" checked' in page
    assert 'value="massage" checked' not in page
    client.send("/office/account/services", services=["massage", "erstgespraech", "rueckenschule"])
    assert 'value="massage" checked' in client.get("/office/account/services").text


def test_who_is_the_last_to_offer_a_service_is_told_so(practice: Practice, client: Browser) -> None:
    client.sign_in("clara@praxis.example")
    client.get("/office/account/services")
    answer = client.send("/office/account/services", services=["erstgespraech"])
    assert answer.status_code == 422
    assert "Archivieren Sie die Leistung" in answer.text


def test_a_login_without_a_calendar_offers_nothing(practice: Practice, client: Browser) -> None:
    client.sign_in("empfang@praxis.example")
    page = client.get("/office/account/services").text
    assert "Dieser Zugang hat keinen Kalender" in page
    assert "checkbox" not in page
    assert "/office/account/services" not in client.get("/office/account").text


def test_a_nickname_is_all_that_customers_learn_of_a_name(practice: Practice, owner: Browser) -> None:
    """K43: the name of the login stays in the office."""
    page = owner.get("/office/settings/people/clara").text
    assert "ein Spitzname genügt" in page
    services = ["massage", "erstgespraech", "rueckenschule"]
    given = {"name": "Cleo", "slug": "clara", "before": "0", "after": "0", "services": services}
    assert owner.send("/office/settings/people/clara", **given).status_code == 200
    chosen = owner.get("/book/massage").text
    assert "Cleo" in chosen
    assert "Dietz" not in chosen
    assert "Clara Dietz" in owner.get("/office/settings/staff/").text
