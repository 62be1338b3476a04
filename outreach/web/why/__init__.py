"""Why somebody got a text, in words."""
