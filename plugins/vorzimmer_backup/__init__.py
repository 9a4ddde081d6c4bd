"""Backups: one sealed file of everything, checked each time it is made, and the way back (D6, F44 to F48)."""

from vorzimmer_backup.plugin import Plugin

__all__ = ["Plugin"]
