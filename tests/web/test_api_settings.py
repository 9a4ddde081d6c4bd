"""What the office's settings can, the API can: groups, message texts, plugins, the picture, own versions (O42, D8)."""

import base64
from typing import Any

import pytest

from tests import acts
from vorzimmer.testing import Browser, Practice

OWNER = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@pytest.fixture
def database_url() -> str:
    """SQLite: what the database does is tested with the use cases."""
    return ""


def ask(client: Browser, method: str, path: str, **body: Any) -> Any:
    given = {"json": body} if body else {}
    return client.open(f"/api/v1{path}", method=method, headers=OWNER, **given)


def group(client: Browser, name: str = "Knie") -> int:
    """A group with one customer in it; its id."""
    ask(client, "POST", "/customers", name="Eva", groups=[name])
    groups = ask(client, "GET", "/groups").json["groups"]
    return int(next(one["id"] for one in groups if one["name"] == name))


def test_bookings_are_those_of_one_customer(practice: Practice, client: Browser) -> None:
    """O47."""
    mine = practice.book("massage", "2027-03-02 10:00", name="Eva", email="eva@kunde.example")
    practice.book("massage", "2027-03-02 11:00", name="Max", email="max@kunde.example")
    assert mine.customer
    found = ask(client, "GET", f"/bookings?customer={mine.customer.uid}").json["bookings"]
    assert [one["uid"] for one in found] == [mine.uid]


def test_a_group_is_renamed_for_all_its_customers(practice: Practice, client: Browser) -> None:
    """O42."""
    number = group(client)
    answer = ask(client, "PATCH", f"/groups/{number}", name="Knie und Hüfte")
    assert answer.json["group"] == {"id": number, "name": "Knie und Hüfte", "size": 1}


def test_two_groups_are_never_called_the_same(practice: Practice, client: Browser) -> None:
    """O42: whatever the case of the letters."""
    group(client, "Hüfte")
    answer = ask(client, "PATCH", f"/groups/{group(client)}", name="HÜFTE")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "name")


def test_a_group_goes_and_its_customers_stay(practice: Practice, client: Browser) -> None:
    """O42."""
    number = group(client)
    assert ask(client, "DELETE", f"/groups/{number}").status_code == 204
    assert ask(client, "GET", "/groups").json["groups"] == []
    assert [one["groups"] for one in ask(client, "GET", "/customers?q=Eva").json["customers"]] == [[]]
    assert ask(client, "DELETE", f"/groups/{number}").status_code == 404


def test_a_message_says_it_in_the_practices_words(practice: Practice, client: Browser) -> None:
    """D8: for all services, else for one of them."""
    ask(client, "PUT", "/message-texts/confirmed/de", text="Bis bald, {name}!")
    found = ask(client, "GET", "/message-texts?service=massage").json["texts"]
    own = next(one for one in found if (one["topic"], one["language"]) == ("confirmed", "de"))
    assert (own["text"], own["default"]) == ("", "Bis bald, {name}!")
    ask(client, "PUT", "/message-texts/confirmed/de", service="massage", text="Danke!")
    found = ask(client, "GET", "/message-texts?service=massage").json["texts"]
    assert "Danke!" in [one["text"] for one in found]


@pytest.mark.parametrize(
    ("path", "status"),
    [("confirmed/xx", 404), ("code/de", 404), ("confirmed/de", 422)],
)
def test_a_text_that_would_not_be_filled_in_is_refused(
    practice: Practice, client: Browser, path: str, status: int
) -> None:
    """A61, A88."""
    assert ask(client, "PUT", f"/message-texts/{path}", text="{naem}").status_code == status


def test_a_plugin_is_set_and_switched(practice: Practice, client: Browser) -> None:
    """Architecture §4."""
    path = "/plugins/vorzimmer_booking_request"
    answer = ask(client, "PATCH", path, settings={"hours": 12}, on=False)
    assert (answer.json["plugin"]["settings"]["hours"], answer.json["plugin"]["state"]) == (12, "off")
    assert ask(client, "PATCH", path, on=True).json["plugin"]["state"] == "on"
    assert ask(client, "PATCH", path, settings={"hours": "x"}).status_code == 422


def test_the_mail_servers_password_is_not_told(practice: Practice, client: Browser) -> None:
    """A172."""
    address = "smtp://praxis:geheimnis@mail.example:587"
    answer = ask(client, "PATCH", "/plugins/vorzimmer_email", settings={"smtp": address})
    assert answer.status_code == 200
    assert "geheimnis" not in answer.text + ask(client, "GET", "/plugins").text
    assert practice.hall.plugins.instance("vorzimmer_email").config.relay.host == "mail.example"


def test_the_picture_is_set_and_taken_away(practice: Practice, client: Browser) -> None:
    """K1."""
    assert ask(client, "PUT", "/settings/logo", picture=PNG).json["practice"]["logo"]
    assert not ask(client, "PUT", "/settings/logo", picture=None).json["practice"]["logo"]
    text = base64.b64encode(b"no picture").decode()
    assert ask(client, "PUT", "/settings/logo", picture=text).status_code == 422


def test_a_person_gets_an_own_version_of_a_service(practice: Practice, client: Browser) -> None:
    """K28."""
    answer = ask(client, "POST", "/resources/anna/services", service="massage")
    assert (answer.status_code, answer.json["service"]["duration_minutes"]) == (201, 30)


def test_who_takes_part_in_a_group_is_listed(practice: Practice, client: Browser) -> None:
    """C18."""
    first = practice.book("rueckenschule", "2027-03-04 10:00", "clara", name="Eva", email="eva@kunde.example")
    practice.book("rueckenschule", "2027-03-04 10:00", "clara", name="Max", email="max@kunde.example")
    found = ask(client, "GET", f"/bookings/{first.uid}/participants").json["bookings"]
    assert [one["customer"]["name"] for one in found] == ["Eva", "Max"]
    assert acts.again(practice.hall, first.uid).uid == found[0]["uid"]
