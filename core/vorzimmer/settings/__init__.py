"""`config.toml`, what the office has stored over it, and the first set-up."""
