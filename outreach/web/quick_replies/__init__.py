"""Texts a team uses often."""
