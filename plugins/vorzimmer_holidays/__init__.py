"""Public holidays and days of one's own on which places are closed (rule 17)."""

from vorzimmer_holidays.plugin import Plugin

__all__ = ["Plugin"]
