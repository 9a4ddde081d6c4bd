"""The front office: a self-hosted scheduling server."""
