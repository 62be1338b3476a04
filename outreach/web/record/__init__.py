"""The record: who saw and did what."""
