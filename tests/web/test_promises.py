"""Addresses are promises: nothing that the office sets makes one that was handed out lead nowhere (O5, B31)."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.web.customer import english, times
from tests.web.desk import actor
from vorzimmer import catalogue
from vorzimmer.access import Actor
from vorzimmer.catalogue import Need
from vorzimmer.models import OldAddress, Service
from vorzimmer.reasons import Refused
from vorzimmer.settings import change as settings
from vorzimmer.testing import Browser, Practice
from vorzimmer_web.shell import invitations
from vorzimmer_web.shell.invitations import Invitation, NewInvitation

OWNER = "owner@praxis.example"
PRINTED = [
    "/book/massage",
    "/book/massage?staff=anna",
    "/book/massage?staff=anna&location=markt",
    "/book/notiz",
    "/?staff=anna",
    "/?staff=clara",
    "/?location=hafen",
    "/?category=Kurse",
    "/?category=Kurse&category=Reise",
    "/imprint",
]
ALL_OF_ANNA = ["massage", "erstgespraech", "ultraschall", "notiz"]
Act = Callable[[Session, Practice, Actor], Any]


def categories(session: Session, practice: Practice, owner: Actor) -> None:
    for slug in ("rueckenschule", "erstgespraech"):
        catalogue.change_service(session, practice.hall, owner, slug, {"category": "Kurse"})


def set_offers(session: Session, practice: Practice, owner: Actor) -> None:
    catalogue.set_offers(session, owner, "anna", ["erstgespraech", "ultraschall", "notiz"])


def own_version(session: Session, practice: Practice, owner: Actor) -> None:
    catalogue.own_version(session, practice.hall, owner, "massage", "anna")


def own_version_and_back(session: Session, practice: Practice, owner: Actor) -> None:
    own = catalogue.own_version(session, practice.hall, owner, "massage", "anna")
    catalogue.archive_service(session, practice.hall, owner, own.slug)


def hand_over(session: Session, practice: Practice, owner: Actor) -> None:
    catalogue.change_service(session, practice.hall, owner, "massage", {}, [Need("staff", ("ben",))])


def changed(kind: str, which: str, **values: Any) -> Act:
    def act(session: Session, practice: Practice, owner: Actor) -> None:
        if kind == "service":
            catalogue.change_service(session, practice.hall, owner, which, values)
        else:
            change = catalogue.change_resource if kind == "person" else catalogue.change_location
            change(session, practice.hall, owner, which, values)

    return act


ACTS: dict[str, Act] = {
    "service called otherwise": changed("service", "massage", slug="klassisch"),
    "service not listed": changed("service", "massage", listed=False),
    "service archived": lambda s, p, o: catalogue.archive_service(s, p.hall, o, "massage"),
    "other service archived": lambda s, p, o: catalogue.archive_service(s, p.hall, o, "notiz"),
    "category empty": changed("service", "rueckenschule", category=""),
    "category called otherwise": lambda s, _p, o: catalogue.rename_category(s, o, "Kurse", "Gruppen"),
    "person called otherwise": changed("person", "anna", slug="anna-berger"),
    "person archived": lambda s, p, o: catalogue.archive_resource(s, p.hall, o, "anna"),
    "person gives it no more": set_offers,
    "another gives it": hand_over,
    "own version": own_version,
    "own version archived": own_version_and_back,
    "place called otherwise": changed("place", "hafen", slug="am-wasser"),
    "place archived": lambda s, p, o: catalogue.archive_location(s, p.hall, o, "hafen"),
    "imprint gone": lambda s, p, o: settings.save(s, p.hall, o, "practice", {"imprint": ""}),
    "booking closed": lambda s, p, o: settings.save(s, p.hall, o, "booking", {"online": False}),
}


def do(practice: Practice, act: Act) -> None:
    owner = actor(practice, OWNER)
    practice.hall.database.write(lambda session: act(session, practice, owner))
    practice.hall.refresh(at_once=True)


def at_end(client: Browser, address: str) -> Any:
    """Where an address leads at last."""
    return client.get(address, follow_redirects=True)


@pytest.mark.parametrize("named", ACTS)
def test_no_setting_makes_an_address_lead_nowhere(client: Browser, practice: Practice, named: str) -> None:
    """B31: each act, then every address that may be on paper."""
    do(practice, categories)
    do(practice, lambda s, p, o: settings.save(s, p.hall, o, "practice", {"imprint": "Anna Berger"}))
    assert {path: at_end(client, path).status_code for path in PRINTED} == dict.fromkeys(PRINTED, 200)
    do(practice, ACTS[named])
    assert {path: at_end(client, path).status_code for path in PRINTED} == dict.fromkeys(PRINTED, 200)
    assert at_end(client, "/book/nothing-like-it").status_code == 404


def test_all_of_it_together_leaves_each_address_where_it_should_lead(
    client: Browser, practice: Practice
) -> None:
    english(client)
    do(practice, categories)
    for named in (
        "service called otherwise",
        "person called otherwise",
        "place called otherwise",
        "category called otherwise",
    ):
        do(practice, ACTS[named])
    answer = at_end(client, "/book/massage?staff=anna&location=markt&day=2027-03-02")
    assert answer.request.path == "/book/klassisch"
    assert ("Anna Berger" in answer.text, len(times(answer.text)) > 5) == (True, True)
    shown = set(re.findall(r'href="/book/([^"?]+)', at_end(client, "/?category=Kurse").text))
    assert shown == {"rueckenschule", "erstgespraech"}


def test_a_chain_of_names_leads_to_the_last(client: Browser, practice: Practice) -> None:
    """O5: in one step, and a name that comes back is itself again."""
    for slug, other in [("massage", "b"), ("b", "c"), ("c", "massage"), ("massage", "d")]:
        do(practice, changed("service", slug, slug=other))
    with practice.hall.database.reading() as session:
        rows = {row.old: row.now for row in session.scalars(select(OldAddress))}
    assert rows == {"massage": "d", "b": "d", "c": "d"}
    assert [client.get(f"/book/{old}").headers["Location"] for old in rows] == ["/book/d"] * 3


def test_a_name_that_is_printed_is_given_to_nothing_else(practice: Practice) -> None:
    """B31: who follows the old link finds what it meant; only what had it may have it again."""
    do(practice, ACTS["service called otherwise"])
    with pytest.raises(Refused) as refused:
        do(practice, changed("service", "notiz", slug="massage"))
    assert refused.value.facts["errors"].keys() == {"slug"}
    new = {"name": "Massage", "minutes": 30}
    do(
        practice,
        lambda s, p, o: catalogue.create_service(s, p.hall, o, new, [Need("staff", ("ben",))]),
    )
    with practice.hall.database.reading() as session:
        assert session.scalar(select(Service.slug).where(Service.name == "Massage")) == "massage-2"
    do(practice, changed("service", "klassisch", slug="massage"))


@pytest.mark.parametrize(
    ("named", "path", "line"),
    [
        ("person archived", "/book/massage?staff=anna", "Anna Berger does not give this at the moment."),
        ("person gives it no more", "/book/massage?staff=anna", "Anna Berger does not give this"),
        ("service archived", "/book/massage?staff=anna", "“Klassische Massage” can no longer be booked."),
        ("place archived", "/book/massage?location=hafen", "The place that this link names is no longer"),
        ("place archived", "/?location=hafen", "The place that this link names is no longer there."),
        ("person archived", "/?staff=anna", "With Anna Berger nothing can be booked online"),
        ("service archived", "/?category=Wellness", "What this link showed is no longer offered."),
        ("service archived", "/?staff=nobody", "The person whom this link names is no longer here."),
    ],
)
def test_what_does_not_fit_is_said_in_one_line_and_chosen_anew(
    client: Browser, practice: Practice, named: str, path: str, line: str
) -> None:
    """Office 7: "nothing can be booked" was untrue."""
    english(client)
    do(practice, ACTS[named])
    page = unescape(at_end(client, path).text)
    assert (line in page, "Nothing can be booked" in page) == (True, False)
    assert 'name="staff"' in page or 'href="/book/' in page


def test_what_fits_says_nothing(client: Browser, practice: Practice) -> None:
    english(client)
    for path in ("/book/massage?staff=anna", "/?staff=anna&location=hafen"):
        assert not re.search("no longer|at the moment", at_end(client, path).text)


# ---- own versions ----------------------------------------------------------------------------------------------------


def test_until_it_is_saved_an_own_version_changes_nothing(client: Browser, practice: Practice) -> None:
    """Office 7, O57: one look at the form took anna off the catalogue's service."""
    english(client)
    client.sign_in(OWNER)
    form = client.get("/office/settings/services/massage/own/anna").text
    assert 'value="Klassische Massage – Anna Berger"' in form
    with practice.hall.database.reading() as session:
        assert session.scalars(select(Service.slug).where(Service.variant_of.is_not(None))).all() == []
    assert client.get("/book/massage?staff=anna").status_code == 200


def test_links_to_the_service_with_the_person_lead_to_the_own_version_and_back(
    client: Browser, practice: Practice
) -> None:
    """Office 7."""
    english(client)
    client.sign_in(OWNER)
    path = "/office/settings/services/massage/own/anna"
    page = client.get(path).text
    fields = dict(re.findall(r'<input[^>]*name="([\w-]+)"[^>]*value="([^"]*)"', page))
    typed = {
        name: unescape(fields[name])
        for name in fields
        if name not in ("csrf_token", "add", "need", "color", "listed", "buffers_inside", "price_shown")
        and not name.startswith(("need-", "q", "next", "language"))
    }
    needs = {"need": "0", "need-0-kind": "staff", "need-0-quantity": "1", "need-0-members": "anna"}
    more = {
        "minutes": "60",
        "step": "60",
        "listed": "1",
        "policy": "direct",
        "buffer_rule": "max",
        "color": "",
    }
    answer = client.post(path, data={"csrf_token": client.csrf_token, **typed, **needs, **more})
    assert answer.status_code == 303, answer.text
    moved = client.get("/book/massage?staff=anna&location=markt").headers["Location"]
    assert moved == "/book/massage-anna?staff=anna&location=markt"
    assert "60 minutes" in client.get(moved).text
    assert "30 minutes" in client.get("/book/massage?staff=ben").text
    do(practice, lambda s, p, o: catalogue.archive_service(s, p.hall, o, "massage-anna"))
    do(
        practice,
        lambda s, _p, o: catalogue.set_offers(
            s, o, "anna", ["massage", "erstgespraech", "ultraschall", "notiz"]
        ),
    )
    assert client.get("/book/massage-anna").headers["Location"] == "/book/massage?staff=anna"


# ---- the list --------------------------------------------------------------------------------------------------------


def listed(client: Browser) -> dict[str, str]:
    """The last use of each address, as the office reads it."""
    page = unescape(client.get("/office/settings/publish/addresses").text).replace("\xa0", " ")
    rows = re.findall(r'dir="ltr">([^<]+)</a></td>\s*<td>.*?</td>\s*<td>(.*?)</td>', page, re.DOTALL)
    return {path: re.sub("<[^>]+>", "", used) for path, used in rows}


def test_the_office_lists_addresses_with_their_last_use(
    client: Browser, app: Any, practice: Practice
) -> None:
    """B31: who came from elsewhere counts, who goes from page to page does not."""
    visitor = app.test_client()
    visitor.get("/book/massage?staff=anna", headers={"Sec-Fetch-Site": "cross-site"})
    visitor.get("/book/notiz", headers={"Sec-Fetch-Site": "same-origin"})
    visitor.get("/book/erstgespraech?staff=nobody-like-that", headers={"Sec-Fetch-Site": "none"})
    english(client)
    client.sign_in(OWNER)
    found = listed(client)
    assert found["/book/massage?staff=anna"] == found["/book/erstgespraech"] == "Mon, 1 Mar 2027"
    assert (found["/book/massage"], found["/book/notiz"]) == ("not yet", "not yet")
    assert not [path for path in found if "nobody" in path]


def test_old_addresses_and_deleted_links_are_listed_too(client: Browser, practice: Practice) -> None:
    english(client)
    owner = actor(practice, OWNER)
    today = practice.clock.now.date()
    link: Invitation = practice.hall.database.write(
        lambda s: invitations.create(s, owner, NewInvitation("Flyer"), today)
    )
    practice.hall.database.write(lambda s: invitations.delete(s, owner, link.id))
    do(practice, ACTS["service called otherwise"])
    client.get("/book/massage")
    client.sign_in(OWNER)
    found = listed(client)
    assert found["/book/massage"] == "Mon, 1 Mar 2027"
    assert found[f"/i/{link.secret}"] == "not yet"


def test_addresses_are_a_matter_of_those_who_set_things(client: Browser, practice: Practice) -> None:
    client.sign_in("anna@praxis.example")
    assert client.get("/office/settings/publish/addresses").status_code == 403
