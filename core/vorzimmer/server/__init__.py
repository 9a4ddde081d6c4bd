"""The application of all plugins, waitress in front of it, and the guard in front of both."""
