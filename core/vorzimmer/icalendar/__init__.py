"""iCalendar: the only reader of foreign text, the only writer, and when it happens (RFC 5545)."""
