"""Figures: reach, response, waiting times."""
