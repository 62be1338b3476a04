"""A person's own page: their password and settings."""
