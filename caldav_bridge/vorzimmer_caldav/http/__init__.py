"""The WSGI application: sign-in, rights, conditions, one transaction a write."""
