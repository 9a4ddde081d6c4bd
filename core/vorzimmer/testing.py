"""Fixtures and contracts for plugin authors (a pytest plugin)."""
