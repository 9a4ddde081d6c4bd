"""What a person sees when something is not there, not allowed or not working."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from sqlalchemy.exc import DataError
from werkzeug.exceptions import (
    BadRequest,
    Conflict,
    Forbidden,
    HTTPException,
    NotFound,
    RequestEntityTooLarge,
    ServiceUnavailable,
)

from vorzimmer import audit, database
from vorzimmer.access import Actor, declared, may_call
from vorzimmer.reasons import N_, PluginFailed, Reason, Refused
from vorzimmer.server.here import hall
from vorzimmer_web.office.settings.staff import RIGHTS
from vorzimmer_web.shell import kept, problems, site
from vorzimmer_web.signin.accounts import comes_from_elsewhere, say_who_acts

TEXTS = {
    400: (
        N_("This did not work"),
        N_("Something in the request was not right. Please go back and try again."),
    ),
    403: (
        N_("This is not for you"),
        N_("Your sign-in may have ended. Please go back, load the page anew and try again."),
    ),
    404: (N_("This page does not exist"), N_("The link may be old, or a letter was lost on the way.")),
    409: (N_("This has changed in the meantime"), N_("Please go back and look at it again.")),
    413: (N_("This is too much at once"), N_("Please send less.")),
    429: (
        N_("One moment, please"),
        N_("These were many tries in a short time. Please wait a little and try again."),
    ),
    500: (N_("Something went wrong here"), N_("It is not your fault. Please try again in a moment.")),
    503: (
        N_("One moment, please"),
        N_("This does not work just now. Nothing was booked. Please try again in a moment."),
    ),
}
KEPT_HEADERS = {"allow", "retry-after"}
SAFE = {"GET", "HEAD", "OPTIONS"}
REFUSALS = {403, 404, 409}


errors = Blueprint("errors", __name__)


@errors.app_errorhandler(PluginFailed)
def plugin_failed(failure: PluginFailed) -> ResponseReturnValue:
    """A plugin did not answer: nothing was done. Those of the practice learn which it was."""
    person = g.get("actor")
    if person is None or not person.is_staff or request.path.startswith("/api/"):
        return page_of(ServiceUnavailable())
    title = gettext(hall().plugins.find(failure.plugin).title)
    return render_template(
        "office/plugin_failed.html", plugin=title, name=failure.plugin, again=kept.as_sent()
    ), 503


def no_database(error: Exception) -> ResponseReturnValue:
    """The database is away, held by somebody else, or its disk has failed: nothing was done (F21, F25).

    The page asks nobody who is signed in, for that stands in the database.
    """
    current_app.logger.error("database does not answer: %s", error)
    with force_locale(site.language_of_browser()):
        return page_of(ServiceUnavailable(retry_after=database.COME_AGAIN))


for failure in database.NO_ANSWER:
    errors.app_errorhandler(failure)(no_database)


@errors.app_errorhandler(Refused)
def refused(refusal: Refused) -> ResponseReturnValue:
    """What the rules refuse and no page explains better; what is not one's own is as if it did not exist."""
    pages = {Reason.NOT_FOUND: NotFound(), Reason.FORBIDDEN: Forbidden()}
    return page_of(pages.get(refusal.reason, Conflict(gettext(refusal.text))))


@errors.after_app_request
def write_down(answer: Response) -> Response:
    """A write that somebody of the practice was refused leaves its entry (O6); strangers' would fill the log."""
    actor: Actor | None = g.get("actor")
    if actor is None or request.method in SAFE or answer.status_code not in REFUSALS:
        return answer
    subject = " ".join([request.endpoint or "nowhere", *map(str, (request.view_args or {}).values())])[:100]
    after = {"status": answer.status_code}
    hall().database.write(
        lambda session: audit.write(session, database.now(session), actor, "refused", subject, after=after)
    )
    return answer


@errors.app_errorhandler(OverflowError)
@errors.app_errorhandler(DataError)
def not_storable(_error: Exception) -> ResponseReturnValue:
    """A character, date or number that no form of ours sends and no database holds (A77, O1)."""
    return page_of(BadRequest())


@errors.app_errorhandler(HTTPException)
def page_of(error: HTTPException) -> ResponseReturnValue:
    """The error in the words of people; below the API, where no page is, a problem document.

    Where it is over in a moment, what was typed can be sent again.
    """
    if request.path.startswith("/api/"):
        return problems.of_http_error(error)
    if isinstance(error, RequestEntityTooLarge) and "actor" not in g:
        say_who_acts()  # a form is looked at before its sender
    code = error.code or 500
    title, text = TEXTS.get(code) or TEXTS[500 if code >= 500 else 400]
    said = gettext(text)
    if isinstance(error, Conflict) and error.description != Conflict.description:
        said = error.description or said
    headers = [(name, value) for name, value in error.get_headers() if name.lower() in KEPT_HEADERS]
    inside = request.path.startswith("/office/") and g.get("actor") is not None and code < 500
    page = "office/error.html" if inside else "error.html"
    if inside and code == 403 and not g.actor.is_staff:
        page = "office/not_staff.html"
    elif inside and code == 403:
        page, title, said = "office/may_not.html", N_("You may not do this"), ""
    again = kept.as_sent() if code == 503 and not comes_from_elsewhere() else []
    sealed = kept.seal(kept.typed(over=False)) if inside and code in REFUSALS else ""
    shown = render_template(
        page, code=code, title=gettext(title), text=said, again=again, kept=sealed, rights=_missing()
    )
    return shown, code, headers


def _missing() -> list[str]:
    """The rights of which any would open the page, where the person signed in has none of them."""
    view = current_app.view_functions.get(request.endpoint or "")
    person = g.get("actor")
    if view is None or person is None or may_call(person, view):
        return []
    return [gettext(RIGHTS[right][0]) for right in RIGHTS if right in declared(view)]
