"""Logins of the practice: invitation, roles, block, links that work once.

C22 to C38, A15, A25, A26, A42, A53, O50 to O53. On SQLite; `test_staff_story` goes through all of it on both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.web.desk import actor, address, count
from vorzimmer import accounts, urls
from vorzimmer.access import ROLES, Actor, Right, staff_actor
from vorzimmer.accounts import Invitation
from vorzimmer.models import Account, AuditEntry, LoginLink, Message, Role, WebSession
from vorzimmer.reasons import Reason, Refused
from vorzimmer.testing import Outbox, Practice

T = TypeVar("T")
OWNER, DESK, ANNA = "owner@praxis.example", "empfang@praxis.example", "anna@praxis.example"
NEW = "dora@praxis.example"
HASH = "$argon2id$another"


@pytest.fixture
def database_url() -> str:
    return ""


def write(practice: Practice, work: Callable[[Session], T]) -> T:
    return practice.hall.database.write(work)


def role(practice: Practice, name: str) -> Role:
    with practice.hall.database.reading() as session:
        return session.scalars(select(Role).where(Role.name == name)).one()


def account(practice: Practice, email: str) -> Account:
    with practice.hall.database.reading() as session:
        found = address(session, email)
        assert found.roles is not None
        return found


def by(practice: Practice, email: str, act: Callable[..., T], *given: Any, **more: Any) -> T:
    """Let somebody act."""
    return write(practice, lambda s: act(s, practice.hall, actor(practice, email), *given, **more))


def invite(practice: Practice, email: str = NEW, role_name: str = "desk", **more: Any) -> str:
    """Invite somebody as the owner; the link's secret."""
    wanted = Invitation(email, "Dora Dietz", role(practice, role_name).id, **more)
    _account, link = by(practice, OWNER, accounts.invite, wanted)
    return link.rpartition("/")[2]


def take(practice: Practice, secret: str) -> Account:
    return write(practice, lambda s: accounts.set_password(s, practice.hall, secret, HASH))


def refusal(work: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        work()
    return caught.value


# ---- invitations ---------------------------------------------------------------------------------------------


def test_invited_person_sets_the_password_by_the_link(practice: Practice) -> None:
    """C23, C25."""
    taken = take(practice, invite(practice))
    assert (taken.email, taken.password) == (NEW, HASH)


def test_invitation_goes_out_by_mail_without_any_secret_in_the_outbox(
    practice: Practice, outbox: Outbox
) -> None:
    """C25, A42."""
    secret = invite(practice)
    [message] = outbox.messages("invited")
    assert message.recipient == NEW
    assert secret not in repr((message.details, message.key))


def test_link_of_an_invitation_is_stored_as_a_hash(practice: Practice) -> None:
    """A42."""
    secret = invite(practice)
    with practice.hall.database.reading() as session:
        assert session.scalars(select(LoginLink.secret_hash)).one() == accounts.digest(secret)


def test_link_works_once(practice: Practice) -> None:
    """A26, A42."""
    secret = invite(practice)
    take(practice, secret)
    assert refusal(lambda: take(practice, secret)).reason is Reason.NOT_FOUND


def test_invitation_ends_after_a_week(practice: Practice) -> None:
    secret = invite(practice)
    practice.clock.move(days=7, seconds=1)
    assert refusal(lambda: take(practice, secret)).reason is Reason.NOT_FOUND


def test_only_the_newest_link_works(practice: Practice) -> None:
    """A42."""
    old = invite(practice)
    by(practice, OWNER, accounts.start_reset, account(practice, NEW).id)
    assert refusal(lambda: take(practice, old)).reason is Reason.NOT_FOUND


def test_invitation_ends_with_another_role(practice: Practice) -> None:
    """A26."""
    secret = invite(practice)
    ids = account(practice, NEW).id, role(practice, "staff").id
    by(practice, OWNER, accounts.change, ids[0], name="Dora", role_id=ids[1], staff=None)
    assert refusal(lambda: take(practice, secret)).reason is Reason.NOT_FOUND


def test_invitation_that_was_taken_back_is_void(practice: Practice) -> None:
    """A26."""
    secret = invite(practice)
    by(practice, OWNER, accounts.take_back, account(practice, NEW).id)
    assert refusal(lambda: take(practice, secret)).reason is Reason.NOT_FOUND


def test_accepted_invitation_is_not_taken_back(practice: Practice) -> None:
    take(practice, invite(practice))
    refused = refusal(lambda: by(practice, OWNER, accounts.take_back, account(practice, NEW).id))
    assert refused.reason is Reason.INVALID


@pytest.mark.parametrize(
    "spelled", [ANNA, "ANNA@praxis.example", " anna@Praxis.example", "max.muster@kunde.example"]
)
def test_address_that_has_a_login_is_not_invited(practice: Practice, spelled: str) -> None:
    """A25, A41: nothing is overwritten."""
    before = account(practice, ANNA).password
    refused = refusal(lambda: invite(practice, spelled))
    assert list(refused.facts["errors"]) == ["email"]
    assert account(practice, ANNA).password == before


def test_person_with_a_login_gets_no_second_one(practice: Practice) -> None:
    """O50."""
    assert list(refusal(lambda: invite(practice, staff="anna")).facts["errors"]) == ["staff"]


def test_invited_person_has_no_right_before_the_password(practice: Practice) -> None:
    invite(practice)
    assert account(practice, NEW).password is None


# ---- who may -------------------------------------------------------------------------------------------------


def secretary(practice: Practice) -> Actor:
    """Somebody who may manage logins, with the rights of the desk beside that."""
    desk = actor(practice, DESK)
    return replace(desk, rights=desk.rights | {Right.ACCOUNTS})


ACTS: list[Callable[..., object]] = [
    accounts.block,
    accounts.unblock,
    accounts.unlock,
    accounts.end_sessions,
    accounts.start_reset,
    accounts.take_back,
]


def reasons(practice: Practice, who: Actor, email: str) -> set[Reason]:
    """Why each of the acts on somebody's login is refused."""
    target = account(practice, email).id

    def reason(act: Callable[..., object]) -> Reason:
        return refusal(lambda: write(practice, lambda s: act(s, practice.hall, who, target))).reason

    return {reason(act) for act in ACTS}


def test_without_the_right_nobody_touches_a_login(practice: Practice) -> None:
    """A1, A4."""
    assert reasons(practice, actor(practice, DESK), ANNA) == {Reason.FORBIDDEN}


def test_only_owners_touch_the_login_of_an_owner(practice: Practice) -> None:
    """O53, A20."""
    assert reasons(practice, secretary(practice), OWNER) == {Reason.FORBIDDEN}


def test_logins_of_customers_are_as_if_they_did_not_exist(practice: Practice) -> None:
    """A1."""
    assert reasons(practice, actor(practice, OWNER), "max.muster@kunde.example") == {Reason.NOT_FOUND}


def test_nobody_gives_a_role_with_more_rights_than_the_own(practice: Practice) -> None:
    """A6, O53."""
    who = secretary(practice)
    wanted = Invitation(NEW, "Dora", role(practice, "owner").id)
    work = partial(write, practice, lambda s: accounts.invite(s, practice.hall, who, wanted))
    assert refusal(work).reason is Reason.FORBIDDEN


def test_nobody_gives_or_widens_a_role_beyond_the_own_rights(practice: Practice) -> None:
    """O53: not the owner's role only; `settings` opens what the secretary may not see."""
    invite(practice)
    who, target = secretary(practice), account(practice, NEW).id
    above = by(practice, OWNER, lambda s, _h, a: accounts.add_role(s, a, "Leitung", ["settings"]))
    within = by(practice, OWNER, lambda s, _h, a: accounts.add_role(s, a, "Büro", ["calendars"]))
    wanted = Invitation("eva@praxis.example", "Eva", above.id)

    def change(role_id: int) -> Account:
        return write(
            practice,
            lambda s: accounts.change(
                s, practice.hall, who, target, name="Dora", role_id=role_id, staff=None
            ),
        )

    acts: list[Callable[[Session], object]] = [
        lambda s: accounts.invite(s, practice.hall, who, wanted),
        lambda s: accounts.change_role(s, who, above.id, "Leitung", ["calendars"]),
        lambda s: accounts.change_role(s, who, within.id, "Büro", ["settings"]),
        lambda s: accounts.delete_role(s, who, above.id),
    ]
    for act in acts:
        assert refusal(partial(write, practice, act)).reason is Reason.FORBIDDEN
    assert refusal(lambda: change(above.id)).reason is Reason.FORBIDDEN
    assert [one.name for one in change(within.id).roles] == ["Büro"]


# ---- whose calendar --------------------------------------------------------------------------------------------


def clerk(practice: Practice) -> Actor:
    """Somebody who manages logins and may see nobody's calendar but an own one."""
    return replace(actor(practice, DESK), rights=ROLES["staff"] | {Right.ACCOUNTS})


def tie(practice: Practice, who: Actor, email: str, staff: str | None) -> Account:
    found = account(practice, email)
    given: dict[str, Any] = {"name": found.name, "role_id": role(practice, "staff").id, "staff": staff}
    return write(practice, lambda s: accounts.change(s, practice.hall, who, found.id, **given))


def test_nobody_frees_or_takes_a_calendar_that_they_may_not_see(practice: Practice) -> None:
    """X11: freed from a colleague's login and tied to the own one, it showed 26 appointments."""
    who, owner = clerk(practice), actor(practice, OWNER)
    assert refusal(lambda: tie(practice, who, ANNA, None)).reason is Reason.FORBIDDEN
    assert tie(practice, who, ANNA, "anna").resource.slug == "anna"
    tie(practice, owner, ANNA, None)
    assert refusal(lambda: tie(practice, who, ANNA, "anna")).reason is Reason.FORBIDDEN
    wanted = Invitation(NEW, "Dora", role(practice, "staff").id, "anna")
    invited = partial(write, practice, lambda s: accounts.invite(s, practice.hall, who, wanted))
    assert refusal(invited).reason is Reason.FORBIDDEN
    assert tie(practice, owner, ANNA, "anna").resource.slug == "anna"


def test_both_learn_that_a_calendar_has_changed_hands(practice: Practice, outbox: Outbox) -> None:
    owner, ben = actor(practice, OWNER), "ben@praxis.example"
    for email, staff in ((ben, None), (ANNA, None), (ben, "anna")):
        tie(practice, owner, email, staff)
    assert [message.recipient for message in outbox.messages("calendar_taken")] == [ben, ANNA]
    [given] = outbox.messages("calendar_given")
    assert (given.recipient, given.details["person"]) == (ben, "Anna Berger")
    with practice.hall.database.reading() as session:
        last = session.scalars(
            select(AuditEntry).where(AuditEntry.act == "account_changed").order_by(AuditEntry.id.desc())
        ).first()
    assert (last.before["staff"], last.after["staff"]) == (None, "anna")


def test_nobody_makes_a_role_with_more_rights_than_the_own(practice: Practice) -> None:
    """A6."""
    who = secretary(practice)
    work = partial(write, practice, lambda s: accounts.add_role(s, who, "Leitung", ["settings"]))
    assert refusal(work).reason is Reason.FORBIDDEN


def test_the_last_owner_stays_one(practice: Practice) -> None:
    """O53."""
    ids = account(practice, OWNER).id, role(practice, "staff").id
    refused = refusal(
        lambda: by(practice, OWNER, accounts.change, ids[0], name="Olga", role_id=ids[1], staff=None)
    )
    assert list(refused.facts["errors"]) == ["role"]


def test_an_owner_that_has_not_accepted_yet_does_not_count(practice: Practice) -> None:
    """O53: else nobody could sign in."""
    invite(practice, role_name="owner")
    ids = account(practice, OWNER).id, role(practice, "staff").id
    work = partial(by, practice, OWNER, accounts.change, ids[0], name="O", role_id=ids[1], staff=None)
    assert refusal(work).reason is Reason.INVALID


def test_nobody_blocks_the_own_login(practice: Practice) -> None:
    target = account(practice, OWNER).id
    assert refusal(lambda: by(practice, OWNER, accounts.block, target)).reason is Reason.INVALID


# ---- roles ---------------------------------------------------------------------------------------------------


def test_role_holds_from_the_next_look_on(practice: Practice) -> None:
    """C22, O52, A15."""
    owner = actor(practice, OWNER)
    made = write(practice, lambda s: accounts.add_role(s, owner, "Buchhaltung", ["exports", "customers"]))
    target = account(practice, DESK).id
    by(practice, OWNER, accounts.change, target, name="Eva", role_id=made.id, staff=None)
    write(practice, lambda s: accounts.change_role(s, owner, made.id, "Buchhaltung", ["exports"]))
    assert actor(practice, DESK).rights == {Right.EXPORTS}


def test_role_of_the_owner_cannot_be_changed(practice: Practice) -> None:
    """O53."""
    owner, target = actor(practice, OWNER), role(practice, "owner").id
    work = partial(write, practice, lambda s: accounts.change_role(s, owner, target, "x", ["notes"]))
    assert refusal(work).reason is Reason.FORBIDDEN


def test_role_that_somebody_has_is_not_deleted(practice: Practice) -> None:
    owner, target = actor(practice, OWNER), role(practice, "desk").id
    work = partial(write, practice, lambda s: accounts.delete_role(s, owner, target))
    assert refusal(work).reason is Reason.INVALID


def test_two_roles_of_one_name_are_refused(practice: Practice) -> None:
    owner = actor(practice, OWNER)
    work = partial(write, practice, lambda s: accounts.add_role(s, owner, " DESK ", ["notes"]))
    assert list(refusal(work).facts["errors"]) == ["name"]


# ---- block, unlock, sessions -----------------------------------------------------------------------------------


def test_block_takes_every_right_at_once(practice: Practice) -> None:
    """C36, A15, A35: sessions, keys and app passwords ask for the rights with each request."""
    by(practice, OWNER, accounts.block, account(practice, ANNA).id)
    assert actor(practice, ANNA).rights == frozenset()


def test_block_ends_the_sessions(practice: Practice) -> None:
    """C36, A35."""
    now = practice.clock.now
    target = account(practice, ANNA).id
    row = WebSession(
        key_hash="k", account_id=target, created_at=now, seen_at=now, expires_at=now + timedelta(1)
    )
    write(practice, lambda s: s.add(row))
    by(practice, OWNER, accounts.block, target)
    assert count(practice, WebSession) == 0


def test_unlocking_forgets_the_wrong_passwords(practice: Practice) -> None:
    """C37, C38."""
    for _try in range(10):
        write(practice, lambda s: accounts.refused(s, ANNA, "office", "192.0.2.1", locks=True))
    by(practice, OWNER, accounts.unlock, account(practice, ANNA).id)
    assert not accounts.is_locked(account(practice, ANNA), practice.clock.now)


def test_every_act_is_written_down(practice: Practice) -> None:
    """O6: block, unblock, unlock, end of sessions, reset."""
    target = account(practice, ANNA).id
    for act in (
        accounts.block,
        accounts.unblock,
        accounts.unlock,
        accounts.end_sessions,
        accounts.start_reset,
    ):
        by(practice, OWNER, act, target)
    with practice.hall.database.reading() as session:
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.subject == f"account {target}")).all()
    assert acts == [
        "account_blocked",
        "account_unblocked",
        "account_unlocked",
        "sessions_ended",
        "reset_started",
    ]


# ---- forgotten passwords -------------------------------------------------------------------------------------


def ask(practice: Practice, email: str) -> None:
    write(practice, lambda s: accounts.ask_reset(s, practice.hall, email, "de"))


def test_forgotten_password_sends_a_link_to_the_address_of_the_login(
    practice: Practice, outbox: Outbox
) -> None:
    """C28, A41."""
    ask(practice, " ANNA@praxis.example ")
    assert [message.recipient for message in outbox.messages("reset")] == [ANNA]


@pytest.mark.parametrize("email", ["niemand@praxis.example", "", "@", "x" * 400])
def test_unknown_address_gets_no_mail(practice: Practice, outbox: Outbox, email: str) -> None:
    """C27, A24."""
    ask(practice, email)
    assert outbox.messages("reset") == []


def test_known_and_unknown_addresses_leave_the_same_entry(practice: Practice) -> None:
    """A24: the same write, so that the time is the same."""
    ask(practice, ANNA)
    ask(practice, "niemand@praxis.example")
    with practice.hall.database.reading() as session:
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.door == "page")).all()
    assert acts == ["reset_asked", "reset_asked"]


def test_blocked_login_gets_no_link(practice: Practice, outbox: Outbox) -> None:
    by(practice, OWNER, accounts.block, account(practice, ANNA).id)
    ask(practice, ANNA)
    assert outbox.messages("reset") == []


def test_nobody_fills_a_mailbox_with_links(practice: Practice, outbox: Outbox) -> None:
    """A28: three in an hour."""
    for _time in range(9):
        ask(practice, ANNA)
    assert len(outbox.messages("reset")) == 3


def test_reset_by_a_colleague_shows_no_link(practice: Practice) -> None:
    """A53: it is read in the owner's own mail."""
    _account, link = by(practice, OWNER, accounts.start_reset, account(practice, ANNA).id)
    assert link == ""


def nonce(outbox: Outbox, practice: Practice, topic: str) -> str:
    """The secret in the newest mail."""
    newest: Message = outbox.messages(topic)[-1]
    return urls.token(practice.hall.config, "login", newest.details["nonce"])


def test_reset_ends_after_an_hour(practice: Practice, outbox: Outbox) -> None:
    """A42."""
    ask(practice, ANNA)
    practice.clock.move(minutes=61)
    assert refusal(lambda: take(practice, nonce(outbox, practice, "reset"))).reason is Reason.NOT_FOUND


def test_reset_ends_the_sessions(practice: Practice, outbox: Outbox) -> None:
    """A42, A48: whoever was signed in with the old password is out."""
    now = practice.clock.now
    for key, email in (("a", ANNA), ("b", DESK)):
        later = now + timedelta(1)
        row = WebSession(
            key_hash=key,
            account_id=account(practice, email).id,
            created_at=now,
            seen_at=now,
            expires_at=later,
        )
        write(practice, partial(Session.add, instance=row))
    ask(practice, ANNA)
    take(practice, nonce(outbox, practice, "reset"))
    with practice.hall.database.reading() as session:
        assert session.scalars(select(WebSession.key_hash)).all() == ["b"]


def test_new_password_is_told_to_its_owner(practice: Practice, outbox: Outbox) -> None:
    ask(practice, ANNA)
    take(practice, nonce(outbox, practice, "reset"))
    assert [message.recipient for message in outbox.messages("password")] == [ANNA]


# ---- the own login -------------------------------------------------------------------------------------------


def test_new_address_holds_once_it_is_confirmed(practice: Practice, outbox: Outbox) -> None:
    """C30."""
    by(practice, ANNA, accounts.ask_email, NEW)
    assert account(practice, ANNA).email == ANNA
    write(
        practice, lambda s: accounts.confirm_email(s, practice.hall, nonce(outbox, practice, "new_address"))
    )
    assert account(practice, NEW).name == "Anna Berger"


def test_old_address_is_told_of_the_new_one(practice: Practice, outbox: Outbox) -> None:
    """C30."""
    by(practice, ANNA, accounts.ask_email, NEW)
    write(
        practice, lambda s: accounts.confirm_email(s, practice.hall, nonce(outbox, practice, "new_address"))
    )
    assert [message.recipient for message in outbox.messages("address_changed")] == [ANNA]


def test_address_of_another_login_is_not_taken(practice: Practice, outbox: Outbox) -> None:
    """A24, A25: who asks learns nothing, its owner gets a word."""
    by(practice, ANNA, accounts.ask_email, DESK.upper())
    assert outbox.messages("new_address") == []
    assert [message.recipient for message in outbox.messages("address_taken")] == ["EMPFANG@praxis.example"]


def test_link_to_an_address_sets_no_password(practice: Practice, outbox: Outbox) -> None:
    """A42: each link for its own purpose."""
    by(practice, ANNA, accounts.ask_email, NEW)
    work = partial(take, practice, nonce(outbox, practice, "new_address"))
    assert refusal(work).reason is Reason.NOT_FOUND


def test_password_link_is_void_after_the_address_has_changed(practice: Practice, outbox: Outbox) -> None:
    """A42."""
    ask(practice, ANNA)
    by(practice, ANNA, accounts.ask_email, NEW)
    write(
        practice, lambda s: accounts.confirm_email(s, practice.hall, nonce(outbox, practice, "new_address"))
    )
    assert refusal(lambda: take(practice, nonce(outbox, practice, "reset"))).reason is Reason.NOT_FOUND


def test_another_password_ends_the_other_sessions(practice: Practice) -> None:
    """A48."""
    now, target = practice.clock.now, account(practice, ANNA).id
    rows = [
        WebSession(
            key_hash=key, account_id=target, created_at=now, seen_at=now, expires_at=now + timedelta(1)
        )
        for key in ("here", "there")
    ]
    write(practice, lambda s: s.add_all(rows))
    by(practice, ANNA, accounts.change_password, HASH, keep="here")
    with practice.hall.database.reading() as session:
        assert session.scalars(select(WebSession.key_hash)).all() == ["here"]


REASONS = {
    "At least 12 characters": ["kurz"],
    "a row of letters or digits": [
        *("aaaaaaaaaaaaaaaa", "121212121212", "123456789012345", "qwertzuiopasdf", "zyxwvutsrqpo")
    ],
    "passwords that everybody tries first": [
        *("Passwort2026!", "Fussball123456", "sunshine2026!!", "B4seb4ll!!!2027", "DragonDragonDragon")
    ],
    "your name, your address, the practice": [
        *("anna@praxis.example", "Anna Berger 1", "Vorzimmer12345", "2026vorzimmer#1", "PraxisAmMarkt2026!")
    ],
    "At most 200 characters": ["drei blaue Kühe " * 1000],
}
"""What is wrong, and with which."""


@pytest.mark.parametrize(
    ("reason", "password"), [(reason, one) for reason, given in REASONS.items() for one in given]
)
def test_password_that_is_guessed_soon_is_refused_with_the_reason(reason: str, password: str) -> None:
    """O77, office 41."""
    assert reason in accounts.why_weak(password, ["Anna Berger", ANNA, "Praxis am Markt"])


@pytest.mark.parametrize(
    "password",
    [
        "drei blaue Kühe",
        "correct horse battery",
        "demo-passwort-2026",
        "дом у реки стоит",
        "73 19 04 82 65 50",
    ],
)
def test_long_password_is_taken(password: str) -> None:
    """O77: no rule about kinds of letters."""
    assert accounts.why_weak(password, ["Anna Berger", ANNA, "Praxis am Markt"]) == ""


def test_actor_of_a_blocked_owner_is_no_owner(practice: Practice) -> None:
    """O53."""
    found = account(practice, OWNER)
    found.active = False
    assert not staff_actor(found, "office").owner
