"""The booking in a frame on another site, and what addresses preset: C40 to C46, O64, A36, A58, A65."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.acts import code_of
from tests.web.customer import MAX, TEN, english, field, found, times, value
from tests.web.desk import actor
from vorzimmer.settings.change import save
from vorzimmer.testing import Browser, Practice

SITE = "https://anna-berger.example"


@pytest.fixture
def listed(settings: dict[str, Any]) -> None:
    settings["practice"]["embed_on"] = [SITE]


def frame_ancestors(answer: Any) -> Any:
    return answer.headers["Content-Security-Policy"].rpartition("frame-ancestors ")[2]


def action(page: str, last: str) -> str:
    """Where the form is sent whose address ends so, its query aside."""
    return unescape(re.search(rf'action="([^"?]*{last}(?:\?[^"]*)?)"', page)[1])


def hidden(page: str, last: str) -> dict[str, str]:
    """What the form carries whose address ends so."""
    form = re.search(rf'action="[^"?]*{last}(?:\?[^"]*)?".*?</form>', page, re.DOTALL)[0]
    return {name: field(form, name) for name in ("csrf_token", "s")}


def send(client: Browser, page: str, last: str, **typed: str) -> Any:
    """Fill in a form of the page and send it."""
    return client.post(action(page, last), data={**hidden(page, last), **typed})


def held_in_frame(client: Browser) -> Any:
    """The page that asks who comes, after a time was chosen in a frame."""
    page = client.get("/embed/massage?staff=anna&day=2027-03-02").text
    return send(client, page, "/embed/massage", time=value(TEN), staff="anna", location="any")


@pytest.mark.usefixtures("listed")
def test_only_listed_sites_may_frame_the_booking(client: Browser, practice: Practice) -> None:
    """A65."""
    answer = client.get("/embed/massage")
    assert (frame_ancestors(answer), "X-Frame-Options" in answer.headers) == (f"'self' {SITE}", False)


def test_there_are_no_frames_where_no_site_is_listed(client: Browser, practice: Practice) -> None:
    """A65, X1."""
    answers = [client.get("/embed/massage"), client.get("/embed/"), client.get("/book/massage")]
    assert [answer.status_code for answer in answers] == [404, 404, 200]
    assert [frame_ancestors(answer) for answer in answers] == ["'none'"] * 3


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


@pytest.mark.usefixtures("listed")
def test_an_appointment_is_booked_in_a_frame_that_keeps_no_cookie(
    client: Browser, practice: Practice
) -> None:
    """C40, O64: browsers withhold cookies from frames of other sites."""
    english(client)
    page = client.get("/embed/massage?staff=anna&day=2027-03-02")
    assert times(page.text)
    held = held_in_frame(client)
    asked = send(client, held.text, "/details", **MAX)
    uid = re.search(r"/embed/massage/([\w-]+)/code", asked.text)[1]
    done = send(client, asked.text, "/code", code=code_of(practice.hall, found(practice, uid)))
    assert "Your appointment is booked" in done.text
    assert not [answer for answer in (page, held, asked, done) if "Set-Cookie" in answer.headers]
    assert (found(practice, uid).status, client.get_cookie("vorzimmer")) == ("confirmed", None)


@pytest.mark.usefixtures("listed")
def test_no_address_of_a_frame_shows_what_was_typed_in_it(client: Browser, practice: Practice) -> None:
    """X1: neither the addresses of its pages nor those that its forms are sent to, with all that they carry."""
    english(client)
    held = held_in_frame(client)
    asked = send(client, held.text, "/details", **MAX)
    uid = re.search(r"/embed/massage/([\w-]+)/code", asked.text)[1]
    done = send(client, asked.text, "/code", code=code_of(practice.hall, found(practice, uid)))
    assert MAX["email"] in done.text
    pages = f"{held.text}{asked.text}{done.text}"
    seals = re.findall(r'name="s" value="([^"]+)"', pages)
    linked = {unescape(one) for one in re.findall(r'(?:href|action|formaction)="(/embed/[^"]*)"', pages)}
    with_seals = {f"{one.partition('?')[0]}?s={seal}" for one in linked for seal in seals}
    shown = [client.get(one, follow_redirects=True).text for one in linked | with_seals]
    assert len(shown) > 20
    assert not [page for page in shown if MAX["email"] in page or MAX["name"] in page or "/b/" in page]


@pytest.mark.usefixtures("listed")
def test_a_confirmation_that_is_sent_again_shows_nothing_of_the_appointment(
    client: Browser, practice: Practice
) -> None:
    """X1: a page that is reloaded, or a form that somebody kept."""
    english(client)
    asked = send(client, held_in_frame(client).text, "/details", **MAX)
    uid = re.search(r"/embed/massage/([\w-]+)/code", asked.text)[1]
    code = code_of(practice.hall, found(practice, uid))
    send(client, asked.text, "/code", code=code)
    for last, typed in [("/code", {"code": code}), ("/resend", {})]:
        again = send(client, asked.text, last, **typed)
        assert (again.status_code, "This has been sent already" in again.text) == (409, True)
        assert not [secret for secret in (MAX["email"], MAX["name"], "/b/") if secret in again.text]


@pytest.mark.usefixtures("listed")
def test_what_was_typed_survives_another_time_in_a_frame(client: Browser, practice: Practice) -> None:
    """Look and feel 1: "Change" is a form there; so is turning the month where there are scripts."""
    asked = send(client, held_in_frame(client).text, "/details", **MAX)
    page = send(client, asked.text, "/times").text
    page = client.post(
        "/embed/massage/times?staff=anna&day=2027-03-03",
        data=hidden(page, "/times"),
        headers={"HX-Request": "true"},
    ).text
    held = send(client, page, "/embed/massage", time=value("2027-03-03 10:00"), staff="anna", location="any")
    assert field(held.text, "email") == MAX["email"]


@pytest.mark.usefixtures("listed")
def test_outside_of_a_frame_nothing_that_an_address_or_a_form_of_it_carries_counts(
    client: Browser, practice: Practice
) -> None:
    """X1: a browser says that it is a page of its own; it is led to the booking of everybody."""
    alone = {"Sec-Fetch-Dest": "document"}
    asked = send(client, held_in_frame(client).text, "/details", **MAX).text
    moved = client.get(f"/embed/massage?staff=anna&s={field(asked, 's')}", headers=alone)
    assert moved.headers["Location"] == "/book/massage?staff=anna"
    sent = client.post(action(asked, "/code"), data={**hidden(asked, "/code"), "code": "1"}, headers=alone)
    assert sent.status_code == 403
    framed = {"Sec-Fetch-Dest": "iframe"}
    sent = client.post(action(asked, "/code"), data={**hidden(asked, "/code"), "code": "1"}, headers=framed)
    assert sent.status_code == 422


@pytest.mark.usefixtures("listed")
def test_pages_of_a_hold_in_a_frame_begin_anew_when_their_address_is_opened(
    client: Browser, practice: Practice
) -> None:
    """A36, X1: also with what a form carried."""
    page = held_in_frame(client).text
    bare = action(page, "/details").partition("?")[0]
    for address in (bare, f"{bare}?s={field(page, 's')}"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/embed/massage")


@pytest.mark.usefixtures("listed")
def test_a_form_of_a_frame_needs_its_token(client: Browser, practice: Practice) -> None:
    """A58: neither without it nor with that of another page."""
    page, other = (client.get("/embed/massage?staff=anna&day=2027-03-02").text for _each in "ab")
    wish = {"time": value(TEN), "staff": "anna"}
    carried, mixed = (
        {"s": field(page, "s")},
        {"s": field(page, "s"), "csrf_token": field(other, "csrf_token")},
    )
    statuses = [
        client.post(action(page, "/embed/massage"), data={**given, **wish}).status_code
        for given in ({}, carried, mixed, hidden(page, "/embed/massage"))
    ]
    assert statuses == [403, 403, 403, 200]


@pytest.mark.usefixtures("listed")
def test_a_login_reaches_no_frame(client: Browser, practice: Practice) -> None:
    """A65: what the cookie of the office could do is not done there."""
    client.sign_in("owner@praxis.example")
    answer = client.get("/embed/massage")
    assert "Set-Cookie" not in answer.headers
    assert client.get("/office/").status_code == 200


@pytest.mark.usefixtures("listed")
def test_a_frame_speaks_the_language_that_its_site_asks_for(client: Browser, practice: Practice) -> None:
    english(client)
    page = client.get("/embed/massage?language=fr&staff=anna&day=2027-03-02").text
    assert '<html lang="fr"' in page
    held = send(client, page, "/embed/massage", time=value(TEN), staff="anna")
    assert '<html lang="fr"' in held.text
    linked = unescape(re.search(r'href="(/embed/\?[^"]+)"', page)[1])
    assert '<html lang="fr"' in client.get(linked).text


# ---- presets ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("listed")
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


@pytest.mark.usefixtures("listed")
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
