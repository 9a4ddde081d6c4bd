"""Requests of ours to addresses that people typed: never inside the own network, never for ever (A122, F53)."""
