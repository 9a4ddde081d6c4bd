"""Texts, times and money in a reader's language; lines and addresses as people type them."""
