"""Calendar objects in their tables, and what those that are appointments mean."""
