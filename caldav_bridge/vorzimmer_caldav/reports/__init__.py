"""REPORT: calendar-query, multiget, free-busy-query, sync-collection (RFC 4791, RFC 6578)."""
