"""Links, buttons, frames, QR codes, named links: C41 to C45, K60 to K65, O64, O65, A1, A65."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image

from tests.web.customer import book, english, found, hold, uid_of
from vorzimmer.testing import Browser, Practice

PAGE = "/office/settings/publish"
OWNER = "owner@praxis.example"


def owner(client: Browser) -> None:
    english(client)
    client.sign_in(OWNER)
    client.get(PAGE)


def send(client: Browser, path: str, **typed: Any) -> Any:
    return client.post(f"{PAGE}{path}", data={"csrf_token": client.csrf_token, **typed})


def made(client: Browser, query: str = "", **typed: str) -> str:
    """The path of a new named link."""
    client.get(PAGE)
    send(client, f"/links{query}", **{"link_name": "Zettel", **typed})
    return re.search(r"http://localhost:8080(/i/[\w-]+)", client.get(PAGE).text)[1]


def snippets(page: str) -> list[str]:
    return [
        unescape(text)
        for text in re.findall(r"<textarea[^>]* readonly[^>]*>(.*?)</textarea>", page, re.DOTALL)
    ]


def test_the_link_presets_what_was_chosen(client: Browser, practice: Practice) -> None:
    """C42, C43, O65."""
    owner(client)
    page = client.get(f"{PAGE}?service=massage&staff=anna&location=markt").text
    assert 'href="http://localhost:8080/book/massage?staff=anna&amp;location=markt"' in page


def test_a_button_and_a_frame_are_given_to_copy(client: Browser, practice: Practice) -> None:
    """C40, O64."""
    owner(client)
    button, frame, *_texts = snippets(client.get(f"{PAGE}?service=massage").text)
    assert 'href="http://localhost:8080/book/massage"' in button
    assert 'src="http://localhost:8080/embed/massage"' in frame
    assert "http://localhost:8080/embed.js" in frame


def test_ready_texts_tell_of_the_booking_in_every_language(client: Browser, practice: Practice) -> None:
    """O73: mail signature, website, answering machine; the last one is read aloud."""
    owner(client)
    _button, _frame, *texts = snippets(client.get(PAGE).text)
    assert len(texts) == 3 * 4
    assert [text for text in texts if "localhost:8080" not in text] == []
    spoken = [text for text in texts if "http" not in text]
    assert ([text for text in spoken if "Praxis am Markt" in text], len(spoken)) == (spoken, 4)


def test_a_person_who_does_not_give_the_service_is_warned_of(client: Browser, practice: Practice) -> None:
    owner(client)
    page = client.get(f"{PAGE}?service=massage&staff=clara").text
    assert "Clara Dietz does not give this service" in page


def test_the_preview_may_be_framed_by_this_page_and_this_page_by_none(
    client: Browser, practice: Practice
) -> None:
    """A65."""
    owner(client)
    answer = client.get(PAGE)
    policy = answer.headers["Content-Security-Policy"]
    assert ("frame-src 'self'" in policy, "frame-ancestors 'none'" in policy) == (True, True)
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_sites_are_listed_one_a_line(client: Browser, practice: Practice) -> None:
    """A65."""
    owner(client)
    assert send(client, "/sites", sites="https://a.example\nhttps://B.example/").status_code == 303
    assert practice.hall.config.settings.practice.embed_on == ("https://a.example", "https://b.example")


def test_what_is_no_site_is_said_beside_the_field(client: Browser, practice: Practice) -> None:
    owner(client)
    answer = send(client, "/sites", sites="a.example/booking")
    assert (answer.status_code, "a.example/booking" in answer.text) == (422, True)
    assert "without a path" in answer.text


# ---- QR codes --------------------------------------------------------------------------------------------------------


def test_the_picture_is_read_as_the_link(client: Browser, practice: Practice) -> None:
    """K64, K65: by a decoder, as a telephone does."""
    owner(client)
    answer = client.get(f"{PAGE}/code.png?service=massage&staff=anna")
    read = zxingcpp.read_barcodes(Image.open(BytesIO(answer.data)))
    assert [code.text for code in read] == ["http://localhost:8080/book/massage?staff=anna"]


def test_the_code_is_given_as_a_drawing_and_for_print(client: Browser, practice: Practice) -> None:
    """K65."""
    owner(client)
    drawing = client.get(f"{PAGE}/code.svg?service=massage").data
    assert ElementTree.fromstring(drawing).tag.endswith("svg")
    assert client.get(f"{PAGE}/code.pdf?service=massage").data.startswith(b"%PDF-")


# ---- named links -----------------------------------------------------------------------------------------------------


def test_a_named_link_leads_to_what_it_presets_and_counts(client: Browser, practice: Practice) -> None:
    """K62, K64."""
    owner(client)
    path = made(client, "?service=massage&staff=anna")
    assert client.get(path).headers["Location"] == "/book/massage?staff=anna"
    book(client, practice)
    assert "1 appointment" in client.get(PAGE).text


def test_a_link_for_one_appointment_ends_with_it(client: Browser, app: Any, practice: Practice) -> None:
    """K63: two who came by it at the same time, too."""
    owner(client)
    path, other = made(client, single="1"), app.test_client()
    english(other)
    assert (client.get(path).status_code, other.get(path).status_code) == (303, 303)
    book(client, practice)
    answer = hold(other, "2027-03-02 11:00")
    assert (answer.status_code, "This link has ended" in answer.text) == (410, True)
    assert app.test_client().get(path).status_code == 410
    assert found(practice, uid_of(hold(other, "2027-03-02 11:00"))).status == "held"


def test_one_who_chooses_another_time_keeps_the_link(client: Browser, practice: Practice) -> None:
    """K63."""
    owner(client)
    client.get(made(client, single="1"))
    assert [hold(client, when).status_code for when in ("2027-03-02 10:00", "2027-03-02 11:00")] == [303, 303]


@pytest.mark.parametrize(
    ("days", "status"),
    [
        ({"first": "2027-03-02"}, 409),
        ({"first": "2027-03-01", "last": "2027-03-01"}, 303),
    ],
)
def test_a_link_holds_on_its_days(
    client: Browser, practice: Practice, days: dict[str, str], status: int
) -> None:
    """K63: today is 1 March 2027."""
    owner(client)
    assert client.get(made(client, **days)).status_code == status


def test_a_link_ends_after_its_last_day(client: Browser, practice: Practice) -> None:
    """K63."""
    owner(client)
    path = made(client, last="2027-03-01")
    practice.clock.move(hours=24)
    answer = client.get(path)
    assert (answer.status_code, "This link has ended" in answer.text) == (410, True)


def test_a_link_that_does_not_hold_yet_says_so_and_when(client: Browser, practice: Practice) -> None:
    """Office 19."""
    owner(client)
    page = client.get(made(client, first="2027-03-02")).text
    assert ("not valid yet" in page, "Tuesday, 2\xa0March" in unescape(page)) == (True, True)


def number_of(page: str) -> str:
    return re.search(r"/links/(\d+)/delete", page)[1]


def test_a_deleted_link_says_that_it_has_ended(client: Browser, practice: Practice) -> None:
    """B31: it may be printed somewhere."""
    owner(client)
    path = made(client)
    send(client, f"/links/{number_of(client.get(PAGE).text)}/delete")
    client.get(PAGE)
    assert (client.get(path).status_code, "Zettel" in client.get("/office/settings/publish").text) == (
        410,
        False,
    )


def test_a_link_is_changed_and_keeps_its_address(client: Browser, practice: Practice) -> None:
    """Office 19, K63."""
    owner(client)
    path = made(client, "?service=massage", last="2027-03-31")
    number = number_of(client.get(PAGE).text)
    page = client.get(f"{PAGE}/links/{number}").text
    assert ('value="Zettel"' in page, 'value="2027-03-31"' in page) == (True, True)
    changed = {"link_name": "Flyer", "service": "massage", "staff": "anna", "last": ""}
    assert send(client, f"/links/{number}", **changed).status_code == 303
    assert client.get(path).headers["Location"] == "/book/massage?staff=anna"
    assert ("Flyer" in client.get(PAGE).text, "Zettel" in client.get(PAGE).text) == (True, False)


def test_an_end_in_the_past_is_refused_unless_it_is_the_link_s_own(
    client: Browser, practice: Practice
) -> None:
    """Office 19: an ended link can still be called otherwise."""
    owner(client)
    answer = send(client, "/links", link_name="Flyer", last="2027-02-28")
    assert (answer.status_code, "This day is over" in answer.text) == (422, True)
    path, number = made(client, last="2027-03-01"), number_of(client.get(PAGE).text)
    practice.clock.move(hours=24)
    owner(client)
    assert send(client, f"/links/{number}", link_name="B", last="2027-03-01").status_code == 303
    assert send(client, f"/links/{number}", link_name="B", last="2027-02-20").status_code == 422
    assert client.get(path).status_code == 410


def test_a_link_needs_a_name_and_loses_nothing_typed(client: Browser, practice: Practice) -> None:
    owner(client)
    answer = send(client, "/links", link_name=" ", first="2027-03-09", last="2027-03-01")
    assert (answer.status_code, 'value="2027-03-09"' in answer.text) == (422, True)
    assert "The end is before the beginning." in answer.text


def test_links_can_be_made_by_program(client: Browser, practice: Practice) -> None:
    """K62, K63."""
    key = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}
    wanted = {"name": "Flyer", "target": {"service": "massage"}, "last": "2027-03-31", "single": True}
    link = client.post("/api/v1/links", json=wanted, headers=key).json["link"]
    assert (
        client.get(link["url"].removeprefix("http://localhost:8080")).headers["Location"] == "/book/massage"
    )
    changed = client.patch(f"/api/v1/links/{link['id']}", json={"name": "Plakat", "last": None}, headers=key)
    assert {**link, "name": "Plakat", "last": None} == changed.json["link"]
    assert client.delete(f"/api/v1/links/{link['id']}", headers=key).status_code == 204
    assert client.get("/api/v1/links", headers=key).json == {"links": []}


def test_a_link_to_nothing_is_refused(client: Browser, practice: Practice) -> None:
    key = {"Authorization": "Bearer vz_demo_0000000000000000000000000001"}
    wanted = {"name": "Flyer", "target": {"service": "friseur"}}
    assert client.post("/api/v1/links", json=wanted, headers=key).status_code == 422
