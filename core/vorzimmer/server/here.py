"""What a page stands in, a plugin's as well as ours: the practice that is served, and who is signed in."""

from __future__ import annotations

from flask import current_app, g

from vorzimmer.access import Actor
from vorzimmer.practice import Hall


def hall() -> Hall:
    """The practice that this application serves."""
    found: Hall = current_app.extensions["vorzimmer"]
    return found


def actor() -> Actor:
    """Who is signed in, on a page that `access.open_to` keeps for them; whoever signed them in has said so."""
    found: Actor = g.actor
    return found
