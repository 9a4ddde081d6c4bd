"""What one click would do for good asks first, and says truly what follows from it (office 21)."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests import acts
from tests.web.customer import english
from tests.web.desk import requested
from vorzimmer.models import Status
from vorzimmer.testing import Browser, Practice

OFF = "/office/settings/plugins/vorzimmer_{}/off"
REQUESTS = "/office/requests"


@pytest.fixture
def owner(practice: Practice, client: Browser) -> Browser:
    english(client)
    client.sign_in("owner@praxis.example")
    client.get(REQUESTS)
    return client


def read(page: str) -> str:
    """The text of the page's main part."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", "", main.partition(">")[2])).split())


def away(owner: Browser, **more: str) -> str:
    """Anna is away; the address of the question whether that is deleted."""
    given = {"resource": "anna", "kind": "sick", "first": "2027-03-02", "last": "2027-03-04"} | more
    page = str(owner.send("/office/absences/", **given).text)
    found: list[str] = re.findall(r"/office/absences/\d+/delete", page)
    return max(found, key=lambda one: int(one.split("/")[-2]))


def go_on(owner: Browser, address: str) -> Any:
    """Press the button of the question."""
    page = owner.get(address).text
    form = page.partition('<section class="dialog">')[2].partition("</form>")[0]
    fields: dict[str, Any] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form):
        fields[name] = unescape(value)
    action = re.search(r'action="([^"]+)"', form)
    assert action
    return owner.send(action[1], **fields)


def test_deleting_an_absence_says_which_time_becomes_free(practice: Practice, owner: Browser) -> None:
    """Her hours on the days, without the appointment that takes place all the same; nothing is done by asking."""
    kept = practice.book("massage", "2027-03-03 09:00")
    address = away(owner, **{f"decision-{kept.uid}": "keep"})
    said = read(owner.get(address).text)
    assert "Anna Berger, 2 days from Tue, 2 March to Thu, 4 March: 09:00–12:00, 13:30–17:00" in said
    assert "Anna Berger, Wednesday, 3 March: 09:30–12:00, 13:30–17:00" in said
    assert address in owner.get("/office/absences/").text
    go_on(owner, address)
    assert address not in owner.get("/office/absences/").text


def test_a_click_on_the_list_deletes_nothing(owner: Browser) -> None:
    """The positive twin is above."""
    away(owner)
    assert not re.search(r'<form action="/office/absences/\d+/delete"', owner.get("/office/absences/").text)


def test_a_second_absence_over_the_same_days_leaves_nothing_free(owner: Browser) -> None:
    away(owner)
    assert "No time becomes free by it" in read(owner.get(away(owner, kind="vacation")).text)


def test_switching_absences_off_counts_what_they_close(owner: Browser) -> None:
    away(owner)
    said = read(owner.get(OFF.format("absences")).text)
    assert "2 entries of it to come" in said
    assert "Anna Berger, 3 days from Tue, 2 March to Thu, 4 March: 09:00–12:00, 13:30–17:00" in said


def test_switching_the_hours_off_closes_everything(owner: Browser) -> None:
    said = read(owner.get(OFF.format("weekly_hours")).text)
    assert "This time can no longer be booked: Anna Berger" in said


def test_a_plugin_without_time_says_what_else_is_lost(owner: Browser) -> None:
    said = read(owner.get(OFF.format("email")).text)
    assert "It sends no messages any more" in said


@pytest.mark.parametrize(
    "plugin", ["absences", "holidays", "webhooks", "people", "rooms", "external_busy", "direct_booking"]
)
def test_the_question_leads_to_the_act(practice: Practice, owner: Browser, plugin: str) -> None:
    name = f"vorzimmer_{plugin}"
    assert practice.hall.plugins.is_active(name)
    assert go_on(owner, OFF.format(plugin)).status_code == 200
    assert not practice.hall.plugins.is_active(name)


def test_declining_several_says_who_is_told_and_who_is_to_be_called(
    practice: Practice, owner: Browser
) -> None:
    made = [requested(practice, f"2027-03-02 {hour}:00", "anna") for hour in (10, 14)]
    owner.get(REQUESTS)
    given = {"act": "decline", "pick": [one.uid for one in made], "message": "Leider nicht", "next": REQUESTS}
    page = owner.send("/office/appointments", **given).text
    said = read(page)
    assert "Decline 2 requests?" in said
    assert "2 customers get an e-mail" in said
    assert [acts.again(practice.hall, one.uid).status for one in made] == [Status.REQUESTED] * 2
    assert 'name="message" value="Leider nicht"' in page
    owner.send("/office/appointments", **given, sure="1")
    assert [acts.again(practice.hall, one.uid).status for one in made] == [Status.DECLINED] * 2


def test_a_closed_day_says_what_opens(owner: Browser) -> None:
    page = owner.send("/office/holidays/days", day="2027-03-05", name="Ausflug & mehr").text
    address = unescape(re.findall(r'href="(/office/holidays/days/[^"]+)"', page)[0])
    said = read(owner.get(address).text)
    assert (
        "Anna Berger, Friday, 5 March: 09:00–12:00, 13:30–17:00 Ben Cordes, Friday, 5 March: 09:00–13:00"
        in said
    )
    assert "Ausflug & mehr" not in read(go_on(owner, address).text)


def test_an_exception_of_the_hours_says_what_opens_and_closes(practice: Practice, owner: Browser) -> None:
    anna = "/office/hours/resource/anna"
    day = {"day": "2027-03-05", "day-from": ["20:00", ""], "day-until": ["21:00", ""]}
    page = owner.send(f"{anna}/day", **day, place=practice.location("markt").id).text
    number = page.split("/day/")[1].split("/")[0]
    said = read(owner.get(f"{anna}/day/{number}/delete").text)
    assert "can be booked at once: Anna Berger, Friday, 5 March: 09:00–12:00, 13:30–17:00" in said
    assert "can no longer be booked: Anna Berger, Friday, 5 March: 20:00–21:00" in said


def test_a_calendar_elsewhere_and_its_events_are_counted(practice: Practice, owner: Browser) -> None:
    """Nothing was read from it yet, so nothing opens; its address is not kept, and the question says so."""
    given = {"kind": "ics", "title": "Klinik", "address": "https://cal.example/a.ics", "resource": "anna"}
    page = owner.send("/office/external/", **given).text
    address = re.findall(r"/office/external/\d+", page)[0] + "/delete"
    said = read(owner.get(address).text)
    assert "its address has to be entered anew." in said
    assert "No time becomes free by it" in said
    assert "Klinik" not in read(go_on(owner, address).text).replace("“Klinik”", "")


@pytest.mark.parametrize("who", ["app password", "key", "link", "role", "invitation", "text", "picture"])
def test_what_is_gone_for_good_asks(practice: Practice, owner: Browser, who: str) -> None:
    """The question, and the same address that does it."""
    address, fields = MADE[who](owner)
    before = owner.get(address) if not fields else owner.send(address, **fields)
    assert '<section class="dialog">' in before.text
    assert 'name="sure"' in before.text
    after = owner.send(address, **fields, sure="1")
    assert after.status_code == 200
    assert 'name="sure"' not in after.text


def _last(page: str, pattern: str) -> str:
    found: list[str] = re.findall(pattern, page)
    return found[-1]


def _app_password(owner: Browser) -> tuple[str, dict[str, Any]]:
    return _last(owner.send("/office/connect", label="Phone").text, r"/office/connect/\d+/revoke"), {}


def _key(owner: Browser) -> tuple[str, dict[str, Any]]:
    page = owner.send("/office/settings/api-keys/", label="Website", scopes="customers", days="90").text
    return _last(page, r"/office/settings/api-keys/\d+/revoke"), {}


def _link(owner: Browser) -> tuple[str, dict[str, Any]]:
    page = owner.send("/office/settings/publish/links", link_name="Aktion").text
    return _last(page, r"/office/settings/publish/links/\d+/delete"), {}


def _role(owner: Browser) -> tuple[str, dict[str, Any]]:
    page = owner.send("/office/settings/roles/new", name="Praktikum", rights="customers").text
    role = max(re.findall(r"/office/settings/roles/(\d+)", page), key=int)
    return f"/office/settings/roles/{role}/delete", {}


def _invitation(owner: Browser) -> tuple[str, dict[str, Any]]:
    page = owner.get("/office/settings/staff/invite").text
    role = re.findall(r'<option value="(\d+)"', page)[-1]
    owner.send("/office/settings/staff/invite", name="Cora", email="cora@praxis.example", role=role)
    login = max(
        re.findall(r"/office/settings/staff/(\d+)", owner.get("/office/settings/staff/").text), key=int
    )
    return f"/office/settings/staff/{login}/take-back", {}


def _text(owner: Browser) -> tuple[str, dict[str, Any]]:
    address = "/office/settings/messages/confirmed/en"
    owner.send(address, text="See you!")
    return address, {"text": "See you!", "default": "1"}


def _picture(owner: Browser) -> tuple[str, dict[str, Any]]:
    return "/office/settings/practice/logo", {"remove": "1"}


MADE = {
    "app password": _app_password,
    "key": _key,
    "link": _link,
    "role": _role,
    "invitation": _invitation,
    "text": _text,
    "picture": _picture,
}
