"""Tests of the pretend provider and its phones."""
