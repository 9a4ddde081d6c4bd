"""Signing in, on Flask-Security: bounded hashing, lockout, server-side sessions, answers that reveal nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    abort,
    after_this_request,
    current_app,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import Security, SQLAlchemySessionUserDatastore, user_authenticated
from flask_security.forms import LoginForm as SecurityLoginForm
from flask_wtf.csrf import CSRFError
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import func, select
from werkzeug.exceptions import Forbidden, TooManyRequests, Unauthorized
from werkzeug.local import LocalProxy

from vorzimmer import accounts, database
from vorzimmer.access import EVERYONE, may_call, open_to
from vorzimmer.models import Account, Role, WebAuthn
from vorzimmer.practice import Hall
from vorzimmer.server.here import hall
from vorzimmer.text.contact import plain
from vorzimmer.tries import WINDOW
from vorzimmer_web.shell import kept, limits, sessions
from vorzimmer_web.shell.requests import actor, reading
from vorzimmer_web.signin import devices
from vorzimmer_web.signin.fresh import FRESH_AT
from vorzimmer_web.signin.passwords import Gate, Hashing

CHECKS_PASSWORDS = frozenset(
    {
        "security.login",
        "office.confirm_login",
        "office.change_password",
        "office.change_email",
        "office.open_link",
    }
)
"""Endpoints whose forms cost a hash (A40)."""
DEVICE_KEPT = timedelta(days=180)
DEVICE = "vorzimmer-device"
NAMED = "device"
"""Browser and system of a session, to be told apart in its owner's list."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Datastore(SQLAlchemySessionUserDatastore):
    """Accounts in the request's own database session."""

    def commit(self) -> None:
        """Commit what Flask-Security changed."""
        hall().database.commit_request(reading())


class LoginForm(SecurityLoginForm):
    """Address and password; no "remember me": a session ends at logout."""

    remember = None

    def validate(self, **given: Any) -> bool:
        """Check the password unless there were too many tries; the answer never says whether an account exists."""
        address = plain(self.email.data or "").lower()
        account = _account(address)
        device = _known_device(account)
        count_try(account, address, device)
        right: bool = super().validate(**given)
        if right:
            hall().tries.forget(address, device)
        elif self.user_authenticated:
            g.login_blocked = True  # the password was right: its owner may know (C36)
        elif address and self.password.data:
            note_failure(address, device)
        return right


def count_try(account: Account | None, address: str, device: str) -> None:
    """Count a password before it is checked, so that parallel tries count too; 429 where there were too many."""
    locked = account is not None and not device and accounts.is_locked(account, database.now(reading()))
    limits_on = hall().config.settings.server.limits
    if (limits_on and locked) or not hall().tries.count(address, limits.network(), device):
        raise TooManyRequests(retry_after=WINDOW)


def password_fits(account: Account, password: str) -> bool:
    """Check a password of somebody signed in, counted like any other try (A28)."""
    device = _known_device(account)
    count_try(account, account.email, device)
    if hashing().verify(accounts.normal(password), account.password or ""):
        hall().tries.forget(account.email, device)
        return True
    note_failure(account.email, device)
    return False


def hashing() -> Hashing:
    """What makes and checks the hashes."""
    found: Hashing = current_app.extensions["security"].pwd_context
    return found


def note_failure(address: str, device: str) -> None:
    """Write down a wrong password; on a known device it does not lock the account."""
    locks = hall().config.settings.server.limits and not device
    network = limits.network()
    hall().database.write(lambda writing: accounts.refused(writing, address, "office", network, locks=locks))


def _account(address: str) -> Account | None:
    # the same comparison as Flask-Security's
    return reading().scalar(select(Account).where(func.lower(Account.email) == address))


def _signed_in(_app: Flask, user: Account, **_more: Any) -> None:
    """Know this device from now on, and when it was proved who it is; the account's language holds."""
    session.pop("language", None)
    session[FRESH_AT] = int(database.now(reading()).timestamp())
    session[NAMED] = devices.describe(request.user_agent.string)
    value = _devices().dumps([user.fs_uniquifier, secrets.token_hex(8)])

    @after_this_request
    def remember(response: Response) -> Response:
        flags = sessions.cookie(hall().config, DEVICE)
        response.set_cookie(value=value, max_age=DEVICE_KEPT, path="/", **flags)
        return response


def _devices() -> URLSafeSerializer:
    return URLSafeSerializer(hall().config.secret_key, salt=DEVICE)


def _known_device(account: Account | None) -> str:
    """The id of the device if this account has signed in on it, else empty."""
    value = request.cookies.get(sessions.cookie(hall().config, DEVICE)["key"])
    if account is None or not value:
        return ""
    try:
        owner, device = _devices().loads(value)
    except (BadSignature, ValueError, TypeError):
        return ""
    return str(device) if owner == account.fs_uniquifier else ""


def refuse_foreign_origin() -> None:
    """A form may come from our own pages only (A46, X17), even with a valid token."""
    if request.method not in SAFE and "Authorization" not in request.headers and comes_from_elsewhere():
        abort(403)


def comes_from_elsewhere() -> bool:
    """Whether the browser says that another site's page has sent this.

    A page of ours without a referrer says `null`; then the browser must say of its own that it is ours.
    """
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if site in ("cross-site", "same-site"):
        return True
    if origin is None or (origin == "null" and site == "same-origin"):
        return False
    base = urlsplit(hall().config.base_url)
    return origin not in (f"{base.scheme}://{base.netloc}", request.host_url.rstrip("/"))


class LoginsAtOnce:
    """A gate before every answer that costs a hash (A40)."""

    def __init__(self, app: Flask, gate: Gate) -> None:
        self.gate = gate
        app.before_request(self.enter)
        app.teardown_request(self.leave)

    def enter(self) -> None:
        """Before a password is looked at."""
        if request.endpoint in CHECKS_PASSWORDS and request.method == "POST":
            self.gate.enter()
            g.in_login = True

    def leave(self, _error: BaseException | None) -> None:
        """After the answer."""
        if g.pop("in_login", False):
            self.gate.leave()


def say_who_acts() -> None:
    """Tell the access check who is signed in, unless a key said so before."""
    if g.get("actor") is None:
        g.actor = actor()


def lead_home() -> ResponseReturnValue | None:
    """Who has nothing to do with calendars begins elsewhere than at today's appointments."""
    who, today = g.actor, "office.today"
    if request.endpoint != today or who is None or not who.is_staff:
        return None
    return (
        None if may_call(who, current_app.view_functions[today]) else redirect(url_for("office.account"), 303)
    )


def _ask_to_sign_in(error: Unauthorized) -> ResponseReturnValue:
    """A page of the office leads to the login and from there back, a form with what was typed; else it is refused."""
    if request.blueprint in (None, "api"):
        return error
    if request.method == "GET":
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")), 303)
    return _login_page(401)


def _login_page(status: int) -> ResponseReturnValue:
    """The login, which takes what was typed along."""
    sealed = kept.seal(kept.typed())
    return render_template("office/login.html", login_user_form=None, kept=sealed, ended=True), status


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    """A form without a valid token does nothing (A46, A58); our own leads back to what was typed."""
    if comes_from_elsewhere():
        return current_app.handle_user_exception(Forbidden())
    if request.endpoint == "security.login":
        again = request.form.get("kept", "")
        page = render_template(
            "office/login.html", login_user_form=None, kept=again if kept.opened(again) else "", ended=True
        )
        return page, 403
    if may_call(None, current_app.view_functions[request.endpoint or ""]):
        return current_app.handle_user_exception(Forbidden())
    if actor() is None:
        return _login_page(403)
    sealed = kept.seal(kept.typed())
    return render_template("office/stale.html", kept=sealed), 403


def _with_what_was_typed(login: Callable[..., Any]) -> Callable[..., Any]:
    """The login that goes on with the form it came from."""

    @wraps(login)
    def view() -> Any:
        answer = login()
        found = kept.opened(request.form.get("kept", "")) if request.method == "POST" else None
        return kept.give_back(found) if found and current_user.is_authenticated else answer

    return view


def _settings(hall: Hall) -> dict[str, Any]:
    return {
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "WTF_CSRF_SSL_STRICT": False,  # some pages send no referrer; `refuse_foreign_origin` looks at the origin
        "SESSION_PROTECTION": None,
        "SECURITY_PASSWORD_SALT": hall.config.secret_key.decode(),
        "SECURITY_PASSWORD_SINGLE_HASH": True,
        "SECURITY_CACHE_CONTROL": {},  # its own spells `no-store=True`; the guard says no-store everywhere
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_FRESHNESS": timedelta(-1),
        "SECURITY_LOGIN_URL": "/office/login",
        "SECURITY_LOGOUT_URL": "/office/logout",
        "SECURITY_LOGIN_USER_TEMPLATE": "office/login.html",
        "SECURITY_POST_LOGIN_VIEW": "/office/",
        "SECURITY_POST_LOGOUT_VIEW": "/office/login",
        "SECURITY_FLASH_MESSAGES": False,
    }


def install(app: Flask) -> None:
    """Give the application sessions, logins and limits; CSRF protection comes first, with `site`."""
    hall: Hall = app.extensions["vorzimmer"]
    sessions.install(app, hall)
    limits.install(app)
    for name, value in _settings(hall).items():
        app.config[name] = value
    own_session: Any = LocalProxy(reading)
    datastore = Datastore(own_session, Account, Role, WebAuthn)
    security = Security(app, datastore, login_form=LoginForm)
    security.pwd_context = Hashing()
    security.want_json(lambda _request: False)
    security.login_manager.request_loader(None)  # no tokens in headers or addresses
    app.view_functions["security.login"] = _with_what_was_typed(app.view_functions["security.login"])
    for name in ("login", "logout"):
        open_to(EVERYONE)(app.view_functions[f"security.{name}"])
    user_authenticated.connect(_signed_in, app)
    LoginsAtOnce(app, Gate(max(1, hall.config.settings.server.threads // 2)))
    app.before_request(refuse_foreign_origin)
    app.before_request(say_who_acts)
    app.before_request(lead_home)
    app.register_error_handler(Unauthorized, _ask_to_sign_in)
    app.register_error_handler(CSRFError, _stale_form)
