"""The API of version 1: JSON only, documented by itself."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import HTTPException

from vorzimmer.access import EVERYONE, open_to
from vorzimmer.reasons import PluginFailed, Refused
from vorzimmer.server.guard import CODES
from vorzimmer.server.here import hall
from vorzimmer_web.api import documented
from vorzimmer_web.api.absences import absences
from vorzimmer_web.api.accounts import accounts
from vorzimmer_web.api.catalogue import catalogue
from vorzimmer_web.api.customers import customers
from vorzimmer_web.api.door import check_shape, identify
from vorzimmer_web.api.erasing import erasing
from vorzimmer_web.api.external import external
from vorzimmer_web.api.fields import fields
from vorzimmer_web.api.hours import hours
from vorzimmer_web.api.links import links
from vorzimmer_web.api.messages import messages
from vorzimmer_web.api.money import money
from vorzimmer_web.api.plugins import plugins
from vorzimmer_web.api.public import public
from vorzimmer_web.api.settings import settings
from vorzimmer_web.api.staff import staff
from vorzimmer_web.api.views import shown
from vorzimmer_web.api.webhooks import webhooks
from vorzimmer_web.shell import problems
from vorzimmer_web.shell.site import csrf

api = Blueprint("api", __name__, url_prefix="/api/v1")
api.register_blueprint(public)
api.register_blueprint(staff)
api.register_blueprint(customers)
api.register_blueprint(erasing)
api.register_blueprint(fields)
api.register_blueprint(settings)
api.register_blueprint(plugins)
api.register_blueprint(messages)
api.register_blueprint(links)
api.register_blueprint(money)
api.register_blueprint(absences)
api.register_blueprint(external)
api.register_blueprint(catalogue)
api.register_blueprint(hours)
api.register_blueprint(accounts)
api.register_blueprint(webhooks)
api.before_app_request(identify)
api.before_request(check_shape)
for part in (
    *(api, public, staff, customers, fields, money, absences, catalogue, hours, accounts),
    *(settings, plugins, messages, links, external, erasing, webhooks),
):
    csrf.exempt(part)  # JSON only, and `door` asks a cookie for its origin
api.register_error_handler(HTTPException, problems.of_http_error)
for status in CODES:  # else the pages' handlers of these codes come first
    api.register_error_handler(status, problems.of_http_error)
api.register_error_handler(PluginFailed, problems.of_plugin_failure)
api.register_error_handler(documented.Invalid, documented.problem_of)


@api.errorhandler(Refused)
def refused(refusal: Refused) -> Response:
    """A refusal of the rules as a problem."""
    return problems.refused(refusal, shown(hall(), refusal))


@api.get("/openapi.json")
@open_to(EVERYONE)
def openapi() -> Response:
    """The document of this API (OpenAPI 3.1)."""
    return jsonify(documented.document())
