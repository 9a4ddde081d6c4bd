"""Absences and breaks of people, rooms and devices (rules 18 to 20)."""

from vorzimmer_absences.plugin import Plugin

__all__ = ["Plugin"]
