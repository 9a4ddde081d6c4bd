"""Logins and roles by API: what the settings of the office can do. A session must have proved itself of late."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from vorzimmer import accounts as core
from vorzimmer import database, hookspecs
from vorzimmer.access import Actor, Right, open_to
from vorzimmer.as_json import show
from vorzimmer.hookspecs import StaffNotices
from vorzimmer.models import Account, LoginLink, Role
from vorzimmer.practice import Hall
from vorzimmer.reasons import Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.api import shapes
from vorzimmer_web.api.documented import call
from vorzimmer_web.api.door import Answer, answered, staff_caller
from vorzimmer_web.signin.fresh import require_fresh

accounts = Blueprint("api_accounts", __name__)
accounts.before_request(require_fresh)
State = Literal["active", "invited", "lapsed", "locked", "blocked"]
Act = Callable[[Session, Hall, Actor, int], Any]


class NewAccount(shapes.Taken):
    """Whom to invite; `role` is a role's id, `staff` the slug of the person whose calendar it is."""

    email: shapes.Email
    name: shapes.Name
    role: shapes.Token
    staff: shapes.Slug | None = None
    language: Literal["de", "en", "fr", "ru"] | None = None


class AccountChange(shapes.Taken):
    """What changes; what is left out stays, `staff` null takes the calendar away."""

    name: shapes.Name | None = None
    role: shapes.Token | None = None
    staff: shapes.Slug | None = None


class RoleIn(shapes.Taken):
    """A role: a name and single rights."""

    name: shapes.Line
    rights: list[Annotated[Right, Field(strict=False)]] = Field(max_length=20)


class AccountOut(BaseModel):
    """A login of the practice. Passwords are in no answer."""

    id: str
    email: str
    name: str
    role: str | None
    staff: str | None
    state: State
    last_sign_in: shapes.When | None


class Accounts(BaseModel):
    """Everybody who may sign in."""

    accounts: list[AccountOut]


class OneAccount(BaseModel):
    """One login."""

    account: AccountOut


class Invited(OneAccount):
    """A login with the link of its invitation, given this once; null where the link goes out by mail only."""

    link: str | None


class NoticeTiming(shapes.Taken):
    """How soon the login is told of one kind of event: in its own calendar, or in all that it may see."""

    kind: shapes.Token
    whose: Literal["own", "all"]
    timing: Literal["at_once", "daily", "never"]


class NoticesChange(shapes.Taken):
    """What changes."""

    notices: list[NoticeTiming] = Field(default_factory=list, max_length=50)


class NoticeOut(BaseModel):
    """How soon it is told, and how soon it is where nobody has chosen."""

    kind: str
    whose: Literal["own", "all"]
    timing: Literal["at_once", "daily", "never"]
    default: Literal["at_once", "daily", "never"]


class Notices(BaseModel):
    """All that the login can be told of by its rights."""

    notices: list[NoticeOut]


class RoleOut(BaseModel):
    """A role; `built_in` ones keep their names."""

    id: str
    name: str
    rights: list[Right]
    built_in: bool


class Roles(BaseModel):
    """All roles of the practice."""

    roles: list[RoleOut]


class OneRole(BaseModel):
    """One role."""

    role: RoleOut


def _number(given: str) -> int:
    """The number behind an opaque id."""
    if not re.fullmatch("[1-9][0-9]{0,8}", given):
        raise Refused(Reason.NOT_FOUND)
    return int(given)


def _role_number(given: str) -> int:
    """The number of a role in a body; 0, which none has, where it is none."""
    return int(given) if re.fullmatch("[1-9][0-9]{0,8}", given) else 0


# ---- logins ------------------------------------------------------------------------------------------------------


@accounts.get("/accounts")
@open_to(Right.ACCOUNTS)
@call(Accounts, key=True)
def listed(query: shapes.NoQuery) -> Response:
    """Everybody who may sign in, by address."""
    with hall().database.reading() as session:
        found = session.scalars(core.staff_accounts()).all()
        return jsonify(accounts=_shown(session, *found))


@accounts.post("/accounts")
@open_to(Right.ACCOUNTS)
@call(Invited, 201, key=True)
def invite(json: NewAccount) -> Response:
    """Invite somebody: the link goes out by mail, and is given here this once."""
    actor = staff_caller()
    wanted = core.Invitation(json.email, json.name, _role_number(json.role), json.staff, json.language or "")

    def work(session: Session) -> Answer:
        account, link = core.invite(session, hall(), actor, wanted)
        return {"account": _shown(session, account)[0], "link": link}, 201

    return answered(work)


@accounts.patch("/accounts/<account_id>")
@open_to(Right.ACCOUNTS)
@call(OneAccount, key=True)
def change(account_id: str, json: AccountChange) -> Response:
    """Another name, role or calendar, from the next request on."""
    actor, given = staff_caller(), json.model_dump(exclude_unset=True)

    def work(session: Session) -> Answer:
        account = session.scalar(core.staff_accounts().where(Account.id == _number(account_id)))
        if account is None:
            raise Refused(Reason.NOT_FOUND)
        role = account.roles[0].id if account.roles else 0
        changed = core.change(
            session,
            hall(),
            actor,
            account.id,
            name=given.get("name") or account.name,
            role_id=_role_number(given["role"]) if given.get("role") else role,
            staff=given.get("staff", account.resource.slug if account.resource else None),
        )
        return {"account": _shown(session, changed)[0]}, 200

    return answered(work)


@accounts.delete("/accounts/<account_id>")
@open_to(Right.ACCOUNTS)
@call(None, 204, key=True)
def take_back(account_id: str) -> Response:
    """Take an invitation back that nobody has accepted."""
    actor, number = staff_caller(), _number(account_id)
    hall().database.write(lambda session: core.take_back(session, hall(), actor, number))
    return Response(status=204)


def _act(account_id: str, act: Act) -> Response:
    actor, number = staff_caller(), _number(account_id)
    return answered(
        lambda session: ({"account": _shown(session, act(session, hall(), actor, number))[0]}, 200)
    )


@accounts.post("/accounts/<account_id>/block")
@open_to(Right.ACCOUNTS)
@call(OneAccount, key=True)
def block(account_id: str, json: shapes.Nothing) -> Response:
    """Let nobody in with this login, at no door, from now on."""
    return _act(account_id, core.block)


@accounts.post("/accounts/<account_id>/unblock")
@open_to(Right.ACCOUNTS)
@call(OneAccount, key=True)
def unblock(account_id: str, json: shapes.Nothing) -> Response:
    """Let them in again."""
    return _act(account_id, core.unblock)


@accounts.post("/accounts/<account_id>/unlock")
@open_to(Right.ACCOUNTS)
@call(OneAccount, key=True)
def unlock(account_id: str, json: shapes.Nothing) -> Response:
    """Forget the wrong passwords that locked the login."""
    return _act(account_id, core.unlock)


@accounts.post("/accounts/<account_id>/sign-out")
@open_to(Right.ACCOUNTS)
@call(OneAccount, key=True)
def sign_out(account_id: str, json: shapes.Nothing) -> Response:
    """End all sessions of the login."""
    return _act(account_id, core.end_sessions)


@accounts.post("/accounts/<account_id>/link")
@open_to(Right.ACCOUNTS)
@call(Invited, key=True)
def send_link(account_id: str, json: shapes.Nothing) -> Response:
    """Send the invitation again, or a link for a new password, which only the login's owner reads."""
    actor, number = staff_caller(), _number(account_id)

    def work(session: Session) -> Answer:
        account, link = core.start_reset(session, hall(), actor, number)
        return {"account": _shown(session, account)[0], "link": link or None}, 200

    return answered(work)


def _shown(session: Session, *found: Account) -> list[dict[str, Any]]:
    now, zone = database.now(session), hall().config.zone
    pending = select(LoginLink.account_id).where(LoginLink.purpose == core.INVITE, LoginLink.expires_at > now)
    invited = set(session.scalars(pending))
    return [
        {
            "id": str(one.id),
            "email": one.email,
            "name": one.name,
            "role": str(one.roles[0].id) if one.roles else None,
            "staff": one.resource.slug if one.resource else None,
            "state": core.state(one, now, invited),
            "last_sign_in": show(one.last_login_at.replace(tzinfo=UTC), zone) if one.last_login_at else None,
        }
        for one in found
    ]


# ---- what a login is told ------------------------------------------------------------------------------------------


def _store() -> StaffNotices:
    found = hall().plugins.ask_first(hookspecs.staff_notices)
    if found is None:
        raise NotFound
    return found


@accounts.get("/accounts/me/notices")
@open_to(*Right)
@call(Notices, key=True)
def own_notices(query: shapes.NoQuery) -> Response:
    """What the caller is told of, and how soon."""
    return _notices(staff_caller().account_id or 0)


@accounts.patch("/accounts/me/notices")
@open_to(*Right)
@call(Notices, key=True)
def choose_own_notices(json: NoticesChange) -> Response:
    """Choose how soon the caller is told; what is left out stays as it is."""
    return _choose(staff_caller().account_id or 0, json)


@accounts.get("/accounts/<account_id>/notices")
@open_to(Right.ACCOUNTS)
@call(Notices, key=True)
def notices(account_id: str, query: shapes.NoQuery) -> Response:
    """What a login is told of, and how soon."""
    return _notices(_number(account_id))


@accounts.patch("/accounts/<account_id>/notices")
@open_to(Right.ACCOUNTS)
@call(Notices, key=True)
def choose_notices(account_id: str, json: NoticesChange) -> Response:
    """Choose how soon a login is told; what is left out stays as it is."""
    return _choose(_number(account_id), json)


def _notices(number: int) -> Response:
    actor, store = staff_caller(), _store()
    with hall().database.reading() as session:
        return jsonify(notices=[asdict(one) for one in store.listed(session, actor, number)])


def _choose(number: int, json: NoticesChange) -> Response:
    actor, store = staff_caller(), _store()
    wanted: dict[tuple[str, str], str] = {(one.kind, one.whose): one.timing for one in json.notices}

    def work(session: Session) -> Answer:
        store.choose(session, actor, number, wanted)
        session.flush()
        return {"notices": [asdict(one) for one in store.listed(session, actor, number)]}, 200

    return answered(work)


# ---- roles -------------------------------------------------------------------------------------------------------


@accounts.get("/roles")
@open_to(Right.ACCOUNTS)
@call(Roles, key=True)
def roles(query: shapes.NoQuery) -> Response:
    """All roles and their rights."""
    with hall().database.reading() as session:
        return jsonify(roles=[_role(one) for one in session.scalars(core.office_roles())])


@accounts.post("/roles")
@open_to(Right.ACCOUNTS)
@call(OneRole, 201, key=True)
def add_role(json: RoleIn) -> Response:
    """Make a role; no right beyond the caller's own."""
    actor = staff_caller()
    return answered(
        lambda session: ({"role": _role(core.add_role(session, actor, json.name, json.rights))}, 201)
    )


@accounts.put("/roles/<role_id>")
@open_to(Right.ACCOUNTS)
@call(OneRole, key=True)
def change_role(role_id: str, json: RoleIn) -> Response:
    """Other rights for everybody who has the role, from the next request on."""
    actor, number = staff_caller(), _number(role_id)
    return answered(
        lambda session: (
            {"role": _role(core.change_role(session, actor, number, json.name, json.rights))},
            200,
        )
    )


@accounts.delete("/roles/<role_id>")
@open_to(Right.ACCOUNTS)
@call(None, 204, key=True)
def delete_role(role_id: str) -> Response:
    """Delete a role that nobody has."""
    actor, number = staff_caller(), _number(role_id)
    hall().database.write(lambda session: core.delete_role(session, actor, number))
    return Response(status=204)


def _role(role: Role) -> dict[str, Any]:
    return {
        "id": str(role.id),
        "name": role.name,
        "rights": sorted(right for right in role.permissions or () if right in set(Right)),
        "built_in": role.name in core.BUILT_IN,
    }
