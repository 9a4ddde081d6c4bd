"""Working and opening hours: weekly periods and date exceptions of people, places and services (rules 10 to 14)."""

from vorzimmer_weekly_hours.plugin import Plugin

__all__ = ["Plugin"]
