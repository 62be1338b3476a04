"""The JSON API, version 1: figures, programs, what became of a text, and why. By bearer token."""
