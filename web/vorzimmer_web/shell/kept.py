"""What was typed into a form that could not be taken: the session is over, the page is old, the language changes.

It is kept without passwords and files: sealed in the page that says so, or in the row of the session. Then it stands
in its form again; nothing is sent without a click. It is given back once: by the page of its form, or, where that has
no place for it any more, by a page of its own until it is sent or left.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from vorzimmer import database
from vorzimmer.models import WebSession
from vorzimmer.server.here import hall
from vorzimmer_web.shell import sessions
from vorzimmer_web.shell.refill import Fields, refill, said
from vorzimmer_web.shell.requests import reading
from vorzimmer_web.shell.site import local_path

KEPT = "kept"
LONGEST = 48_000
"""Characters of what is kept: sealed, it still fits into a form (`guard.LARGEST_FORM`)."""
SECONDS = 12 * 60 * 60
RETURNED = 15 * 60
"""How long after the sign-in, in seconds, a page gets it."""
KEY = "kept_key"
"""The field by which the page of its own says what it sends."""
AGAIN = "again"
STEP = "shown_by"
"""The field by which a form between two steps names what shows it again as it was typed, and does nothing."""
TOKENS = {"csrf_token", "secret_field", "form_action", "speak", "s", KEY}
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
ON_THE_WAY = {"office.again", "office.confirm_login", "security.login"}


@dataclass(frozen=True)
class Kept:
    """The page on which the form stood, the path to which it is sent, its fields, and what is said about it.

    `key` and `said` (labels and values in words) are for what stands on a page of its own.
    """

    page: str
    action: str
    fields: Fields
    over: bool = True
    key: str = ""
    said: Fields = field(default_factory=list)

    @property
    def slot(self) -> str:
        """The time chosen, if it is for one."""
        return dict(self.fields).get("slot", "")

    @property
    def step(self) -> str:
        """What shows the form again as it was typed, where its page alone does not."""
        return dict(self.fields).get(STEP, "show" if self.slot else "")


def typed(action: str = "", over: bool = True) -> Kept | None:
    """What the form of this request holds; None where it is none, holds nothing, or is too much to keep."""
    if request.method != "POST" or request.mimetype not in FORMS:
        return None
    fields = sent()
    kept = Kept(_page(), action or request.path, fields, over)
    return kept if fields and len(json.dumps(asdict(kept))) <= LONGEST else None


def sent() -> Fields:
    """The fields of this request's form, without passwords and what belongs to one page only."""
    left_out = {*TOKENS, *request.form.getlist("secret_field")}
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in left_out and "password" not in name
    ]


def as_sent() -> Fields:
    """The fields of a form that nobody could take just now, with its token; none of one with a password or a file."""
    if request.method != "POST" or request.mimetype not in FORMS or "secret_field" in request.form:
        return []
    if any(file.filename for file in request.files.values()):
        return []
    taken = KEPT not in session  # then its key opens nothing any more, though nothing was done
    return [one for one in request.form.items(multi=True) if not (taken and one[0] == KEY)]


def _page() -> str:
    """Where the form stood: browsers tell it on our own pages."""
    found = urlsplit(request.referrer or "")
    if found.netloc != request.host:
        return request.path
    return local_path(f"{found.path}?{found.query}" if found.query else found.path)


def seal(kept: Kept | None) -> str:
    """For a hidden field; empty for nothing."""
    return _sealer().dumps(asdict(kept)) if kept else ""


def opened(sealed: str) -> Kept | None:
    """What was sealed here."""
    try:
        return _read(_sealer().loads(sealed, max_age=SECONDS))
    except BadData:
        return None


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or b"", salt=KEPT)


def _read(stored: dict[str, Any]) -> Kept:
    lists = {name: [(label, value) for label, value in stored[name]] for name in ("fields", "said")}
    return Kept(**{**stored, **lists})


def give_back(kept: Kept) -> Response:
    """Lead to the page of the form, which then has the fields in it."""
    _keep(kept)
    return redirect(kept.page, 303)  # type: ignore[return-value]  # a response of ours


def _keep(kept: Kept) -> None:
    session[KEPT] = {"at": database.now(reading()).timestamp(), **asdict(kept)}


def waiting() -> Kept | None:
    """What this session's owner gets back."""
    stored = dict(session.get(KEPT) or {})
    if not stored:
        return None
    age = database.now(reading()).timestamp() - stored.pop("at")
    return _read(stored) if stored["key"] or age <= RETURNED else None


def set_apart(kept: Kept, page: str = "") -> Kept:
    """Give it a page of its own, with the words of the page on which the form stood; no other page has it any more."""
    apart = kept
    if not kept.key:
        apart = replace(
            kept,
            key=secrets.token_urlsafe(16),
            said=said(page, urlsplit(kept.page).path, kept.action, kept.fields),
        )
        _keep(apart)
    return apart


def take() -> ResponseReturnValue | None:
    """Before a form is looked at: what the page of its own sends is gone with that, and never sent twice.

    A button pressed again, or found again by the browser's way back, finds nothing to send.
    """
    if request.method != "POST" or request.mimetype not in FORMS or sessions.USER not in session:
        return None
    key = request.form.get(KEY)
    if key is None:
        return None
    session.pop(KEPT, None)
    if request.form.get(STEP, "show") in request.form or _is_taken(session.row.key_hash, key):  # type: ignore[attr-defined]  # a session of ours
        return None
    flash(gettext("This has been sent or left already: it is not done again."), "warning")
    return redirect(url_for("office.today"), 303)


def _is_taken(session_key: str, key: str) -> bool:
    """Whether this request is the one that may send it; of several at once only one is."""

    def work(writing: Session) -> bool:
        row = writing.get(WebSession, session_key, with_for_update=True)
        if row is None or row.data.get(KEPT, {}).get("key") != key:
            return False
        row.data = {name: value for name, value in row.data.items() if name != KEPT}
        return True

    return hall().database.write(work)


def fill_in(answer: Response) -> Response:
    """Put what waits into the page of its form; where that has no place for it, lead to a page of its own."""
    if KEPT not in session or request.method not in {"GET", "POST"} or not _is_page(answer):
        return answer
    kept = waiting()
    if kept is None:
        session.pop(KEPT)
    elif request.method == "GET" and not kept.key and urlsplit(kept.page).path == request.path:
        notice = render_template("office/kept_notice.html") if kept.over else ""
        page = answer.get_data(as_text=True)
        text = refill(page, request.path, kept.action, kept.fields, notice)
        if text is None:
            return _elsewhere(kept, page)
        answer.set_data(text)
        session.pop(KEPT)
    return answer


def _elsewhere(kept: Kept, page: str) -> Response:
    """A form that its page has no more, a dialog's maybe: its own address may show it, else it is given to read."""
    address = current_app.create_url_adapter(request)
    if kept.action != urlsplit(kept.page).path and address and address.test(kept.action, "GET"):
        return give_back(replace(kept, page=kept.action))
    set_apart(kept, page)
    return redirect(url_for("office.again"), 303)  # type: ignore[return-value]  # a response of ours


def _is_page(answer: Response) -> bool:
    """Whether a person sees the answer as a page of its own, be it one that says that the form's is gone."""
    apart = request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate" or "HX-Request" in request.headers
    return (
        not 300 <= answer.status_code < 400
        and answer.status_code < 500
        and answer.mimetype == "text/html"
        and request.endpoint not in ON_THE_WAY
        and not apart
    )
