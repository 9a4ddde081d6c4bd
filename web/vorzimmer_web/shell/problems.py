"""Errors as RFC 9457 problem documents, each with a `code`."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from vorzimmer.reasons import N_, PluginFailed, Reason, Refused
from vorzimmer.server.guard import CODES

STATUS = {
    Reason.NOT_FOUND: 404,
    Reason.FORBIDDEN: 403,
    Reason.SLOT_TAKEN: 409,
    Reason.NOT_OFFERED: 409,
    Reason.HOLD_EXPIRED: 409,
    Reason.WRONG_STATE: 409,
    Reason.TOO_LATE: 409,
    Reason.AFFECTED: 409,
    Reason.COMING: 409,
    Reason.WRONG_CODE: 422,
    Reason.CODE_VOID: 422,
    Reason.INVALID: 422,
    Reason.RATE_LIMITED: 429,
    Reason.ONLINE_CLOSED: 409,
}
SAID_AS = {Reason.TOO_LATE: "wrong_state", Reason.ONLINE_CLOSED: "not_offered"}
"""Refusals that the API's contract knows by a wider name; the title tells them apart."""
RETRY_AFTER = 60  # seconds


def problem(status: int, code: str, title: str, **more: Any) -> Response:
    """One problem document."""
    document = {"type": "about:blank", "title": title, "status": status, "code": code, **more}
    answer = Response(json.dumps(document, ensure_ascii=False), status, mimetype="application/problem+json")
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def refused(refusal: Refused, facts: dict[str, Any]) -> Response:
    """A refusal of the rules. `facts` are those of its facts that the API shows, ready for JSON."""
    code = SAID_AS.get(refusal.reason, refusal.reason.value)
    return problem(STATUS[refusal.reason], code, gettext(refusal.text), **facts)


def invalid(errors: list[dict[str, str]]) -> Response:
    """Fields that are wrong: `errors` of `field` and `text`."""
    return problem(422, "invalid", gettext(N_("Something in the form is not right.")), errors=errors)


def of_http_error(error: HTTPException) -> Response:
    """Any other HTTP error; headers such as `Allow` are kept."""
    status = error.code or 500
    answer = problem(status, CODES.get(status, "error"), error.name)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after", "www-authenticate"):
            answer.headers[name] = value
    return answer


def of_plugin_failure(_error: PluginFailed) -> Response:
    """A plugin failed while it was asked: nothing has happened, try again."""
    return problem(503, "plugin_failed", gettext(N_("This did not work just now. Please try again.")))
