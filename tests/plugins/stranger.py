"""A plugin that offers everything a plugin can offer; it keeps what it was told and asked."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import click
from flask import Blueprint, render_template_string

from vorzimmer import Change, Channel, Job, Message, Mount, NavigationEntry, Right, Sent, hookimpl, open_to
from vorzimmer.hookspecs import Draft

PAGE = '{% extends "office/base.html" %}{% block main %}<h1>Stranger</h1>{% endblock %}'


@open_to(Right.AVAILABILITY)
def page() -> str:
    return render_template_string(PAGE)


def application(_environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"a whole application"]


class Plugin:
    def __init__(self, _config: Any) -> None:
        self.told: list[Change] = []
        self.sent: list[str] = []
        self.jobs_run = 0
        self.drafts: list[Draft] = []
        self.fails = False

    @hookimpl
    def booking_changed(self, change: Change) -> None:
        self.told.append(change)
        if self.fails:
            raise ValueError("not today")

    @hookimpl
    def message_channels(self) -> list[Channel]:
        return [Channel("pigeon", carries=lambda address: address.endswith(".example"), send=self.send)]

    def send(self, _session: Any, message: Message) -> Sent:
        self.sent.append(message.topic)
        return Sent("", "coo")

    @hookimpl
    def blueprints(self) -> list[Blueprint]:
        pages = Blueprint("stranger", __name__, url_prefix="/x/stranger")
        pages.add_url_rule("/", view_func=page)
        return [pages]

    @hookimpl
    def wsgi_mounts(self) -> list[Mount]:
        return [Mount("/x/stranger/app", application)]

    @hookimpl
    def navigation(self) -> list[NavigationEntry]:
        return [NavigationEntry("Stranger", "stranger.page", Right.AVAILABILITY)]

    @hookimpl
    def commands(self) -> list[click.Command]:
        return [click.Command("greet", callback=lambda: click.echo("good day"))]

    @hookimpl
    def jobs(self) -> list[Job]:
        return [Job("count", timedelta(hours=1), self.count)]

    def count(self, _session: Any, _now: Any) -> None:
        self.jobs_run += 1

    @hookimpl
    def demo_data(self, draft: Draft) -> None:
        self.drafts.append(draft)
