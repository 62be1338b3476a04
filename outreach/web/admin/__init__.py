"""Set-up: people and their roles."""
