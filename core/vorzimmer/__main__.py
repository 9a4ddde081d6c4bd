"""`python -m vorzimmer`: the command line."""

from vorzimmer.cli import main

main()
