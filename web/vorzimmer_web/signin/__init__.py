"""Sign-in: passwords, sessions, links that set a password, the first set-up."""
