"""Messages by e-mail."""

from vorzimmer_email.plugin import Plugin

__all__ = ["Plugin"]
