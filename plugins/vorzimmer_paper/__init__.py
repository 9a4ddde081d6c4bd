"""Paper: the list of a day, slips and cards for people without mail, and tomorrow's list by mail every evening."""

from vorzimmer_paper.plugin import Plugin

__all__ = ["Plugin"]
