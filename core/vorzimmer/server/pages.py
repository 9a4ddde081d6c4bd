"""Take up the pages and applications that plugins offer: a stranger's on trial first, so that it loses its own only."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from flask import Blueprint, Flask, abort
from flask.typing import ResponseReturnValue

from vorzimmer import hookspecs
from vorzimmer.access import EVERYONE, Right, declared, open_to
from vorzimmer.hookspecs import Mount, NavigationEntry
from vorzimmer.plugins import NOT_OURS
from vorzimmer.practice import Hall
from vorzimmer.settings.config import PLUGINS

GIVEN = {
    "resource": {"slug"},
    "location": {"slug"},
    "service": {"slug"},
    "booking": {"uid"},
    "day": {"day", "staff"},
}
"""What the address of a page gets that is linked in a section of the office."""


class Unsafe(Exception):  # noqa: N818  (the reason why pages are not served, said to the operator)
    """A plugin offers a page that may not be served."""


def own_prefix(plugin: str) -> str:
    """Where the pages of a plugin that is not ours live."""
    return f"/x/{plugin.removeprefix('vorzimmer_')}"


def below(path: str, prefix: str) -> bool:
    """Whether a path is the prefix, or lies below it."""
    return path == prefix or path.startswith(prefix + "/")


def register(app: Flask, hall: Hall) -> dict[str, str]:
    """Register every plugin's blueprints; returns which plugin owns which endpoint.

    A plugin whose pages may not be served (A2, A166), or raise, has none, and its fault says so.
    """
    owners: dict[str, str] = {}
    for plugin, blueprints in hall.plugins.offers(hookspecs.blueprints):
        before = set(app.view_functions)
        try:
            if plugin.name not in PLUGINS:
                _try_out(app, plugin.name, blueprints)
            for blueprint in blueprints:
                app.register_blueprint(blueprint)  # type: ignore[arg-type]  # the core below knows no Flask
            _declare_static(app)
            _refuse_undeclared(app)
        except NOT_OURS as error:
            hall.plugins.fault(plugin, "blueprints", str(error) if isinstance(error, Unsafe) else error)
            for endpoint in set(app.view_functions) - before:
                app.view_functions[endpoint] = _gone
        owners |= dict.fromkeys(set(app.view_functions) - before, plugin.name)
    return owners


@open_to(EVERYONE)
def _gone(**_arguments: Any) -> ResponseReturnValue:
    abort(404)


def _try_out(app: Flask, name: str, blueprints: Iterable[Any]) -> None:
    """Register a stranger's pages with an application of their own. Raises `Unsafe`, or what they raise."""
    trial = Flask("trial", static_folder=None, template_folder=None)
    trial.extensions.update(app.extensions)
    untouched = _for_all_pages(trial)
    for blueprint in blueprints:
        if not isinstance(blueprint, Blueprint):
            raise Unsafe(f"{blueprint!r} is no blueprint")
        trial.register_blueprint(blueprint)
    changed = [what for what, number in _for_all_pages(trial).items() if number != untouched[what]]
    if changed:
        raise Unsafe(f"changes every page of the server: {', '.join(changed)}")
    taken = app.blueprints.keys() & trial.blueprints.keys()
    if taken:
        raise Unsafe(f"there is a blueprint {', '.join(sorted(taken))} already")
    _declare_static(trial)
    _refuse_undeclared(trial)
    known = {rule.rule for rule in app.url_map.iter_rules()}
    for rule in trial.url_map.iter_rules():
        if not below(rule.rule, own_prefix(name)):
            raise Unsafe(f"{rule.rule} is not below {own_prefix(name)}/")
        if rule.rule in known:
            raise Unsafe(f"{rule.rule} is taken already")


def _for_all_pages(app: Flask) -> dict[str, int]:
    """How much is set that concerns every page, whosever it is."""
    return {
        "before_app_request": len(app.before_request_funcs.get(None, ())),
        "after_app_request": len(app.after_request_funcs.get(None, ())),
        "teardown_app_request": len(app.teardown_request_funcs.get(None, ())),
        "app_context_processor": len(app.template_context_processors.get(None, ())),
        "app_url_value_preprocessor": len(app.url_value_preprocessors.get(None, ())),
        "app_url_defaults": len(app.url_default_functions.get(None, ())),
        "app_errorhandler": sum(map(len, app.error_handler_spec.get(None, {}).values())),
        "app_template_filter": len(app.jinja_env.filters),
        "app_template_global": len(app.jinja_env.globals),
        "app_template_test": len(app.jinja_env.tests),
    }


def _declare_static(app: Flask) -> None:
    """Static files of a blueprint are everyone's."""
    folders = {f"{name}.static" for name, found in app.blueprints.items() if found.has_static_folder}
    for endpoint in folders & set(app.view_functions):
        app.view_functions[endpoint] = open_to(EVERYONE)(app.view_functions[endpoint])


def _refuse_undeclared(app: Flask) -> None:
    """Deny by default (A2): a view says who may call it."""
    silent = sorted(endpoint for endpoint, view in app.view_functions.items() if not declared(view))
    if silent:
        raise Unsafe(f"who may call these pages is not declared (open_to): {', '.join(silent)}")


def applications(app: Flask, hall: Hall) -> list[tuple[str, Mount]]:
    """Every plugin's whole applications; one whose place is taken is left out, and its plugin's fault says so."""
    taken = [rule.rule for rule in app.url_map.iter_rules()]
    found = []
    for plugin, mounts in hall.plugins.offers(hookspecs.wsgi_mounts, hall=hall):
        for mount in mounts:
            if plugin.name not in PLUGINS and not below(mount.prefix, own_prefix(plugin.name)):
                hall.plugins.fault(
                    plugin, "wsgi_mounts", f"{mount.prefix} is not below {own_prefix(plugin.name)}/"
                )
            elif any(below(rule, mount.prefix) for rule in taken):
                hall.plugins.fault(plugin, "wsgi_mounts", f"{mount.prefix} is taken already")
            else:
                taken.append(mount.prefix)
                found.append((plugin.name, mount))
    return found


def check_menu(app: Flask, hall: Hall) -> None:
    """Say of each entry of a stranger's that it leads nowhere: pages leave such an entry out."""
    for plugin, entries in hall.plugins.offers(hookspecs.navigation):
        for entry in entries if plugin.name not in PLUGINS else ():
            wrong = _wrong_entry(app, entry)
            if wrong:
                hall.plugins.fault(plugin, f"navigation {entry.endpoint}", wrong)


def _wrong_entry(app: Flask, entry: NavigationEntry) -> str:
    if entry.right not in set(Right):
        return f"there is no right {entry.right!r}"
    if not leads(app, entry.endpoint, GIVEN.get(entry.section, ())):
        return "there is no page of this name, or its address needs more than it gets"
    return ""


def leads(app: Flask, endpoint: str, given: Collection[str] = ()) -> bool:
    """Whether an endpoint has an address that can be built of what is given."""
    rules = app.url_map.iter_rules(endpoint) if endpoint in app.view_functions else ()
    return any(rule.arguments - set(rule.defaults or ()) <= set(given) for rule in rules)
