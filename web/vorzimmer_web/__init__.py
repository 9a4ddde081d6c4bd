"""The pages: booking, a customer's own booking, accounts, the office, the API."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from vorzimmer.access import Right
from vorzimmer.hookspecs import Finding, Job, Level, NavigationEntry, Person, PersonalData, hookimpl
from vorzimmer.plugins import NoConfig
from vorzimmer.practice import Hall
from vorzimmer.reasons import N_
from vorzimmer_web.api import api
from vorzimmer_web.errors import errors
from vorzimmer_web.help.pages import help_pages
from vorzimmer_web.office import office
from vorzimmer_web.office.settings.controls import unusable
from vorzimmer_web.public.account import account
from vorzimmer_web.public.embed import embed, script
from vorzimmer_web.public.manage import manage
from vorzimmer_web.public.practice import practice
from vorzimmer_web.public.start import pages as booking
from vorzimmer_web.shell.invitations import Invitation
from vorzimmer_web.shell.sessions import prune
from vorzimmer_web.shell.site import site
from vorzimmer_web.signin.setup import pages as setup


class Plugin:
    """Offers every page of the product."""

    title = N_("Pages and API")

    def __init__(self, config: NoConfig) -> None: ...

    @hookimpl
    def blueprints(self) -> list[Blueprint]:
        """What all pages share first, then the doors."""
        return [
            site,
            errors,
            practice,
            account,
            api,
            booking,
            embed,
            script,
            manage,
            office,
            setup,
            help_pages,
        ]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        """The pages of the office; a page that is not there is not shown."""
        return [
            NavigationEntry(N_("Today"), "office.today", Right.OWN_CALENDAR),
            NavigationEntry(N_("Today"), "office.today", Right.CALENDARS),
            NavigationEntry(N_("Calendar"), "office.calendar", Right.OWN_CALENDAR),
            NavigationEntry(N_("Calendar"), "office.calendar", Right.CALENDARS),
            NavigationEntry(N_("To do"), "office.requests", Right.OWN_CALENDAR),
            NavigationEntry(N_("To do"), "office.requests", Right.CALENDARS),
            NavigationEntry(N_("Customers"), "office.customers", Right.CUSTOMERS),
            NavigationEntry(N_("Customers"), "office.customers", Right.OWN_CALENDAR),
            NavigationEntry(N_("Customers"), "office.customers", Right.CALENDARS),
        ]

    @hookimpl
    def personal_data(self, session: Session, person: Person) -> list[PersonalData]:
        """Links may be called by whom they were made for; what they are called is the practice's own."""
        number = sum(person.is_in(name) for name in session.scalars(select(Invitation.name)))
        text = N_("Links that are called by this name: %(number)d; they are deleted under Settings, Publish")
        return [PersonalData(text, {"number": number}, stays=True)] if number else []

    @hookimpl
    def findings(self, hall: Hall) -> list[Finding]:
        """Plugins whose settings nobody can change in the office."""
        text = N_("plugin %(name)s: its settings make no form: %(error)s")
        whole = [one for one in hall.plugins.loaded if one.active and one.error is None]
        forms = {one.name: unusable(one.settings, hall.config.table(one.table)) for one in whole}
        facts = [{"name": name, "error": why} for name, why in forms.items() if why]
        return [Finding(Level.WRONG, text, each) for each in facts]

    @hookimpl
    def jobs(self) -> list[Job]:
        """Rows of sessions that are over go away."""
        return [Job("prune_web_sessions", timedelta(hours=1), prune)]
