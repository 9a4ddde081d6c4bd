"""Radicale's storage and collections over our tables, and their change log."""
