"""The calendar: a column for each person, room and device, by day and by week (C5, C8, O14 to O24, K83)."""

from vorzimmer_web.office.calendar.pages import add_to

__all__ = ["add_to"]
