"""The booking in a frame on another site, and what addresses preset: C40 to C46, O64, A36, A58, A65."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.acts import code_of
from tests.web.customer import MAX, TEN, english, field, found, times, value
from tests.web.desk import actor
from vorzimmer.settings import save
from vorzimmer.testing import Browser, Practice

SITE = "https://anna-berger.example"


@pytest.fixture
def listed(settings: dict[str, Any]) -> None:
    settings["practice"]["embed_on"] = [SITE]


def frame_ancestors(answer: Any) -> Any:
    return answer.headers["Content-Security-Policy"].rpartition("frame-ancestors ")[2]


def action(page: str, last: str) -> str:
    """Where the form is sent whose address ends so, its query aside."""
    return unescape(re.search(rf'action="([^"?]*{last}\?[^"]*)"', page)[1])


def send(client: Browser, page: str, last: str, **typed: str) -> Any:
    """Fill in a form of the page and send it."""
    return client.post(action(page, last), data={"csrf_token": field(page, "csrf_token"), **typed})


@pytest.mark.usefixtures("listed")
def test_only_listed_sites_may_frame_the_booking(client: Browser, practice: Practice) -> None:
    """A65."""
    answer = client.get("/embed/massage")
    assert (frame_ancestors(answer), "X-Frame-Options" in answer.headers) == (f"'self' {SITE}", False)


def test_nobody_else_may_where_no_site_is_listed(client: Browser, practice: Practice) -> None:
    """A65."""
    answer = client.get("/embed/massage")
    assert (frame_ancestors(answer), answer.headers["X-Frame-Options"]) == ("'self'", "SAMEORIGIN")


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("path", ["/", "/book/massage", "/office/login", "/b/", "/imprint", "/embed.js"])
def test_nothing_else_can_be_framed_at_all(client: Browser, practice: Practice, path: str) -> None:
    """A65: login, links of customers, the booking itself."""
    answer = client.get(path)
    assert (frame_ancestors(answer), answer.headers["X-Frame-Options"]) == ("'none'", "DENY")


@pytest.mark.parametrize(
    "site", ["https://a.example/path", "javascript:x", "https://a.example; script-src *", "*"]
)
def test_a_listed_site_is_an_origin_and_nothing_else(practice: Practice, site: str) -> None:
    with pytest.raises(ValueError, match="without a path"):
        type(practice.hall.config.settings.practice)(embed_on=[site])


def test_an_appointment_is_booked_in_a_frame_that_keeps_no_cookie(
    client: Browser, practice: Practice
) -> None:
    """C40, O64: browsers withhold cookies from frames of other sites."""
    english(client)
    page = client.get("/embed/massage?staff=anna&day=2027-03-02")
    assert times(page.text)
    held = send(client, page.text, "/embed/massage", time=value(TEN), staff="anna", location="any")
    assert not [answer for answer in (page, held) if "Set-Cookie" in answer.headers]
    page = client.get(held.headers["Location"])
    asked = send(client, page.text, "/details", **MAX)
    uid = asked.headers["Location"].split("/")[3]
    page = client.get(asked.headers["Location"])
    done = send(client, page.text, "/code", code=code_of(practice.hall, found(practice, uid)))
    assert "Your appointment is booked" in client.get(done.headers["Location"]).text
    assert (found(practice, uid).status, client.get_cookie("vorzimmer")) == ("confirmed", None)


def test_the_address_of_a_hold_in_a_frame_opens_nothing_without_what_it_carries(
    client: Browser, practice: Practice
) -> None:
    """A36."""
    page = client.get("/embed/massage?staff=anna&day=2027-03-02").text
    held = send(client, page, "/embed/massage", time=value(TEN), staff="anna").headers["Location"]
    bare, sealed = held.split("?s=")
    statuses = [client.get(address).status_code for address in (bare, f"{bare}?s={sealed[:-4]}AAAA", held)]
    assert statuses == [404, 404, 200]


def test_a_form_of_a_frame_needs_its_token(client: Browser, practice: Practice) -> None:
    """A58."""
    page = client.get("/embed/massage?staff=anna&day=2027-03-02").text
    sent = client.post(action(page, "/embed/massage"), data={"time": value(TEN), "staff": "anna"})
    assert sent.status_code == 403


def test_a_login_reaches_no_frame(client: Browser, practice: Practice) -> None:
    """A65: what the cookie of the office could do is not done there."""
    client.sign_in("owner@praxis.example")
    answer = client.get("/embed/massage")
    assert "Set-Cookie" not in answer.headers
    assert client.get("/office/").status_code == 200


def test_a_frame_speaks_the_language_that_its_site_asks_for(client: Browser, practice: Practice) -> None:
    english(client)
    page = client.get("/embed/massage?language=fr").text
    assert '<html lang="fr"' in page
    carried = {"staff": "anna", "s": field(page, "s")}
    assert '<html lang="fr"' in client.get("/embed/massage", query_string=carried).text


# ---- presets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", ["_scheme=javascript&_external=1", "_method=POST", "endpoint=x", "_anchor=x"])
def test_no_address_decides_how_its_links_are_built(client: Browser, practice: Practice, odd: str) -> None:
    """A58: what a query says stays in the query."""
    answer = client.get(f"/embed/massage?{odd}")
    linked = re.findall(r'href="([^"]*language=[^"]*)"', answer.text)
    assert len(linked) > 1
    assert {address.partition("?")[0] for address in linked} == {"/embed/massage"}


def test_a_person_can_be_preset_and_the_service_is_chosen_then(client: Browser, practice: Practice) -> None:
    """C43: clara gives no massage."""
    page = client.get("/?staff=clara").text
    found = set(re.findall(r'href="(/book/[^"]+)"', page))
    assert found == {"/book/erstgespraech?staff=clara", "/book/rueckenschule?staff=clara"}


@pytest.mark.parametrize("start", ["/", "/embed/"])
def test_form_data_are_passed_on_to_the_form_and_to_no_address(
    client: Browser, practice: Practice, start: str
) -> None:
    """C46."""
    answer = client.get(f"{start}?staff=anna&name=Lena+Lang&email=lena%40kunde.example")
    assert "Lena" not in answer.headers["Location"]
    assert answer.headers["Location"].startswith(f"{start}?staff=anna")


def test_a_preset_category_stays_when_another_service_is_wanted(client: Browser, practice: Practice) -> None:
    """C44, C45."""
    page = client.get("/book/massage?staff=anna&category=Kurse&category=Reise").text
    assert 'href="/?category=Kurse&amp;category=Reise"' in page


# ---- the practice's page ---------------------------------------------------------------------------------------------


def test_the_page_tells_who_works_there_and_when(client: Browser, practice: Practice) -> None:
    """K60: the hours of the coming week; each person leads to what they give (C43)."""
    english(client)
    page = client.get("/").text
    assert [slug for slug in ("anna", "ben", "clara") if f'href="/?staff={slug}"' not in page] == []
    told = re.sub(r"<[^>]+>", "", unescape(page).replace("\xa0", " "))
    assert re.search(r"Fri, 5 March\s+09:00–12:00, 13:30–17:00", told)


def test_a_day_on_which_the_place_is_shut_is_told_as_closed(client: Browser, practice: Practice) -> None:
    """K61: at once."""
    english(client)
    shut = {"own": [{"day": "2027-03-05"}]}
    owner = actor(practice, "owner@praxis.example")
    practice.hall.database.write(lambda s: save(s, practice.hall, owner, "plugins.vorzimmer_holidays", shut))
    practice.hall.refresh(at_once=True)
    page = unescape(client.get("/").text).replace("\xa0", " ")
    assert len(re.findall(r"Fri, 5 March</time></th>\s*<td>closed</td>", page)) == 2
