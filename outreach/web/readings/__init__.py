"""Readings: try a sentence and see why, and what staff marked as wrong."""
