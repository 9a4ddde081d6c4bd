"""`python -m vorzimmer.cli`: the command where no script is installed."""

from vorzimmer.cli.main import main

main(prog_name="vorzimmer")
