"""Reads one text: opt-out, urgent, answer, language. Pure rules over lexicons kept as data."""
