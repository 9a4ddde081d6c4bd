"""Pages of logins, roles, the own account, links (C22 to C38, A15, A24 to A28, A42, A48, A53, O50 to O53)."""

from __future__ import annotations

import re
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import select

from tests.web.desk import actor, address, count, sign_in
from vorzimmer import urls
from vorzimmer.access import Right
from vorzimmer.models import Account, LoginLink, Role, WebSession
from vorzimmer.testing import PASSWORD, Browser, Outbox, Practice

OWNER, DESK, ANNA, NEW = (
    "owner@praxis.example",
    "empfang@praxis.example",
    "anna@praxis.example",
    "dora@praxis.example",
)
GOOD = "drei blaue Kühe am Fluss"


@pytest.fixture
def database_url() -> str:
    return ""


def of(practice: Practice, email: str) -> Account:
    with practice.hall.database.reading() as session:
        return address(session, email)


def role(practice: Practice, name: str) -> str:
    with practice.hall.database.reading() as session:
        return str(session.scalars(select(Role.id).where(Role.name == name)).one())


def owner(client: Browser) -> Browser:
    client.sign_in(OWNER)
    client.get("/office/settings/staff/")
    return client


def invited(client: Browser, practice: Practice, **more: str) -> str:
    """Invite Dora; the path of the link that the page shows."""
    given = {
        "name": "Dora Dietz",
        "email": NEW,
        "role": role(practice, "desk"),
        "staff": "",
        "language": "de",
    }
    page = owner(client).send("/office/settings/staff/invite", **{**given, **more})
    found = re.search(r"http://localhost:8080(/office/link/[\w-]+)", page.text)
    return found[1] if found else page.text


def another(app: Flask) -> Browser:
    """Somebody at another device."""
    return cast("Browser", app.test_client())


def test_invited_person_chooses_a_password_and_signs_in(
    app: Flask, client: Browser, practice: Practice
) -> None:
    """C25."""
    path, dora = invited(client, practice), another(app)
    dora.get(path)
    dora.send(path, password=GOOD, again=GOOD)
    assert sign_in(dora, NEW, GOOD).headers["Location"] == "/office/"


def test_password_typed_on_another_keyboard_is_the_same(
    app: Flask, client: Browser, practice: Practice
) -> None:
    """An ü of one sign or of two."""
    path, dora = invited(client, practice), another(app)
    dora.get(path)
    dora.send(path, password=GOOD, again=GOOD)
    assert sign_in(dora, NEW, GOOD.replace("ü", "u\u0308")).status_code == 302


def test_looking_at_the_link_uses_nothing_up(app: Flask, client: Browser, practice: Practice) -> None:
    """A42: mail scanners look, by GET and HEAD."""
    path = invited(client, practice)
    answers = [another(app).open(path, method=method).status_code for method in ("GET", "HEAD", "GET")]
    assert answers == [200, 200, 200]
    assert count(practice, LoginLink) == 1


def test_link_does_not_work_for_somebody_who_is_signed_in(client: Browser, practice: Practice) -> None:
    """A26."""
    path = invited(client, practice)
    assert client.get(path).status_code == 404
    assert client.send(path, password=GOOD, again=GOOD).status_code == 404


def test_weak_password_is_refused_beside_the_field(app: Flask, client: Browser, practice: Practice) -> None:
    """O77."""
    path, dora = invited(client, practice), another(app)
    dora.get(path, headers={"Accept-Language": "en"})
    page = dora.send(path, password="Dora Dietz 2026", again="Dora Dietz 2026")
    assert page.status_code == 422
    assert 'id="password-error"' in page.text
    assert of(practice, NEW).password is None


def test_wrong_form_of_an_invitation_keeps_what_was_typed(client: Browser, practice: Practice) -> None:
    """A25: the address has a login already."""
    page = invited(client, practice, email=ANNA)
    assert 'value="Dora Dietz"' in page
    assert 'id="email-error"' in page


def test_link_stands_in_no_later_page(client: Browser, practice: Practice) -> None:
    path = invited(client, practice)
    account = of(practice, NEW).id
    pages = client.get("/office/settings/staff/").text + client.get(f"/office/settings/staff/{account}").text
    assert path not in pages


def test_blocked_person_is_out_with_the_next_click(app: Flask, client: Browser, practice: Practice) -> None:
    """C36, A15, A35."""
    anna = another(app)
    anna.sign_in(ANNA)
    assert anna.get("/office/").status_code == 200
    owner(client).send(f"/office/settings/staff/{of(practice, ANNA).id}/block")
    assert anna.get("/office/").headers["Location"].startswith("/office/login")


def test_blocked_person_is_told_so_with_the_right_password_only(
    app: Flask, client: Browser, practice: Practice
) -> None:
    """C36, C27."""
    owner(client).send(f"/office/settings/staff/{of(practice, ANNA).id}/block")
    anna, stranger = another(app), another(app)
    english = {"Accept-Language": "en"}
    assert "This login is blocked." in sign_in(anna, ANNA, headers=english).text
    assert "This login is blocked." not in sign_in(stranger, ANNA, "falsches-passwort", headers=english).text


def test_other_rights_hold_with_the_next_click(app: Flask, client: Browser, practice: Practice) -> None:
    """A15: no sign-in in between."""
    desk = another(app)
    desk.sign_in(DESK)
    assert desk.get("/office/search").status_code == 200
    staff = of(practice, DESK)
    made = owner(client).send("/office/settings/roles/new", name="Buchhaltung", rights=["exports"])
    assert made.status_code == 200
    client.send(
        f"/office/settings/staff/{staff.id}", name="Eva", role=role(practice, "Buchhaltung"), staff=""
    )
    assert desk.get("/office/search").status_code == 403


def test_role_shows_its_rights(client: Browser, practice: Practice) -> None:
    """C22."""
    owner(client).send("/office/settings/roles/new", name="Aushilfe", rights=["calendars", "notes"])
    with practice.hall.database.reading() as session:
        made = session.scalars(select(Role).where(Role.name == "Aushilfe")).one()
    assert set(made.permissions or ()) == {Right.CALENDARS, Right.NOTES}


def test_role_without_a_right_is_refused(client: Browser, practice: Practice) -> None:
    page = owner(client).send("/office/settings/roles/new", name="Nichts")
    assert 'id="rights-error"' in page.text


def test_wrong_passwords_are_unlocked_by_a_colleague(
    limits: None, app: Flask, client: Browser, practice: Practice
) -> None:
    """C37, C38."""
    stranger = another(app)
    for _try in range(11):
        sign_in(stranger, ANNA, "falsches-passwort")
    owner(client).send(f"/office/settings/staff/{of(practice, ANNA).id}/unlock")
    assert sign_in(another(app), ANNA).status_code == 302


def test_pages_of_logins_ask_for_the_password_after_a_while(client: Browser, practice: Practice) -> None:
    """A27."""
    owner(client)
    practice.clock.move(minutes=16)
    answer = client.get("/office/settings/staff/")
    assert answer.headers["Location"] == "/office/account/confirm?next=/office/settings/staff/"
    assert (
        client.send(answer.headers["Location"], password=PASSWORD).request.path == "/office/settings/staff/"
    )


def test_wrong_proof_counts_like_a_wrong_sign_in(limits: None, client: Browser, practice: Practice) -> None:
    """A28."""
    owner(client)
    practice.clock.move(minutes=16)
    answers = [client.send("/office/account/confirm", password="falsch").status_code for _try in range(11)]
    assert answers == [422] * 10 + [429]


# ---- forgotten -----------------------------------------------------------------------------------------------


def test_known_and_unknown_addresses_get_the_same_answer(client: Browser, practice: Practice) -> None:
    """C27, A24."""
    client.get("/office/forgotten")
    known, unknown = (
        client.send("/office/forgotten", email=email).text for email in (ANNA, "niemand@praxis.example")
    )
    assert re.sub(r'value="[^"]*"', "", known) == re.sub(r'value="[^"]*"', "", unknown)


def reset_path(practice: Practice, outbox: Outbox, topic: str = "reset") -> str:
    nonce = outbox.messages(topic)[-1].details["nonce"]
    return urls.login_link(practice.hall.config, nonce).removeprefix("http://localhost:8080")


def test_forgotten_password_is_chosen_anew(client: Browser, practice: Practice, outbox: Outbox) -> None:
    """C28; the sessions of before end."""
    client.get("/office/forgotten")
    client.send("/office/forgotten", email=ANNA)
    path = reset_path(practice, outbox)
    client.get(path)
    client.send(path, password=GOOD, again=GOOD)
    assert sign_in(client, ANNA, GOOD).status_code == 302


def test_reset_by_a_colleague_never_shows_the_link(
    client: Browser, practice: Practice, outbox: Outbox
) -> None:
    """A53, C38."""
    page = owner(client).send(f"/office/settings/staff/{of(practice, ANNA).id}/link")
    assert page.status_code == 200
    assert reset_path(practice, outbox) not in page.text


# ---- the own account -----------------------------------------------------------------------------------------


def test_own_password_needs_the_old_one(client: Browser, practice: Practice) -> None:
    """A27."""
    client.sign_in(ANNA)
    client.get("/office/account")
    page = client.send("/office/account/password", old="falsch", new=GOOD, again=GOOD)
    assert (page.status_code, 'id="old-error"' in page.text) == (422, True)


def test_other_password_signs_other_devices_out(app: Flask, client: Browser, practice: Practice) -> None:
    """A48."""
    there = another(app)
    there.sign_in(ANNA)
    client.sign_in(ANNA)
    client.get("/office/account")
    client.send("/office/account/password", old=PASSWORD, new=GOOD, again=GOOD)
    assert (client.get("/office/").status_code, there.get("/office/").status_code) == (200, 303)


def test_one_other_device_is_signed_out(app: Flask, client: Browser, practice: Practice) -> None:
    """A48."""
    there = another(app)
    there.sign_in(ANNA)
    there.get("/office/")
    client.sign_in(ANNA)
    [path] = re.findall(r'action="(/office/account/sessions/\w{16}/end)"', client.get("/office/account").text)
    client.send(path)
    assert (client.get("/office/").status_code, there.get("/office/").status_code) == (200, 303)


def test_device_of_somebody_else_is_not_signed_out(app: Flask, client: Browser, practice: Practice) -> None:
    """A1, A48."""
    another(app).sign_in(DESK)
    with practice.hall.database.reading() as session:
        [theirs] = session.scalars(select(WebSession.key_hash))
    client.sign_in(ANNA)
    client.get("/office/account")
    assert client.send(f"/office/account/sessions/{theirs[:16]}/end").status_code == 404
    assert count(practice, WebSession) == 2


def test_new_address_is_confirmed_by_its_link(client: Browser, practice: Practice, outbox: Outbox) -> None:
    """C30."""
    client.sign_in(ANNA)
    client.get("/office/account")
    client.send("/office/account/email", email=NEW, password=PASSWORD)
    path = reset_path(practice, outbox, "new_address")
    client.get(path)
    client.send(path)
    assert of(practice, NEW).name == "Anna Berger"


def test_language_of_the_account_is_that_of_the_pages(client: Browser, practice: Practice) -> None:
    client.sign_in(ANNA)
    client.get("/office/account")
    assert '<html lang="ru">' in client.send("/office/account", name="Anna", language="ru").text


def test_language_of_the_account_wins_over_the_browsers_and_over_what_was_chosen_before_the_login(
    client: Browser, practice: Practice
) -> None:
    client.sign_in(ANNA)
    client.get("/office/account")
    assert "Сохранено." in client.send("/office/account", name="Anna", language="ru").text
    client.send("/office/logout")
    french = {"Accept-Language": "fr"}
    client.send("/language", language="fr", next="/office/login")
    client.sign_in(ANNA)
    pages = [client.get(path, headers=french).text for path in ("/office/", "/office/account", "/")]
    assert all('<html lang="ru">' in page for page in pages)


def test_browsers_language_holds_where_an_account_has_chosen_none(
    client: Browser, practice: Practice
) -> None:
    client.sign_in(ANNA)
    client.get("/office/account")
    client.send("/office/account", name="Anna", language="ru")
    client.send("/office/account", name="Anna", language="")
    assert '<html lang="fr">' in client.get("/office/", headers={"Accept-Language": "fr"}).text


def test_colleague_without_the_right_reaches_no_login(client: Browser, practice: Practice) -> None:
    """A1."""
    client.sign_in(DESK)
    paths = ["/office/settings/staff/", "/office/settings/staff/1", "/office/settings/roles/new"]
    assert [client.get(path).status_code for path in paths] == [403, 403, 403]
    assert Right.ACCOUNTS not in actor(practice, DESK).rights


def test_who_has_no_calendar_to_see_begins_at_the_own_account(client: Browser, practice: Practice) -> None:
    """C22: a role of nothing but exports."""
    owner(client).send("/office/settings/roles/new", name="Buchhaltung", rights=["exports"])
    staff = of(practice, DESK)
    client.send(
        f"/office/settings/staff/{staff.id}", name="Eva", role=role(practice, "Buchhaltung"), staff=""
    )
    client.send("/office/logout")
    client.sign_in(DESK)
    assert client.get("/office/").headers["Location"] == "/office/account"
