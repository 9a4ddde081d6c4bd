"""The `vorzimmer` command."""

from vorzimmer.cli.main import main

__all__ = ["main"]
