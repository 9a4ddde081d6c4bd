"""What was typed into a form that could not be taken: the session is over, the page is old, the language changes.

It is kept without passwords and files: sealed in the page that says so, or in the row of the session. Then it stands
in its form again; nothing is sent without a click.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlsplit

from flask import Response, current_app, redirect, render_template, request, session, url_for
from itsdangerous import BadData, URLSafeTimedSerializer

from vorzimmer import database
from vorzimmer_web.refill import Fields, refill
from vorzimmer_web.requests import reading
from vorzimmer_web.site import local_path

KEPT = "kept"
LONGEST = 48_000
"""Characters of what is kept: sealed, it still fits into a form (`guard.LARGEST_FORM`)."""
SECONDS = 12 * 60 * 60
RETURNED = 15 * 60
"""How long after the sign-in, in seconds, a page gets it."""
TOKENS = {"csrf_token", "secret_field", "form_action", "speak", "s"}
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
ON_THE_WAY = {"office.again", "office.confirm_login", "security.login"}


@dataclass(frozen=True)
class Kept:
    """The page on which the form stood, the path to which it is sent, its fields, and what is said about it."""

    page: str
    action: str
    fields: Fields
    over: bool = True

    @property
    def slot(self) -> str:
        """The time chosen, if it is for one: such a page shows times by a button, with all that was typed."""
        return dict(self.fields).get("slot", "")

    @property
    def shown(self) -> Fields:
        """What is worth reading."""
        return [(name, value) for name, value in self.fields if value]


def typed(action: str = "", over: bool = True) -> Kept | None:
    """What the form of this request holds; None where it is none, holds nothing, or is too much to keep."""
    if request.method != "POST" or request.mimetype not in FORMS:
        return None
    left_out = {*TOKENS, *request.form.getlist("secret_field")}
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in left_out and "password" not in name
    ]
    kept = Kept(_page(), action or request.path, fields, over)
    return kept if fields and len(json.dumps(asdict(kept))) <= LONGEST else None


def as_sent() -> Fields:
    """The fields of a form that nobody could take just now, with its token; none of one with a password or a file."""
    if request.method != "POST" or request.mimetype not in FORMS or "secret_field" in request.form:
        return []
    return [] if any(file.filename for file in request.files.values()) else [*request.form.items(multi=True)]


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


def _read(stored: dict[str, object]) -> Kept:
    kept = Kept(**stored)  # type: ignore[arg-type]  # written by us
    return Kept(kept.page, kept.action, [(name, value) for name, value in kept.fields], kept.over)


def give_back(kept: Kept) -> Response:
    """Lead to the page of the form, which then has the fields in it."""
    session[KEPT] = {"at": database.now(reading()).timestamp(), **asdict(kept)}
    return redirect(kept.page, 303)  # type: ignore[return-value]  # a response of ours


def waiting() -> Kept | None:
    """What this session's owner gets back."""
    stored = dict(session.get(KEPT) or {})
    if not stored or database.now(reading()).timestamp() - stored.pop("at") > RETURNED:
        return None
    return _read(stored)


def fill_in(answer: Response) -> Response:
    """Put what waits into the page of its form; a page without a place for it leads to a page of its own."""
    if KEPT not in session or request.method not in {"GET", "POST"} or not _is_page(answer):
        return answer
    kept = waiting()
    if kept is None:
        session.pop(KEPT)
    elif request.method == "GET" and urlsplit(kept.page).path == request.path:
        notice = render_template("office/kept_notice.html") if kept.over else ""
        text = refill(answer.get_data(as_text=True), request.path, kept.action, kept.fields, notice)
        if text is None:
            return _elsewhere(kept)
        answer.set_data(text)
        session.pop(KEPT)
    return answer


def _elsewhere(kept: Kept) -> Response:
    """A form that its page has no more, a dialog's maybe: its own address may show it, else it is given to read."""
    address = current_app.create_url_adapter(request)
    if kept.action != urlsplit(kept.page).path and address and address.test(kept.action, "GET"):
        return give_back(replace(kept, page=kept.action))
    return redirect(url_for("office.again"), 303)  # type: ignore[return-value]  # a response of ours


def _is_page(answer: Response) -> bool:
    """Whether a person sees the answer as a page of its own."""
    apart = request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate" or "HX-Request" in request.headers
    return (
        answer.status_code == 200
        and answer.mimetype == "text/html"
        and request.endpoint not in ON_THE_WAY
        and not apart
    )
