"""Who may sign in: invitations, roles of people, block and unblock (C22, C23, C25, C36 to C38, O50 to O53)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext, ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vorzimmer import accounts, database
from vorzimmer.access import Actor, Right, may_touch_resource, open_to
from vorzimmer.accounts import Invitation
from vorzimmer.models import Account, LoginLink, Resource, Role, WebSession
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.fresh import fresh
from vorzimmer_web.office.settings.beside import beside
from vorzimmer_web.shell.requests import read_anew, reading, signed_in
from vorzimmer_web.shell.typed import Typed

HOME = "office.staff_accounts"
ROLES = {"owner": N_("Owner"), "desk": N_("Front desk"), "staff": N_("Practitioner")}
RIGHTS = {
    Right.OWN_CALENDAR: (
        N_("Own calendar"),
        N_("See and change the own appointments, connect a calendar app"),
    ),
    Right.CALENDARS: (N_("All calendars"), N_("See and change everybody’s appointments")),
    Right.AVAILABILITY: (N_("Hours and absences"), N_("Of those whose calendars may be changed")),
    Right.CUSTOMERS: (N_("Customers"), N_("Find, see and change customers")),
    Right.NOTES: (N_("Notes"), N_("Read and write notes on customers and appointments")),
    Right.SETTINGS: (N_("Settings"), N_("Services, people, rooms, texts")),
    Right.EXPORTS: (N_("Exports"), N_("Take data out as files, and erase customers")),
    Right.ACCOUNTS: (N_("Logins and roles"), N_("Invite people, give them roles, block them")),
}
Act = Callable[[Session, Hall, Actor, int], Any]
ACTS: dict[str, tuple[Act, str]] = {
    "block": (accounts.block, N_("%(name)s can no longer sign in.")),
    "unblock": (accounts.unblock, N_("%(name)s can sign in again.")),
    "unlock": (accounts.unlock, N_("%(name)s can try again.")),
    "sign_out": (accounts.end_sessions, N_("%(name)s is signed out on all devices.")),
}


def role_name(role: Role) -> str:
    """What people call a role: those in the box are translated."""
    return gettext(ROLES[role.name]) if role.name in ROLES else role.name


def signed_in_last(account: Account) -> datetime | None:
    """When somebody signed in last; the mixin's column is naive UTC."""
    return account.last_login_at.replace(tzinfo=UTC) if account.last_login_at else None


def open_invitations(session: Session) -> set[int]:
    """Accounts whose invitation still stands."""
    now = database.now(session)
    wanted = select(LoginLink.account_id).where(
        LoginLink.purpose == accounts.INVITE, LoginLink.expires_at > now
    )
    return set(session.scalars(wanted))


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def overview() -> ResponseReturnValue:
    """Everybody, and the roles."""
    session = read_anew()
    people, roles = (
        session.scalars(accounts.staff_accounts()).all(),
        session.scalars(accounts.office_roles()).all(),
    )
    return render_template(
        "office/staff/overview.html",
        people=people,
        roles=roles,
        used={role.id: sum(role in one.roles for one in people) for role in roles},
        invited=open_invitations(session),
        now=database.now(session),
        zone=hall().config.zone,
        **_words(),
    )


def _words() -> dict[str, Any]:
    return {
        "role_name": role_name,
        "state": accounts.state,
        "signed_in_last": signed_in_last,
        "rights": RIGHTS,
    }


# ---- invite ------------------------------------------------------------------------------------------------------


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def invite() -> ResponseReturnValue:
    """Whom, as what?"""
    if request.method != "POST":
        return _invite(Typed({"language": str(get_locale())}))
    typed, person = Typed(request.form), signed_in()
    wanted = Invitation(
        typed.get("email"),
        typed.get("name"),
        typed.number("role") or 0,
        typed.get("staff"),
        typed.get("language"),
    )
    try:
        account, link = hall().database.write(lambda s: accounts.invite(s, hall(), person, wanted))
    except Refused as refusal:
        typed.refused(refusal)
        return _invite(typed)
    return _invited(account, link)


def _invite(typed: Typed) -> ResponseReturnValue:
    page = render_template("office/staff/invite.html", typed=typed, **_choices())
    return page, 422 if typed.errors else 200


def _invited(account: Account, link: str) -> ResponseReturnValue:
    """The link, this once."""
    page = render_template("office/staff/invited.html", account=account, link=link)
    return page, {"Cache-Control": "no-store"}


def _choices(own: Account | None = None) -> dict[str, Any]:
    """Roles that one may give, and people without a login."""
    session, person = reading(), signed_in()
    roles = [
        role
        for role in session.scalars(accounts.office_roles())
        if person.owner or (role.name != accounts.OWNER and set(role.permissions or ()) <= set(person.rights))
    ]
    taken = select(Account.resource_id).where(
        Account.resource_id.is_not(None), Account.id != (own.id if own else 0)
    )
    people = session.scalars(
        select(Resource)
        .where(Resource.kind == "staff", Resource.active, Resource.id.not_in(taken))
        .order_by(Resource.name)
    )
    return {
        "roles": [(role.id, role_name(role)) for role in roles],
        "people": [
            (one.slug, one.name)
            for one in people
            if may_touch_resource(signed_in(), one.id) or (own and own.resource_id == one.id)
        ],
    }


# ---- one login ---------------------------------------------------------------------------------------------------


def _account(session: Session, account_id: int) -> Account:
    found = session.scalar(accounts.staff_accounts().where(Account.id == account_id))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def edit(account_id: int) -> ResponseReturnValue:
    """One login: name, role, calendar."""
    account = _account(reading(), account_id)
    if request.method != "POST":
        return _edit(account, _shown(account))
    typed, person = Typed(request.form), signed_in()
    name, role_id, staff = typed.get("name"), typed.number("role") or 0, typed.get("staff")

    def work(session: Session) -> None:
        typed.check(session, lambda: _shown(_account(session, account_id)))
        accounts.change(session, hall(), person, account_id, name=name, role_id=role_id, staff=staff)

    try:
        hall().database.write(work)
    except Refused as refusal:
        status = typed.refused(refusal)
        return _edit(account, typed, status)
    flash(gettext("Saved. It holds at once."), "good")
    return redirect(url_for("office.staff_account", account_id=account_id), 303)


def _shown(account: Account) -> Typed:
    role = account.roles[0].id if account.roles else ""
    staff = account.resource.slug if account.resource else ""
    return Typed({"name": account.name, "role": str(role), "staff": staff})


def _edit(account: Account, typed: Typed, status: int = 200) -> ResponseReturnValue:
    session, person = reading(), signed_in()
    devices = select(func.count()).where(WebSession.account_id == account.id)
    page = render_template(
        "office/staff/account.html",
        account=account,
        typed=typed,
        invited=open_invitations(session),
        now=database.now(session),
        zone=hall().config.zone,
        devices=session.scalar(devices) or 0,
        beside=beside("login", account_id=account.id),
        oneself=account.id == person.account_id,
        above=accounts.is_owner(account) and not person.owner,
        **_words(),
        **_choices(account),
    )
    return page, status


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def do(account_id: int, act: str) -> ResponseReturnValue:
    """Block, unblock, unlock, sign out everywhere."""
    work, said = ACTS[act]
    account = _account(reading(), account_id)
    return _done(account, lambda s: work(s, hall(), signed_in(), account_id), said)


def _done(account: Account, work: Callable[[Session], Any], said: str, home: str = "") -> ResponseReturnValue:
    """Do it, say so, go back to the login."""
    try:
        hall().database.write(work)
    except Refused as refusal:
        if refusal.reason is not Reason.INVALID:
            raise
        for text in refusal.facts["errors"].values():
            flash(gettext(text), "warning")
    else:
        flash(gettext(said, name=account.name, email=account.email), "good")
        if home:
            return redirect(url_for(home), 303)
    return redirect(url_for("office.staff_account", account_id=account.id), 303)


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def send_link(account_id: int) -> ResponseReturnValue:
    """The invitation again, shown once more; or a link for a new password, which only its owner reads (A53)."""
    account, person = _account(reading(), account_id), signed_in()
    if account.password is not None:
        said = N_("A link to choose a new password is on its way to %(email)s.")
        return _done(account, lambda s: accounts.start_reset(s, hall(), person, account_id), said)
    account, link = hall().database.write(lambda s: accounts.start_reset(s, hall(), person, account_id))
    return _invited(account, link)


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def take_back(account_id: int) -> ResponseReturnValue:
    """The question; then nobody needs this invitation any more."""
    account, person = _account(reading(), account_id), signed_in()
    if request.method != "POST":
        return render_template(
            "office/sure.html",
            title=gettext("Take the invitation of %(name)s back?", name=account.name or account.email),
            consequences=[
                gettext("The link that went to %(email)s is void.", email=account.email),
                gettext("The login is deleted with its role and calendar; it can be invited anew."),
            ],
            button=gettext("Take the invitation back"),
            back=url_for("office.staff_account", account_id=account.id),
        )
    said = N_("The invitation of %(name)s is taken back; its link is void.")
    return _done(account, lambda s: accounts.take_back(s, hall(), person, account_id), said, HOME)


# ---- roles -------------------------------------------------------------------------------------------------------


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def new_role() -> ResponseReturnValue:
    """A role made of single rights."""
    if request.method != "POST":
        return _role(None, Typed({}))
    typed, person = Typed(request.form), signed_in()
    rights = request.form.getlist("rights")
    try:
        hall().database.write(lambda s: accounts.add_role(s, person, typed.get("name"), rights))
    except Refused as refusal:
        return _role(None, typed, typed.refused(refusal))
    flash(gettext("Saved."), "good")
    return redirect(url_for(HOME), 303)


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def edit_role(role_id: int) -> ResponseReturnValue:
    """Other rights for everybody who has this role, at once (A15)."""
    role = reading().scalar(accounts.office_roles().where(Role.id == role_id))
    if role is None:
        raise Refused(Reason.NOT_FOUND)
    if request.method != "POST":
        return _role(role, _role_shown(role))
    typed, person = Typed(request.form), signed_in()

    def work(session: Session) -> None:
        typed.check(session, lambda: _role_shown(session.get_one(Role, role_id)))
        accounts.change_role(session, person, role_id, typed.get("name"), typed.values.getlist("rights"))

    try:
        hall().database.write(work)
    except Refused as refusal:
        status = typed.refused(refusal)
        return _role(role, typed, status)
    flash(gettext("Saved. It holds at once."), "good")
    return redirect(url_for(HOME), 303)


def _role_shown(role: Role) -> Typed:
    return Typed({"name": role.name, "rights": list(role.permissions or ())})


def _role(role: Role | None, typed: Typed, status: int = 200) -> ResponseReturnValue:
    person = signed_in()
    page = render_template(
        "office/staff/role.html",
        role=role,
        typed=typed,
        ticked=typed.values.getlist("rights"),
        mine=person.rights,
        fixed=role is not None and role.name == accounts.OWNER,
        built_in=role is not None and role.name in accounts.BUILT_IN,
        **_words(),
    )
    return page, status


@open_to(Right.ACCOUNTS)
@fresh(HOME)
def delete_role(role_id: int) -> ResponseReturnValue:
    """The question; then a role that nobody has goes."""
    person = signed_in()
    if request.method != "POST":
        return _sure(role_id)
    try:
        hall().database.write(lambda s: accounts.delete_role(s, person, role_id))
    except Refused as refusal:
        if refusal.reason is not Reason.INVALID:
            raise
        for text in refusal.facts["errors"].values():
            flash(gettext(text), "warning")
    else:
        flash(gettext("The role is deleted."), "good")
    return redirect(url_for(HOME), 303)


def _sure(role_id: int) -> str:
    role = reading().scalar(accounts.office_roles().where(Role.id == role_id))
    if role is None:
        raise Refused(Reason.NOT_FOUND)
    has_it = select(func.count()).where(Account.roles.any(Role.id == role.id))
    number, used = len(role.permissions or ()), reading().scalar(has_it) or 0
    in_use = ngettext(
        "%(num)d login has it: please give that another role first.",
        "%(num)d logins have it: please give them another role first.",
        used,
    )
    return render_template(
        "office/sure.html",
        title=gettext("Delete the role “%(name)s”?", name=role_name(role)),
        consequences=[
            ngettext("It has %(num)d right.", "It has %(num)d rights.", number),
            in_use if used else gettext("No login has it."),
        ],
        button=gettext("Delete the role"),
        back=url_for("office.role", role_id=role.id),
    )


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    one, role = (
        "/settings/staff/<int(max=2147483647):account_id>",
        "/settings/roles/<int(max=2147483647):role_id>",
    )
    office.get("/settings/staff/", endpoint="staff_accounts")(overview)
    office.route("/settings/staff/invite", methods=["GET", "POST"], endpoint="invite")(invite)
    office.route(one, methods=["GET", "POST"], endpoint="staff_account")(edit)

    office.post(f"{one}/<any(block, unblock, unlock, sign_out):act>", endpoint="staff_act")(do)
    office.post(f"{one}/link", endpoint="staff_link")(send_link)
    office.route(f"{one}/take-back", methods=["GET", "POST"], endpoint="take_back")(take_back)
    office.route("/settings/roles/new", methods=["GET", "POST"], endpoint="new_role")(new_role)
    office.route(role, methods=["GET", "POST"], endpoint="role")(edit_role)
    office.route(f"{role}/delete", methods=["GET", "POST"], endpoint="delete_role")(delete_role)
