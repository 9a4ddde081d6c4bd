"""The groups that customers are sorted into: renamed, given up (O42, O43)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from vorzimmer import customers
from vorzimmer.access import Right, open_to
from vorzimmer.customers import Wish
from vorzimmer.models import CustomerGroup
from vorzimmer.reasons import Refused
from vorzimmer.server.here import hall
from vorzimmer_web.shell.requests import read_anew, reading, signed_in
from vorzimmer_web.shell.typed import Typed


@open_to(Right.CUSTOMERS)
def index() -> str:
    """All groups, each with its size."""
    return _page()


def _page(refused: int = 0, typed: Typed | None = None) -> str:
    """The page; of the group that was `refused` another name was `typed`."""
    groups = customers.sizes(read_anew(), signed_in())
    forms = {group.id: Typed({"name": group.name}) for group, _size in groups}
    if typed is not None:
        forms[refused] = typed
    return render_template("office/customers/groups.html", groups=groups, forms=forms)


@open_to(Right.CUSTOMERS)
def rename(number: int) -> ResponseReturnValue:
    """Call a group something else."""
    person, typed = signed_in(), Typed(request.form)

    def work(session: Session) -> CustomerGroup:
        typed.check(session, lambda: Typed({"name": customers.group(session, number).name}))
        return customers.rename(session, person, number, typed.values.get("name", ""))

    try:
        made = hall().database.write(work)
    except Refused as refusal:
        status = typed.refused(refusal)
        return _page(number, typed), status
    flash(gettext("The group is called “%(name)s” now.", name=made.name), "good")
    return redirect(url_for("office.groups"), 303)


@open_to(Right.CUSTOMERS)
def dissolve(number: int) -> ResponseReturnValue:
    """The question, then the act."""
    session, person = reading(), signed_in()
    if request.method == "POST":
        name = hall().database.write(lambda s: customers.dissolve(s, person, number))
        flash(gettext("The group “%(name)s” is deleted. Its customers are still there.", name=name), "good")
        return redirect(url_for("office.groups"), 303)
    found = customers.group(session, number)
    size = customers.number(session, person, Wish(group=number))
    said = ngettext("One customer is in it, who stays.", "%(num)d customers are in it, who stay.", size)
    return render_template(
        "office/sure.html",
        title=gettext("Delete the group “%(name)s”?", name=found.name),
        consequences=[said if size else gettext("Nobody is in it.")],
        button=gettext("Delete the group"),
        back=url_for("office.groups"),
    )


def add_to(office: Blueprint) -> None:
    """Put the pages in their places."""
    one = "/customers/groups/<int(max=2147483647):number>"
    office.get("/customers/groups", endpoint="groups")(index)
    office.post(one, endpoint="rename_group")(rename)
    office.route(f"{one}/delete", methods=["GET", "POST"], endpoint="dissolve_group")(dissolve)
