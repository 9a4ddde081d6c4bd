"""Customers and the office: where they are led, what they are told (office 12, T2, T3)."""

from __future__ import annotations

from tests.web.customer import english
from vorzimmer.testing import Browser, Practice
from vorzimmer_demo.command import _welcome
from vorzimmer_demo.practice import LOGINS

CUSTOMER = "max.muster@kunde.example"


def test_a_customer_s_login_opens_no_office_and_is_told_what_to_do(
    client: Browser, practice: Practice
) -> None:
    """Office 12: no menu of the office, no "New appointment"."""
    english(client)
    client.sign_in(CUSTOMER)
    for path in ("/office/", "/office/new", "/office/settings/"):
        answer = client.get(path)
        assert (answer.status_code, 'href="/office/new' in answer.text) == (403, False)
        assert ('href="/account/"' in answer.text, "Sign out" in answer.text) == (True, True)
    client.send("/office/logout")
    assert client.get("/office/").headers["Location"].startswith("/office/login")


def test_staff_without_a_right_see_the_office_s_own_page(client: Browser, practice: Practice) -> None:
    english(client)
    client.sign_in("anna@praxis.example")
    answer = client.get("/office/settings/publish")
    assert (answer.status_code, 'href="/account/"' in answer.text) == (403, False)


def test_the_account_s_address_says_how_one_gets_at_an_appointment(
    client: Browser, practice: Practice
) -> None:
    """Until accounts exist it is a page that helps."""
    english(client)
    page = client.get("/account/login", follow_redirects=True)
    assert (page.status_code, page.request.path) == (200, "/account/")
    assert ("You need no account" in page.text, 'href="/"' in page.text) == (True, True)


def test_the_demo_prints_no_login_that_opens_nothing(practice: Practice) -> None:
    """Their data are there all the same."""
    told = _welcome(practice.hall)
    shown = {email: email in told for email, _name, _role in LOGINS}
    assert shown == {email: role != "customer" for email, _name, role in LOGINS}
    assert CUSTOMER in shown
