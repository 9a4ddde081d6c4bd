"""WebDAV properties of homes, calendars, objects and principals."""
